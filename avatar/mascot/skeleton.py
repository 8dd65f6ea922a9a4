"""Where the mascot's joints are, which bones swing, and weights along chains of bones."""

from collections.abc import Sequence

import numpy as np

from avatar.mascot.shapes import Part, Points
from avatar.mesh import Spring
from avatar.rig import BONE_NAMES, BONE_PARENTS, Rig
from trackers.skeleton import EXPRESSION_INDEX

_MIDDLE = {
    "hips": (0, 0.56, 0),
    "spine": (0, 0.64, 0),
    "chest": (0, 0.74, 0),
    "upperChest": (0, 0.85, 0),
    "neck": (0, 1.02, -0.01),
    "head": (0, 1.09, -0.01),
    "jaw": (0, 1.14, 0.02),
}
_LEFT = {
    "Eye": (0.085, 1.262, 0.15),
    "UpperLeg": (0.075, 0.53, 0),
    "LowerLeg": (0.08, 0.31, 0),
    "Foot": (0.084, 0.075, -0.01),
    "Toes": (0.086, 0.03, 0.07),
    "Shoulder": (0.035, 0.965, -0.01),
    "UpperArm": (0.128, 0.96, -0.01),
    "LowerArm": (0.315, 0.96, -0.01),
    "Hand": (0.497, 0.96, -0.01),
    "ThumbMetacarpal": (0.517, 0.955, 0.016),
    "ThumbProximal": (0.542, 0.950, 0.041),
    "ThumbDistal": (0.564, 0.950, 0.063),
}
FINGERS = ("Index", "Middle", "Ring", "Little")
FINGER_Z_M = {"Index": 0.026, "Middle": 0.001, "Ring": -0.024, "Little": -0.047}
FINGER_X_M = {"Index": 0.589, "Middle": 0.593, "Ring": 0.589, "Little": 0.580}
FINGER_BONES_M = {
    "Index": (0.036, 0.026, 0.026),
    "Middle": (0.039, 0.028, 0.027),
    "Ring": (0.036, 0.026, 0.026),
    "Little": (0.029, 0.021, 0.023),
}
THUMB_TIP_M = (0.585, 0.950, 0.084)


def _left_joints() -> dict[str, tuple[float, float, float]]:
    joints = dict(_LEFT)
    for finger in FINGERS:
        x = FINGER_X_M[finger]
        for joint, length in zip(("Proximal", "Intermediate", "Distal"), FINGER_BONES_M[finger], strict=True):
            joints[finger + joint] = (x, 0.962, FINGER_Z_M[finger])
            x += length
    return joints


EAR = {"base": (0.118, 1.50, -0.02), "mid": (0.175, 1.62, -0.018), "tip": (0.225, 1.755, -0.005)}
TAIL = (
    (0, 0.575, -0.10),
    (0.07, 0.48, -0.23),
    (0.22, 0.47, -0.31),
    (0.345, 0.60, -0.30),
    (0.385, 0.79, -0.25),
    (0.33, 0.99, -0.20),
)
# name: (parent, joint, tip, frequency_hz, damping, limit_rad, sway)
_Loose = tuple[str, Sequence[float], Sequence[float], float, float, float, Sequence[float]]
_LOOSE: dict[str, _Loose] = {
    "leftEar1": ("head", EAR["base"], EAR["mid"], 4.2, 0.42, 0.35, (0.01, 0, 0.012)),
    "leftEar2": ("leftEar1", EAR["mid"], EAR["tip"], 3.2, 0.32, 0.5, (0.015, 0, 0.02)),
    "bangs": ("head", (0, 1.46, 0.17), (0, 1.33, 0.24), 3.4, 0.4, 0.25, (0, 0, 0)),
    "leftBangs": ("head", (0.13, 1.44, 0.14), (0.17, 1.29, 0.17), 3.2, 0.4, 0.25, (0, 0, 0)),
    "leftLock": ("head", (0.22, 1.27, 0.06), (0.25, 1.10, 0.07), 2.6, 0.36, 0.45, (0.01, 0, 0.01)),
    "leftNape": ("head", (0.10, 1.20, -0.17), (0.14, 1.05, -0.22), 2.4, 0.36, 0.4, (0.01, 0, 0.01)),
    "leftCord": ("upperChest", (0.052, 0.985, 0.125), (0.058, 0.83, 0.155), 2.3, 0.22, 0.7, (0, 0, 0)),
}


