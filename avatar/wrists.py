"""Where a pose's wrists are, seen from the shoulders, and upper arms that point them to a smoothed place.

Owns the two-bone arm on which wrists are smoothed, and the correction of its shoulder. Knows nothing of filters, rigs or hands.

Shoulder and elbow are measured with errors that belong together: where the elbow was guessed too low, the forearm rises too
steeply, and the wrist, which was seen, is nearly right. Smoothed one by one, each by what it takes for noise, the two joints
move a wrist that stood still. So wrists are smoothed as points beside them, and the upper arm is turned until the wrist lies
that way. How far away it is stays the elbow's own: led there, too, it would stutter, for points are carried straight ahead.

Vectors are in avatar space, lengths in lengths of the upper arm; a forearm is as long (in the built-in character 0.97 of it).
"""

import math
from typing import Final

import numpy as np

from avatar import turns
from avatar.rig import BONE_INDEX
from avatar.turns import Turn, Vector
from trackers.quaternions import Array
from trackers.skeleton import SIDES

UPPER_ARMS: Final = [BONE_INDEX[f"{side}UpperArm"] for side in SIDES]
"""Rows of (55, 4) rotations that are avatar_from_upperArm, as `filter_space` has them."""
LOWER_ARMS: Final = [BONE_INDEX[f"{side}LowerArm"] for side in SIDES]
"""Rows that are upperArm_from_lowerArm."""

_WAYS: Final[tuple[Vector, Vector]] = (turns.X, turns.scaled(turns.X, -1.0))
"""Where the left and the right arm point in the pose of rest."""
_MOST_RAD: Final = math.radians(8.0)
"""On clips of people signing an upper arm is turned by 0.6 degrees (median), in one picture of a hundred by 5.7 and more. And
a forearm that is thrown about kicks an upper arm that stands still by no more than this."""
_NEAR: Final = (0.2, 0.5)  # a wrist nearer to its shoulder than this says ever less of where the arm points


def wrists_of(rotations: Array) -> Array:
    """Return (2, 3), left and right wrist from its shoulder, of rotations (55, 4) in the filters' space."""
    found = np.empty((2, 3))
    for side, way in enumerate(_WAYS):
        upper, lower = _turn(rotations[UPPER_ARMS[side]]), _turn(rotations[LOWER_ARMS[side]])
        found[side] = turns.rotate(upper, _plus(way, turns.rotate(lower, way)))
    return found


def reaching(rotations: Array, wrists: Array) -> Array:
    """Return a copy of the rotations (55, 4) whose upper arms are turned until the wrists lie the way of (2, 3)."""
    out = rotations.copy()
    for bone, wrist, wanted in zip(UPPER_ARMS, wrists_of(rotations), wrists, strict=True):
        out[bone] = _turned(_turn(rotations[bone]), _vector(wrist), _vector(wanted))
    return out


def _turned(upper: Turn, wrist: Vector, wanted: Vector) -> Turn:
    """Return the upper arm turned so that the wrist points the wanted way; hardly, where it is close to the shoulder."""
    share = turns.smoothstep(min(math.hypot(*wrist), math.hypot(*wanted)), *_NEAR)
    turn = turns.log(turns.between(turns.unit(wrist), turns.unit(wanted)))
    return turns.multiply(turns.about(turn, share * _MOST_RAD / max(math.hypot(*turn), _MOST_RAD)), upper)


def _plus(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _turn(row: Array) -> Turn:
    x, y, z, w = row.tolist()
    return x, y, z, w


def _vector(row: Array) -> Vector:
    x, y, z = row.tolist()
    return x, y, z
