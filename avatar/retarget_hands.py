"""Hands: from 21 hand keypoints to the palm's frame and the finger bones, one hand at a time.

Owns how fingers flex and spread, the thumb's own axes, and the limits that keep fingers from bending backwards. Knows nothing
of arms. `sign` is +1 for a left hand and -1 for a right one: at rest (T-pose) the fingers point to the hand's own side, the
palm down, the thumb's side forward.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from avatar import turns
from avatar.turns import Turn, Vector, clamped
from trackers.skeleton import HAND_NAMES
from trackers.types import HandTracking

FINGERS: Final = ("Thumb", "Index", "Middle", "Ring", "Little")
"""Order of the fingers that `finger_rotations` returns, three joints each."""

_WRIST = 0
_INDEX, _MIDDLE, _RING, _LITTLE = (HAND_NAMES.index(f"{finger}_mcp") for finger in ("index", "middle", "ring", "pinky"))
_FLEX_RAD: Final = tuple((math.radians(low), math.radians(high)) for low, high in ((-20, 95), (-3, 110), (-3, 80)))
_SPREAD_LIMIT_RAD = math.radians(20.0)
_SPREAD_REST_RAD: Final = tuple(map(math.radians, (3.0, 0.0, -4.0, -9.0)))  # a relaxed fan, index to little; + to the thumb
_THUMB_FLEX_RAD: Final = tuple((math.radians(low), math.radians(high)) for low, high in ((-30, 45), (-15, 60), (-20, 80)))
_THUMB_SIDEWAYS_RAD: Final = tuple(math.radians(limit) for limit in (35, 20, 8))
_THUMB_CURL: Final = turns.unit((0.25, -0.45, -0.85))  # where the tip goes when it flexes: under the palm


class ThumbBone(NamedTuple):
    """How one bone of a left thumb lies at rest and what it turns about; all unit vectors."""

    along: Vector
    flexing: Vector
    sideways: Vector


def thumb_bones(directions: Sequence[Vector]) -> tuple[ThumbBone, ...]:
    """Return the three bones of a left thumb that points along these directions at rest."""
    bones = []
    for along in map(turns.unit, directions):
        flexing = turns.unit(turns.cross(along, _THUMB_CURL))
        bones.append(ThumbBone(along, flexing, turns.cross(flexing, along)))
    return tuple(bones)


THUMB: Final = thumb_bones([(0.70, -0.20, 0.68), (0.75, -0.20, 0.63), (0.80, -0.20, 0.56)])
"""The left thumb where no rig says otherwise; the right one's is its reflection in x."""


def hand_points(hand: HandTracking) -> list[Vector]:
    """Return the 21 keypoints in avatar axes, metres."""
    return [(x, -y, -z) for x, y, z in hand.world_m.tolist()]


def palm_rotation(points_m: Sequence[Vector], *, sign: float) -> Turn:
    """Return avatar_from_hand of a hand's 21 keypoints."""
    wrist, middle, ring = points_m[_WRIST], points_m[_MIDDLE], points_m[_RING]
    x, y, z = (0.6 * middle[k] + 0.4 * ring[k] - wrist[k] for k in range(3))
    along = turns.scaled(turns.unit((x, y, z)), sign)
    return turns.frame(along, turns.minus(points_m[_INDEX], points_m[_LITTLE]))


def finger_rotations(points_m: Sequence[Vector], palm: Turn, *, sign: float, thumb: Sequence[ThumbBone]) -> list[list[Turn]]:
    """Return local rotations of the finger bones: fingers in the order of `FINGERS`, three joints each from the palm on.

    Args:
        points_m: a hand's 21 keypoints, and `palm` its avatar_from_hand.
        sign: which hand.
        thumb: the left thumb's bones.
    """
    from_avatar = turns.inverse(palm)
    fingers = []
    for finger in range(len(FINGERS)):
        joints = points_m[1 + 4 * finger : 5 + 4 * finger]
        ways = []
        for start, end in zip(joints, joints[1:], strict=False):
            x, y, z = turns.unit(turns.rotate(from_avatar, turns.minus(end, start)))
            ways.append((sign * x, y, z))  # all is done for a left hand: the right one is reflected, there and back
        bends = _thumb(ways, thumb) if finger == 0 else _long_finger(ways, _SPREAD_REST_RAD[finger - 1])
        fingers.append([(x, sign * y, sign * z, w) for x, y, z, w in bends])
    return fingers


def _long_finger(ways: Sequence[Vector], spread_rest_rad: float) -> list[Turn]:
    """Return the rotations of a left hand's finger from the directions of its three bones in the hand's frame."""
    bends, before = [], 0.0
    for (x, y, _), limits in zip(ways, _FLEX_RAD, strict=True):
        angle = math.atan2(-y, x)  # in the hand's plane of flexion
        bend = (angle - before + math.pi / 2) % (2 * math.pi) - math.pi / 2
        bends.append(clamped(bend, *limits))  # -90..270 degrees before: a fist never wraps round to bending back
        before = angle
    side = math.asin(clamped(ways[0][2], -1.0, 1.0)) - spread_rest_rad
    spread = clamped(side * math.cos(bends[0]), -_SPREAD_LIMIT_RAD, _SPREAD_LIMIT_RAD)
    knuckle, *others = (turns.about(turns.Z, -bend) for bend in bends)
    # Spread about the knuckle's upright axis first, then flexion in the plane that it turned.
    return [turns.multiply(turns.about(turns.Y, -spread), knuckle), *others]


def _thumb(ways: Sequence[Vector], bones: Sequence[ThumbBone]) -> list[Turn]:
    """Return the rotations of a left thumb from the directions of its bones, each swung within its own two axes."""
    turned, out = turns.NONE, []
    for way, bone, flex_rad, aside_rad in zip(ways, bones, _THUMB_FLEX_RAD, _THUMB_SIDEWAYS_RAD, strict=True):
        swing = turns.log(turns.between(bone.along, turns.rotate(turns.inverse(turned), way)))
        flex = clamped(turns.dot(swing, bone.flexing), *flex_rad)
        aside = clamped(turns.dot(swing, bone.sideways), -aside_rad, aside_rad)
        x, y, z = (flex * bone.flexing[k] + aside * bone.sideways[k] for k in range(3))
        out.append(turns.exp((x, y, z)))
        turned = turns.multiply(turned, out[-1])
    return out
