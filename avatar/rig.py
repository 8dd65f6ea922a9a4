"""The humanoid skeleton: VRM 1.0 bone names, parents, forward kinematics and mirroring.

Owns the bone table and the arithmetic of poses. Knows nothing of where a pose comes from or how it is drawn.
Source of names and parents: VRM 1.0 specification, `VRMC_vrm-1.0/humanoid.md`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.types import BONE_COUNT, RigPose
from trackers.skeleton import EXPRESSION_MIRROR
from trackers.types import FloatArray, check_array

_FINGERS = {
    "Thumb": ("Metacarpal", "Proximal", "Distal"),
    "Index": ("Proximal", "Intermediate", "Distal"),
    "Middle": ("Proximal", "Intermediate", "Distal"),
    "Ring": ("Proximal", "Intermediate", "Distal"),
    "Little": ("Proximal", "Intermediate", "Distal"),
}


def _side(side: str) -> list[tuple[str, str]]:
    """Return (bone, parent) of one side's leg, arm and fingers."""
    leg = [f"{side}{part}" for part in ("UpperLeg", "LowerLeg", "Foot", "Toes")]
    arm = [f"{side}{part}" for part in ("Shoulder", "UpperArm", "LowerArm", "Hand")]
    table = list(zip(leg, ["hips", *leg[:-1]], strict=True)) + list(zip(arm, ["upperChest", *arm[:-1]], strict=True))
    for finger, joints in _FINGERS.items():
        chain = [f"{side}{finger}{joint}" for joint in joints]
        table += zip(chain, [f"{side}Hand", *chain[:-1]], strict=True)
    return table


_TABLE: list[tuple[str, str | None]] = [
    ("hips", None),
    ("spine", "hips"),
    ("chest", "spine"),
    ("upperChest", "chest"),
    ("neck", "upperChest"),
    ("head", "neck"),
    ("leftEye", "head"),
    ("rightEye", "head"),
    ("jaw", "head"),
    *_side("left"),
    *_side("right"),
]

BONE_NAMES: tuple[str, ...] = tuple(bone for bone, _ in _TABLE)
"""The 55 VRM 1.0 humanoid bones; a parent always stands before its children."""

BONE_INDEX: dict[str, int] = {bone: index for index, bone in enumerate(BONE_NAMES)}

BONE_PARENTS: tuple[int, ...] = tuple(-1 if parent is None else BONE_INDEX[parent] for _, parent in _TABLE)
"""Index of each bone's parent; -1 for the hips."""


def _opposite(bone: str) -> str:
    if bone.startswith("left"):
        return "right" + bone[4:]
    if bone.startswith("right"):
        return "left" + bone[5:]
    return bone


BONE_MIRROR: NDArray[np.intp] = np.array([BONE_INDEX[_opposite(bone)] for bone in BONE_NAMES])
"""For each bone the index of its twin on the other side (itself on the middle line)."""

assert len(BONE_NAMES) == BONE_COUNT


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """A skeleton at rest (T-pose): the 55 humanoid bones, then the avatar's own secondary bones (ears, tail, hair)."""

    names: tuple[str, ...]
    """J names; the first 55 are `BONE_NAMES`."""
    parents: tuple[int, ...]
    """J parent indices, each smaller than the bone's own; -1 for the hips."""
    rest_m: FloatArray
    """(J, 3) joint positions at rest, avatar space, metres."""

    def __post_init__(self) -> None:
        check_array("Rig.rest_m", self.rest_m, (len(self.names), 3), np.float32)
        if self.names[:BONE_COUNT] != BONE_NAMES or self.parents[:BONE_COUNT] != BONE_PARENTS:
            raise ValueError("Rig must start with the 55 humanoid bones in the order of BONE_NAMES")


def matrices_from_quaternions(quaternions: FloatArray) -> FloatArray:
    """Return (N, 3, 3) rotation matrices of (N, 4) unit quaternions (x, y, z, w)."""
    x, y, z, w = quaternions.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows, dtype=np.float32), 2, 0)  # (N, 3, 3)


def forward_kinematics(rig: Rig, rotations: FloatArray, root_m: FloatArray) -> FloatArray:
    """Return (J, 3, 4) matrices that map avatar space at rest to avatar space posed (skinning matrices).

    Args:
        rotations: (J, 4) local quaternions, one for each of the rig's bones.
        root_m: (3,) displacement of the hips, metres.
    """
    local = matrices_from_quaternions(rotations)  # (J, 3, 3)
    world = np.empty((len(rig.names), 3, 4), dtype=np.float32)
    for bone, parent in enumerate(rig.parents):
        rest = rig.rest_m[bone]
        turn, place = (world[parent, :, :3], world[parent, :, 3]) if parent >= 0 else (np.eye(3), root_m)
        world[bone, :, :3] = turn @ local[bone]
        joint = turn @ rest + place  # where the parent carries this joint
        world[bone, :, 3] = joint - world[bone, :, :3] @ rest
    return world


def joint_positions(rig: Rig, skinning: FloatArray) -> FloatArray:
    """Return (J, 3) posed joint positions in avatar space, metres, from `forward_kinematics`."""
    turned: FloatArray = np.einsum("jab,jb->ja", skinning[:, :, :3], rig.rest_m)
    return turned + skinning[:, :, 3]


_PART_MIRROR = {"left_hand": "right_hand", "right_hand": "left_hand"}


def mirror_pose(pose: RigPose) -> RigPose:
    """Return the pose seen in a mirror: sides exchanged, rotations reflected in the x = 0 plane."""
    rotations = pose.rotations[BONE_MIRROR] * np.array([1, -1, -1, 1], dtype=np.float32)
    return RigPose(
        stamp=pose.stamp,
        rotations=rotations,
        root_m=pose.root_m * np.array([-1, 1, 1], dtype=np.float32),
        expression=pose.expression[EXPRESSION_MIRROR],
        confidence=pose.confidence[BONE_MIRROR],
        face_confidence=pose.face_confidence,
        predicted=frozenset(_PART_MIRROR.get(part, part) for part in pose.predicted),
    )
