"""The CPU rasteriser: projected triangles to samples, and those to a picture, band by band.

Owns what is seen where (numba, GIL released, on as many threads as the crew has); `shading` says in which colour. Knows nothing
of characters or poses: it takes plain arrays, so that a neural renderer can read the triangles and planes that `draw` leaves
behind instead of its colours.

A pixel has two rows of two samples. Their identities are t + 1 for triangle t, T + 1 + m for the ink of material m. Lengths and
places are in samples.
"""

import numpy as np
from numba import njit

from avatar.crew import Crew
from avatar.fill import DEEPEST, JIT, LANES, NOTHING, fill
from avatar.shading import plane, screen_area, shade, slopes
from avatar.shadow import look, reach
from avatar.skinning import LIGHT_COLUMN

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py, shading.py, shadow.py, skinning.py 3fb8c0482e1b
BAND_ROWS = 64
"""Sample rows that are cleared, filled and shaded together, always in the same memory, so that they stay in the cache."""

BANDS_IN_PIECE = 2
"""Bands that a thread takes at a time: few enough that all threads end together, enough that taking costs nothing."""

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
def _prepare(projected, uv, triangles, edges, material, mips, tints, planes, rays, scratch, height):  # type: ignore[no-untyped-def]
    """Sort what is seen and prepare its shading; return (how many items, nearest depth, scale of depths)."""
    order = scratch[1]
    total = _sort(projected, triangles, edges, height, scratch)
    for k in range(total):
        t = _U(order[k])
        if t < triangles.shape[0]:
            plane(projected, uv, triangles, t, planes, mips, tints[_U(material[t]), 6])
            rays[t, 0], rays[t, 1] = planes[t, 0], planes[t, 1]
            slopes(projected, triangles, t, projected, LIGHT_COLUMN, rays, 2)
    near, scale = _depths(projected)
    return total, near, scale


@njit(**JIT)
def _rows(  # type: ignore[no-untyped-def]
    projected,
    triangles,
    edges,
    material,
    sheets,
    texture,
    tints,
    planes,
    rays,
    light_map,
    scratch,
    prepared,
    empty,
    pixels,
    shown,
    going,
    buffer,
    top,
    bottom,
):
    """Draw the sample rows top .. bottom - 1, band by band: clear, fill, shade. `going` and `buffer` are this caller's own."""
    order, facing, depths, total = scratch[1], scratch[3], (prepared[1], prepared[2]), prepared[0]
    spans = np.empty((3, BAND_ROWS + LANES), np.int32)  # of each row: left, right, depth at the left
    lit = np.empty((BAND_ROWS // 4, (pixels.shape[1] + 1) // 2), np.float32)
    at = alive = 0
    for first in range(top, bottom, BAND_ROWS):
        last = min(bottom, first + BAND_ROWS)
        buffer[:] = NOTHING
        was, alive, k = alive, 0, 0
        while k < was or (at < total and scratch[0, order[at]] * BAND_ROWS < last):
            if k < was:
                n, k = going[k], k + 1
            else:
                n, at = order[at], at + 1
            if _band(projected, depths, triangles, edges, material, facing, n, spans, buffer, first, last):
                going[alive] = n
                alive += 1
        _look(buffer, first, rays, light_map, lit, shown)
        shade(buffer, sheets, planes, material, texture, tints, empty, lit, pixels, (first // 2, last // 2))


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


def draw(  # type: ignore[no-untyped-def]
    projected,
    uv,
    triangles,
    edges,
    material,
    sheets,
    texture,
    mips,
    tints,
    planes,
    rays,
    light_map,
    scratch,
    going,
    buffers,
    pixels,
    shown,
    *,
    crew: Crew,
    empty: int = 0,
) -> None:
    """Draw the whole picture, pieces of it on each thread of the crew.

    Of the mesh: projected (V, 11), uv (V, 2), triangles (T, 3), edges (E, 4) of `silhouette`, material (T,), sheets
    (T + M + 1,) of `silhouette`. Of the paint: texels (N,) of 16 bits a channel, mips (L, 2), tints (M, 8) with shade tint,
    ink, terminator and rim. `pixels` (H, W) uint32 is the picture; what nothing covers becomes `empty`.

    `shown` (H / 2, W / 2) int32 becomes the identity that the sample just above and left of the middle of each 2 x 2 pixels
    shows, 0 where it shows none; where it is (0, 0), nothing is written. `planes` (T, 16) holds afterwards what
    shading needs of each triangle seen from the front; `rays` (T, 16) and `light_map` are of `shadow`. `scratch` is
    (4, T + 2E), `going` (threads, T + 2E), and `buffers` (threads, BAND_ROWS, 2W + PAD) int32.
    """
    height = 2 * pixels.shape[0]
    prepared = _prepare(projected, uv, triangles, edges, material, mips, tints, planes, rays, scratch, height)
    look(projected, triangles, LIGHT_COLUMN, rays, light_map)
    paint = (texture, tints, planes, rays, light_map)
    seen = (projected, triangles, edges, material, sheets, *paint, scratch, prepared, np.uint32(empty))
    rows = height if crew.threads == 1 else BANDS_IN_PIECE * BAND_ROWS

    def piece(thread: int, number: int) -> None:
        _rows(*seen, pixels, shown, going[thread], buffers[thread], number * rows, min(height, (number + 1) * rows))

    crew.share(-(-height // rows), piece)
