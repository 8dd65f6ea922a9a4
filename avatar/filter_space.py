"""The space in which rotations are smoothed: each in the axes in which it was measured.

Owns the change between a pose's local rotations and these. Knows nothing of filters. A tracker sees a head or an upper arm
against the camera, not against the chest: smoothed as local rotations, the chest's own noise and lag would be added to theirs.
So neck, head, upper arms and hands are smoothed as they stand in avatar space; every other bone as it turns against its parent.
"""

from typing import Final

import numpy as np

from avatar.rig import BONE_INDEX
from trackers import quaternions as quat
from trackers.quaternions import Array

_TRUNK: Final = [BONE_INDEX[name] for name in ("hips", "spine", "chest", "upperChest")]
_FIRST: Final = np.array([BONE_INDEX[name] for name in ("neck", "leftShoulder", "rightShoulder")])  # on the chest
_SECOND: Final = np.array([BONE_INDEX[name] for name in ("head", "leftUpperArm", "rightUpperArm")])  # each on one of them
_FOREARMS: Final = np.array([BONE_INDEX[name] for name in ("leftLowerArm", "rightLowerArm")])  # on the upper arms
_HANDS: Final = np.array([BONE_INDEX[name] for name in ("leftHand", "rightHand")])
_NECK: Final = BONE_INDEX["neck"]

AVATAR_BONES: Final = np.array([*_HANDS, *_SECOND, _NECK])
"""The bones that are smoothed in avatar space."""


def _chest(rotations: Array) -> Array:
    """Return avatar_from_upperChest (..., 4) of (..., 55, 4)."""
    pairs = quat.multiply(rotations[..., _TRUNK[::2], :], rotations[..., _TRUNK[1::2], :])  # of neighbours: (..., 2, 4)
    return quat.multiply(pairs[..., 0, :], pairs[..., 1, :])


def from_local(rotations: Array) -> Array:
    """Return the rotations to smooth (..., 55, 4) of a pose's local ones (..., 55, 4)."""
    out = rotations.copy()
    first = quat.multiply(_chest(rotations)[..., None, :], rotations[..., _FIRST, :])  # (..., 3, 4)
    second = quat.multiply(first, rotations[..., _SECOND, :])
    forearms = quat.multiply(second[..., 1:, :], rotations[..., _FOREARMS, :])
    out[..., _HANDS, :] = quat.multiply(forearms, rotations[..., _HANDS, :])
    out[..., _SECOND, :] = second
    out[..., _NECK, :] = first[..., 0, :]
    return out


def to_local(smoothed: Array) -> Array:
    """Return a pose's local rotations (..., 55, 4) of smoothed ones (..., 55, 4)."""
    out = smoothed.copy()
    chest = _chest(smoothed)
    first = smoothed[..., _FIRST, :]
    first[..., 1:, :] = quat.multiply(chest[..., None, :], first[..., 1:, :])
    second = smoothed[..., _SECOND, :]
    forearms = quat.multiply(second[..., 1:, :], smoothed[..., _FOREARMS, :])
    parents = np.concatenate([forearms, first, chest[..., None, :]], axis=-2)
    own = np.concatenate([smoothed[..., _HANDS, :], second, first[..., :1, :]], axis=-2)
    out[..., AVATAR_BONES, :] = quat.multiply(quat.inverse(parents), own)
    return out
