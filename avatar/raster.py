"""The CPU rasteriser: projected triangles to samples, and those to a picture, band by band.

Owns what is seen where (numba, GIL released, on as many threads as the team has); `shading` says in which colour. Knows nothing
of characters or poses: it takes plain arrays, so that a neural renderer can read the triangles and planes that `draw` leaves
behind instead of its colours.

A pixel has two rows of two samples. Their identities are t + 1 for triangle t, T + 1 + m for the ink of material m. Lengths and
places are in samples.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from avatar.fill import DEEPEST, JIT, LANES, NOTHING, fill
from avatar.mesh import IntArray
from avatar.shading import plane, screen_area, shade, slopes
from avatar.shadow import look, reach
from avatar.skinning import LIGHT_COLUMN
from avatar.thread_team import ThreadTeam
from trackers.types import FloatArray

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py, shading.py, shadow.py, skinning.py 3fb8c0482e1b
BAND_ROWS = 64
"""Sample rows that are cleared, filled and shaded together, always in the same memory, so that they stay in the cache."""

BANDS_IN_PIECE = 2
"""Bands that a thread takes at a time: few enough that all threads end together, enough that taking costs nothing."""


class Shape(NamedTuple):
    """A posed mesh as the camera sees it: V vertices, T triangles, E edges, M materials."""

    projected: FloatArray
    """(V, 11), as `skinning` writes it."""
    uv: FloatArray
    """(V, 2) texture coordinates 0..1."""
    triangles: IntArray
    """(T, 3) vertices, counter-clockwise from outside."""
    edges: IntArray
    """(E, 4) of `silhouette`: what may get a line of ink."""
    material: IntArray
    """(T,) of each triangle."""
    sheets: IntArray
    """(T + M + 1,) of `silhouette`: of which unbroken surface each identity is part."""


class Paint(NamedTuple):
    """What it is painted with."""

    texels: NDArray[np.uint64]
    """(N,) of all mip levels, 16 bits a channel, red lowest."""
    mips: IntArray
    """(L, 2) offset and side of each level."""
    tints: FloatArray
    """(M, 8) shade tint, ink, terminator and rim of each material."""


class Memory(NamedTuple):
    """What drawing writes to, and what is left of it afterwards."""

    planes: FloatArray
    """(T, 16) what shading needs of each triangle that was seen from the front."""
    rays: FloatArray
    """(T, 16) of `shadow`."""
    light_map: IntArray
    """Of `shadow`."""
    scratch: IntArray
    """(4, T + 2E)."""


class Threads(NamedTuple):
    """What each thread writes to by itself."""

    going: IntArray
    """(threads, T + 2E) what goes on below a band."""
    samples: IntArray
    """(threads, BAND_ROWS, 2W + PAD) the samples of a band."""


_F, _I, _U = np.float32, np.int32, np.uint32  # unsigned indices need no test for a negative one
_ZERO = _F(0)


@njit(**JIT)
def _depths(p):  # type: ignore[no-untyped-def]
    """Return (nearest, scale): how the depths of this picture become whole numbers."""
    near, far = p[0, 2], p[0, 2]
    for v in range(p.shape[0]):
        near, far = min(near, p[v, 2], p[v, 7]), max(far, p[v, 2], p[v, 7])
    return near, DEEPEST / (far - near + _F(1e-6))


@njit(inline="always", **JIT)
def _tally(n, top, bottom, height, bucket, starts):  # type: ignore[no-untyped-def]
    """Note in which band item `n` begins, if it is in the picture at all."""
    if top < height and bottom > 0:
        bucket[n] = int(max(top, _ZERO)) // BAND_ROWS
        starts[bucket[n] + 1] += 1


@njit(**JIT)
def _sort(p, triangles, edges, height, scratch):  # type: ignore[no-untyped-def]
    """Write what is seen to the order, from the top of the picture down; return how many.

    Item `t` is a triangle seen from the front; `T + 2e` and `T + 2e + 1` are the two halves of the ink strip along edge `e`,
    which runs from the silhouette of the surface to that of its hull.
    """
    bucket, order, facing = scratch[0], scratch[1], scratch[3]
    count, tall = triangles.shape[0], height // BAND_ROWS + 1
    starts = np.zeros(tall + 1, np.int32)
    for t in range(count):
        bucket[t] = -1
        a, b, c = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
        area = screen_area(p, a, b, c, _U(0))
        facing[t] = area > _ZERO
        if area > _F(1e-3):
            _tally(t, min(p[a, 1], p[b, 1], p[c, 1]), max(p[a, 1], p[b, 1], p[c, 1]), height, bucket, starts)
    for e in range(edges.shape[0]):
        n = count + 2 * e
        bucket[n] = bucket[n + 1] = -1
        if facing[_U(edges[e, 2])] != facing[_U(edges[e, 3])]:
            a, b = _U(edges[e, 0]), _U(edges[e, 1])
            _tally(n, min(p[a, 1], p[b, 1], p[b, 6]), max(p[a, 1], p[b, 1], p[b, 6]), height, bucket, starts)
            _tally(n + 1, min(p[a, 1], p[b, 6], p[a, 6]), max(p[a, 1], p[b, 6], p[a, 6]), height, bucket, starts)
    for k in range(tall):
        starts[k + 1] += starts[k]
    for n in range(count + 2 * edges.shape[0]):
        if bucket[n] >= 0:
            order[starts[bucket[n]]] = n
            starts[bucket[n]] += 1
    return starts[tall - 1]


@njit(inline="always", **JIT)
def _band(p, depths, triangles, edges, material, facing, n, spans, buffer, first, last):  # type: ignore[no-untyped-def]
    """Draw item `n` of the order where it lies in the sample rows first..last - 1; return whether it goes on below them."""
    count = triangles.shape[0]
    if n < count:
        a, b, c = _U(triangles[n, 0]), _U(triangles[n, 2]), _U(triangles[n, 1])  # clockwise on the screen
        ax, ay, az = p[a, 0], p[a, 1], p[a, 2]
        bx, by, bz = p[b, 0], p[b, 1], p[b, 2]
        cx, cy, cz = p[c, 0], p[c, 1], p[c, 2]
        ident = _I(n + 1)
    else:
        e = _U((n - count) // 2)
        a, b = _U(edges[e, 0]), _U(edges[e, 1])
        ax, ay, az = p[a, 0], p[a, 1], p[a, 7]
        bx, by, bz = p[b, 5], p[b, 6], p[b, 7]
        if (n - count) & 1:
            cx, cy, cz = p[a, 5], p[a, 6], p[a, 7]
        else:
            cx, cy, cz = p[b, 0], p[b, 1], p[b, 7]
        front = _U(edges[e, 2]) if facing[_U(edges[e, 2])] else _U(edges[e, 3])
        ident = _I(count + 1 + material[front])
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if area < _ZERO:
        bx, by, bz, cx, cy, cz, area = cx, cy, cz, bx, by, bz, -area
    if area > _F(1e-3):
        az, bz, cz = (az - depths[0]) * depths[1], (bz - depths[0]) * depths[1], (cz - depths[0]) * depths[1]
        fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, spans, buffer, first, last)
    return max(ay, by, cy) > _F(last)


@njit(**JIT)
def _prepare(shape, paint, memory, height):  # type: ignore[no-untyped-def]
    """Sort what is seen and prepare its shading; return (how many items, nearest depth, scale of depths)."""
    projected, triangles, material = shape.projected, shape.triangles, shape.material
    planes, rays, order, tints = memory.planes, memory.rays, memory.scratch[1], paint.tints
    total = _sort(projected, triangles, shape.edges, height, memory.scratch)
    for k in range(total):
        t = _U(order[k])
        if t < triangles.shape[0]:
            plane(projected, shape.uv, triangles, t, planes, paint.mips, tints[_U(material[t]), 6])
            rays[t, 0], rays[t, 1] = planes[t, 0], planes[t, 1]
            slopes(projected, triangles, t, projected, LIGHT_COLUMN, rays, 2)
    near, scale = _depths(projected)
    return total, near, scale


@njit(**JIT)
def _rows(shape, paint, memory, prepared, empty, pixels, shown, going, buffer, top, bottom):  # type: ignore[no-untyped-def]
    """Draw the sample rows top .. bottom - 1, band by band: clear, fill, shade. `going` and `buffer` are this caller's own."""
    projected, triangles, edges, material = shape.projected, shape.triangles, shape.edges, shape.material
    bucket, order, facing = memory.scratch[0], memory.scratch[1], memory.scratch[3]
    depths, total = (prepared[1], prepared[2]), prepared[0]
    spans = np.empty((3, BAND_ROWS + LANES), np.int32)  # of each row: left, right, depth at the left
    lit = np.empty((BAND_ROWS // 4, (pixels.shape[1] + 1) // 2), np.float32)
    at = alive = 0
    for first in range(top, bottom, BAND_ROWS):
        last = min(bottom, first + BAND_ROWS)
        buffer[:] = NOTHING
        was, alive, k = alive, 0, 0
        while k < was or (at < total and bucket[order[at]] * BAND_ROWS < last):
            if k < was:
                n, k = going[k], k + 1
            else:
                n, at = order[at], at + 1
            if _band(projected, depths, triangles, edges, material, facing, n, spans, buffer, first, last):
                going[alive] = n
                alive += 1
        _look(buffer, first, memory.rays, memory.light_map, lit, shown)
        rows = first // 2, last // 2
        shade(buffer, shape.sheets, memory.planes, material, paint.texels, paint.tints, empty, lit, pixels, rows)


@njit(**JIT)
def _look(buffer, first, rays, light_map, lit, shown):  # type: ignore[no-untyped-def]
    """Look at the sample just above and left of the middle of each 2 x 2 pixels: write how much light reaches it, 0 .. 1, and
    into `shown`, unless that is empty, its identity.
    """
    seen = np.empty(lit.shape[1], np.int32)
    for row in range(lit.shape[0]):
        reach(buffer[4 * row + 1], _F(first + 4 * row) + _F(1.5), rays, light_map, seen, lit[row])
        if first // 4 + row < shown.shape[0]:
            shown[first // 4 + row] = seen


def draw(
    shape: Shape,
    paint: Paint,
    memory: Memory,
    threads: Threads,
    pixels: NDArray[np.uint32],
    shown: IntArray,
    *,
    team: ThreadTeam,
    empty: int = 0,
) -> None:
    """Draw the whole picture, pieces of it on each thread of the team.

    Args:
        pixels: (H, W) becomes the picture, straight RGBA in one number each, red lowest.
        shown: (H / 2, W / 2) becomes the identity that the sample just above and left of the middle of each 2 x 2 pixels shows,
            0 where it shows none; where it is (0, 0), nothing is written.
        empty: what a pixel becomes that nothing covers.
    """
    height = 2 * pixels.shape[0]
    prepared = _prepare(shape, paint, memory, height)
    look(shape.projected, shape.triangles, LIGHT_COLUMN, memory.rays, memory.light_map)
    rows = height if team.threads == 1 else BANDS_IN_PIECE * BAND_ROWS

    def piece(thread: int, number: int) -> None:
        own = threads.going[thread], threads.samples[thread]
        part = number * rows, min(height, (number + 1) * rows)
        _rows(shape, paint, memory, prepared, np.uint32(empty), pixels, shown, *own, *part)

    team.parallel_for(-(-height // rows), piece)
