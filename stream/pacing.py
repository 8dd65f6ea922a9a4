"""The output beat: drift-free, and in step with what arrives.

Owns the arithmetic of the output clock, and of the moment in a beat at which its picture is handed over. The next deadline is
the last deadline plus the period; on top of that the beat is led, by a hair a time, to fall just after new poses arrive: a pose
that comes right after a beat would otherwise wait nearly a period to be seen. Knows nothing of what is done on a beat.
"""

import time
from collections.abc import Callable

MARGIN_NS = 2_000_000
"""A beat should come this long after an arrival."""
LEAD = 0.05
"""Share of the distance by which one arrival moves the beat,"""
MOST_LEAD_NS = 150_000
"""and never by more than this: nobody sees 0.15 ms."""

MOST_HOLD = 0.8
"""Share of a beat after which no picture waits any longer."""
MOST_IN_TIME = 0.9
"""Share of the pictures that are done when they are to be handed over."""
HOLD_STEP_NS = 200_000


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


class Handover:
    """Hands pictures over at an even distance from their beats.

    One picture takes longer to draw than the next, and if each went out as soon as it is done, that would be seen as judder.
    So each waits until most would be done, a time learnt from those before, and never so long that the next beat suffers.
    """

    def __init__(
        self,
        rate_hz: float,
        *,
        now_ns: Callable[[], int] = time.perf_counter_ns,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._most_ns = MOST_HOLD / rate_hz * 1e9
        self._now_ns = now_ns
        self._sleep = sleep
        self._hold_ns = 0.0

    @property
    def hold_ms(self) -> float:
        """How long after its beat a picture is handed over."""
        return self._hold_ns / 1e6

    def wait(self, due_ns: int) -> None:
        """Sleep until the picture of the beat at `due_ns`, which is done now, is to be handed over."""
        took_ns = self._now_ns() - due_ns
        # One step up for each that came too late, a small one down for each in time: settles where MOST_IN_TIME of them are.
        step_ns = HOLD_STEP_NS * (MOST_IN_TIME if took_ns > self._hold_ns else MOST_IN_TIME - 1)
        self._hold_ns = min(max(0.0, self._hold_ns + step_ns), self._most_ns)
        if took_ns < self._hold_ns:
            self._sleep((self._hold_ns - took_ns) / 1e9)
