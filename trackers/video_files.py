"""Video files: opened by their path alone, their frames, and the times of these.

Owns which of two times a frame has: the one that follows from a constant rate, or the one that the file gives it. Knows nothing
of what is done with the frames, nor of waiting for them.
"""

import math
from collections.abc import Generator
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from trackers.errors import SourceError
from trackers.types import Frame, Stamp

MOST_FPS: Final = 240.0
"""A header that tells more tells none: FFmpeg says 1000 of the .webm files of browsers, which hold times in ms and no rate."""
USUAL_FPS: Final = 30.0
"""Of a file that tells none, neither in its header nor by its frames' times."""
_ROUNDING_NS: Final = 2_000_000
"""So far from a constant rate is a time at most because formats round it, and the first one, to milliseconds."""
_MEASURED_FRAMES: Final = 90
_LONGEST_STEP_NS: Final = 3600 * 10**9  # a film does not stand still for an hour: such a stamp is damaged


def spelt(path: Path) -> str:
    """Return the path as OpenCV takes it for a file: FFmpeg would read a relative `10:30.mp4` as an address."""
    return str(path.absolute())


def told_fps(capture: cv2.VideoCapture) -> float | None:
    """Return the frames per second that a header tells, or None."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if 0 < fps <= MOST_FPS else None


def about_count(capture: cv2.VideoCapture, *, fps: float) -> int:
    """Return about how many frames there are at `fps`, as the header tells; 0 if it does not."""
    count, told = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    if told > MOST_FPS:  # OpenCV counts the steps of that rate
        count *= fps / told
    return max(0, round(count))


def video_frames(path: Path, *, even_steps: bool = False) -> Generator[Frame]:
    """Yield the frames of a video file, as fast as they are asked for.

    Args:
        even_steps: see `FrameTimes`.

    Raises:
        SourceError: it holds none.
    """
    capture = cv2.VideoCapture(spelt(path), cv2.CAP_FFMPEG)
    try:
        times = FrameTimes(capture, path, default_fps=USUAL_FPS, even_steps=even_steps)
        yield from frames_with(times, capture, none=f"{path} holds no video that can be decoded; try another file")
    finally:
        capture.release()


def frames_with(times: "FrameTimes", capture: cv2.VideoCapture, *, none: str) -> Generator[Frame]:
    """Yield the frames of an open file.

    Raises:
        SourceError: it holds none; `none` is the sentence.
    """
    for seq in count():
        read, image = capture.read()
        if not read:
            break
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        yield Frame(rgb, Stamp(seq, times.next_ns()))
    if not seq:
        raise SourceError(none)


class FrameTimes:
    """The times of a file's frames, from the first one on. Ask once after each frame read.

    While the file's own times are those of its constant rate but for rounding, the rate's are given, for even steps. From the
    first that is further away on, the file's own count, as long as they rise.

    Args:
        capture: the open file, nothing read from it yet.
        default_fps: where the header tells none and the file's own times do not either.
        even_steps: every step of a constant rate is the same whole number of nanoseconds; else each time is rounded.
    """

    def __init__(self, capture: cv2.VideoCapture, path: Path, *, default_fps: float, even_steps: bool = False) -> None:
        self._told = told_fps(capture)
        self.fps = self._told or _measured_fps(path) or default_fps
        """Frames per second: as the header tells, else as the file's own times show."""
        self._period_ns = round(1e9 / self.fps)
        self._even_steps = even_steps
        self.begin(capture)

    def begin(self, capture: cv2.VideoCapture) -> None:
        """Begin anew with the same file, opened once more."""
        self._capture = capture
        self._varies = False
        self._seq = 0
        self._first_ns = 0
        self._own_ns = 0
        self._last_ns = 0

    def next_ns(self) -> int:
        """Return the time of the frame just read, in nanoseconds from the first; it is later than that of the one before."""
        seq, self._seq = self._seq, self._seq + 1
        now_ns = _position_ns(self._capture)
        if seq == 0:
            self._first_ns = now_ns
            return 0
        own_ns = now_ns - self._first_ns
        rises = 0 < own_ns - self._own_ns <= _LONGEST_STEP_NS
        steady_ns = seq * self._period_ns if self._even_steps else round(seq * 1e9 / self.fps)
        if rises:
            self._own_ns = own_ns
            self._varies |= self._told is None or abs(own_ns - steady_ns) > _ROUNDING_NS
        if not self._varies:
            self._last_ns = steady_ns
        elif rises and own_ns > self._last_ns:
            self._last_ns = own_ns
        else:
            self._last_ns += self._period_ns
        return self._last_ns


def _position_ns(capture: cv2.VideoCapture) -> int:
    """Return where in the file the frame just read stands."""
    position_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
    return round(position_ms * 1e6) if math.isfinite(position_ms) else 0


def _measured_fps(path: Path) -> float | None:
    """Return the mean rate of the file's first frames by their own times; None if these tell nothing."""
    capture = cv2.VideoCapture(spelt(path), cv2.CAP_FFMPEG)
    try:
        times_ns: list[int] = []
        while len(times_ns) < _MEASURED_FRAMES and capture.grab():
            times_ns.append(_position_ns(capture))
    finally:
        capture.release()
    if len(times_ns) < 2 or not 0 < times_ns[-1] - times_ns[0] <= _LONGEST_STEP_NS:
        return None
    return round((len(times_ns) - 1) * 1e9 / (times_ns[-1] - times_ns[0]), 3)
