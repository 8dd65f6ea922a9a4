"""The posed character: from a rig pose to bones, a shaped face and projected vertices.

Owns the order of the stages that know no pixels' colours (face, bones, reach, springs, skin) and their buffers. Whoever draws
(the puppet, the neural renderer, the studio) poses a figure and reads what it left. Knows nothing of how it is drawn.
"""

from typing import Any

import numpy as np

from avatar import skinning
from avatar.camera import LIGHT, Camera, light_view
from avatar.mesh import Character, Gaze
from avatar.reach import Reach
from avatar.shadow import MAP_SIDE
from avatar.springs import Springs
from avatar.types import BONE_COUNT, RigPose
from trackers.types import EXPRESSION_COUNT, FloatArray

_GAZE_FULL_RAD = 0.5  # an eye bone turned this far looks fully aside


class Figure:
    """One character in one pose. Not thread-safe; moves its springs on from pose to pose."""

    def __init__(self, character: Character) -> None:
        self.character = character
        mesh = character.mesh
        self.bones: FloatArray = np.zeros((len(character.rig.parents), 3, 4), dtype=np.float32)
        """(J, 3, 4) skinning matrices: the humanoid bones, then the swinging ones."""
        self.points: FloatArray = mesh.vertices.copy()
        """(V, 3) the face shaped, not yet skinned, metres."""
        self.uv: FloatArray = mesh.uv.copy()
        """(V, 2) with the shifts of gaze and lids."""
        self.projected: FloatArray = np.zeros((len(mesh.vertices), skinning.COLUMNS), dtype=np.float32)
        """(V, 11) what `skinning.skin` wrote last."""
        self._parents = np.array(character.rig.parents, dtype=np.int32)
        self._reach = Reach(character.rig, character.guard)
        self._morphs = _flat_morphs(character)
        self.settle()

    def settle(self) -> None:
        """Forget how the swinging bones moved: the next pose begins at rest."""
        self._springs = Springs(self.character.rig, self.character.springs)

    def pose(self, pose: RigPose, *, time_ns: int) -> None:
        """Take a pose as it is at `time_ns`; ears, tail and hair move on from the last one.

        Raises:
            ValueError: the pose holds a number that is not finite.
        """
        if not (np.isfinite(pose.rotations).all() and np.isfinite(pose.root_m).all() and np.isfinite(pose.expression).all()):
            raise ValueError("RigPose must hold finite numbers, got NaN or infinity")
        self._shape_face(pose.rotations, pose.expression)
        rest = self.character.rig.rest_m
        skinning.kinematics(self._parents[:BONE_COUNT], rest, pose.rotations, pose.root_m, self.bones)
        self._reach.clear(self.bones)
        self._springs.advance(self.bones, expression=pose.expression, time_ns=time_ns)

    def place(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray) -> None:
        """Take a pose whose bones are known, swinging ones included: no springs, no memory.

        Args:
            bones: (J, 3, 4) skinning matrices as `bones` was after `pose`, of any character with the same rig.
            rotations: (55, 4) the pose's quaternions; the eyes' turn the gaze.
            expression: (52,)
        """
        self._shape_face(rotations, expression)
        np.copyto(self.bones, bones)

    def project(self, camera: Camera, *, outline_floor_m: float) -> FloatArray:
        """Skin and project the vertices; return `projected`, in samples: two rows of two in each pixel.

        Args:
            outline_floor_m: outlines are at least this thick.
        """
        mesh = self.character.mesh
        lens = [camera.centre_m, 2 * camera.focal_px, camera.distance_m, camera.width_px, camera.height_px]
        view = np.array([*lens, outline_floor_m], dtype=np.float32)
        shape = (mesh.normals, mesh.hull_normals, mesh.outline_m, mesh.bias_m, mesh.bone_index, mesh.bone_weight)
        skinning.skin(self.points, *shape, self.bones, LIGHT, light_view(camera, side=MAP_SIDE), view, self.projected)
        return self.projected

    def _shape_face(self, rotations: FloatArray, expression: FloatArray) -> None:
        mesh = self.character.mesh
        np.copyto(self.points, mesh.vertices)
        np.copyto(self.uv, mesh.uv)
        for gaze in mesh.gazes:
            left, up = _look(gaze, rotations, expression)
            self.uv[gaze.vertex] += left * gaze.uv_left + up * gaze.uv_up
        drive, gates, *flat = self._morphs
        weights = np.clip(drive @ expression, 0, 1)
        for index, gate in gates:
            weights[index] *= weights[gate]
        skinning.morph(weights, *flat, mesh.lids, self.points, self.uv)


def _look(gaze: Gaze, rotations: FloatArray, expression: FloatArray) -> tuple[float, float]:
    """Return how far the eye looks to the avatar's left and up, within the unit circle (1 is as far as it goes)."""
    x, y, _, w = (float(value) for value in rotations[gaze.bone])
    if x * x + y * y > 1e-8:
        left, up = 2 * y * w / _GAZE_FULL_RAD, -2 * x * w / _GAZE_FULL_RAD
    else:
        to_left, to_right, to_up, to_down = (float(expression[index]) for index in gaze.look)
        left, up = to_left - to_right, to_up - to_down
    length = max(1.0, float(np.hypot(left, up)))
    return left / length, up / length


def _flat_morphs(character: Character) -> tuple[Any, ...]:
    """Return drive matrix, gates, and the concatenated arrays that `skinning.morph` wants."""
    morphs = character.mesh.morphs
    starts = np.cumsum([0, *(len(m.vertex) for m in morphs)]).astype(np.int32)
    drive = np.array([m.drive for m in morphs], dtype=np.float32).reshape(-1, EXPRESSION_COUNT)
    vertex = np.concatenate([np.zeros(0, np.int32), *(m.vertex for m in morphs)])
    offset_m = np.concatenate([np.zeros((0, 3), np.float32), *(m.offset_m for m in morphs)])
    offset_uv = np.concatenate([np.zeros((0, 2), np.float32), *(m.offset_uv for m in morphs)])
    gates = [(index, m.gate) for index, m in enumerate(morphs) if m.gate >= 0]
    return drive, gates, starts, vertex, offset_m, offset_uv
