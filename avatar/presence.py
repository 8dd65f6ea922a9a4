"""Losing and finding: how much of each part is tracked rather than idle.

Owns how long a lost part is held and how it fades out and in. Knows nothing of what the parts are. Driven only by stamps.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rotations import smoothstep
from trackers.quaternions import Array

HOLD_S: Final = 0.25
"""A lost part stays as it was for this long,"""
FADE_OUT_S: Final = 0.6
"""then takes this long to reach the idle pose,"""
FADE_IN_S: Final = 0.2
"""and this long to come back when it is found again."""

_FOUND_FOR_S = 0.15
_TAKE_UP, _LET_GO = 0.5, 0.3  # confidence at which a part counts as found, and below which as lost


class Presence:
    """How much of each of N parts is tracked rather than idle: held, let go and taken up over time."""

    def __init__(self, count: int) -> None:
        self.weight = np.zeros(count)
        """(N,) 0 idle .. 1 tracked, before easing."""
        self._seen_ns = np.full(count, np.iinfo(np.int64).min // 2)  # never: a clock may start at 0
        self._tracked = np.zeros(count, dtype=bool)
        self.newly_found = np.zeros(count)
        """(N,) 1 when just found, falling to 0."""

    def push(self, confidence: Array, *, time_ns: int) -> NDArray[np.bool_]:
        """Note (N,) confidences and return which parts count as measured (N,)."""
        found = confidence >= np.where(self._tracked, _LET_GO, _TAKE_UP)
        self.newly_found[found & ~self._tracked] = 1.0
        self._tracked = found
        self._seen_ns[found] = time_ns
        return found

    def begin(self) -> None:
        """Take up at once whatever is tracked: there is nothing on the screen yet to blend from."""
        self.weight[self._tracked] = 1.0
        self.newly_found[:] = 0.0

    def advance(self, time_ns: int, *, dt_s: float, hold_s: float) -> Array:
        """Let `dt_s` pass and return the eased weights (N,)."""
        lost = (time_ns - self._seen_ns) * 1e-9 > hold_s
        self.weight = np.clip(self.weight + np.where(lost, -dt_s / FADE_OUT_S, dt_s / FADE_IN_S), 0.0, 1.0)
        self.newly_found *= np.exp(-dt_s / _FOUND_FOR_S)
        return smoothstep(self.weight, 0.0, 1.0)
