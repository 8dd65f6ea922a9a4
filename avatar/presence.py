"""Losing and finding: how much of each part is tracked rather than idle.

Owns how a part fades out and in; how long that takes, and how long it is held first, `PartTimes` says. Knows nothing of what
the parts are. Driven only by stamps.
"""

import numpy as np
from numpy.typing import NDArray

from avatar.rotations import smoothstep
from trackers.part_state import PartTimes
from trackers.quaternions import Array

_TAKE_UP, _LET_GO = 0.5, 0.3  # confidence at which a part counts as found, and below which as lost


class Presence:
    """How much of each of N parts is tracked rather than idle: held, let go and taken up over time."""

    def __init__(self, count: int, *, times: PartTimes) -> None:
        self._times = times
        self.weight = np.zeros(count)
        """(N,) 0 idle .. 1 tracked, before easing."""
        self._seen_ns = np.full(count, np.iinfo(np.int64).min // 2)  # never: a clock may start at 0
        self.tracked = np.zeros(count, dtype=bool)
        """(N,) which parts the newest measurement holds."""
        self.was_idle = np.zeros(count, dtype=bool)
        """(N,) of which nothing was shown before the last `advance`."""
        self._fading = np.zeros(count, dtype=bool)  # to idle, though perhaps only for want of measurements
        self._found_for_s = np.full(count, np.inf)

    def push(self, confidence: Array, *, time_ns: int) -> NDArray[np.bool_]:
        """Note (N,) confidences and return which parts count as measured (N,)."""
        found = confidence >= np.where(self.tracked, _LET_GO, _TAKE_UP)
        self._found_for_s[found & (self._fading | ~self.tracked)] = 0.0
        self.tracked = found
        self._seen_ns[found] = time_ns
        return found

    def begin(self) -> None:
        """Take up at once whatever is tracked: there is nothing on the screen yet to blend from."""
        self.weight[self.tracked] = 1.0
        self._found_for_s[:] = np.inf

    def advance(self, time_ns: int, *, dt_s: float, late_s: float, silent_s: float) -> Array:
        """Let `dt_s` pass and return the eased weights (N,).

        What is shown runs `late_s` behind `time_ns`, so a part that the newest measurement lacks is kept for so long. A part
        that it holds is lost only after `silent_s` without any measurement.
        """
        held_s = self._times.hold_s + np.where(self.tracked, silent_s, late_s)
        self._fading = (time_ns - self._seen_ns) * 1e-9 > held_s
        step = np.where(self._fading, -dt_s / max(self._times.decay_s, 1e-6), dt_s / max(self._times.return_s, 1e-6))
        self.was_idle = self.weight == 0.0
        self.weight = np.clip(self.weight + step, 0.0, 1.0)
        self._found_for_s = np.where(self.was_idle, np.inf, self._found_for_s + dt_s)
        return smoothstep(self.weight, 0.0, 1.0)

    def eased_in(self, dt_s: float) -> Array:
        """Return (N,) the share, of what still separates a part from where it was found, that the last `dt_s` put right.

        Over the time of a return these shares take a part there as a smooth step does. 1 afterwards, and of what comes back
        from idle, where the weight alone does so.
        """
        left = 1.0 - smoothstep(np.stack([self._found_for_s - dt_s, self._found_for_s]), 0.0, max(self._times.return_s, 1e-6))
        return np.asarray(1.0 - left[1] / np.maximum(left[0], 1e-9))
