"""What happened, for people and for scripts: errors, tracking lost and found, sources lost and reopened.

Owns the bounded queue between the threads that notice something and the one that tells. Events are never dropped in silence:
an overflow is itself an event. Knows nothing of how they are shown or sent.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)

Level = Literal["info", "warning", "error"]

_CAPACITY = 256


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    name: str
    """Dotted and stable, for scripts: `source.lost`, `tracker.failed`, `sink.failed` …"""
    text: str
    """One sentence for people."""
    level: Level
    at_ns: int
    """`time.perf_counter_ns()`."""


class EventLog:
    """Takes events from any thread; listeners are called from the thread that calls `deliver`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._overflowed = 0
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def tell(self, name: str, text: str, level: Level = "info") -> None:
        """Note an event. Costs microseconds, never waits."""
        event = Event(name, text, level, time.perf_counter_ns())
        with self._lock:
            if len(self._waiting) < _CAPACITY:
                self._waiting.append(event)
            else:
                self._overflowed += 1

    def deliver(self) -> None:
        """Hand all waiting events to the listeners, in order, and say how many had no room. Who raises is logged."""
        with self._lock:
            events, self._waiting = list(self._waiting), deque()
            overflowed, self._overflowed = self._overflowed, 0
        if overflowed:
            text = f"{overflowed} events came faster than they could be told and are lost"
            events.append(Event("events.overflow", text, "error", time.perf_counter_ns()))
        for event in events:
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception as error:  # who cannot hear it (a terminal that is gone) ends nothing
                    log.warning("%s could not be shown (%s)", event.name, error)
