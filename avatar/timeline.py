"""The steady delay between the tracker's clock and the output clock.

Owns how far beyond the newest measurement a sample looks. Knows nothing of what is measured. Driven only by stamps.
"""

from typing import Final

LOOK_AHEAD_S: Final = 0.030
"""No pose is carried further than this beyond its measurement."""


class Timeline:
    """Says for an output time how far beyond the newest measurement to look.

    A measurement arrives `lag` after its stamp and must serve until the next one, a `period` later. Looking ahead by all of
    that would overshoot at each turn, so the picture runs a steady delay behind: just as much as keeps the look ahead
    within its bound. Steady, because a delay that changed with every frame would itself be seen as a stutter.
    """

    def __init__(self) -> None:
        self._newest_ns: int | None = None
        self._fresh = False
        self._lag_s = -1.0
        self._period_s = 0.033

    @property
    def delay_s(self) -> float:
        """How far behind the output time the shown motion is, before the filters' own lag."""
        return max(0.0, self._lag_s + self._period_s - LOOK_AHEAD_S)

    def push(self, time_ns: int) -> None:
        """Note a measurement's stamp."""
        if self._newest_ns is not None:
            step_s = min((time_ns - self._newest_ns) * 1e-9, 0.1)
            self._period_s += 0.1 * (step_s - self._period_s)
        self._newest_ns = time_ns
        self._fresh = True

    def horizon_s(self, time_ns: int) -> float:
        """Return the look ahead for an output time; negative means back, between the last two measurements."""
        age_s = self._age_s(time_ns)
        if self._fresh:  # the first sample after a push tells how late measurements come
            self._fresh = False
            lag_s = min(max(age_s, 0.0), 0.25)
            self._lag_s = lag_s if self._lag_s < 0 else self._lag_s + 0.1 * (lag_s - self._lag_s)
        return self.reach_s(time_ns)

    def reach_s(self, time_ns: int) -> float:
        """Return the same without taking note."""
        return min(max(self._age_s(time_ns) - self.delay_s, -self._period_s), LOOK_AHEAD_S)

    def _age_s(self, time_ns: int) -> float:
        return (time_ns - (self._newest_ns or 0)) * 1e-9
