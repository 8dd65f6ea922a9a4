"""The rasteriser: coverage, depth order, clipping."""

import numpy as np
import pytest

from avatar import raster, shading, shadow
from avatar.fill import ID_MASK, PAD
from avatar.skinning import COLUMNS
from avatar.thread_team import ThreadTeam


def _draw(corners: list[list[tuple[float, float, float]]], size: int = 16) -> np.ndarray:
    """Rasterise triangles given as sample x, y, depth; return ids (2H, 2W). They all lie within one band."""
    flat = np.array(corners, dtype=np.float32).reshape(-1, 3)
    projected = np.zeros((len(flat), COLUMNS), dtype=np.float32)
    projected[:, :3] = flat
    triangles = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    count = len(triangles)
    buffers = np.full((1, raster.BAND_ROWS, 2 * size + PAD), 7, dtype=np.int32)
    shown = np.full((size // 2, size // 2), 7, dtype=np.int32)
    planes = np.zeros((count, shading.PLANE_FLOATS), dtype=np.float32)
    edges = np.zeros((0, 4), dtype=np.int32)
    uv, scratch = np.zeros((len(flat), 2), dtype=np.float32), np.zeros((4, count), dtype=np.int32)
    going = np.zeros((1, count), dtype=np.int32)
    texels, mips = np.zeros(256, dtype=np.uint64), np.array([[0, 16]], dtype=np.int32)
    material, tints = np.zeros(count, dtype=np.int32), np.ones((1, 8), dtype=np.float32)
    image = np.zeros((size, size, 4), dtype=np.uint8)
    pixels = image.view(np.uint32)[..., 0]
    sheets = np.arange(count + 2, dtype=np.int32)
    shape = raster.Shape(projected, uv, triangles, edges, material, sheets)
    rays = shadow.new_rays(sheets[1:-1], material, np.zeros(count, dtype=np.bool_))
    memory = raster.Memory(planes, rays, shadow.new_map(), scratch)
    paint, threads = raster.Paint(texels, mips, tints), raster.Threads(going, buffers)
    raster.draw(shape, paint, memory, threads, pixels, shown, team=ThreadTeam())
    ids: np.ndarray = (buffers[0] & ID_MASK)[: 2 * size, : 2 * size]
    covered = ids.reshape(size, 2, size, 2).transpose(0, 2, 1, 3).reshape(size, size, 4) > 0
    np.testing.assert_array_equal(image[..., 3], (covered.sum(axis=2) * 255 + 2) // 4)
    np.testing.assert_array_equal(shown, ids[1::4, 1::4])
    return ids


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


def test_an_edge_within_a_surface_does_not_show() -> None:
    """A pixel with two triangles of one unbroken sheet is shaded once; between two sheets their colours are mixed."""
    left = [(2.0, 2.0, -0.2), (2.0, 30.0, -0.2), (15.0, 30.0, -0.2)]
    right = [(15.0, 30.0, -0.2), (30.0, 2.0, -0.2), (2.0, 2.0, -0.2)]
    ids = _draw([left, right])
    edge = [k for k in range(3, 14) if len(np.unique(ids[2 * k : 2 * k + 2, 2 * (k // 2) : 2 * (k // 2) + 2])) == 2]
    assert edge
    for sheets, kinds in (([0, 1, 1, 2], 2), ([0, 1, 2, 3], 3)):
        image = _shaded(ids, np.array(sheets, dtype=np.int32))
        inside = image[(ids.reshape(16, 2, 16, 2) > 0).all(axis=(1, 3))]
        assert (len(np.unique(inside[:, 0])) > 2) == (kinds > 2)


def _shaded(ids: np.ndarray, sheets: np.ndarray) -> np.ndarray:
    """Return the picture (16, 16, 4) of samples whose first triangle is dark and whose second is light."""
    buffer = np.zeros((32, 32 + PAD), dtype=np.int32)
    buffer[:, :32] = ids
    planes = np.zeros((2, shading.PLANE_FLOATS), dtype=np.float32)
    planes[:, 8], planes[:, 15] = (0.0, 1.0), 16
    tints = np.array([[0.25] * 3 + [0, 0, 0, 0, 0]], dtype=np.float32)
    image = np.zeros((16, 16, 4), dtype=np.uint8)
    texture, material = np.full(256, 0xFF00C800C800C8, dtype=np.uint64), np.zeros(2, dtype=np.int32)
    reached, pixels = np.ones((8, 8), dtype=np.float32), image.view(np.uint32)[..., 0]
    shading.shade(buffer, sheets, planes, material, texture, tints, np.uint32(0), reached, pixels, (0, 16))
    return image
