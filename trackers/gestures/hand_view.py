"""What can be told of one hand at one look: how far each finger is straight, where the palm and the thumb point, what touches.

Owns the geometry, measured in the hand's own size and axes, so that place, size and turns of the hand do not matter, and left
and right are mirror images. Only what is told against the picture's up depends on how the hand is held. Plain floats: at 21
points, one call of numpy costs more than the sum it does. Knows nothing of gestures.
"""

import math
from dataclasses import dataclass
from typing import Final

from trackers.gestures.types import Side
from trackers.types import HandTracking

Vector = tuple[float, float, float]

_WRIST: Final = 0
_KNUCKLES: Final = (5, 9, 13, 17)
_BONES: Final = (5, 6, 7, 9, 10, 11)
"""Upper ends of the bones that a thumb may lie on."""
_ACROSS: Final = 0.58
"""From the index finger's knuckle to the little one's, in lengths of the palm (wrist to the middle finger's knuckle)."""
_OTHERS: Final = 1.04, 0.86
"""From the wrist to those two knuckles, in lengths of the palm."""
_TINY: Final = 1e-9  # metres, and square metres


@dataclass(frozen=True, slots=True)
class HandView:
    """One hand, seen once. Distances are in lengths of the palm, directions are cosines."""

    size_m: float
    """Length of the palm, from the wrist to the middle finger's knuckle, as seen or as wide as the palm is."""
    extension: tuple[float, float, float, float]
    """Index to little finger: how far its tip is from the wrist, over how far its middle joint is. Straight: 1.3 to 1.5,
    curled into the palm: 0.6 to 1.1."""
    bend: tuple[float, float, float, float]
    """Index to little finger: cosine of the bend at the knuckle; 1: in line with the palm, 0: at a right angle."""
    thumb_straight: float
    """Cosine between the thumb's two last bones; 1: straight."""
    thumb_out: float
    """How far the thumb's tip is beside the index finger's knuckle, away from the little finger; below 0: across the palm."""
    thumb_off: float
    """From the thumb's tip to the nearest bone of index or middle finger. The lite hand model puts a thumb that is up less
    far out than the full one does, by a third, but still well off the fingers."""
    thumb_slant: float
    """Cosine between the thumb and the line from wrist to middle knuckle; 0: at a right angle, as an L."""
    thumb_rise: float
    """-1..1: 1: the thumb points up in the picture."""
    finger_rise: tuple[float, float, float, float]
    """-1..1 of the index to the little finger, from knuckle to tip."""
    palm_rise: float
    """-1..1: 1: from the wrist to the knuckles it goes up in the picture."""
    facing: float
    """-1..1: 1: the palm faces the lens, 0: seen edge on, -1: its back does."""
    spread: tuple[float, float, float]
    """Cosines between neighbours: index and middle, middle and ring, ring and little finger."""
    gaps: tuple[float, float, float, float]
    """From the thumb's tip to the tips of index to little finger."""
    nail: float
    """From the thumb's tip to the index finger's last joint."""
    ring: float
    """From the index finger's middle joint to the thumb's last joint: how wide a ring of the two is."""


@dataclass(frozen=True, slots=True)
class PairView:
    """How two hands stand to each other in the picture. Distances are in lengths of the palm, the mean of both."""

    thumbs: float
    """Between the tips of the thumbs."""
    indexes: float
    """Between the tips of the index fingers."""
    height: float
    """How far the index fingers' tips are above the thumbs'."""
    width: float
    """How far the left index finger's middle joint is to the picture's right of the right one's, as it is before the chest."""
    arch: float
    """How far the index fingers' middle joints are above their tips."""


def view_pair(left: HandTracking, right: HandTracking) -> PairView:
    """Return how the two hands stand to each other."""
    a, b = left.keypoints_px.tolist(), right.keypoints_px.tolist()
    size_px = max((_palm_px(a) + _palm_px(b)) / 2.0, _TINY)
    tips_y, joints_y, thumbs_y = a[8][1] + b[8][1], a[6][1] + b[6][1], a[4][1] + b[4][1]
    return PairView(
        thumbs=math.hypot(a[4][0] - b[4][0], a[4][1] - b[4][1]) / size_px,
        indexes=math.hypot(a[8][0] - b[8][0], a[8][1] - b[8][1]) / size_px,
        height=(thumbs_y - tips_y) / 2.0 / size_px,
        width=(a[6][0] - b[6][0]) / size_px,
        arch=(tips_y - joints_y) / 2.0 / size_px,
    )


def _palm_px(points: list[list[float]]) -> float:
    wrist, index, middle, little = points[0], points[5], points[9], points[17]
    return max(math.dist(middle, wrist), math.dist(index, little) / _ACROSS)


def view_hand(hand: HandTracking, *, side: Side) -> HandView:
    """Return what the hand looks like; finite where its points are."""
    p: list[Vector] = hand.world_m.tolist()
    wrist, tip = p[0], p[4]
    palms = [_minus(p[row], wrist) for row in _KNUCKLES]
    fingers = [_minus(p[row + 3], p[row]) for row in _KNUCKLES]
    firsts = [_minus(p[row + 1], p[row]) for row in _KNUCKLES]
    index, along, _, little = palms
    across = _minus(p[5], p[17])
    long = (_length(index) / _OTHERS[0] + _length(along) + _length(little) / _OTHERS[1]) / 3.0
    size = max(long, _length(across) / _ACROSS, _TINY)
    normal = _unit(_cross(index, little) if side == "right" else _cross(little, index))  # out of the palm
    along, across = _unit(along), _unit(across)
    thumb = _unit(_minus(tip, p[2]))
    a, b, c, d = (_unit(finger) for finger in fingers)
    return HandView(
        size_m=size,
        extension=_four([math.dist(p[row + 3], wrist) / max(math.dist(p[row + 1], wrist), _TINY) for row in _KNUCKLES]),
        bend=_four([_cosine(palm, first) for palm, first in zip(palms, firsts, strict=True)]),
        thumb_straight=_cosine(_minus(p[3], p[2]), _minus(tip, p[3])),
        thumb_out=_dot(_minus(tip, p[5]), across) / size,
        thumb_off=min(_to_bone(tip, p[row], p[row + 1]) for row in _BONES) / size,
        thumb_slant=_dot(thumb, along),
        thumb_rise=-thumb[1],
        finger_rise=(-a[1], -b[1], -c[1], -d[1]),
        palm_rise=-along[1],
        facing=-normal[2],
        spread=(_dot(a, b), _dot(b, c), _dot(c, d)),
        gaps=_four([math.dist(p[row + 3], tip) / size for row in _KNUCKLES]),
        nail=math.dist(p[7], tip) / size,
        ring=math.dist(p[6], p[3]) / size,
    )


def _to_bone(point: Vector, start: Vector, end: Vector) -> float:
    bone, way = _minus(end, start), _minus(point, start)
    along = min(1.0, max(0.0, _dot(way, bone) / max(_dot(bone, bone), _TINY)))
    return math.dist(way, (along * bone[0], along * bone[1], along * bone[2]))


def _four(values: list[float]) -> tuple[float, float, float, float]:
    a, b, c, d = values
    return a, b, c, d


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _length(a: Vector) -> float:
    return math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


def _unit(a: Vector) -> Vector:
    length = max(_length(a), _TINY)
    return a[0] / length, a[1] / length, a[2] / length


def _cosine(a: Vector, b: Vector) -> float:
    return _dot(a, b) / max(_length(a) * _length(b), _TINY)
