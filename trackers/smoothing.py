"""Keypoints for those who want them steady: whole trackings through One-Euro filters, each quantity in its own unit.

Owns which part is smoothed how. Knows nothing of avatars: the avatar's motion is smoothed as rotations, after retargeting, and
must not be smoothed twice. Pixels are smoothed in sizes of their part (shoulders, hand, eyes), so that the same settings
serve a picture of 160x120 and one of 4K; world landmarks in metres; the head on the sphere; expressions as they are.
"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from trackers import quaternions as quat
from trackers.filters import OneEuroParameters, PointFilter, RotationFilter, VectorFilter
from trackers.quaternions import Array
from trackers.sides import body_size_px, hand_extent_px
from trackers.types import PARTS, BodyTracking, FaceTracking, FloatArray, HandTracking, Tracking

_LOOK_AHEAD_S: Final = 0.05
"""No part runs on for longer than this beyond its last look."""
# beta and knee in sizes of the part, metres, radians or coefficients per second
_BODY: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=15.0, d_cutoff_hz=1.0, knee=1.8, hold_s=0.1, lead=1.0)
_HAND: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=20.0, d_cutoff_hz=1.0, knee=1.0, hold_s=0.1, lead=1.0)
_FACE: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=25.0, d_cutoff_hz=1.0, knee=0.6, hold_s=0.1, lead=1.0)
_DEPTH: Final = OneEuroParameters(min_cutoff_hz=0.2, beta=6.0, d_cutoff_hz=1.0, knee=1.5, hold_s=0.1)
_BODY_M: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=60.0, d_cutoff_hz=1.0, knee=0.15, hold_s=0.15, lead=0.5)
_HAND_M: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=120.0, d_cutoff_hz=1.0, knee=0.06, hold_s=0.15, lead=0.5)
_HEAD: Final = OneEuroParameters(min_cutoff_hz=0.1, beta=12.0, d_cutoff_hz=1.0, knee=0.3, hold_s=0.15, lead=0.5)
_EXPRESSION: Final = OneEuroParameters(min_cutoff_hz=0.2, beta=20.0, d_cutoff_hz=3.0, knee=6.0)
_GAZE: Final = OneEuroParameters(min_cutoff_hz=0.5, beta=8.0, d_cutoff_hz=2.0, knee=0.5)
_POSITION_M: Final = OneEuroParameters(min_cutoff_hz=0.2, beta=20.0, d_cutoff_hz=1.0, knee=0.1)

_EYE_CORNERS: Final = [33, 263]


class _Smoother:
    """Smooths one part: its pixels, its world landmarks or whatever else it has."""

    def __init__(self) -> None:
        self._filters: dict[str, PointFilter | RotationFilter | VectorFilter] = {}
        self._time_ns, self._resting = 0, False

    def reset(self) -> None:
        """Forget the part: it is lost."""
        for smooth in self._filters.values():
            smooth.reset()

    def begin(self, *, time_ns: int, resting: bool) -> None:
        """Say of which time the next values are, and whether they were not looked at but carried on by the tracker."""
        self._time_ns = time_ns
        self._resting = resting

    def _pixels(self, points: FloatArray, *, size_px: float) -> FloatArray:
        """Return smoothed (N, 3) pixels; depth, guessed and far noisier, must not hold the place open."""
        place = self._smoothed("px", points[:, :2], unit=size_px)
        return np.concatenate([place, self._smoothed("depth", points[:, 2:], unit=size_px)], axis=1)

    def _smoothed(self, name: str, value: Array | FloatArray, *, unit: float = 1.0) -> FloatArray:
        smooth = self._filters[name]
        if self._resting and len(smooth.seen_ns):
            ahead_s = min((self._time_ns - int(smooth.seen_ns[0])) * 1e-9, _LOOK_AHEAD_S)
        else:
            smooth(value.astype(np.float64), time_ns=self._time_ns, unit=unit)
            ahead_s = 0.0
        return smooth.ahead(ahead_s).astype(np.float32)


class _BodySmoother(_Smoother):
    def __init__(self) -> None:
        super().__init__()
        self._filters = {"px": PointFilter(_BODY), "depth": PointFilter(_DEPTH), "m": PointFilter(_BODY_M)}

    def __call__(self, body: BodyTracking) -> BodyTracking:
        px, size_px = body.keypoints_px, body_size_px(body.keypoints_px)
        return replace(
            body,
            keypoints_px=self._pixels(px, size_px=size_px),
            world_m=self._smoothed("m", body.world_m),
        )


class _HandSmoother(_Smoother):
    def __init__(self) -> None:
        super().__init__()
        self._filters = {"px": PointFilter(_HAND), "depth": PointFilter(_DEPTH), "m": PointFilter(_HAND_M)}

    def __call__(self, hand: HandTracking) -> HandTracking:
        px, size_px = hand.keypoints_px, hand_extent_px(hand)
        return replace(
            hand,
            keypoints_px=self._pixels(px, size_px=size_px),
            world_m=self._smoothed("m", hand.world_m),
        )


class _FaceSmoother(_Smoother):
    def __init__(self) -> None:
        super().__init__()
        self._filters = {
            "px": PointFilter(_FACE),
            "depth": PointFilter(_DEPTH),
            "turn": RotationFilter(_HEAD),
            "place": PointFilter(_POSITION_M),
            "gaze": VectorFilter(_GAZE),
            "expression": VectorFilter(_EXPRESSION),
        }

    def __call__(self, face: FaceTracking) -> FaceTracking:
        left, right = face.keypoints_px[_EYE_CORNERS, :2]
        size_px = max(float(np.hypot(*(left - right))), 1.0)
        turned = quat.exp(np.asarray(cv2.Rodrigues(face.camera_from_head.astype(np.float64))[0].T, dtype=np.float64))  # (1, 4)
        turn = quat.log(self._smoothed("turn", turned).astype(np.float64))
        return replace(
            face,
            keypoints_px=self._pixels(face.keypoints_px, size_px=size_px),
            camera_from_head=cv2.Rodrigues(turn[0])[0].astype(np.float32),
            head_position_m=self._smoothed("place", face.head_position_m[None])[0],
            gaze_rad=self._smoothed("gaze", face.gaze_rad),
            expression=np.clip(self._smoothed("expression", face.expression), 0.0, 1.0),
        )


class TrackingSmoother:
    """Takes trackings in their order and returns them smoothed. Used from one thread."""

    def __init__(self) -> None:
        self._body, self._left, self._right, self._face = _BodySmoother(), _HandSmoother(), _HandSmoother(), _FaceSmoother()

    def reset(self) -> None:
        """Forget everything: afterwards it behaves as a new one."""
        for part in (self._body, self._left, self._right, self._face):
            part.reset()

    def __call__(self, tracking: Tracking) -> Tracking:
        """Return the smoothed tracking. A part that is lost is forgotten; one that was not looked at runs on."""
        body, left, right, face = tracking.body, tracking.left_hand, tracking.right_hand, tracking.face
        parts = (self._body, body), (self._left, left), (self._right, right), (self._face, face)
        for name, (smooth, part) in zip(PARTS, parts, strict=True):
            if part is None:
                smooth.reset()
            smooth.begin(time_ns=tracking.stamp.captured_ns, resting=name in tracking.predicted)
        return replace(
            tracking,
            body=None if body is None else self._body(body),
            left_hand=None if left is None else self._left(left),
            right_hand=None if right is None else self._right(right),
            face=None if face is None else self._face(face),
        )
