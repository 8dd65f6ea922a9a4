"""The idle animation: what the avatar does when nothing is tracked.

Owns the natural rest (arms lowered and a little bent, fingers relaxed) and the life on top of it: breath, slow sway, blinks,
small glances. Never perfectly still, never busy. Pure functions of time: the same time gives the same pose. Knows nothing of
tracking.
"""

import math
from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.rig import BONE_INDEX, BONE_MIRROR, BONE_NAMES
from avatar.turns import smoothstep
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.skeleton import BLINK, EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, Stamp

_SMILE: Final = {"mouthSmileLeft": 0.10, "mouthSmileRight": 0.10}
_EYES: Final = [BONE_INDEX["leftEye"], BONE_INDEX["rightEye"]]
_BLINK_EVERY_S, _GLANCE_EVERY_S = 3.9, 2.7
_CLOSING_S, _CLOSED_S, _OPENING_S = 0.08, 0.04, 0.14

# The left side of the rest, degrees; the right is its reflection. Axes: x along the arm, y up, z forward, all in the T-pose.
_REST_DEG: Final[dict[str, tuple[float, float, float]]] = {
    "leftShoulder": (0, 0, -4),
    "leftUpperArm": (0, -6, -68),
    "leftLowerArm": (-8, -20, 0),
    "leftHand": (-4, 0, -6),
    "leftThumbMetacarpal": (0, 8, -4),
    "leftThumbProximal": (0, 8, -6),
    "leftThumbDistal": (0, 12, -4),
    **{
        f"left{f}Proximal": (0, s, -c) for f, s, c in (("Index", -2, 14), ("Middle", 0, 18), ("Ring", 1, 21), ("Little", 3, 23))
    },
    **{f"left{f}Intermediate": (0, 0, -c) for f, c in (("Index", 20), ("Middle", 24), ("Ring", 27), ("Little", 28))},
    **{f"left{f}Distal": (0, 0, -c) for f, c in (("Index", 10), ("Middle", 13), ("Ring", 14), ("Little", 15))},
}

# (bone, axis, degrees, Hz, phase in turns): the breath is one rhythm, the sway several that never meet again.
_BREATH_HZ = 0.24
_WAVES: Final = (
    ("spine", 0, -0.35, _BREATH_HZ, 0.0),
    ("chest", 0, -0.8, _BREATH_HZ, 0.02),
    ("upperChest", 0, -0.6, _BREATH_HZ, 0.04),
    ("neck", 0, 0.8, _BREATH_HZ, 0.04),
    ("head", 0, 0.7, _BREATH_HZ, 0.06),
    ("leftShoulder", 2, 1.3, _BREATH_HZ, 0.04),
    ("rightShoulder", 2, -1.3, _BREATH_HZ, 0.04),
    ("leftUpperArm", 2, 0.6, _BREATH_HZ, 0.10),
    ("rightUpperArm", 2, -0.6, _BREATH_HZ, 0.10),
    ("leftLowerArm", 1, -1.0, 0.083, 0.2),
    ("rightLowerArm", 1, 1.0, 0.071, 0.6),
    ("hips", 2, 0.5, 0.067, 0.0),
    ("hips", 1, 0.7, 0.043, 0.3),
    ("chest", 2, -0.7, 0.067, 0.03),
    ("spine", 1, 0.6, 0.053, 0.1),
    ("neck", 1, 1.0, 0.061, 0.5),
    ("head", 1, 1.6, 0.061, 0.53),
    ("head", 1, 1.0, 0.137, 0.1),
    ("head", 0, 0.9, 0.091, 0.7),
    ("head", 2, 1.1, 0.057, 0.2),
    *((f"{side}{finger}Proximal", 2, turn, 0.11, phase) for side, turn in (("left", -1.5), ("right", 1.5))
      for finger, phase in (("Index", 0.0), ("Middle", 0.07), ("Ring", 0.13), ("Little", 0.2))),
)  # fmt: skip
_ROOT_WAVES: Final = ((0, 0.004, 0.067, 0.0), (1, 0.0015, _BREATH_HZ, 0.0))  # (axis, metres, Hz, phase)


def _rest() -> Array:
    degrees = np.zeros((BONE_COUNT, 3))
    for bone, turn in _REST_DEG.items():
        degrees[BONE_INDEX[bone]] = turn
    left = quat.exp(np.radians(degrees))
    right = (left * np.array([1.0, -1.0, -1.0, 1.0]))[BONE_MIRROR]
    is_left = np.array([name.startswith("left") for name in BONE_NAMES])
    return np.where(is_left[:, None], left, right)


