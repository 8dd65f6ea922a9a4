"""The CPU rasteriser: projected triangles to a visibility buffer, visibility to RGBA.

Owns the inner loops of drawing (numba, one core, GIL released). Knows nothing of characters or poses: it takes plain arrays,
so that a neural renderer can read the triangle ids and planes that `draw` leaves behind instead of its colours.

Samples: a pixel has two rows of them, with two samples each, or one each where the computer is slow; odd rows are shifted by
half a sample, which gives upright edges twice the levels of coverage. Lengths and places are in samples.
"""

from typing import Any

import numpy as np
from numba import njit

PLANE_FLOATS = 16
"""Per triangle: x, y of a vertex; value, d/dx, d/dy of u, v (texels of its mip level), light (0 shade .. 1 lit, unclamped) and
rim (0 .. 1, unclamped); offset and side of its mip level."""

BAND_ROWS = 64
"""Sample rows that are cleared, filled and shaded together, so that they stay in the cache meanwhile."""

PAD = 8
"""Unused samples at the end of each row: rows a power of two apart would fight for the same cache lines."""

ID_MASK = (1 << 17) - 1
"""The low bits of a sample: which triangle, or whose ink. The bits above hold the depth: the nearer sample is the smaller."""

FAR = (1 << 62) & ~ID_MASK
"""An empty sample."""

DEPTH_SCALE = float(1 << 61)  # depth is -1/distance, which stays above -1 while nothing comes nearer than a metre

_JIT: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
_F, _U = np.float32, np.uint32  # unsigned indices need no test for a negative one
_ZERO, _QUARTER, _HALF, _ONE = _F(0), _F(0.25), _F(0.5), _F(1)
_SLACK = _F(0.002)  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes
_ODD, _TWO = np.uint64(1), np.uint64(2)
_RIM_FROM, _RIM_RISE = _F(0.93), _F(8)  # where the rim light begins, and how fast it rises


@njit(inline="always", **_JIT)
def _edge(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """Return slope and x at y = 0 of an edge's line."""
    slope = (x1 - x0) / (y1 - y0)
    return slope, x0 - slope * y0


@njit(**_JIT)
def _fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, buffer, first, last):  # type: ignore[no-untyped-def]
    """Write one triangle (positive area, y down) to the buffers, row by row between its left and right edges."""
    width = buffer.shape[1] - PAD
    low, high = min(ay, by, cy), max(ay, by, cy)
    top, bottom = max(first, int(np.ceil(low - _HALF))), min(last - 1, int(np.floor(high - _HALF)))
    if top > bottom or max(ax, bx, cx) < 0 or min(ax, bx, cx) > width:
        return
    left_slope = left_at = other_left_slope = right_slope = other_right_slope = _ZERO
    left_at = other_left_at = _F(-1e9)
    right_at = other_right_at = _F(1e9)
    for e in range(3):
        if e == 0:
            x0, y0, x1, y1 = ax, ay, bx, by
        elif e == 1:
            x0, y0, x1, y1 = bx, by, cx, cy
        else:
            x0, y0, x1, y1 = cx, cy, ax, ay
        if y1 > y0:  # an edge that runs down bounds the triangle on the right
            other_right_slope, other_right_at = right_slope, right_at
            right_slope, right_at = _edge(x0, y0, x1, y1)
        elif y1 < y0:
            other_left_slope, other_left_at = left_slope, left_at
            left_slope, left_at = _edge(x1, y1, x0, y0)
    zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    step, keep = np.int64(zx * DEPTH_SCALE), np.int64(~ID_MASK)
    for row in range(top, bottom + 1):
        y = _F(row) + _HALF
        start = _HALF + (_QUARTER if row & 1 else -_QUARTER)
        begin = max(left_slope * y + left_at, other_left_slope * y + other_left_at)
        end = min(right_slope * y + right_at, other_right_slope * y + other_right_at)
        left = max(0, int(np.ceil(begin - start - _SLACK)))
        right = min(width - 1, int(np.floor(end - start + _SLACK)))
        z = np.int64((az + zy * (y - ay) + zx * (start - ax + _F(left))) * DEPTH_SCALE)
        count = right - left + 1
        if count <= 0:
            continue
        line = buffer[row, left : left + count]
        for k in range(count):  # no branches and no index arithmetic: this becomes vector code
            nearer = ((z + step * k) & keep) | ident
            line[k] = nearer if nearer < line[k] else line[k]


