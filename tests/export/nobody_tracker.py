"""A tracker for tests in which it matters what is tracked, not what is found."""

from types import TracebackType
from typing import Self

from trackers.contract import EngineInfo
from trackers.types import Frame, Tracking


class NobodyTracker:
    """Finds nobody, at once."""

    info = EngineInfo("nobody", "CPU", "a test's")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def track(self, frame: Frame) -> Tracking:
        height_px, width_px = frame.image.shape[:2]
        return Tracking(frame.stamp, width_px, height_px, None, None, None, None)

    def reset(self) -> None:
        pass
