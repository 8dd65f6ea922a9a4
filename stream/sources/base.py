"""The contract of a source. Owns nothing; every source keeps it and the pipeline relies on nothing else."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

from trackers.types import Frame, Stamp, Tracking


class Stamped(Protocol):
    """What every item of a source carries."""

    @property
    def stamp(self) -> Stamp: ...


Item = TypeVar("Item", covariant=True)


class EndOfStream(Exception):
    """The source has no more frames: a file ended."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What was opened, for the line at start, `doctor` and the metrics."""

    name: str
    """As the user knows it: `camera 0 (HD Webcam)`, a file's name, a URL without its password, `demo`."""
    kind: str
    """`camera`, `url`, `video`, `images`, `recording` or `demo`."""
    width_px: int
    height_px: int
    fps: float
    """Nominal frames per second."""
    live: bool
    """True if frames come when the world makes them (camera, URL): such a source can be lost and reopened."""
    detail: str = ""
    """Mode chosen and why, for instance `MJPG 1280x720@30`."""


class Source(Protocol[Item]):
    """Gives items one after the other. `with` opens and closes it, any number of times; `read` is called from one thread."""

    @property
    def info(self) -> SourceInfo: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def read(self) -> Item:
        """Return the next item, waiting until it is due; bounded by the source's own time-out.

        Raises:
            EndOfStream: there is no next item.
            SourceLost: a live source stopped giving items.
        """

    def interrupt(self) -> None:
        """Make a waiting `read` return or raise soon. Called from another thread, when the program stops."""


FrameSource = Source[Frame]
"""Gives pictures that a tracker must look at."""

TrackingSource = Source[Tracking]
"""Gives trackings that were recorded before, at their own times."""

AnySource = FrameSource | TrackingSource
