"""A hand from 21 points of a picture: a palm that looks too short points at the lens, fingers bend towards the palm.

Owns the usual proportions of a hand and what is guessed of depth. Knows nothing of where the points came from.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.types import HAND_COUNT, FloatArray, HandTracking

Array = NDArray[np.float64]

MIN_KNOWN: Final = 15
MIN_CONFIDENCE: Final = 0.15

PALM_M: Final = 0.089
"""From the wrist to the middle finger's knuckle: median over webcam clips, as the lengths below."""
_PARENT: Final = (0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)
# fmt: off
_LENGTHS: Final = (
    0.0, 0.42, 0.35, 0.35, 0.285, 1.04, 0.40, 0.27, 0.23, 1.0, 0.45, 0.29, 0.25, 0.97, 0.41, 0.28, 0.25, 0.86, 0.31, 0.22, 0.20,
)
"""Of each point's bone to its parent, in lengths of the palm; fingers a little over their medians, for those were bent."""
# fmt: on
_KNUCKLES: Final = (5, 9, 13, 17)
_PALM: Final = (0, *_KNUCKLES)
_BEND_POINTS: Final = (2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20)  # in order of their parents
_SLACK = 0.92
_FLAT = 0.25  # sine between index and little finger's knuckle below which the palm is seen edge on
_OWN_SIZE = 0.9  # hands differ in size more than this little slack; a larger one is measured
_STRAIGHT = 0.8  # how steep a finger's last bone must be to pull the next as much as the palm does: best on webcam clips
_GAIN = 1.5


def lift_hand(points: FloatArray, *, side: str, px_per_m: float = 0.0, reach: float = 0.0) -> HandTracking | None:
    """Return the hand of points (21, 3) x, y, confidence; None unless the palm and most of the fingers are known.

    A joint that is missing lies on the line of the bone before it, as long as it usually is.

    Args:
        side: `left` or `right`, the person's own.
        px_per_m: the picture's scale where the hand is, as the body tells it; 0 if nobody knows.
        reach: 0..1 how far the hand is held towards the lens, so that a short palm points there.
    """
    known = points[:, 2] > 0
    confidence = float(points[:, 2].mean())
    if not known[list(_PALM)].all() or known.sum() < MIN_KNOWN or confidence < MIN_CONFIDENCE:
        return None
    pixels = points[:, :2].astype(np.float64)
    spans = np.hypot(*(pixels[list(_KNUCKLES)] - pixels[0]).T) / (PALM_M * np.array([_LENGTHS[row] for row in _KNUCKLES]))
    across = float(np.hypot(*(pixels[5] - pixels[17]))) / (0.58 * PALM_M)
    px_per_m = max(float(np.median(spans)), across, _OWN_SIZE * px_per_m, 1e-3)
    world = np.zeros((HAND_COUNT, 3))
    world[:, :2] = (pixels - pixels[0]) / px_per_m
    for row in _KNUCKLES:
        world[row, 2] = -reach * _missing_m(world[row] - world[0], PALM_M * _LENGTHS[row])
    _bend(world, known, way=_palm_way(world, side=side))
    keypoints = world * px_per_m
    keypoints[:, :2] += pixels[0]
    return HandTracking(
        keypoints_px=keypoints.astype(np.float32),
        world_m=(world - world.mean(axis=0)).astype(np.float32),
        score=min(1.0, _GAIN * confidence),
        right_probability=1.0 if side == "right" else 0.0,
    )


def _palm_way(world: Array, *, side: str) -> float:
    """Return the z of the palm's normal, -1 where the palm faces the lens .. 1 where its back does."""
    index, little = world[5, :2], world[17, :2]
    sine = (index[0] * little[1] - index[1] * little[0]) / max(float(np.hypot(*index) * np.hypot(*little)), 1e-9)
    # a right palm that faces the lens has its index finger on the image's right of its little finger
    return float(np.clip((1.0 if side == "right" else -1.0) * sine / _FLAT, -1.0, 1.0))


def _bend(world: Array, known: NDArray[np.bool_], *, way: float) -> None:
    """Fill in z of thumb and fingers, and the missing joints."""
    for row in (1, *_BEND_POINTS):
        parent = _PARENT[row]
        length_m = PALM_M * _LENGTHS[row]
        if not known[row]:
            # Before the thumb's first bone there is none: it begins on the way to the index finger's knuckle.
            bone = world[parent] - world[_PARENT[parent]] if parent else world[_KNUCKLES[0]] - world[0]
            world[row] = world[parent] + bone * (length_m / max(float(np.linalg.norm(bone)), 1e-6))
            continue
        missing_m = _missing_m(world[row] - world[parent], length_m)
        before = world[parent] - world[_PARENT[parent]]
        straight = float(before[2]) / max(float(np.linalg.norm(before)), 1e-6)
        turn = min(max(straight / _STRAIGHT + way, -1.0), 1.0)
        world[row, 2] = world[parent, 2] + turn * missing_m


def _missing_m(bone: Array, length_m: float) -> float:
    """Return how far a bone must reach into the picture that is so long and looks as `bone` (x, y, …) does."""
    return math.sqrt(max(0.0, (_SLACK * length_m) ** 2 - float(bone[0] ** 2 + bone[1] ** 2)))
