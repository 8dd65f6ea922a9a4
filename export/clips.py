"""Files on disk as frames, all at once, so that decoding is never part of what is timed.

Owns reading; each frame has the stamp that the clip's own rate gives it. Knows nothing of what the frames are measured with.
"""

from pathlib import Path

import cv2
import numpy as np

from trackers.errors import SourceError
from trackers.types import Frame, Stamp


def read_clip(path: Path) -> list[Frame]:
    """Return all frames of a video, stamped by its own rate.

    Raises:
        SourceError: it is not there or holds no video.
    """
    if not path.is_file():
        raise SourceError(f"{path} was not found; name a video with --source")
    capture = cv2.VideoCapture(str(path))
    try:
        period_ns = round(1e9 / (capture.get(cv2.CAP_PROP_FPS) or 30))
        frames: list[Frame] = []
        while True:
            read, image = capture.read()
            if not read:
                break
            stamp = Stamp(seq=len(frames), captured_ns=len(frames) * period_ns)
            frames.append(Frame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), stamp))
    finally:
        capture.release()
    if not frames:
        raise SourceError(f"{path} holds no video that can be decoded; try another file")
    return frames