def _waves() -> tuple[Array, Array, Array]:
    """Return (K, 220) amplitudes, K angular frequencies and K phases of the distinct rhythms.

    The waves are a few degrees, so a turn by the rotation vector v is (v / 2, 1), and the pose at any time is the rest
    quaternions plus a weighted sum of fixed tables: one small matrix product.
    """
    rhythms = sorted({(hz, phase) for _, _, _, hz, phase in _WAVES})
    turns = np.zeros((len(rhythms), BONE_COUNT, 4))
    for bone, axis, degrees, hz, phase in _WAVES:
        turns[rhythms.index((hz, phase)), BONE_INDEX[bone], axis] += 0.5 * np.radians(degrees)
    table = 2 * np.pi * np.array(rhythms)
    return quat.multiply(REST, turns).reshape(len(rhythms), -1), table[:, 0], table[:, 1]


REST: Final[Array] = _rest()
"""(55, 4) the natural standing rest, without the life on top of it."""
_AMPLITUDE, _OMEGA, _PHASE = _waves()


def idle_pose(time_s: float, *, stamp: Stamp) -> RigPose:
    """Return the idle pose at `time_s`; confidence is 0 throughout, for nothing of it was measured."""
    return RigPose(
        stamp=stamp,
        rotations=idle_rotations(time_s).astype(np.float32),
        root_m=idle_root(time_s).astype(np.float32),
        expression=idle_expression(time_s).astype(np.float32),
        confidence=np.zeros(BONE_COUNT, dtype=np.float32),
        face_confidence=0.0,
    )


def idle_rotations(time_s: float) -> Array:
    """Return (55, 4) local rotations of the idle pose at `time_s`."""
    waves = np.sin(_OMEGA * time_s + _PHASE) @ _AMPLITUDE
    turns = quat.normalised(REST + waves.reshape(BONE_COUNT, 4))
    turns[_EYES] = rot.from_yaw_pitch_roll(*_glance(time_s), 0.0)
    return turns


def idle_root(time_s: float) -> Array:
    """Return (3,) displacement of the hips at `time_s`, metres."""
    root = np.zeros(3)
    for axis, metres, hz, phase in _ROOT_WAVES:
        root[axis] += metres * math.sin(2 * math.pi * (hz * time_s + phase))
    return root


def idle_expression(time_s: float) -> Array:
    """Return (52,) coefficients at `time_s`: a hint of a smile, and blinks."""
    values = np.zeros(EXPRESSION_COUNT)
    for name, value in _SMILE.items():
        values[EXPRESSION_INDEX[name]] = value
    values[BLINK] = _blink(time_s)
    return values


def _blink(time_s: float) -> float:
    """Return how far the lids are closed: one blink in each stretch of time, somewhere in it; now and then two."""
    stretch = math.floor(time_s / _BLINK_EVERY_S)
    since = time_s - (stretch + 0.1 + 0.6 * _chance(stretch, 1)) * _BLINK_EVERY_S
    twice = _chance(stretch, 2) < 0.18
    return max(_lid(since), _lid(since - 0.32) if twice else 0.0)


def _lid(since_s: float) -> float:
    """Return the lid's course (0 open, 1 closed) `since_s` after it began to close: quick to close, slower to open."""
    closing = smoothstep(since_s, 0.0, _CLOSING_S)
    opening = smoothstep(since_s - _CLOSING_S - _CLOSED_S, 0.0, _OPENING_S)
    return closing - opening


def _glance(time_s: float) -> tuple[float, float]:
    """Return yaw and pitch of the eyes: a new small target now and then, reached at an eye's own speed."""
    stretch = math.floor(time_s / _GLANCE_EVERY_S)
    since = time_s - (stretch + 0.5 * _chance(stretch, 3)) * _GLANCE_EVERY_S
    share = smoothstep(since, 0.0, 0.07)
    before, after = _target(stretch - 1), _target(stretch)
    return before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])


def _target(stretch: int) -> tuple[float, float]:
    # Cubed: mostly at the viewer, seldom aside.
    yaw, pitch = 2 * _chance(stretch, 4) - 1, 2 * _chance(stretch, 5) - 1
    return math.radians(7.0) * yaw**3, math.radians(4.0) * pitch**3


def _chance(index: int, salt: int) -> float:
    """Return a number in 0..1 that looks random and is always the same for the same arguments."""
    mixed = (index * 0x9E3779B1 + salt * 0x85EBCA77) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 15)) / 0xFFFFFFFF
