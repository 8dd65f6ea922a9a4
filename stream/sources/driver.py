"""The one place where a `cv2.VideoCapture` is opened. Owns its noise and its time-outs; knows nothing of what is captured."""

import os
from collections.abc import Sequence

import cv2

# OpenCV reads both once, when its first capture is opened. A camera that stops must not hold its reader for OpenCV's ten
# seconds, and FFmpeg's own lines would stand beside the one sentence that we give.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

# OpenCV writes its own lines to the console too ("select() timeout" for every freeze); whoever wants them sets the variable.
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def open_capture(target: int | str, *, backend: int, parameters: Sequence[int] = ()) -> cv2.VideoCapture | None:
    """Open a device index, path or URL; None if it could not be opened."""
    capture = cv2.VideoCapture(target, backend, list(parameters))
    if capture.isOpened():
        return capture
    capture.release()
    return None
