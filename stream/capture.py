"""Keeps a source open and hands its items on.

Owns what happens when a live source is lost: say so, close it, try again with growing pauses, say when it is back. Nothing
exits and the sinks keep sending. Knows nothing of what is done with the items.
"""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Generic, Literal, TypeVar

from stream.events import EventLog
from stream.metrics import Metrics
from stream.sources.base import EndOfStream, Source, SourceInfo, Stamped
from stream.worker import Stop

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Stamped)

State = Literal["opening", "running", "lost", "ended"]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0


class Capture(Generic[T]):
    """One source, kept alive. `step` is a worker's step; `interrupt` and `close` may be called from any thread."""

    def __init__(self, source: Source[T], *, put: Callable[[T], None], stop: Stop, events: EventLog, metrics: Metrics) -> None:
        self._source = source
        self._put = put
        self._stop = stop
        self._events = events
        self._metrics = metrics
        self._opened = ExitStack()
        self._pause_s = _FIRST_PAUSE_S
        self.state: State = "opening"

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    def open(self) -> None:
        """Open the source.

        Raises:
            SourceError: it cannot be opened.
        """
        self._opened.enter_context(self._source)
        self.state = "running"

    def step(self) -> None:
        """Read one item and hand it on; on loss, wait a while and reopen."""
        if self.state == "lost":
            self._reopen()
        elif self.state == "ended":
            self._stop.wait(0.1)
        else:
            self._read()

    def _read(self) -> None:
        try:
            item = self._source.read()
        except EndOfStream:
            if not self._stop.requested:  # an interrupted source ends too, and that is no news
                self.state = "ended"
                self._events.tell("source.ended", f"{self.info.name} has ended")
        except Exception as error:  # a source may fail in any way; the avatar goes to idle and nothing exits
            self._lose(error)
        else:
            self._metrics.stage("capture", item.stamp.captured_ns)  # since the driver gave it; waiting is not work
            self._metrics.frames_in.tick()
            self._pause_s = _FIRST_PAUSE_S
            self._put(item)

    def _lose(self, error: Exception) -> None:
        if self._stop.requested:
            return
        log.debug("source lost", exc_info=error)
        self.state = "lost"
        self._events.tell("source.lost", f"{self.info.name} gives no pictures ({error}); trying again", "warning")
        self.close()

    def _reopen(self) -> None:
        if self._stop.wait(self._pause_s):
            return
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        try:
            self.open()
        except Exception as error:  # an interrupted or failing driver may raise anything; it is lost as before
            log.debug("source still lost: %s", error)
        else:
            self._events.tell("source.found", f"{self.info.name} is back")

    def interrupt(self) -> None:
        """Make a waiting `read` return soon."""
        try:
            self._source.interrupt()
        except Exception:  # it is waited for a while, then
            log.warning("%s could not be interrupted", self.info.name, exc_info=True)

    def close(self) -> None:
        """Release the source. Idempotent."""
        try:
            self._opened.close()
        except Exception:  # nothing more can be done about it, and the rest must end
            log.warning("%s could not be released", self.info.name, exc_info=True)
