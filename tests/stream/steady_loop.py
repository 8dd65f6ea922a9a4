"""An event loop for which the time that the computer stands still does not pass, so that no stall is a time-out."""

import asyncio
import selectors
import time
from collections.abc import Mapping
from typing import Any

LATE_S = 0.1
"""What comes later than this came late because the computer was busy with something else."""


class SteadyLoop(asyncio.SelectorEventLoop):
    """Its time-outs are of time in which it really ran: a wait that ended late has not begun, and is waited again."""

    def __init__(self) -> None:
        self._lost_s = 0.0
        self._seen_s = time.monotonic()
        super().__init__(_Patient(self))

    def time(self) -> float:
        """Return seconds that never go back; a gap in them is left out."""
        now_s = time.monotonic()
        if now_s > self._seen_s + LATE_S:
            self._lost_s += now_s - self._seen_s
        self._seen_s = now_s
        return now_s - self._lost_s

    def waited(self, began_s: float, timeout: float | None) -> None:
        """Note how long was waited for what happens outside."""
        self._seen_s = time.monotonic()
        if timeout is not None and self._seen_s - began_s > max(0.0, timeout) + LATE_S:
            self._lost_s += self._seen_s - began_s


class _Patient(selectors.BaseSelector):
    """The system's selector, which tells its loop how long it really waited."""

    def __init__(self, loop: SteadyLoop) -> None:
        self._loop = loop
        self._own = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began_s = time.monotonic()
        happened = self._own.select(timeout)
        self._loop.waited(began_s, timeout)
        return happened

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._own.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._own.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._own.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._own.get_map()

    def close(self) -> None:
        self._own.close()
