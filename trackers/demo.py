"""The recipe of the built-in performance: `python -m trackers.demo OUT.pcast CLIP [CLIP ...]`.

Owns how clips become one recording: each is tracked on its own, and they follow one another with a short pause in which nothing
is seen, so that the avatar passes through its idle pose from one person to the next. Knows nothing of who plays it.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from trackers.engine import Tracker, TrackerSettings, open_tracker
from trackers.errors import SourceError
from trackers.recording import PcastWriter, RecordingMetadata
from trackers.types import Frame, Stamp, Tracking
from trackers.video_files import spelt, told_fps

FPS: Final = 30
PAUSE_FRAMES: Final = 12
ATTRIBUTION: Final = (
    "Keypoints tracked from clips of intel-iot-devkit/sample-videos (Intel Corporation), CC BY 4.0, "
    "https://github.com/intel-iot-devkit/sample-videos; no picture of them is contained"
)


def make_demo(out: Path, clips: list[Path]) -> int:
    """Track `clips` in order into a new recording; return the number of trackings.

    Raises:
        UserError: a clip cannot be read, a model is missing, or `out` exists.
    """
    metadata = RecordingMetadata(
        source="demo",
        fps=FPS,
        width_px=640,
        height_px=480,
        created="2026-01-01T00:00:00+00:00",  # fixed: the same clips give the same bytes
        engine="posecast",
        attribution=ATTRIBUTION,
    )
    with open_tracker(TrackerSettings(precision="fp32")) as tracker, PcastWriter(out, metadata=metadata) as writer:
        number = 0
        for clip in clips:
            for tracking in _tracked(tracker, clip):
                writer.write(replace(tracking, stamp=_stamp(number)))
                number += 1
            for _ in range(PAUSE_FRAMES):  # trackings too: a camera goes on when there is nobody to see
                writer.write(Tracking(_stamp(number), metadata.width_px, metadata.height_px, None, None, None, None))
                number += 1
        return writer.count


def _stamp(number: int) -> Stamp:
    return Stamp(seq=number, captured_ns=round(number * 1e9 / FPS))


def _tracked(tracker: Tracker, clip: Path) -> Iterator[Tracking]:
    """Yield what is in each frame of a clip, at `FPS`, whatever the clip's own rate.

    Raises:
        SourceError: it holds no picture that can be read.
    """
    tracker.reset()
    capture = cv2.VideoCapture(spelt(clip), cv2.CAP_FFMPEG)
    try:
        step = FPS / (told_fps(capture) or FPS)
        shown = 0
        for read in range(1_000_000):
            found, image = capture.read()
            if not found and not read:
                raise SourceError(f"{clip} holds no video that can be decoded; try another file")
            if not found:
                return
            while shown < (read + 1) * step:
                rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
                yield tracker.track(Frame(rgb, _stamp(shown)))
                shown += 1
    finally:
        capture.release()


if __name__ == "__main__":
    make_demo(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
