"""The CPU rasteriser: projected triangles to a visibility buffer, visibility to RGBA.

Owns the inner loops of drawing (numba, one core, GIL released). Knows nothing of characters or poses: it takes plain arrays,
so that a neural renderer can read the triangle ids and planes that `draw` leaves behind instead of its colours.

Samples: a picture of W x H pixels has 2W x 2H samples; odd sample rows are shifted by a quarter of a pixel, which gives
upright edges four levels of coverage instead of two.
"""

from typing import Any

import numpy as np
from numba import njit

PLANE_FLOATS = 16
"""Per triangle: x, y of a vertex; value, d/dx, d/dy of u, v, light, rim; softness of the terminator; mip level."""

BAND_ROWS = 64
"""Sample rows that are cleared, filled and shaded together, so that they stay in the cache meanwhile."""

PAD = 8
"""Unused samples at the end of each row: rows a power of two apart would fight for the same cache lines."""

ID_MASK = (1 << 17) - 1
"""The low bits of a sample: which triangle. The bits above hold the depth, so that the nearer of two samples is the smaller."""

FAR = (1 << 62) & ~ID_MASK
"""An empty sample."""

DEPTH_SCALE = float(1 << 61)  # depth is -1/distance, which stays above -1 while nothing comes nearer than a metre

_JIT: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
_F, _U = np.float32, np.uint32  # unsigned indices need no test for a negative one
_ZERO, _QUARTER, _HALF, _ONE = _F(0), _F(0.25), _F(0.5), _F(1)
_SLACK = _F(0.002)  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes
_ODD, _TWO = np.uint64(1), np.uint64(2)
_BEHIND = _F(-0.6)  # a hull that looks further away than this lies wholly behind its own body


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
def _plane(projected, uv, triangles, t, planes, side, levels):  # type: ignore[no-untyped-def]
    """Write what shading needs of triangle `t`."""
    a, b, c = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    area = _area(projected, a, b, c, _U(0))
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
    planes[t, 14] = np.sqrt(planes[t, 9] * planes[t, 9] + planes[t, 10] * planes[t, 10]) * _F(1.7) + _F(0.01)
    texels = abs(planes[t, 3] * planes[t, 7] - planes[t, 4] * planes[t, 6]) * _F(4)
    planes[t, 15] = min(_F(levels - 1), max(_ZERO, np.floor(_HALF * np.log2(texels + _F(1e-9)) + _HALF)))


@njit(inline="always", **_JIT)
def _area(p, a, b, c, x):  # type: ignore[no-untyped-def]
    """Return twice the area on the screen, positive if counter-clockwise with y up; `x` is the column of x in `p`."""
    y = _U(x + _U(1))
    return (p[b, y] - p[a, y]) * (p[c, x] - p[a, x]) - (p[b, x] - p[a, x]) * (p[c, y] - p[a, y])


@njit(**_JIT)
def _sort(p, triangles, outlined, height, bucket, order):  # type: ignore[no-untyped-def]
    """Write what is seen to `order`, from the top of the picture down; return how many. `t` is a front, `T + t` a hull."""
    count, tall = triangles.shape[0], height // BAND_ROWS + 1
    starts = np.zeros(tall + 1, np.int32)
    for n in range(2 * count):
        t, x = (_U(n), _U(0)) if n < count else (_U(n - count), _U(5))
        bucket[n] = -1
        a, b, c = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
        if x == 5 and (outlined[t] == 0 or max(p[a, 8], p[b, 8], p[c, 8]) < _BEHIND):
            continue
        area, y = _area(p, a, b, c, x), _U(x + _U(1))
        top, bottom = min(p[a, y], p[b, y], p[c, y]), max(p[a, y], p[b, y], p[c, y])
        if (area if x == 0 else -area) > _F(1e-3) and top < height and bottom > 0:
            bucket[n] = int(max(top, _ZERO)) // BAND_ROWS
            starts[bucket[n] + 1] += 1
    for k in range(tall):
        starts[k + 1] += starts[k]
    for n in range(2 * count):
        if bucket[n] >= 0:
            order[starts[bucket[n]]] = n
            starts[bucket[n]] += 1
    return starts[tall - 1]


@njit(inline="always", **_JIT)
def _texel(texture, offset, side, u, v):  # type: ignore[no-untyped-def]
    """Return bilinear r, g, b at u, v texels of the level that starts at `offset`; two channels in each multiplication."""
    u = min(max(u - _HALF, _ZERO), _F(side) - _F(1.01))
    v = min(max(v - _HALF, _ZERO), _F(side) - _F(1.01))
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
def _colour(ident, x, y, planes, material, texture, mips, tints):  # type: ignore[no-untyped-def]
    """Return r, g, b (0..255) of a triangle or an outline at sample position x, y."""
    count = planes.shape[0]
    if ident > count:
        m = np.uint32(material[np.uint32(ident - count - 1)])
        return tints[m, 3], tints[m, 4], tints[m, 5]
    t = np.uint32(ident - 1)
    m = np.uint32(material[t])
    dx, dy = x - planes[t, 0], y - planes[t, 1]
    level = np.uint32(planes[t, 15])
    shrink = _ONE / _F(np.uint32(1) << level)
    u = (planes[t, 2] + planes[t, 3] * dx + planes[t, 4] * dy) * shrink
    v = (planes[t, 5] + planes[t, 6] * dx + planes[t, 7] * dy) * shrink
    r, g, b = _texel(texture, mips[level, 0], mips[level, 1], u, v)
    light = planes[t, 8] + planes[t, 9] * dx + planes[t, 10] * dy
    lit = min(_ONE, max(_ZERO, (light - tints[m, 6]) / planes[t, 14] + _HALF))
    r *= tints[m, 0] + (_ONE - tints[m, 0]) * lit
    g *= tints[m, 1] + (_ONE - tints[m, 1]) * lit
    b *= tints[m, 2] + (_ONE - tints[m, 2]) * lit
    edge = planes[t, 11] + planes[t, 12] * dx + planes[t, 13] * dy
    glow = min(_ONE, max(_ZERO, (edge - _F(0.93)) * _F(8))) * tints[m, 7]
    return r + (_F(255) - r) * glow, g + (_F(246) - g) * glow, b + (_F(232) - b) * glow


