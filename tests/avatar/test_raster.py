"""The rasteriser: coverage, depth order, kinematics and skinning against plain arithmetic."""

import numpy as np
import pytest

from avatar import raster
from avatar.mascot import build_mascot
from avatar.rig import forward_kinematics
from trackers.types import FloatArray


def _draw(corners: list[list[tuple[float, float, float]]], size: int = 16) -> np.ndarray:
    """Rasterise triangles given as sample x, y, depth; return ids (2H, 2W)."""
    flat = np.array(corners, dtype=np.float32).reshape(-1, 3)
    projected = np.zeros((len(flat), 9), dtype=np.float32)
    projected[:, :3] = flat
    triangles = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    buffer = np.full((2 * size, 2 * size + raster.PAD), raster.FAR, dtype=np.int64)
    planes = np.zeros((len(triangles), raster.PLANE_FLOATS), dtype=np.float32)
    outlined = np.zeros(len(triangles), dtype=np.uint8)
    uv = np.zeros((len(flat), 2), dtype=np.float32)
    raster.rasterise(projected, uv, triangles, outlined, planes, buffer, np.float32(16), 1)
    return (buffer & raster.ID_MASK)[:, : 2 * size]


def test_two_triangles_share_an_edge_without_holes() -> None:
    """A square cut along its diagonal is covered whole."""
    a, b, c, d = (4.3, 4.2, -0.2), (27.7, 4.2, -0.2), (27.7, 27.6, -0.2), (4.3, 27.6, -0.2)
    ids = _draw([[a, d, c], [a, c, b]])
    assert (ids[5:27, 5:27] > 0).all()
    assert set(np.unique(ids)) == {0, 1, 2}


def test_nearer_triangle_wins_in_any_order() -> None:
    """Depth decides, not the order of drawing."""
    near = [(2.0, 2.0, -0.25), (2.0, 30.0, -0.25), (30.0, 30.0, -0.25)]
    far = [(2.0, 2.0, -0.20), (2.0, 30.0, -0.20), (30.0, 30.0, -0.20)]
    assert set(np.unique(_draw([near, far]))) == {0, 1}
    assert set(np.unique(_draw([far, near]))) == {0, 2}


def test_triangles_seen_from_behind_are_not_drawn() -> None:
    """Clockwise on the screen is the inside of a body."""
    assert not _draw([[(2.0, 2.0, -0.2), (30.0, 30.0, -0.2), (2.0, 30.0, -0.2)]]).any()


@pytest.mark.parametrize("shift", [-100.0, 0.0, 25.0, 1e5])
def test_triangles_beyond_the_picture_are_clipped(shift: float) -> None:
    """Nothing is written outside the buffer, and what overlaps is still drawn."""
    ids = _draw([[(shift, -50.0, -0.2), (shift, 80.0, -0.2), (shift + 60, 15.0, -0.2)]])
    assert ids.any() == (-60 < shift < 32)


def test_kinematics_agree_with_the_rig() -> None:
    """The compiled bones are the same as `forward_kinematics`."""
    rng, mascot = np.random.default_rng(3), build_mascot()
    count = len(mascot.rig.names)
    rotations = rng.normal(size=(count, 4)).astype(np.float32)
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    root = np.array([0.1, -0.2, 0.3], dtype=np.float32)
    bones = np.zeros((count, 3, 4), dtype=np.float32)
    raster.kinematics(np.array(mascot.rig.parents, dtype=np.int32), mascot.rig.rest_m, rotations, root, bones)
    np.testing.assert_allclose(bones, forward_kinematics(mascot.rig, rotations, root), atol=2e-4)


def _skinned(root_m: tuple[float, float, float] = (0, 0, 0)) -> tuple[FloatArray, FloatArray]:
    """Return where skinning puts the mascot's vertices in a simple camera, and where plain arithmetic does."""
    mesh, count = build_mascot().mesh, len(build_mascot().rig.names)
    bones = np.zeros((count, 3, 4), dtype=np.float32)
    bones[:, :, :3], bones[:, :, 3] = np.eye(3), root_m
    out = np.zeros((len(mesh.vertices), 9), dtype=np.float32)
    camera = np.array([1.0, 600.0, 6.0, 100.0, 100.0, 0.001], dtype=np.float32)
    light = np.array([0, 0, 1], dtype=np.float32)
    shape = (mesh.normals, mesh.hull_normals, mesh.outline_m, mesh.bias_m, mesh.bone_index, mesh.bone_weight)
    raster.skin(mesh.vertices, *shape, bones, light, camera, out)
    x, y, z = (mesh.vertices + np.array(root_m, dtype=np.float32)).T
    return out, np.stack([100 + 600 * x / (6 - z), 100 - 600 * (y - 1) / (6 - z), mesh.normals[:, 2]], axis=1)


@pytest.mark.parametrize("root_m", [(0, 0, 0), (0.2, -0.1, 0.3)])
def test_skinning_is_the_identity_at_rest(root_m: tuple[float, float, float]) -> None:
    """With all bones at rest the mesh is projected as it was made, only moved by the root."""
    out, expected = _skinned(root_m)
    np.testing.assert_allclose(out[:, [0, 1, 3]], expected, atol=2e-3)