@njit(**_JIT)
def _plane(projected, uv, triangles, t, planes, mips, terminator, per_pixel):  # type: ignore[no-untyped-def]
    """Write what shading needs of triangle `t`, so that a pixel costs four planes and one texel."""
    a, b, c = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    area, side = _area(projected, a, b, c, _U(0)), _F(mips[0, 1])
    x, y = projected[a, 0], projected[a, 1]
    ex, ey, fx, fy = projected[c, 0] - x, projected[c, 1] - y, projected[b, 0] - x, projected[b, 1] - y
    planes[t, 0], planes[t, 1] = x, y
    for k in range(4):
        if k < 2:
            va, vb, vc = uv[a, k] * side, uv[c, k] * side, uv[b, k] * side
        else:
            va, vb, vc = projected[a, k + 1], projected[c, k + 1], projected[b, k + 1]
        planes[t, 2 + 3 * k] = va
        planes[t, 3 + 3 * k] = ((vb - va) * fy - (vc - va) * ey) / area
        planes[t, 4 + 3 * k] = ((vc - va) * ex - (vb - va) * fx) / area
    texels = abs(planes[t, 3] * planes[t, 7] - planes[t, 4] * planes[t, 6]) * per_pixel
    level = int(min(_F(mips.shape[0] - 1), max(_ZERO, np.floor(_HALF * np.log2(texels + _F(1e-9)) + _HALF))))
    shrink = _F(mips[level, 1]) / side
    softness = np.sqrt(planes[t, 9] * planes[t, 9] + planes[t, 10] * planes[t, 10]) * _F(1.7) + _F(0.01)
    for k in range(3):
        planes[t, 2 + k], planes[t, 5 + k] = planes[t, 2 + k] * shrink, planes[t, 5 + k] * shrink
        planes[t, 8 + k], planes[t, 11 + k] = planes[t, 8 + k] / softness, planes[t, 11 + k] * _RIM_RISE
    planes[t, 2], planes[t, 5] = planes[t, 2] - _HALF, planes[t, 5] - _HALF
    planes[t, 8] += _HALF - terminator / softness
    planes[t, 11] -= _RIM_FROM * _RIM_RISE
    planes[t, 14], planes[t, 15] = _F(mips[level, 0]), _F(mips[level, 1])


@njit(inline="always", **_JIT)
def _area(p, a, b, c, x):  # type: ignore[no-untyped-def]
    """Return twice the area on the screen, positive if counter-clockwise with y up; `x` is the column of x in `p`."""
    y = _U(x + _U(1))
    return (p[b, y] - p[a, y]) * (p[c, x] - p[a, x]) - (p[b, x] - p[a, x]) * (p[c, y] - p[a, y])


@njit(inline="always", **_JIT)
def _tally(n, top, bottom, height, bucket, starts):  # type: ignore[no-untyped-def]
    """Note in which band item `n` begins, if it is in the picture at all."""
    if top < height and bottom > 0:
        bucket[n] = int(max(top, _ZERO)) // BAND_ROWS
        starts[bucket[n] + 1] += 1


@njit(**_JIT)
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
        area = _area(p, a, b, c, _U(0))
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


