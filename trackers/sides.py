"""Left and right kept apart: labels swapped for a frame are put back, and two hands are never one.

Owns the judgement which side a point belongs to, from where it was going. Knows nothing of smoothing, nor of finding parts.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array
from trackers.skeleton import BODY_NAMES
from trackers.types import BODY_COUNT, BodyTracking, FloatArray, HandTracking

_SURE: Final = 0.5
"""A swap is assumed only if it cuts the error to below this fraction."""
_LEAST_ERROR: Final = 0.25
"""Sizes of the part by which the points as they came must miss what was expected."""
LONGEST_SWAP: Final = 3
"""Frames after which a swap is believed: then it was what came before that was wrong."""
_ONE_HAND: Final = 0.25
"""Hand sizes between two hands' keypoints, in the mean, below which they are one; hands laid together stay further apart."""
_TORSO: Final = [BODY_NAMES.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
_KNUCKLE: Final = 9  # of the middle finger: where a hand is


def _mirrored() -> NDArray[np.intp]:
    """Return (33,) the index of each body keypoint's twin; the nose is its own."""
    twins = [name.replace("left", "\0").replace("right", "left").replace("\0", "right") for name in BODY_NAMES]
    return np.array([BODY_NAMES.index(name) for name in twins])


def _limb_shares() -> Array:
    """Return (4, 33): rows that average the keypoints of head, trunk, arms and legs, whose sides are swapped together."""
    limbs = ("eye", "ear", "mouth"), ("shoulder", "hip"), ("elbow", "wrist", "pinky", "index", "thumb"), (
        "knee", "ankle", "heel", "foot",
    )  # fmt: skip
    # Begins with, not contains: the tip of a foot is called foot_index, and is no finger's.
    parts = [name.removeprefix("left_").removeprefix("right_") for name in BODY_NAMES]
    rows = np.array([[part.startswith(limb) for part in parts] for limb in limbs], dtype=np.float64)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


BODY_MIRROR: Final = _mirrored()
_LIMBS: Final = _limb_shares()
LIMB_COUNT: Final = len(_LIMBS)


def swapped_limbs(points: Array, expected: Array) -> NDArray[np.bool_]:
    """Return (4,): which of head, trunk, arms and legs have their sides exchanged; (33, D) points in sizes of the part."""
    straight = _LIMBS @ np.sqrt(((points - expected) ** 2).sum(axis=1))
    crossed = _LIMBS @ np.sqrt(((points[BODY_MIRROR] - expected) ** 2).sum(axis=1))
    return np.asarray((straight >= _LEAST_ERROR) & (crossed < _SURE * straight))


def rows_of(limbs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (33,): the keypoints of the limbs (4,)."""
    return np.asarray(_LIMBS[limbs].any(axis=0))


def put_back(body: BodyTracking, rows: NDArray[np.bool_]) -> BodyTracking:
    """Return the body with all that is said of the keypoints `rows` (33,) from those of the other side."""
    source = np.where(rows, BODY_MIRROR, np.arange(BODY_COUNT))
    return replace(
        body,
        keypoints_px=body.keypoints_px[source],
        world_m=body.world_m[source],
        visibility=body.visibility[source],
        presence=body.presence[source],
    )


def body_size_px(points: Array | FloatArray) -> float:
    """Return the shoulders' width in the picture, also of a person seen from the side."""
    (lx, ly), (rx, ry), (lhx, lhy), (rhx, rhy) = points[_TORSO, :2].tolist()
    trunk = math.hypot(lhx + rhx - lx - rx, lhy + rhy - ly - ry) / 2
    return max(math.hypot(lx - rx, ly - ry), 0.6 * trunk, 1.0)


def hand_extent_px(hand: HandTracking) -> float:
    """Return the longer side of the box round a hand, and at least a pixel."""
    points = hand.keypoints_px[:, :2]
    high, low = points.max(axis=0), points.min(axis=0)
    return max(float(high[0] - low[0]), float(high[1] - low[1]), 1.0)


def place_of(hand: HandTracking) -> tuple[float, float]:
    """Return where a hand is, in pixels: the middle finger's knuckle."""
    x, y, _ = hand.keypoints_px[_KNUCKLE].tolist()
    return x, y


def are_one(left: HandTracking, right: HandTracking, *, size_px: float) -> bool:
    """Tell whether both slots hold one and the same hand."""
    if math.dist(place_of(left), place_of(right)) > size_px:
        return False
    gaps = left.keypoints_px[:, :2] - right.keypoints_px[:, :2]
    return float(np.hypot(gaps[:, 0], gaps[:, 1]).mean()) < _ONE_HAND * size_px


Place = tuple[float, float] | None


def are_exchanged(places: tuple[Place, Place], before: tuple[Place, Place], *, size_px: float) -> bool:
    """Tell whether two hands, left first, lie where the other one was."""
    (left, right), (was_left, was_right) = places, before
    if left is None or right is None or was_left is None or was_right is None:
        return False
    straight = math.dist(left, was_left) + math.dist(right, was_right)
    crossed = math.dist(left, was_right) + math.dist(right, was_left)
    return straight >= size_px and crossed < _SURE * straight


def is_others(left: HandTracking | None, right: HandTracking | None, before: tuple[Place, Place]) -> bool:
    """Tell whether the one hand that there is lies nearer to where the other one was than to its own slot's place."""
    hand = right if left is None else left
    own, others = before if left is not None else (before[1], before[0])
    if hand is None or own is None or others is None:
        return False
    return math.dist(place_of(hand), others) < math.dist(place_of(hand), own)


def stray_hand(left: HandTracking, right: HandTracking, before: tuple[Place, Place]) -> str:
    """Return the side whose slot holds the other's hand, when both hold one.

    Where only one slot was filled before, or one was clearly nearer to where its hand was, that one stays; else the model's own
    word for the side decides.
    """
    gaps = [
        math.inf if was is None else math.dist(place_of(hand), was) for hand, was in zip((left, right), before, strict=True)
    ]
    if min(gaps) < 0.5 * max(gaps):
        return "left" if gaps[0] > gaps[1] else "right"
    return "left" if left.right_probability + right.right_probability > 1.0 else "right"
