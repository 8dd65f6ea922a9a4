"""The steady delay between the tracker's clock and the output clock.

Owns how far beyond the newest measurement a sample looks. Knows nothing of what is measured. Driven only by stamps.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array

LOOK_AHEAD_S: Final = 0.025
"""No pose is carried further than this beyond its measurement."""


RUN_ON_PERIODS: Final = 2
"""Periods for which a part runs on that was not looked at in the newest frames: slow parts rest for so many."""
_RISE, _FALL = 0.3, 0.02  # how soon a later, and how slowly an earlier arrival changes the delay
_LATEST_S = 0.35  # a measurement later than this is a pause, and says nothing of the usual lateness


class Timeline:
    """Says for an output time how far beyond the newest measurement to look.

    A measurement arrives late and must serve until the next one arrives. Looking ahead by all of its age would overshoot at
    each turn, so the picture runs a steady delay behind: just as much as keeps the look ahead within its bound at the oldest
    age that is usual. Steady, because a delay that changed with every frame would itself be seen as a stutter.
    """

    def __init__(self) -> None:
        self._newest_ns: int | None = None
        self._sampled_ns = 0
        self._oldest_s = -1.0
        self._period_s = 0.033

    @property
    def delay_s(self) -> float:
        """How far behind the output time the shown motion is, before the filters' own lag."""
        return max(0.0, self._oldest_s - LOOK_AHEAD_S)

    def push(self, time_ns: int) -> None:
        """Note a measurement's stamp."""
        if self._newest_ns is not None:
            step_s = min((time_ns - self._newest_ns) * 1e-9, 0.1)
            self._period_s += 0.1 * (step_s - self._period_s)
            self._note_age(self._sampled_ns)  # the last sample before a push shows the oldest measurement
        self._newest_ns = time_ns

    def _note_age(self, time_ns: int) -> None:
        age_s = self._age_s(time_ns)
        if 0.0 <= age_s < _LATEST_S:
            share = _RISE if age_s > self._oldest_s else _FALL
            self._oldest_s = age_s if self._oldest_s < 0 else self._oldest_s + share * (age_s - self._oldest_s)

    def note_sample(self, time_ns: int) -> None:
        """Note an output time before its look ahead is asked for."""
        if self._oldest_s < 0:  # at the start the first sample tells how late measurements come
            self._note_age(time_ns)
        self._sampled_ns = time_ns

    def reach_s(self, time_ns: int, seen_ns: NDArray[np.int64]) -> Array:
        """Return (N,) how far beyond their last measurements (N,) to look; negative means back, between the last two.

        What was not measured in the newest frame runs on for a few periods more than what was, and then stands still.
        """
        reach_s: Array = np.asarray((time_ns - seen_ns) * 1e-9, dtype=np.float64)
        reach_s -= self.delay_s
        most_s = (seen_ns < (self._newest_ns or 0)) * (RUN_ON_PERIODS * self._period_s)
        most_s += LOOK_AHEAD_S
        np.maximum(reach_s, -self._period_s, out=reach_s)
        np.minimum(reach_s, most_s, out=reach_s)
        return reach_s

    def _age_s(self, time_ns: int) -> float:
        return (time_ns - (self._newest_ns or 0)) * 1e-9
