"""Hands: from 21 hand keypoints to the palm's frame and the finger bones.

Owns how fingers flex and spread, the thumb's own axes, and the limits that keep fingers from bending backwards. Knows nothing
of arms. At rest (T-pose) the fingers point to the hand's own side, the palm down, the thumb's side forward.
"""

from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.observation import AVATAR_FROM_CAMERA
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.skeleton import HAND_NAMES
from trackers.types import HandTracking

FINGERS: Final = ("Thumb", "Index", "Middle", "Ring", "Little")
"""Order of the fingers that `finger_rotations` returns, three joints each."""

_SIGN: Final[Array] = np.array([1.0, -1.0])  # +X is the avatar's left
_TO_LEFT: Final[Array] = np.array([[[1.0, 1.0, 1.0]], [[-1.0, 1.0, 1.0]]])  # (2, 1, 3) of points
_FROM_LEFT: Final[Array] = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, -1.0, 1.0]])[:, None, None]  # of quaternions
_UNTURNED: Final[Array] = np.tile(quat.IDENTITY, (2, 1))
_FLEX_AXIS: Final[Array] = np.broadcast_to(-rot.Z, (2, 4, 3, 3))
_SPREAD_AXIS: Final[Array] = np.broadcast_to(-rot.Y, (2, 4, 3))
_WRIST, _THUMB = 0, 1
_KNUCKLES: Final = [HAND_NAMES.index(f"{finger}_mcp") for finger in ("index", "middle", "ring", "pinky")]
_FLEX_LOW_RAD: Final[Array] = np.radians([-20.0, -3.0, -3.0])  # proximal, intermediate, distal
_FLEX_HIGH_RAD: Final[Array] = np.radians([95.0, 110.0, 80.0])
_SPREAD_LIMIT_RAD = np.radians(20.0)
_SPREAD_REST_RAD: Final[Array] = np.radians([3.0, 0.0, -4.0, -9.0])  # a relaxed hand's fan, index to little; + to the thumb
_THUMB_LOW_RAD: Final[Array] = np.radians([[-30.0, -35.0], [-15.0, -20.0], [-20.0, -8.0]])  # flexion, sideways
_THUMB_HIGH_RAD: Final[Array] = np.radians([[45.0, 35.0], [60.0, 20.0], [80.0, 8.0]])
_THUMB_CURL: Final[Array] = rot.unit(np.array([0.25, -0.45, -0.85]))  # where the tip goes when it flexes: under the palm
THUMB_REST: Final[Array] = rot.unit(np.array([[0.70, -0.20, 0.68], [0.75, -0.20, 0.63], [0.80, -0.20, 0.56]]))
"""(3, 3) directions of the left thumb's bones at rest, where no rig says otherwise; the right one's have x negated."""


def hand_points(hands: tuple[HandTracking | None, HandTracking | None]) -> Array:
    """Return (2, 21, 3) keypoints in avatar axes, metres, left first; a hand that was not found is all zeros."""
    points = np.zeros((2, 21, 3))
    for row, hand in enumerate(hands):
        if hand is not None:
            points[row] = hand.world_m
    return np.asarray(points * AVATAR_FROM_CAMERA)


def palm_rotations(points_m: Array) -> Array:
    """Return (2, 4) avatar_from_hand of both hands' keypoints (2, 21, 3); of zeros the identity."""
    knuckles = points_m[:, _KNUCKLES]
    along = knuckles[:, 1] * 0.6 + knuckles[:, 2] * 0.4 - points_m[:, _WRIST]
    return rot.frames(_SIGN[:, None] * rot.unit(along), knuckles[:, 0] - knuckles[:, 3])


def finger_rotations(points_m: Array, palms: Array, *, thumb_rest: Array, axes: Array) -> Array:
    """Return (2, 5, 3, 4) local rotations of the finger bones: side, finger in the order of `FINGERS`, joint from the palm.

    Args:
        points_m: (2, 21, 3) keypoints of both hands, and `palms` (2, 4) their avatar_from_hand.
        thumb_rest: (3, 3) directions of the left thumb's bones at rest, and `axes` their `thumb_axes`.
    """
    # All is done for left hands: the right one is reflected in x, there and back.
    local = rot.rotate(quat.inverse(palms)[:, None], points_m - points_m[:, _WRIST, None]) * _TO_LEFT
    out = np.empty((2, 5, 3, 4))
    out[:, 0] = _thumbs(local[:, _THUMB : _THUMB + 4], thumb_rest, axes)
    out[:, 1:] = _long_fingers(local[:, 5:].reshape(2, 4, 4, 3))
    return np.asarray(out * _FROM_LEFT)


def _long_fingers(joints: Array) -> Array:
    """Return (2, 4, 3, 4) rotations of index to little from their joints (2, 4, 4, 3) in left hands' frames."""
    bones = rot.unit(joints[:, :, 1:] - joints[:, :, :-1])
    bend = np.arctan2(-bones[..., 1], bones[..., 0])  # (2, 4, 3) in the hand's plane of flexion
    bend[..., 1:] -= bend[..., :-1].copy()
    bend = (bend + np.pi / 2) % (2 * np.pi) - np.pi / 2  # -90..270 degrees: a fist never wraps round to bending back
    bend = np.minimum(np.maximum(bend, _FLEX_LOW_RAD), _FLEX_HIGH_RAD)
    side = np.arcsin(np.minimum(np.maximum(bones[:, :, 0, 2], -1.0), 1.0)) - _SPREAD_REST_RAD
    spread = np.minimum(np.maximum(side * np.cos(bend[..., 0]), -_SPREAD_LIMIT_RAD), _SPREAD_LIMIT_RAD)
    turns = rot.about(_FLEX_AXIS, bend)
    # Spread about the knuckle's upright axis first, then flexion in the plane that it turned.
    turns[:, :, 0] = quat.multiply(rot.about(_SPREAD_AXIS, spread), turns[:, :, 0])
    return turns


def thumb_axes(rest: Array) -> Array:
    """Return (3, 2, 3) axes of flexion and of sideways motion of the left thumb's bones, which point along `rest` (3, 3)."""
    flexing = rot.unit(rot.cross(rest, np.broadcast_to(_THUMB_CURL, (3, 3))))
    return np.stack([flexing, rot.cross(flexing, rest)], axis=1)


def _thumbs(joints: Array, rest: Array, axes: Array) -> Array:
    """Return (2, 3, 4) rotations of left thumbs from their joints (2, 4, 3), each bone swung within its own two axes."""
    ways = rot.unit(joints[:, 1:] - joints[:, :-1])
    turned, out = _UNTURNED, np.empty((2, 3, 4))
    for joint in range(3):
        swing = quat.log(rot.between(rest[joint], rot.rotate(quat.inverse(turned), ways[:, joint])))
        turns = np.minimum(np.maximum(swing @ axes[joint].T, _THUMB_LOW_RAD[joint]), _THUMB_HIGH_RAD[joint])
        out[:, joint] = quat.exp(turns @ axes[joint])
        turned = quat.multiply(turned, out[:, joint])
    return out
