"""What a tracker does to a pose before the renderer sees it: it trembles, and parts of it come late.

Owns that disturbance of what the network is shown; the truth is never touched. Knows nothing of pictures or torch.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from avatar import skinning
from avatar.mesh import Character
from avatar.reach import Reach
from avatar.rig import BONE_INDEX, BONE_PARENTS
from avatar.types import BONE_COUNT
from trackers.types import FloatArray


class Moves(Protocol):
    """The part of a motion that a pose is made of; F frames at the dataset's rate."""

    @property
    def rotations(self) -> FloatArray:
        """(F, 55, 4)"""

    @property
    def root_m(self) -> FloatArray:
        """(F, 3)"""

    @property
    def expression(self) -> FloatArray:
        """(F, 52)"""

    @property
    def bones(self) -> FloatArray:
        """(F, J, 3, 4)"""


@dataclass(frozen=True, slots=True)
class Noise:
    """How much a tracker disturbs. One pose in `1 / share` is disturbed at all."""

    share: float = 0.2
    turn_rad: float = 0.012
    """Standard deviation of each bone's turn; fingers twice that."""
    expression: float = 0.02
    """Standard deviation of each coefficient that is not 0."""
    late: float = 0.3
    """Chance that one part of a disturbed pose is a frame or two old."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """What `Figure.place` takes."""

    bones: FloatArray
    rotations: FloatArray
    expression: FloatArray


def _below(root: str) -> list[int]:
    found = [BONE_INDEX[root]]
    for bone, parent in enumerate(BONE_PARENTS):
        if parent in found:
            found.append(bone)
    return found


_PARTS: Final = tuple(_below(root) for root in ("neck", "leftUpperArm", "rightUpperArm", "leftHand", "rightHand"))
_FINGERS: Final = sorted({*_below("leftHand"), *_below("rightHand")} - {BONE_INDEX["leftHand"], BONE_INDEX["rightHand"]})


class Disturber:
    """Disturbs poses of one character's rig. Stateless between calls: the same generator gives the same pose."""

    def __init__(self, character: Character, noise: Noise) -> None:
        self._rig, self._noise = character.rig, noise
        self._reach = Reach(character.rig, character.guard)
        self._parents = np.array(character.rig.parents[:BONE_COUNT], dtype=np.int32)
        self._sigma_rad = np.full(BONE_COUNT, noise.turn_rad)
        self._sigma_rad[_FINGERS] *= 2
        # The humanoid bone that carries each swinging one.
        self._carrier = list(range(len(character.rig.parents)))
        for bone in range(BONE_COUNT, len(self._carrier)):
            self._carrier[bone] = self._carrier[character.rig.parents[bone]]

    def pose(self, moves: Moves, frame: int, random: np.random.Generator) -> Pose:
        """Return the pose of a frame as a tracker would have told it: mostly as it is."""
        still = Pose(moves.bones[frame], moves.rotations[frame], moves.expression[frame])
        if random.random() >= self._noise.share:
            return still
        rotations, expression = still.rotations.copy(), still.expression.copy()
        if random.random() < self._noise.late:
            part = _PARTS[random.integers(len(_PARTS))]
            rotations[part] = moves.rotations[max(0, frame - int(random.integers(1, 3)))][part]
        rotations = turned(rotations, random.normal(0.0, self._sigma_rad[:, None], (BONE_COUNT, 3)))
        noise = random.normal(0.0, self._noise.expression, expression.shape)
        expression = np.where(expression > 0, np.clip(expression + noise, 0, 1), 0).astype(np.float32)
        return Pose(self._bones(still.bones, rotations, moves.root_m[frame]), rotations, expression)

    def _bones(self, still: FloatArray, rotations: FloatArray, root_m: FloatArray) -> FloatArray:
        bones = still.copy()
        skinning.kinematics(self._parents, self._rig.rest_m, rotations, np.ascontiguousarray(root_m), bones)
        bones[BONE_COUNT:] = still[BONE_COUNT:]
        self._reach.clear(bones)
        for bone in range(BONE_COUNT, len(bones)):  # carried along, swinging as they were
            carrier = self._carrier[bone]
            turn = bones[carrier, :, :3] @ still[carrier, :, :3].T
            bones[bone, :, :3] = turn @ still[bone, :, :3]
            bones[bone, :, 3] = turn @ (still[bone, :, 3] - still[carrier, :, 3]) + bones[carrier, :, 3]
        return bones


def turned(rotations: FloatArray, by_rad: np.ndarray) -> FloatArray:
    """Return (B, 4) quaternions, each turned further by a small (B, 3) rotation vector."""
    half = by_rad / 2
    x, y, z, w = rotations.astype(np.float64).T
    a, b, c = half.T
    d = np.sqrt(np.maximum(0, 1 - a * a - b * b - c * c))
    product = [w * a + x * d + y * c - z * b, w * b - x * c + y * d + z * a, w * c + x * b - y * a + z * d]
    out = np.stack([*product, w * d - x * a - y * b - z * c], axis=1)
    unit: FloatArray = (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)
    return unit
