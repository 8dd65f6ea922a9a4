"""The steady delay between the tracker's clock and the output clock.

Owns how far beyond the newest measurement a sample looks, and how old a measurement gets in the usual course. Knows nothing of
what is measured. Driven only by stamps.
"""

from collections import deque
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array

LOOK_AHEAD_S: Final = 0.025
"""No pose is carried further than this beyond its measurement at full pace."""
RUN_OUT_S: Final = 0.015
"""Then its motion runs out: it goes on for so much longer at most, ever more slowly."""
RUN_ON_PERIODS: Final = 2
"""Periods for which a part runs on that was not looked at in the newest frames: slow parts rest for so many."""
_RISE, _FALL = 0.3, 0.02  # how soon a later, and how slowly an earlier arrival changes the delay
_LATEST_S = 0.35  # a measurement later than this is a pause, and says nothing of the usual lateness,
_IN_A_ROW = 3  # unless so many come as late: then the tracker is slow
_USUAL_STEP_S = 0.1  # the same for the time between two measurements
_MOST_S = 2.0  # whoever is later than this may be gone


class Ages:
    """How old the newest measurement has lately become before the next one came.

    Whoever waits for a measurement asks it how long to wait: one that is as late as those before it is no loss.
    """

    def __init__(self) -> None:
        self._newest_ns: int | None = None
        self._age_s: float | None = None  # of the newest, when last looked at
        self._last: deque[float] = deque(maxlen=_IN_A_ROW)
        self.slow = False
        """Whether measurements come so late that it would be a pause if it were only once."""

    def push(self, time_ns: int) -> None:
        """Note a measurement's stamp."""
        if self._age_s is not None:
            self._last.append(self._age_s)
            late = [age_s >= _LATEST_S for age_s in self._last]
            if len(late) == _IN_A_ROW and (all(late) or not any(late)):
                self.slow = late[0]
        self._newest_ns, self._age_s = time_ns, None

    def look(self, time_ns: int) -> None:
        """Note a time at which the newest measurement is still the newest."""
        if self._newest_ns is None or time_ns < self._newest_ns:
            return
        age_s = (time_ns - self._newest_ns) * 1e-9
        if not self._last:  # the first took so long to come; the next one takes as long again
            self._last.append(min(2 * age_s, _MOST_S))
        self._age_s = min(age_s, _MOST_S)

    @property
    def usual_s(self) -> float:
        """The age that was usual of late; 0 if none is known."""
        return median(self._last) if self._last else 0.0

    @property
    def longest_s(self) -> float:
        """The greatest of the last few ages, never more than 2 s; 0 if none is known."""
        return max(self._last, default=0.0)


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
        self._ages = Ages()
        self._steps_s: deque[float] = deque(maxlen=_IN_A_ROW)
        self._period_s = 0.033

    @property
    def delay_s(self) -> float:
        """How far behind the output time the shown motion is, before the filters' own lag."""
        return max(0.0, self._oldest_s - LOOK_AHEAD_S)

    @property
    def silence_s(self) -> float:
        """As `delay_s`, while no measurement comes: the longest wait of late was no silence."""
        return max(self.delay_s, self._ages.longest_s - LOOK_AHEAD_S)

    @property
    def slow_s(self) -> float:
        """How much longer than usual the time between two measurements is; 0 from ten a second on."""
        return max(0.0, self._period_s - _USUAL_STEP_S)

    def push(self, time_ns: int) -> None:
        """Note a measurement's stamp."""
        self._ages.push(time_ns)
        if self._newest_ns is not None:
            self._note_step((time_ns - self._newest_ns) * 1e-9)
            self._note_age(self._sampled_ns)  # the last sample before a push shows the oldest measurement
        self._newest_ns = time_ns

    def _note_step(self, step_s: float) -> None:
        self._steps_s.append(step_s)
        if len(self._steps_s) == _IN_A_ROW and min(self._steps_s) > _USUAL_STEP_S:
            self._period_s = min(*self._steps_s, _MOST_S)
        else:  # a pause counts as a usual step
            self._period_s = min(self._period_s, _USUAL_STEP_S)
            self._period_s += 0.1 * (min(step_s, _USUAL_STEP_S) - self._period_s)

    def _note_age(self, time_ns: int) -> None:
        slow = self._ages.slow
        age_s = self._ages.usual_s if slow else self._age_s(time_ns)
        if slow != (self._oldest_s >= _LATEST_S):  # another pace altogether: taken up at once
            self._oldest_s = age_s
        elif slow or 0.0 <= age_s < _LATEST_S:
            share = _RISE if age_s > self._oldest_s else _FALL
            self._oldest_s = age_s if self._oldest_s < 0 else self._oldest_s + share * (age_s - self._oldest_s)

    def note_sample(self, time_ns: int) -> None:
        """Note an output time before its look ahead is asked for."""
        self._ages.look(time_ns)
        if self._oldest_s < 0:  # at the start the first sample tells how late measurements come
            self._note_age(time_ns)
        self._sampled_ns = time_ns

    def reach_s(self, time_ns: int, seen_ns: NDArray[np.int64], *, there: NDArray[np.bool_]) -> Array:
        """Return (N,) how far beyond their last measurements (N,) to look; negative means back, between the last two.

        Args:
            there: (N,) what is not lost. If it was not measured in the newest frame all the same, it goes on at full pace for a
                few periods more than what was.
        """
        reach_s: Array = np.asarray((time_ns - seen_ns) * 1e-9, dtype=np.float64)
        reach_s -= self.delay_s
        rests = there & (seen_ns < (self._newest_ns or 0))
        most_s = rests * (RUN_ON_PERIODS * min(self._period_s, _USUAL_STEP_S)) + LOOK_AHEAD_S
        beyond_s = np.maximum(reach_s - most_s, 0.0)
        np.maximum(reach_s, -self._period_s, out=reach_s)
        np.minimum(reach_s, most_s, out=reach_s)
        reach_s -= RUN_OUT_S * np.expm1(beyond_s / -RUN_OUT_S)
        return reach_s

    def _age_s(self, time_ns: int) -> float:
        return (time_ns - (self._newest_ns or 0)) * 1e-9
