"""Hand shapes: from how far each finger is bent to rotations of its bones.

Owns the shapes and the finger joints. Knows nothing of arms.
"""

from typing import Final

import numpy as np

from avatar.retarget_hands import THUMB
from avatar.rig import BONE_INDEX
from trackers import quaternions as quat
from trackers.quaternions import Array

FINGERS: Final = ("Index", "Middle", "Ring", "Little")
# thumb, index, middle, ring, little: 0 straight .. 1 bent all the way; then how far the fingers are spread, -1..1
SHAPES: Final[dict[str, tuple[float, float, float, float, float, float]]] = {
    "relaxed": (0.15, 0.16, 0.22, 0.27, 0.3, 0.1),
    "open": (-0.3, 0.0, 0.0, 0.0, 0.0, 0.9),
    "flat": (0.2, 0.04, 0.02, 0.03, 0.05, -0.1),
    "fist": (0.9, 1.0, 1.0, 1.0, 1.0, 0.0),
    "point": (0.9, 0.0, 1.0, 1.0, 1.0, 0.0),
    "victory": (0.9, 0.0, 0.0, 1.0, 1.0, 0.8),
    "three": (0.9, 0.0, 0.0, 0.0, 1.0, 0.6),
    "four": (0.9, 0.0, 0.0, 0.0, 0.0, 0.6),
    "thumb": (-0.5, 1.0, 1.0, 1.0, 1.0, 0.0),
    "pinch": (0.5, 0.52, 0.35, 0.25, 0.2, 0.1),
    "ok": (0.55, 0.6, 0.1, 0.05, 0.0, 0.7),
    "rock": (0.8, 0.0, 1.0, 1.0, 0.0, 0.2),
    "call": (-0.5, 1.0, 1.0, 1.0, 0.0, 0.2),
    "claw": (0.3, 0.5, 0.5, 0.5, 0.5, 0.6),
    "cup": (0.35, 0.35, 0.38, 0.4, 0.42, -0.2),
}
_BENT_DEG: Final = (85.0, 98.0, 62.0)
_SPREAD_DEG: Final = {"Index": -12.0, "Middle": -2.0, "Ring": 6.0, "Little": 15.0}
_THUMB_DEG: Final = (32.0, 42.0, 62.0)


def shape_of(rng: np.random.Generator, names: tuple[str, ...] = tuple(SHAPES), *, random: float = 0.3) -> Array:
    """Return (6,): one of the shapes, a little varied, or (this share) fingers bent anyhow."""
    if rng.random() < random:
        return np.concatenate([rng.uniform(-0.3, 0.9, 1), rng.beta(0.7, 0.7, 4), rng.uniform(-0.3, 1.0, 1)])
    shape = np.array(SHAPES[names[int(rng.integers(len(names)))]])
    return np.asarray(shape + rng.normal(0, 0.04, 6))


def finger_turns(shapes: Array) -> dict[str, Array]:
    """Return the rotations (F, 4) of a left hand's finger bones for shapes (F, 6); keys are names without their side."""
    out = {}
    zero = np.zeros(len(shapes))
    for column, finger in enumerate(FINGERS, start=1):
        bent = np.clip(shapes[:, column], -0.08, 1.05)
        spread = _SPREAD_DEG[finger] * shapes[:, 5] * (1 - np.clip(bent, 0, 1))
        for joint, most in zip(("Proximal", "Intermediate", "Distal"), _BENT_DEG, strict=True):
            flex = quat.exp(np.radians(np.stack([zero, zero, -most * bent], axis=1)))
            aside = quat.exp(np.radians(np.stack([zero, spread if joint == "Proximal" else zero, zero], axis=1)))
            out[finger + joint] = quat.multiply(aside, flex)
    bent = np.clip(shapes[:, 0], -0.6, 1.0)
    for joint, bone, most in zip(("Metacarpal", "Proximal", "Distal"), THUMB, _THUMB_DEG, strict=True):
        out[f"Thumb{joint}"] = quat.exp(np.radians(most * bent)[:, None] * np.array(bone.flexing))
    return out


def put(rotations: Array, shapes: Array, *, side: str) -> None:
    """Write the shapes (F, 6) into rotations (F, 55, 4) of one side's fingers, in place."""
    mirror = 1.0 if side == "left" else np.array([1.0, -1.0, -1.0, 1.0])
    for name, turns in finger_turns(shapes).items():
        rotations[:, BONE_INDEX[side + name]] = turns * mirror
