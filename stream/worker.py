"""Threads that cannot die unseen.

Owns the rule that the first exception of any worker is kept, stops the whole pipeline and reaches `main`. Knows nothing of what
the workers do.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable

from stream.slot import SlotClosed

log = logging.getLogger(__name__)


class Stop:
    """The one stop event of a pipeline, with the first error that caused it, if an error did."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    @property
    def error(self) -> BaseException | None:
        """The first exception that a worker died of."""
        return self._error

    def request(self, error: BaseException | None = None) -> None:
        """Ask everything to stop; the first `error` is kept."""
        with self._lock:
            if self._error is None:
                self._error = error
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until a stop is requested; True if it is."""
        return self._event.wait(timeout_s)


class Worker:
    """Calls `step` in a thread of its own until a stop is requested or a slot that it reads is closed.

    Args:
        niceness: more than 0 lets other threads go first when the cores are full (Linux alone can do that for a thread).
    """

    def __init__(self, name: str, step: Callable[[], None], *, stop: Stop, niceness: int = 0) -> None:
        self._step = step
        self._stop = stop
        self._niceness = niceness
        self._thread = threading.Thread(target=self._run, name=f"posecast-{name}", daemon=True)  # what hangs keeps nobody

    @property
    def name(self) -> str:
        return self._thread.name

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; True if it did in time. Does nothing for a thread that never started."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._step_back()
            while not self._stop.requested:
                self._step()
        except SlotClosed:
            pass
        except BaseException as error:
            log.debug("%s died", self.name, exc_info=True)
            self._stop.request(error)

    def _step_back(self) -> None:
        """Let other threads go first, if that was asked for and this one does not so already."""
        if not self._niceness or sys.platform != "linux":
            return
        thread = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread) < self._niceness:  # back again only a superuser may
            os.setpriority(os.PRIO_PROCESS, thread, self._niceness)
