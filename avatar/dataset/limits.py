"""How far the joints of a person go, and poses held within.

Owns the table of limits: how far a bone may swing away from where it points at rest, and how far it may turn about itself.
Wide enough for everything that people do before a webcam; no arm comes off. Knows nothing of motions.
"""

from typing import Final

import numpy as np

from avatar.rig import BONE_NAMES
from trackers import quaternions as quat
from trackers.quaternions import Array

# ending of the bone's name: (swing, turn about its own length), degrees
_LIMITS_DEG: Final[dict[str, tuple[float, float]]] = {
    "hips": (60, 90),
    "spine": (40, 30),
    "chest": (30, 25),
    "upperChest": (30, 30),
    "neck": (30, 40),
    "head": (40, 55),
    "jaw": (30, 10),
    "Eye": (32, 1),
    "Shoulder": (35, 25),
    "UpperArm": (130, 105),
    "LowerArm": (152, 105),
    "Hand": (85, 55),
    "ThumbMetacarpal": (50, 30),
    "ThumbProximal": (65, 30),
    "ThumbDistal": (85, 15),
    "Proximal": (100, 20),
    "Intermediate": (110, 8),
    "Distal": (90, 8),
    "UpperLeg": (125, 50),
    "LowerLeg": (150, 30),
    "Foot": (60, 30),
    "Toes": (50, 10),
}
_UP: Final = ("hips", "spine", "chest", "upperChest", "neck", "head", "Leg", "Foot")


def _limits_of(bone: str) -> tuple[float, float]:
    if bone in _LIMITS_DEG:
        return _LIMITS_DEG[bone]
    return next(limits for ending, limits in _LIMITS_DEG.items() if bone.endswith(ending))


def _axis_of(bone: str) -> tuple[float, float, float]:
    """Return the direction in which a bone lies at rest: legs and trunk upright, eyes and toes forward, arms aside."""
    if bone.endswith(_UP):
        return 0.0, 1.0, 0.0
    return (0.0, 0.0, 1.0) if bone.endswith(("Eye", "Toes", "jaw")) else (1.0, 0.0, 0.0)


LIMITS_RAD: Final[Array] = np.radians([_limits_of(bone) for bone in BONE_NAMES])
"""(55, 2) most swing and most turn of each bone."""
_AXES: Final[Array] = np.array([_axis_of(bone) for bone in BONE_NAMES])


def parts(rotations: Array, axes: Array = _AXES) -> tuple[Array, Array]:
    """Return swing as rotation vectors (..., B, 3) and turn about the bone (..., B), radians; the turn comes first.

    Args:
        rotations: (..., B, 4)
        axes: (B, 3) or (3,) along which bones lie at rest.
    """
    along = np.einsum("...i,...i->...", rotations[..., :3], np.broadcast_to(axes, (*rotations.shape[:-1], 3)))
    turn = 2 * np.arctan2(along, rotations[..., 3])
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    back = quat.exp(-axes * turn[..., None])
    return quat.log(quat.multiply(rotations, back)), turn


def joined(swing: Array, turn: Array, axes: Array = _AXES) -> Array:
    """Return the rotations (..., B, 4) of these parts."""
    return quat.multiply(quat.exp(swing), quat.exp(axes * turn[..., None]))


def held(rotations: Array) -> Array:
    """Return (..., 55, 4) the rotations with every joint within its limits."""
    swing, turn = parts(rotations)
    most_swing, most_turn = LIMITS_RAD.T
    angle = np.sqrt(np.einsum("...i,...i->...", swing, swing))
    swing = swing * np.minimum(1.0, most_swing / np.maximum(angle, 1e-9))[..., None]
    return joined(swing, np.clip(turn, -most_turn, most_turn))
