"""A tracking as gestures are judged by it: its face with the person's own zeros and ones.

Owns what is taken off, the same for the live program, for takes and for tests. Knows nothing of profiles and of gestures.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from avatar.calibration import Calibration
from avatar.retarget import Retargeter
from trackers.types import FloatArray, Tracking

_FLIP: Final = np.diag([1.0, -1.0, -1.0])  # head space to camera space at rest


def calibrated(tracking: Tracking, calibration: Calibration, *, expression: FloatArray) -> Tracking:
    """Return the tracking with the person's own zeros and ones: a smile is then a smile of this face.

    Args:
        expression: (52,) what the avatar's face makes of this one, not mirrored.
    """
    face = tracking.face
    if face is None:
        return tracking
    turned = (_FLIP @ calibration.head_offset.T @ _FLIP @ face.camera_from_head).astype(np.float32)
    return replace(tracking, face=replace(face, expression=expression, camera_from_head=turned))


class AsLive:
    """Makes of one tracking after another what the live program would judge, without an avatar."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._retargeter = Retargeter()
        self._retargeter.calibration = calibration

    def __call__(self, tracking: Tracking) -> Tracking:
        """Take the next tracking of a source; return it calibrated."""
        return calibrated(tracking, self._calibration, expression=self._retargeter.retarget(tracking).expression)