@njit(inline="always", **_JIT)
def _texel(texture, offset, side, u, v):  # type: ignore[no-untyped-def]
    """Return bilinear r, g, b at u, v texels of the level that starts at `offset`; two channels in each multiplication."""
    u = min(max(u, _ZERO), side - _F(1.01))
    v = min(max(v, _ZERO), side - _F(1.01))
    iu, iv = np.uint32(u), np.uint32(v)
    fu, fv = np.uint32((u - _F(iu)) * _F(16)), np.uint32((v - _F(iv)) * _F(16))
    at = np.uint32(offset) + iv * np.uint32(side) + iu
    sixteen, pair = np.uint32(16), np.uint32(0xFF00FF)
    near, far = texture[at], texture[np.uint32(at + np.uint32(1))]
    below = np.uint32(at + np.uint32(side))
    near_2, far_2 = texture[below], texture[np.uint32(below + np.uint32(1))]
    a, b = (sixteen - fu) * (sixteen - fv), fu * (sixteen - fv)
    c, d = (sixteen - fu) * fv, fu * fv
    red_blue = (near & pair) * a + (far & pair) * b + (near_2 & pair) * c + (far_2 & pair) * d
    green = (near >> np.uint32(8) & pair) * a + (far >> np.uint32(8) & pair) * b
    green += (near_2 >> np.uint32(8) & pair) * c + (far_2 >> np.uint32(8) & pair) * d
    scale, low = _F(1 / 256), np.uint32(0xFFFF)
    return _F(red_blue & low) * scale, _F(green & low) * scale, _F(red_blue >> np.uint32(16)) * scale


@njit(inline="always", **_JIT)
def _colour(ident, x, y, planes, material, texture, tints):  # type: ignore[no-untyped-def]
    """Return r, g, b (0..255) of a triangle or of a material's ink at sample position x, y."""
    count = planes.shape[0]
    if ident > count:
        m = _U(ident - count - 1)
        return tints[m, 3], tints[m, 4], tints[m, 5]
    t = _U(ident - 1)
    m = _U(material[t])
    dx, dy = x - planes[t, 0], y - planes[t, 1]
    u = planes[t, 2] + planes[t, 3] * dx + planes[t, 4] * dy
    v = planes[t, 5] + planes[t, 6] * dx + planes[t, 7] * dy
    r, g, b = _texel(texture, planes[t, 14], planes[t, 15], u, v)
    lit = min(_ONE, max(_ZERO, planes[t, 8] + planes[t, 9] * dx + planes[t, 10] * dy))
    r *= tints[m, 0] + (_ONE - tints[m, 0]) * lit
    g *= tints[m, 1] + (_ONE - tints[m, 1]) * lit
    b *= tints[m, 2] + (_ONE - tints[m, 2]) * lit
    glow = min(_ONE, max(_ZERO, planes[t, 11] + planes[t, 12] * dx + planes[t, 13] * dy)) * tints[m, 7]
    return r + (_F(255) - r) * glow, g + (_F(246) - g) * glow, b + (_F(232) - b) * glow


@njit(inline="always", **_JIT)
def _packed(red, green, blue, alpha):  # type: ignore[no-untyped-def]
    """Return four bytes in one number, red lowest."""
    low = _U(red + _HALF) | _U(green + _HALF) << _U(8)
    return _U(low | _U(blue + _HALF) << _U(16) | _U(alpha + _HALF) << _U(24))


