"""Judges whether a person is really there.

The pose model goes on reporting a person after the person has left, and finds one in noise; its own score says little. Owns the
evidence that counts beside it: sane geometry inside the picture, a face or a hand of their own models, or, when those are
missing for a while, a fresh look by the person detector. Knows nothing of models.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from trackers.face import region_from_body
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FaceTracking, HandTracking

MIN_SCORE: Final = 0.5
MIN_POINTS_INSIDE: Final = 4
SURE_DETECTION: Final = 0.93
"""Score of the person detector that proves a body without a face: people score 0.94 and more, a lone hand up to 0.92."""
MAX_HAND_SHARE: Final = 0.6
"""Greatest length from wrist to knuckle as a share of the torso's extent."""
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


def is_hand_of(body: BodyTracking, hand: HandTracking) -> bool:
    """Tell whether a hand is no larger than a hand of this body can be: the pose model also sees bodies in hands."""
    points = hand.keypoints_px
    return float(np.hypot(*(points[9, :2] - points[0, :2]))) < MAX_HAND_SHARE * torso_px(body)


def has_face_there(body: BodyTracking, face: FaceTracking) -> bool:
    """Tell whether the face is where the body has its head: else it is another's, and no witness."""
    where = region_from_body(body)
    x, y = face.keypoints_px[:, :2].mean(axis=0)
    return bool(np.hypot(x - where.x_px, y - where.y_px) < 0.75 * where.size_px)


class PresenceJudge:
    """Remembers whether the followed person was ever proven, and for how long only the pose model has spoken for them."""

    def __init__(self, *, sure_detection: float = SURE_DETECTION) -> None:
        self._sure_detection = sure_detection
        self._proven = False
        self._alone = 0
        self._misses = 0

    def reset(self) -> None:
        """Forget: a new person."""
        self._proven = False
        self._alone = 0
        self._misses = 0

    @property
    def knows_them(self) -> bool:
        """Whether the followed person was proven: no face is needed for it any more."""
        return self._proven

    def is_proven(self, *, face: bool, detection: float) -> bool:
        """Tell whether a newly found body is a person's: it has a face, or the detector was sure.

        Args:
            face: a face was found where the body has its head.
            detection: the detector's score when the body was found.
        """
        self._proven = self._proven or face or detection >= self._sure_detection
        return self._proven

    def is_still_there(self, *, witnessed: bool, detect: Callable[[], bool]) -> bool:
        """Tell whether a proven person is there in this frame.

        Args:
            witnessed: a face or a hand was found by a model of its own, where this body has it.
            detect: looks for a person with the detector; called seldom.
        """
        if witnessed:
            self._alone = self._misses = 0
            return True
        self._alone += 1
        if self._alone % PATIENCE_FRAMES == 0:
            self._misses = 0 if detect() else self._misses + 1
        return self._misses < MISSES_TO_LEAVE