@njit(inline="always", **_JIT)
def _packed(red, green, blue, alpha):  # type: ignore[no-untyped-def]
    """Return four bytes in one number, red lowest."""
    low = _U(red + _HALF) | _U(green + _HALF) << _U(8)
    return _U(low | _U(blue + _HALF) << _U(16) | _U(alpha + _HALF) << _U(24))


@njit(**_JIT)
def shade(buffer, planes, material, texture, mips, tints, pixels, rows):  # type: ignore[no-untyped-def]
    """Write `rows` (first, one past the last) of `pixels` (H, W), straight-alpha RGBA in one number each, from the samples.

    Each distinct triangle of a pixel is shaded once, in the middle of its samples, which lies within it.
    """
    for row in range(np.uint64(rows[0]), np.uint64(rows[1])):
        for col in range(np.uint64(pixels.shape[1])):
            top, low, west, east = _U(_TWO * row), _U(_TWO * row + _ODD), _U(_TWO * col), _U(_TWO * col + _ODD)
            a, b = buffer[top, west] & ID_MASK, buffer[top, east] & ID_MASK
            c, d = buffer[low, west] & ID_MASK, buffer[low, east] & ID_MASK
            if a == b and a == c and a == d:
                pixels[row, col] = 0
                if a != 0:
                    r, g, w = _colour(a, _F(east), _F(low), planes, material, texture, mips, tints)
                    pixels[row, col] = _packed(r, g, w, _F(255))
                continue
            red = green = blue = covered = _ZERO
            for k in range(4):
                ident = a if k == 0 else b if k == 1 else c if k == 2 else d
                if ident == 0 or (k > 0 and ident == a) or (k > 1 and ident == b) or (k > 2 and ident == c):
                    continue  # background, or done with an earlier sample
                wa, wb, wc, wd = _F(ident == a), _F(ident == b), _F(ident == c), _F(ident == d)
                n = wa + wb + wc + wd
                x = _F(west) + (wa * _QUARTER + wb * _F(1.25) + wc * _F(0.75) + wd * _F(1.75)) / n
                y = _F(top) + _HALF + (wc + wd) / n
                r, g, w = _colour(ident, x, y, planes, material, texture, mips, tints)
                red, green, blue, covered = red + n * r, green + n * g, blue + n * w, covered + n
            share = _ONE / covered
            pixels[row, col] = _packed(red * share, green * share, blue * share, covered * _F(63.75))


@njit(inline="always", **_JIT)
def _band(p, triangles, n, buffer, first, last):  # type: ignore[no-untyped-def]
    """Draw front or hull `n` where it lies in the sample rows first..last - 1; return whether it goes on below them."""
    count = triangles.shape[0]
    t, x = (_U(n), _U(0)) if n < count else (_U(n - count), _U(5))
    a, b, c = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    area = abs(_area(p, a, b, c, x))
    if x == 0:
        b, c = c, b  # clockwise on the screen, as the hull's inside already is
    y, z = _U(x + _U(1)), _U(x + _U(2))
    _fill(p[a, x], p[a, y], p[a, z], p[b, x], p[b, y], p[b, z], p[c, x], p[c, y], p[c, z], area, n + 1, buffer, first, last)
    return max(p[a, y], p[b, y], p[c, y]) > _F(last)


@njit(**_JIT)
def draw(projected, uv, triangles, outlined, material, texture, mips, tints, planes, scratch, buffer, pixels):  # type: ignore[no-untyped-def]
    """Draw the whole picture, band by band from the top: clear, fill, shade.

    Of the mesh: projected (V, 9), uv (V, 2), triangles (T, 3), outlined and material (T,). Of the paint: texels
    (N,), mips (L, 2), tints (M, 8) with shade tint, ink, terminator and rim. `pixels` (H, W) uint32 is the picture.

    `buffer` (2H, 2W + PAD) holds afterwards: depth above, in its low bits 0 for background, t + 1 for a triangle seen from
    the front, T + t + 1 for its outline. `planes` (T, 16) holds what shading needs of each triangle seen from the
    front. `scratch` is (3, 2T). Arrays go into calls one by one and not in hot loops: numba counts references at each call.
    """
    bucket, order, going = scratch[0], scratch[1], scratch[2]
    total = _sort(projected, triangles, outlined, buffer.shape[0], bucket, order)
    side, levels = _F(mips[0, 1]), mips.shape[0]
    for k in range(total):
        if order[k] < triangles.shape[0]:
            _plane(projected, uv, triangles, _U(order[k]), planes, side, levels)
    at = alive = 0
    for first in range(0, buffer.shape[0], BAND_ROWS):
        last = min(buffer.shape[0], first + BAND_ROWS)
        buffer[first:last] = FAR
        was, alive = alive, 0
        for k in range(was):
            if _band(projected, triangles, going[k], buffer, first, last):
                going[alive] = going[k]
                alive += 1
        while at < total and bucket[order[at]] * BAND_ROWS < last:
            if _band(projected, triangles, order[at], buffer, first, last):
                going[alive] = order[at]
                alive += 1
            at += 1
        rows = (first // 2, last // 2)
        shade(buffer, planes, material, texture, mips, tints, pixels, rows)
