"""Judges whether a person is really there.

The pose model goes on reporting a person after the person has left, and finds one in noise; its own score says little. Owns the
evidence that counts beside it: sane geometry inside the picture, a face or a hand of their own models, or, when those are
missing for a while, a fresh look by the person detector. Knows nothing of models.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking

MIN_SCORE: Final = 0.5
MIN_POINTS_INSIDE: Final = 4
MIN_TORSO_SHARE: Final = 0.03
"""Least size of the torso as a share of the picture's longer side."""
PATIENCE_FRAMES: Final = 6
"""Frames without a face or a hand after which the detector is asked."""
MISSES_TO_LEAVE: Final = 2
"""Looks of the detector without a person after which the person has left."""

_TORSO: Final = [BODY_INDEX[name] for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]


def is_sane(body: BodyTracking, *, width_px: int, height_px: int) -> bool:
    """Tell whether the keypoints could be a person in this picture: sure, large enough, and partly inside."""
    if body.score < MIN_SCORE or not np.isfinite(body.keypoints_px).all():
        return False
    return points_inside(body, width_px=width_px, height_px=height_px) >= MIN_POINTS_INSIDE and (
        torso_px(body) >= MIN_TORSO_SHARE * max(width_px, height_px)
    )


def points_inside(body: BodyTracking, *, width_px: int, height_px: int) -> int:
    """Return how many keypoints the model sees inside the picture."""
    x, y = body.keypoints_px[:, 0], body.keypoints_px[:, 1]
    inside = (x >= 0) & (x < width_px) & (y >= 0) & (y < height_px)
    return int((inside & (body.visibility > 0.5) & (body.presence > 0.5)).sum())


def torso_px(body: BodyTracking) -> float:
    """Return the larger extent of shoulders and hips in pixels."""
    torso = body.keypoints_px[_TORSO, :2]
    return float((torso.max(axis=0) - torso.min(axis=0)).max())


class PresenceJudge:
    """Remembers for how long nothing but the pose model has spoken for the person."""

    def __init__(self) -> None:
        self._alone = 0
        self._misses = 0

    def reset(self) -> None:
        """Forget: a new person."""
        self._alone = 0
        self._misses = 0

    def is_there(self, *, witnessed: bool, detect: Callable[[], bool]) -> bool:
        """Tell whether the body of this frame is a person.

        Args:
            witnessed: a face or a hand was found by a model of its own, where this body has it.
            detect: looks for a person with the detector; called seldom.
        """
        if witnessed:
            self.reset()
            return True
        self._alone += 1
        if self._alone % PATIENCE_FRAMES == 0:
            self._misses = 0 if detect() else self._misses + 1
        return self._misses < MISSES_TO_LEAVE
