"""One moment of a motion as everyone who paints needs it, and what a painter is.

Owns `Moment`, `Painter` and where a character's parts are in the picture. Knows nothing of how anything is painted.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from avatar.camera import Framing
from avatar.mesh import Character, IntArray
from avatar.rig import BONE_INDEX, BONE_NAMES
from avatar.types import BONE_COUNT
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, check_array

_FACE_COEFFICIENTS: Final = ("eyeBlinkLeft", "eyeBlinkRight", "browOuterUpLeft", "browOuterUpRight", "mouthPucker")


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A pose whose bones are known, swinging ones included, and how it is framed. The same rig for every level of detail."""

    bones: FloatArray
    """(J, 3, 4) skinning matrices."""
    rotations: FloatArray
    """(55, 4) local quaternions; the eyes' turn the gaze."""
    expression: FloatArray
    """(52,) 0..1."""
    framing: Framing

    def __post_init__(self) -> None:
        check_array("Moment.bones", self.bones, (None, 3, 4), np.float32)
        check_array("Moment.rotations", self.rotations, (BONE_COUNT, 4), np.float32)
        check_array("Moment.expression", self.expression, (EXPRESSION_COUNT,), np.float32)


class MotionLike(Protocol):
    """What is read of a data set's motion; `avatar.dataset.reader.Motion` is one."""

    @property
    def name(self) -> str: ...
    @property
    def framing(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def rotations(self) -> FloatArray: ...
    @property
    def root_m(self) -> FloatArray: ...
    @property
    def expression(self) -> FloatArray: ...
    @property
    def bones(self) -> FloatArray: ...
    @property
    def shown(self) -> NDArray[Any]: ...

    def picture(self, number: int) -> ImageArray:
        """Return the photograph (H, W, 4) uint8 straight RGBA of the frame `number`, which must be one of `shown`."""
        ...


def moment_of(motion: MotionLike, number: int) -> Moment:
    """Return one frame of a motion."""
    return Moment(motion.bones[number], motion.rotations[number], motion.expression[number], Framing(motion.framing))


class Painter(Protocol):
    """Whatever turns a moment into a picture: a network, a mesh, a search through photographs. It keeps no memory."""

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 RGBA, straight alpha."""
        ...


def face_vertices(character: Character) -> IntArray:
    """Return the vertices of the eyes, brows and mouth: those that the gaze and the shapes of lids, brows and lips move."""
    mesh = character.mesh
    wanted = [EXPRESSION_INDEX[name] for name in _FACE_COEFFICIENTS]
    moved = [morph.vertex for morph in mesh.morphs if (morph.drive[wanted] > 0).any()]
    moved += [gaze.vertex for gaze in mesh.gazes]
    return np.unique(np.concatenate(moved)).astype(np.int32) if moved else np.zeros(0, dtype=np.int32)


def hand_vertices(character: Character, side: str) -> IntArray:
    """Return the vertices that follow most of all the hand or a finger of one `side` ("left" or "right")."""
    fingers = tuple(side + finger for finger in ("Hand", "Thumb", "Index", "Middle", "Ring", "Little"))
    bones = [BONE_INDEX[name] for name in BONE_NAMES if name.startswith(fingers)]
    mesh = character.mesh
    strongest = np.take_along_axis(mesh.bone_index, mesh.bone_weight.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.flatnonzero(np.isin(strongest, bones)).astype(np.int32)


def placed(character: Character, vertices: IntArray, bones: FloatArray) -> FloatArray:
    """Return (N, 3) where some vertices of the unshaped mesh come to lie under (J, 3, 4) skinning matrices, metres."""
    mesh = character.mesh
    at_rest = np.concatenate([mesh.vertices[vertices], np.ones((len(vertices), 1), dtype=np.float32)], axis=1)  # (N, 4)
    carried = bones[mesh.bone_index[vertices]] @ at_rest[:, None, :, None]  # (N, 4, 3, 1): by each of four bones
    return np.asarray((carried[..., 0] * mesh.bone_weight[vertices][..., None]).sum(axis=1), dtype=np.float32)
