"""A sink that takes every picture and does nothing: for benchmarks, and for a run that only records its session."""

from types import TracebackType
from typing import Self

from avatar.types import Rendered
from stream.sinks.base import SinkStatus


class NullSink:
    """Always runs, keeps nothing."""

    repeats = False

    @property
    def status(self) -> SinkStatus:
        """Always running."""
        return SinkStatus("null", True, "pictures are made and thrown away")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def send(self, picture: Rendered) -> None:
        """Take the picture."""