def _mirror(point: Sequence[float]) -> tuple[float, float, float]:
    return (-point[0], point[1], point[2])


def _loose() -> dict[str, _Loose]:
    table: dict[str, _Loose] = {}
    for name, row in _LOOSE.items():
        table[name] = row
        if name.startswith("left"):
            parent, joint, tip, frequency_hz, damping, limit_rad, sway = row
            twin = parent.replace("left", "right")
            turned = (sway[0], -sway[1], -sway[2])
            table[name.replace("left", "right")] = (
                twin,
                _mirror(joint),
                _mirror(tip),
                frequency_hz,
                damping,
                limit_rad,
                turned,
            )
    for k in range(5):
        parent = f"tail{k}" if k else "hips"
        table[f"tail{k + 1}"] = (parent, TAIL[k], TAIL[k + 1], 1.9 - 0.12 * k, 0.34, 0.5, (0.0, 0.055, 0.045))
    return table


def build_rig() -> Rig:
    """Return the humanoid bones at rest (T-pose, 1.6 m to the crown), then the loose ones."""
    left = _left_joints()
    joints = [_MIDDLE.get(n) or (left[n[4:]] if n.startswith("left") else _mirror(left[n[5:]])) for n in BONE_NAMES]
    names, parents = list(BONE_NAMES), list(BONE_PARENTS)
    for name, (parent, joint, *_) in _loose().items():
        parents.append(names.index(parent))
        names.append(name)
        joints.append((joint[0], joint[1], joint[2]))
    return Rig(names=tuple(names), parents=tuple(parents), rest_m=np.array(joints, dtype=np.float32))


def _react(name: str) -> np.ndarray:
    """Return (52, 3): ears rise and turn forward with the brows and wide eyes, and droop when the face is sad or cross."""
    react = np.zeros((len(EXPRESSION_INDEX), 3), dtype=np.float32)
    if "Ear" not in name:
        return react
    sign = 1.0 if name.startswith("left") else -1.0
    tip = 1.3 if name.endswith("2") else 1.0
    moods = {"browInnerUp": 0.09, "browOuterUpLeft": 0.03, "browOuterUpRight": 0.03, "eyeWideLeft": 0.04, "eyeWideRight": 0.04}
    droops = {"browDownLeft": 0.13, "browDownRight": 0.13, "mouthFrownLeft": 0.16, "mouthFrownRight": 0.16}
    droops |= {"eyeBlinkLeft": 0.035, "eyeBlinkRight": 0.035, "mouthSmileLeft": -0.03, "mouthSmileRight": -0.03}
    for mood, amount in moods.items():
        react[EXPRESSION_INDEX[mood]] = (0.5 * amount * tip, 0, sign * amount * tip)
    for mood, amount in droops.items():
        react[EXPRESSION_INDEX[mood]] = (-0.8 * amount * tip, 0, -sign * amount * tip)
    return react


def build_springs(rig: Rig) -> tuple[Spring, ...]:
    """Return the loose bones' springs, parents first."""
    springs = []
    for name, (_, _, tip, frequency_hz, damping, limit_rad, sway) in _loose().items():
        springs.append(
            Spring(
                bone=rig.names.index(name),
                tip_m=np.array(tip, dtype=np.float32),
                frequency_hz=frequency_hz,
                damping=damping,
                limit_rad=limit_rad,
                react=_react(name),
                sway_rad=np.array(sway, dtype=np.float32),
            )
        )
    return tuple(springs)


def along(rig: Rig, t: Points, bones: Sequence[str], joints: Sequence[float], soft: float) -> Points:
    """Return (V, J) weights: bone k + 1 takes over from bone k where `t` passes joints[k], softly over +-`soft`."""
    weights = np.zeros((len(t), len(rig.names)))
    left = np.ones(len(t))
    for bone, joint in zip(reversed(bones[1:]), reversed(joints), strict=True):
        s = np.clip((t - joint) / (2 * soft) + 0.5, 0, 1)
        share = s * s * (3 - 2 * s) * left
        weights[:, rig.names.index(bone)] += share
        left = left - share
    weights[:, rig.names.index(bones[0])] += left
    return weights


def bind(rig: Rig, part: Part, bone: str) -> Part:
    """Fix the whole part to one bone."""
    part.weights = np.zeros((len(part.points), len(rig.names)))
    part.weights[:, rig.names.index(bone)] = 1
    return part
