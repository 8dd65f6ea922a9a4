"""The output beat: drift-free, and in step with what arrives.

Owns the arithmetic of the output clock. The next deadline is the last deadline plus the period; on top of that the beat is led,
by a hair a time, to fall just after new poses arrive: a pose that comes right after a beat would otherwise wait nearly a
period to be seen. Knows nothing of what is done on a beat.
"""

import time
from collections.abc import Callable

MARGIN_NS = 2_000_000
"""A beat should come this long after an arrival."""
LEAD = 0.05
"""Share of the distance by which one arrival moves the beat,"""
MOST_LEAD_NS = 150_000
"""and never by more than this: nobody sees 0.15 ms."""


class Beat:
    """A clock that ticks at `rate_hz`. A beat that comes too late is skipped and counted, never made up for."""

    def __init__(
        self,
        rate_hz: float,
        *,
        now_ns: Callable[[], int] = time.perf_counter_ns,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._period_ns = round(1e9 / rate_hz)
        self._now_ns = now_ns
        self._sleep = sleep
        self._next_ns: int | None = None
        self._missed = 0

    @property
    def missed(self) -> int:
        """How many beats passed without being kept."""
        return self._missed

    def arrived(self, at_ns: int) -> None:
        """Lead the beat toward falling just after arrivals like this one."""
        if self._next_ns is None:
            return
        half = self._period_ns // 2
        distance_ns = (at_ns + MARGIN_NS - self._next_ns + half) % self._period_ns - half
        self._next_ns += round(max(-MOST_LEAD_NS, min(MOST_LEAD_NS, LEAD * distance_ns)))

    def wait(self) -> int:
        """Sleep until the next beat and return its time in ns; the first beat is now."""
        now_ns = self._now_ns()
        if self._next_ns is None:
            self._next_ns = now_ns
        late_ns = now_ns - self._next_ns
        if late_ns >= self._period_ns:
            skipped = late_ns // self._period_ns
            self._missed += skipped
            self._next_ns += skipped * self._period_ns
        due_ns = self._next_ns
        self._next_ns += self._period_ns
        if due_ns > now_ns:
            self._sleep((due_ns - now_ns) / 1e9)
        return due_ns
