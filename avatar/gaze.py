"""The eyes' turn: the person's gaze less their straight look, held while the lids are closing, within what eyes can do.

Owns what happens to the gaze in a blink: a closing lid hides the iris from above, so the measured one dives. Knows nothing of
how gaze is measured or drawn. Driven by stamps; used from one thread.
"""

import math
from typing import Final

import numpy as np

from avatar import rotations as rot
from trackers.quaternions import Array
from trackers.types import FloatArray

LIMITS_RAD: Final[Array] = np.radians([32.0, 24.0])
"""Yaw and pitch that the avatar's eyes reach at most."""
_SHUT, _OPEN = 0.55, 0.85  # how far the eyes must be open for the iris not to be believed, and to be believed
_BACK_S: Final = 0.08  # after a blink, from what was held to what is seen
_LONGEST_STEP_S: Final = 0.2


class GazeFollower:
    """Follows the gaze while the eyes are open."""

    def __init__(self) -> None:
        self._held: Array = np.zeros(2)
        self._believed = 0.0
        self._time_ns: int | None = None

    def update(self, gaze_rad: FloatArray, *, straight_rad: FloatArray, eyes_open: float, time_ns: int) -> Array:
        """Return yaw and pitch (2,) of the avatar's eyes, radians.

        Args:
            gaze_rad: (2,) measured yaw and pitch.
            straight_rad: (2,) what is measured when this person looks straight on.
            eyes_open: 0..1, how far the lids are open.
        """
        dt_s = math.inf if self._time_ns is None else min(max(time_ns - self._time_ns, 0) * 1e-9, _LONGEST_STEP_S)
        self._time_ns = time_ns
        seen = np.clip(gaze_rad.astype(np.float64) - straight_rad, -LIMITS_RAD, LIMITS_RAD)
        wanted = float(rot.smoothstep(eyes_open, _SHUT, _OPEN))
        # Belief goes at once, but comes back gently, so that the eyes do not jump when the lids open.
        self._believed = min(wanted, self._believed + dt_s / _BACK_S)
        self._held = self._held + self._believed * (seen - self._held)
        return self._held.copy()
