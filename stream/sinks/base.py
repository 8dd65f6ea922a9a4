"""The contract of a sink. Owns nothing; every sink keeps it and the pipeline relies on nothing else."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from avatar.types import Rendered


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """What a sink says of itself at start, in `doctor` and in the metrics. `bool()` tells whether it works."""

    name: str
    """`virtual-camera`, `overlay`, `recorder` or `null`."""
    running: bool
    detail: str
    """Backend, size and address if it runs; otherwise why not and the next step. One line."""

    def __bool__(self) -> bool:
        return self.running


class Sink(Protocol):
    """Takes pictures. `with` opens and closes it; `send` is called from one thread, at the output rate."""

    repeats: bool
    """True if a missed beat is filled by sending the newest picture again (a virtual camera must keep its pace)."""

    @property
    def status(self) -> SinkStatus: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def send(self, picture: Rendered) -> None:
        """Hand one picture over. Returns when the sink no longer needs the array."""


@runtime_checkable
class HasBackground(Protocol):
    """A sink without transparency: something stands behind the avatar. May be set from another thread.

    Raises (when set):
        UserError: it is no colour, picture or video; the old one stays.
    """

    background: str
