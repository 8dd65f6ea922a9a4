"""The rasteriser: coverage, depth order, clipping."""

import numpy as np
import pytest

from avatar import raster


def _draw(corners: list[list[tuple[float, float, float]]], size: int = 16) -> np.ndarray:
    """Rasterise triangles given as sample x, y, depth; return ids (2H, 2W)."""
    flat = np.array(corners, dtype=np.float32).reshape(-1, 3)
    projected = np.zeros((len(flat), 8), dtype=np.float32)
    projected[:, :3] = flat
    triangles = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    count = len(triangles)
    buffer = np.full((2 * size, 2 * size + raster.PAD), 7, dtype=np.int64)
    planes = np.zeros((count, raster.PLANE_FLOATS), dtype=np.float32)
    edges = np.zeros((0, 4), dtype=np.int32)
    uv, scratch = np.zeros((len(flat), 2), dtype=np.float32), np.zeros((4, count), dtype=np.int32)
    texture, mips = np.zeros(256, dtype=np.uint32), np.array([[0, 16]], dtype=np.int32)
    material, tints = np.zeros(count, dtype=np.int32), np.ones((1, 8), dtype=np.float32)
    image = np.zeros((size, size, 4), dtype=np.uint8)
    pixels = image.view(np.uint32)[..., 0]
    mesh = (projected, uv, triangles, edges, material)
    raster.draw(*mesh, texture, mips, tints, planes, scratch, buffer, pixels)
    covered = (buffer & raster.ID_MASK)[:, : 2 * size].reshape(size, 2, size, 2).transpose(0, 2, 1, 3).reshape(
        size, size, 4
    ) > 0
    np.testing.assert_array_equal(image[..., 3], (covered.sum(axis=2) * 255 + 2) // 4)
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
