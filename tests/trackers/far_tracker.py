"""A tracker without models for tests of the process around it. Run as a program, it tracks one picture and waits."""

import os
import sys
import time
from types import TracebackType
from typing import Self

import numpy as np

from trackers.contract import EngineInfo, TrackerSettings
from trackers.remote import RemoteTracker
from trackers.types import Frame, Stamp, Tracking


class PlainTracker:
    """Finds nobody."""

    info = EngineInfo("plain", "nothing", "for tests")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def track(self, frame: Frame) -> Tracking:
        """Return a tracking whose width is the picture's first value, to prove that it was seen."""
        height, _ = frame.image.shape[:2]
        return Tracking(frame.stamp, int(frame.image[0, 0, 0]), height, None, None, None, None)

    def reset(self) -> None:
        pass


def open_plain(_: TrackerSettings) -> PlainTracker:
    return PlainTracker()


def picture(width: int, height: int, *, value: int = 7) -> Frame:
    return Frame(np.full((height, width, 3), value, np.uint8), Stamp(0, 0))


if __name__ == "__main__":
    with RemoteTracker(TrackerSettings(), open_here=open_plain) as remote:
        remote.track(picture(64, 48))
        os.write(1, b"ready\n")
        time.sleep(float(sys.argv[1]))
