"""Bones and vertices: kinematics and skinning against plain arithmetic."""

import numpy as np
import pytest

from avatar import skinning
from avatar.mascot import build_mascot
from avatar.rig import forward_kinematics
from trackers.types import FloatArray


def test_kinematics_agree_with_the_rig() -> None:
    """The compiled bones are the same as `forward_kinematics`."""
    rng, mascot = np.random.default_rng(3), build_mascot()
    count = len(mascot.rig.names)
    rotations = rng.normal(size=(count, 4)).astype(np.float32)
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    root = np.array([0.1, -0.2, 0.3], dtype=np.float32)
    bones = np.zeros((count, 3, 4), dtype=np.float32)
    skinning.kinematics(np.array(mascot.rig.parents, dtype=np.int32), mascot.rig.rest_m, rotations, root, bones)
    np.testing.assert_allclose(bones, forward_kinematics(mascot.rig, rotations, root), atol=2e-4)


def _skinned(root_m: tuple[float, float, float] = (0, 0, 0)) -> tuple[FloatArray, FloatArray]:
    """Return where skinning puts the mascot's vertices, for a simple camera and a light, and where plain arithmetic does."""
    mesh, count = build_mascot().mesh, len(build_mascot().rig.names)
    bones = np.zeros((count, 3, 4), dtype=np.float32)
    bones[:, :, :3], bones[:, :, 3] = np.eye(3), root_m
    out = np.zeros((len(mesh.vertices), skinning.COLUMNS), dtype=np.float32)
    camera = np.array([1.0, 600.0, 6.0, 100.0, 100.0, 0.001], dtype=np.float32)
    light = np.array([0, 0, 1], dtype=np.float32)
    shape = (mesh.normals, mesh.hull_normals, mesh.outline_m, mesh.bias_m, mesh.bone_index, mesh.bone_weight)
    from_light = np.array([[30, 0, -20, 128], [5, -40, 5, 120], [0.4, -0.6, -0.7, 0.1]], dtype=np.float32)
    skinning.skin(mesh.vertices, *shape, bones, light, from_light, camera, out)
    points: FloatArray = mesh.vertices + np.array(root_m, dtype=np.float32)
    x, y, z = points.T
    seen = np.stack([100 + 600 * x / (6 - z), 100 - 600 * (y - 1) / (6 - z), mesh.normals[:, 2]], axis=1)
    return out, np.concatenate([seen, points @ from_light[:, :3].T + from_light[:, 3]], axis=1)


@pytest.mark.parametrize("root_m", [(0, 0, 0), (0.2, -0.1, 0.3)])
def test_skinning_is_the_identity_at_rest(root_m: tuple[float, float, float]) -> None:
    """With all bones at rest the mesh is projected as it was made, only moved by the root."""
    out, expected = _skinned(root_m)
    np.testing.assert_allclose(out[:, [0, 1, 3, 8, 9, 10]], expected, atol=2e-3)
