"""What is done a few times a second beside the stream, each thing by itself: none can hold up another, or end anything.

Owns that alone. Knows nothing of what the things are.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stream.events import EventLog

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Call:
    name: str
    call: Callable[[], Any]
    every_s: float
    due_s: float = 0.0
    is_failing: bool = False


class Ticks:
    """Call it a few times a second, from one thread."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._calls: list[_Call] = []

    def add(self, name: str, call: Callable[[], Any], *, every_s: float = 0.0) -> None:
        """Let `call` be made from now on, at most once in so many seconds; `name` says in events what it does."""
        self._calls.append(_Call(name, call, every_s))

    def __call__(self) -> None:
        """Make every call that is due. One that fails is told once, until it has worked again."""
        for each in self._calls:
            now_s = time.perf_counter()
            if now_s < each.due_s:
                continue
            each.due_s = now_s + each.every_s
            try:
                each.call()
            except Exception as error:
                log.debug("%s failed", each.name, exc_info=True)
                if not each.is_failing:
                    text = f"{each.name} failed ({error}) and is tried again; all else goes on"
                    self._events.tell("tick.failed", text, "error")
                each.is_failing = True
            else:
                each.is_failing = False
