"""When the frames of a file are due. Owns the clock of all sources that are not live; knows nothing of pictures.

Paced, frame times are laid on the real clock and `wait` sleeps. Otherwise they are laid on a fixed start, so that two runs
give the same stamps.
"""

import threading
import time
from typing import Final

from stream.sources.base import EndOfStream

UNPACED_START_NS: Final = 1_000_000_000
"""Stamp of the first frame when sources run as fast as possible."""
LATE_NS: Final = 250_000_000
"""A reader this late (a laptop that slept) is not chased: the file goes on from now."""

LONGEST_WAIT_NS: Final = 2_000_000_000
"""A file may jump, or show one picture for minutes: when paced nobody waits longer for its next frame."""


class Pacer:
    """Lays times that count from the first frame on the clock. `wait` is called from one thread."""

    def __init__(self, *, paced: bool) -> None:
        self._paced = paced
        self._start_ns: int | None = None if paced else UNPACED_START_NS
        self._interrupted = threading.Event()

    def wait(self, offset_ns: int) -> int:
        """Sleep until `offset_ns` after the first call's frame and return the time at which the frame was due.

        Raises:
            EndOfStream: `interrupt` was called.
        """
        now_ns = time.perf_counter_ns()
        if self._start_ns is None:
            self._start_ns = now_ns - offset_ns
        if self._paced:
            wait_ns = self._start_ns + offset_ns - now_ns
            if wait_ns > 0:
                self._interrupted.wait(wait_ns / 1e9)
            elif wait_ns < -LATE_NS:
                self._start_ns -= wait_ns
        if self._interrupted.is_set():
            raise EndOfStream("interrupted")
        return self._start_ns + offset_ns

    def interrupt(self) -> None:
        """Wake a waiting `wait`, which then raises. Called from any thread."""
        self._interrupted.set()