@njit(**_JIT)
def shade(buffer, planes, material, texture, tints, pixels, rows):  # type: ignore[no-untyped-def]
    """Write `rows` (first, one past the last) of `pixels` (H, W), straight-alpha RGBA in one number each, from the samples.

    Each distinct triangle of a pixel is shaded once, in the middle of its samples, which lies within it.
    """
    wide = _U((buffer.shape[1] - PAD) // pixels.shape[1])  # samples in a pixel's row: 2 or 1
    step, middle = _F(wide - _U(1)), _HALF * _F(wide)
    for row in range(np.uint64(rows[0]), np.uint64(rows[1])):
        for col in range(np.uint64(pixels.shape[1])):
            top, low, west = _U(_TWO * row), _U(_TWO * row + _ODD), _U(wide * _U(col))
            east = _U(west + wide - _U(1))
            a, b = buffer[top, west] & ID_MASK, buffer[top, east] & ID_MASK
            c, d = buffer[low, west] & ID_MASK, buffer[low, east] & ID_MASK
            if a == b and a == c and a == d:
                pixels[row, col] = 0
                if a != 0:
                    r, g, w = _colour(a, _F(west) + middle, _F(low), planes, material, texture, tints)
                    pixels[row, col] = _packed(r, g, w, _F(255))
                continue
            red = green = blue = covered = _ZERO
            for k in range(4):
                ident = a if k == 0 else b if k == 1 else c if k == 2 else d
                if ident == 0 or (k > 0 and ident == a) or (k > 1 and ident == b) or (k > 2 and ident == c):
                    continue  # background, or done with an earlier sample
                wa, wb, wc, wd = _F(ident == a), _F(ident == b), _F(ident == c), _F(ident == d)
                n = wa + wb + wc + wd
                x = _F(west) + ((wa + wb) * _QUARTER + (wc + wd) * _F(0.75) + (wb + wd) * step) / n
                y = _F(top) + _HALF + (wc + wd) / n
                r, g, w = _colour(ident, x, y, planes, material, texture, tints)
                red, green, blue, covered = red + n * r, green + n * g, blue + n * w, covered + n
            share = _ONE / covered
            pixels[row, col] = _packed(red * share, green * share, blue * share, covered * _F(63.75))


@njit(inline="always", **_JIT)
def _band(p, triangles, edges, material, facing, n, buffer, first, last):  # type: ignore[no-untyped-def]
    """Draw item `n` of the order where it lies in the sample rows first..last - 1; return whether it goes on below them."""
    count = triangles.shape[0]
    if n < count:
        a, b, c = _U(triangles[n, 0]), _U(triangles[n, 2]), _U(triangles[n, 1])  # clockwise on the screen
        ax, ay, az = p[a, 0], p[a, 1], p[a, 2]
        bx, by, bz = p[b, 0], p[b, 1], p[b, 2]
        cx, cy, cz = p[c, 0], p[c, 1], p[c, 2]
        ident = n + 1
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
        ident = count + 1 + material[front]
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if area < _ZERO:
        bx, by, bz, cx, cy, cz, area = cx, cy, cz, bx, by, bz, -area
    if area > _F(1e-3):
        _fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, buffer, first, last)
    return max(ay, by, cy) > _F(last)


@njit(**_JIT)
def draw(projected, uv, triangles, edges, material, texture, mips, tints, planes, scratch, buffer, pixels):  # type: ignore[no-untyped-def]
    """Draw the whole picture, band by band from the top: clear, fill, shade.

    Of the mesh: projected (V, 8), uv (V, 2), triangles (T, 3), edges (E, 4) of `silhouette`, material (T,). Of the paint:
    texels (N,), mips (L, 2), tints (M, 8) with shade tint, ink, terminator and rim. `pixels` (H, W) uint32 is the picture.

    `buffer` (2H, 2W + PAD) or (2H, W + PAD) holds afterwards: depth above, in its low bits 0 for background, t + 1 for a
    triangle seen from the front, T + m + 1 for the ink of material m. `planes` (T, 16) holds what
    shading needs of each triangle seen from the front. `scratch` is (4, T + 2E).
    """
    order, going, facing = scratch[1], scratch[2], scratch[3]
    total = _sort(projected, triangles, edges, buffer.shape[0], scratch)
    per_pixel = _F(2 * ((buffer.shape[1] - PAD) // pixels.shape[1]))
    for k in range(total):
        t = _U(order[k])
        if t < triangles.shape[0]:
            _plane(projected, uv, triangles, t, planes, mips, tints[_U(material[t]), 6], per_pixel)
    at = alive = 0
    for first in range(0, buffer.shape[0], BAND_ROWS):
        last = min(buffer.shape[0], first + BAND_ROWS)
        buffer[first:last] = FAR
        was, alive = alive, 0
        for k in range(was):
            if _band(projected, triangles, edges, material, facing, going[k], buffer, first, last):
                going[alive] = going[k]
                alive += 1
        while at < total and scratch[0, order[at]] * BAND_ROWS < last:
            if _band(projected, triangles, edges, material, facing, order[at], buffer, first, last):
                going[alive] = order[at]
                alive += 1
            at += 1
        rows = (first // 2, last // 2)
        shade(buffer, planes, material, texture, tints, pixels, rows)
