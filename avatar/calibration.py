"""Calibration: what a person's neutral face and head look like to this camera.

Owns collecting it from a second or two of tracking. Knows nothing of how it is used or stored.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from trackers.types import EXPRESSION_COUNT, FloatArray, Tracking, check_array

LEAST_NS: Final = 1_200_000_000
"""Collecting takes at least this long."""
LEAST_FACES: Final = 20
"""And at least this many frames with a face."""


def _no_expression() -> FloatArray:
    return np.zeros(EXPRESSION_COUNT, dtype=np.float32)


def _no_turn() -> FloatArray:
    return np.eye(3, dtype=np.float32)


def _no_gaze() -> FloatArray:
    return np.zeros(2, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A person's neutral, to be taken off every measurement. The default takes off nothing."""

    expression: FloatArray = field(default_factory=_no_expression)
    """(52,) coefficients of the neutral face."""
    head_offset: FloatArray = field(default_factory=_no_turn)
    """(3, 3) rotation avatar_from_head when the person looks straight on: where the camera stands, as the head sees it."""
    gaze_rad: FloatArray = field(default_factory=_no_gaze)
    """(2,) yaw and pitch of the eyes when the person looks straight on."""

    def __post_init__(self) -> None:
        check_array("Calibration.expression", self.expression, (EXPRESSION_COUNT,), np.float32)
        check_array("Calibration.head_offset", self.head_offset, (3, 3), np.float32)
        check_array("Calibration.gaze_rad", self.gaze_rad, (2,), np.float32)


class Calibrator:
    """Collects faces until there are enough for a `Calibration`. Driven by stamps only."""

    def __init__(self) -> None:
        self._expressions: list[FloatArray] = []
        self._heads: list[FloatArray] = []
        self._gazes: list[FloatArray] = []
        self._started_ns: int | None = None

    def add(self, tracking: Tracking) -> Calibration | None:
        """Take a tracking in; return the calibration once there is enough, else None. Frames without a face do not count."""
        face = tracking.face
        if face is None or face.score < 0.5:
            return None
        if self._started_ns is None:
            self._started_ns = tracking.stamp.captured_ns
        self._expressions.append(face.expression)
        self._heads.append(np.diag([1.0, -1.0, -1.0]).astype(np.float32) @ face.camera_from_head)
        self._gazes.append(face.gaze_rad)
        long_enough = tracking.stamp.captured_ns - self._started_ns >= LEAST_NS
        return self._result() if long_enough and len(self._heads) >= LEAST_FACES else None

    def _result(self) -> Calibration:
        # Medians: a blink or a glance aside while collecting must not become the neutral.
        return Calibration(
            expression=np.median(self._expressions, axis=0).astype(np.float32),
            head_offset=_mean_rotation(np.median(self._heads, axis=0)),
            gaze_rad=np.median(self._gazes, axis=0).astype(np.float32),
        )


def _mean_rotation(matrix: FloatArray) -> FloatArray:
    """Return the rotation matrix nearest to `matrix` (3, 3)."""
    u, _, vt = np.linalg.svd(matrix.astype(np.float64))
    flip = np.diag([1.0, 1.0, np.linalg.det(u @ vt)])
    return np.asarray(u @ flip @ vt, dtype=np.float32)
