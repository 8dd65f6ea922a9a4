"""The CPU rasteriser's second half: samples to RGBA.

Owns light, texture and the mixing of a pixel's samples (numba, one core, GIL released). Knows nothing of characters or poses,
nor of how the samples came about: `raster` says what is in them.
"""

import numpy as np
from numba import njit

from avatar.fill import ID_MASK, JIT

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py ac19977aa755
PLANE_FLOATS = 16
"""Per triangle: x, y of a vertex; value, d/dx, d/dy of u, v (texels of its mip level), light (0 shade .. 1 lit, unclamped) and
rim (0 .. 1, unclamped); offset and side of its mip level."""

_F, _U, _L = np.float32, np.uint32, np.uint64  # unsigned indices need no test for a negative one
_ZERO, _QUARTER, _HALF, _ONE = _F(0), _F(0.25), _F(0.5), _F(1)
_SAMPLES = _F(4)  # in a pixel
_ODD, _TWO, _OPAQUE = np.uint64(1), np.uint64(2), np.uint64(0xFF000000)
_RIM_FROM, _RIM_RISE = _F(0.93), _F(8)  # where the rim light begins, and how fast it rises
_GLOW_GREEN, _GLOW_BLUE, _FULL = _F(246), _F(232), _F(255)  # the rim light is warm


@njit(inline="always", **JIT)
def screen_area(p, a, b, c, x):  # type: ignore[no-untyped-def]
    """Return twice the area on the screen, positive if counter-clockwise with y up; `x` is the column of x in `p`."""
    y = _U(x + _U(1))
    return (p[b, y] - p[a, y]) * (p[c, x] - p[a, x]) - (p[b, x] - p[a, x]) * (p[c, y] - p[a, y])


@njit(inline="always", **JIT)
def _ways(projected, a, b, c):  # type: ignore[no-untyped-def]
    """Return the ways on the screen from the first vertex to the others, x and y, and twice the triangle's area."""
    x, y = projected[a, 0], projected[a, 1]
    to_b = projected[b, 0] - x, projected[b, 1] - y
    to_c = projected[c, 0] - x, projected[c, 1] - y
    return to_b[0], to_b[1], to_c[0], to_c[1], screen_area(projected, a, c, b, _U(0))


@njit(inline="always", **JIT)
def _gradient(va, vb, vc, ways):  # type: ignore[no-untyped-def]
    """Return how a value changes over the screen's x and y that is known at the three vertices."""
    bx, by, cx, cy, area = ways
    return ((vb - va) * cy - (vc - va) * by) / area, ((vc - va) * bx - (vb - va) * cx) / area


@njit(**JIT)
def slopes(projected, triangles, t, values, first, out, at):  # type: ignore[no-untyped-def]
    """Write to nine columns of `out[t]` from `at` on, of three columns of `values` from `first` on: what they are at the first
    vertex of a triangle, and how they change over the screen's x and y.
    """
    a, b, c = _U(triangles[t, 0]), _U(triangles[t, 2]), _U(triangles[t, 1])  # clockwise on the screen
    ways = _ways(projected, a, b, c)
    for k in range(3):
        column, to = _U(first + k), _U(at + 3 * k)
        out[t, to] = values[a, column]
        out[t, to + _U(1)], out[t, to + _U(2)] = _gradient(values[a, column], values[b, column], values[c, column], ways)


@njit(**JIT)
def plane(projected, uv, triangles, t, planes, mips, terminator):  # type: ignore[no-untyped-def]
    """Write what shading needs of triangle `t`, so that a pixel costs four planes and one texel."""
    a, b, c = _U(triangles[t, 0]), _U(triangles[t, 2]), _U(triangles[t, 1])  # clockwise on the screen
    ways, side = _ways(projected, a, b, c), _F(mips[0, 1])
    planes[t, 0], planes[t, 1] = projected[a, 0], projected[a, 1]
    for k in range(4):
        if k < 2:
            va, vb, vc = uv[a, k] * side, uv[b, k] * side, uv[c, k] * side
        else:
            va, vb, vc = projected[a, k + 1], projected[b, k + 1], projected[c, k + 1]
        planes[t, 2 + 3 * k] = va
        planes[t, 3 + 3 * k], planes[t, 4 + 3 * k] = _gradient(va, vb, vc, ways)
    texels = abs(planes[t, 3] * planes[t, 7] - planes[t, 4] * planes[t, 6]) * _SAMPLES
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


@njit(inline="always", **JIT)
def _texel(texture, offset, side, u, v):  # type: ignore[no-untyped-def]
    """Return the bilinear texel at u, v texels of the level that starts at `offset`: r, g, b times 256, 16 bits each."""
    u = min(max(u, _ZERO), side - _F(1.01))
    v = min(max(v, _ZERO), side - _F(1.01))
    iu, iv = np.uint32(u), np.uint32(v)
    fu, fv = np.uint32((u - _F(iu)) * _F(16)), np.uint32((v - _F(iv)) * _F(16))
    at = np.uint32(offset) + iv * np.uint32(side) + iu
    right, below, sixteen = np.uint32(at + np.uint32(1)), np.uint32(at + np.uint32(side)), np.uint32(16)
    diagonal = np.uint32(below + np.uint32(1))
    upper = texture[at] * _L((sixteen - fu) * (sixteen - fv)) + texture[right] * _L(fu * (sixteen - fv))
    return upper + texture[below] * _L((sixteen - fu) * fv) + texture[diagonal] * _L(fu * fv)


@njit(inline="always", **JIT)
def _surface(ident, x, y, planes, material, texture, tints):  # type: ignore[no-untyped-def]
    """Return texel, light, rim and, of the material, shade tint and strength of its rim, at sample position x, y.

    Ink is a texel in full light. All that is read is read here: a branch between two uses of one array makes numba count
    references, pixel by pixel.
    """
    count = planes.shape[0]
    if ident > count:
        m = _U(ident - count - 1)
        ink = _L(tints[m, 3]) << _L(8) | _L(tints[m, 4]) << _L(24) | _L(tints[m, 5]) << _L(40)
        return ink, _ONE, _ZERO, _ONE, _ONE, _ONE, _ZERO
    t = _U(ident - 1)
    m = _U(material[t])
    dx, dy = x - planes[t, 0], y - planes[t, 1]
    u = planes[t, 2] + planes[t, 3] * dx + planes[t, 4] * dy
    v = planes[t, 5] + planes[t, 6] * dx + planes[t, 7] * dy
    lit = planes[t, 8] + planes[t, 9] * dx + planes[t, 10] * dy
    rim = planes[t, 11] + planes[t, 12] * dx + planes[t, 13] * dy
    texel = _texel(texture, planes[t, 14], planes[t, 15], u, v)
    return texel, lit, rim, tints[m, 0], tints[m, 1], tints[m, 2], tints[m, 7]


@njit(inline="always", **JIT)
def _painted(texel, lit, rim, red, green, blue, strength):  # type: ignore[no-untyped-def]
    """Return the texel's r, g, b (0..255) in this light."""
    scale, low = _F(1 / 256), _L(0xFFFF)
    r, g, b = texel & low, texel >> _L(16) & low, texel >> _L(32) & low
    r, g, b = _F(np.int32(r)) * scale, _F(np.int32(g)) * scale, _F(np.int32(b)) * scale
    lit = min(_ONE, max(_ZERO, lit))
    r *= red + (_ONE - red) * lit
    g *= green + (_ONE - green) * lit
    b *= blue + (_ONE - blue) * lit
    glow = min(_ONE, max(_ZERO, rim)) * strength
    return r + (_FULL - r) * glow, g + (_GLOW_GREEN - g) * glow, b + (_GLOW_BLUE - b) * glow


@njit(inline="always", **JIT)
def _whole(texel, lit, rim, red, green, blue, strength):  # type: ignore[no-untyped-def]
    """Return a pixel of one surface. Nine in ten are in full light: their texel is their colour, and stays whole numbers."""
    if lit >= _ONE and rim <= _ZERO:
        even = texel + _L(0x008000800080)
        return _U(even >> _L(8) & _L(0xFF) | even >> _L(16) & _L(0xFF00) | even >> _L(24) & _L(0xFF0000) | _OPAQUE)
    r, g, b = _painted(texel, lit, rim, red, green, blue, strength)
    return _packed(r, g, b, _FULL)


@njit(inline="always", **JIT)
def _packed(red, green, blue, alpha):  # type: ignore[no-untyped-def]
    """Return four bytes in one number, red lowest."""
    low = _U(red + _HALF) | _U(green + _HALF) << _U(8)
    return _U(low | _U(blue + _HALF) << _U(16) | _U(alpha + _HALF) << _U(24))


@njit(inline="always", **JIT)
def _mixed(a, b, c, d, west, top, reached, planes, material, texture, tints):  # type: ignore[no-untyped-def]
    """Return a pixel of several surfaces: each is shaded once, in the middle of its samples, which lies within it."""
    red = green = blue = covered = _ZERO
    for k in range(4):
        ident = a if k == 0 else b if k == 1 else c if k == 2 else d
        if ident == 0 or (k > 0 and ident == a) or (k > 1 and ident == b) or (k > 2 and ident == c):
            continue  # background, or done with an earlier sample
        wa, wb, wc, wd = _F(ident == a), _F(ident == b), _F(ident == c), _F(ident == d)
        n = wa + wb + wc + wd
        x = west + ((wa + wb) * _QUARTER + (wc + wd) * _F(0.75) + wb + wd) / n
        y = top + _HALF + (wc + wd) / n
        texel, lit, rim, tr, tg, tb, strength = _surface(ident, x, y, planes, material, texture, tints)
        r, g, w = _painted(texel, min(lit, reached), rim, tr, tg, tb, strength)
        red, green, blue, covered = red + n * r, green + n * g, blue + n * w, covered + n
    share = _ONE / covered
    return _packed(red * share, green * share, blue * share, covered * _F(63.75))


@njit(**JIT)
def shade(buffer, sheets, planes, material, texture, tints, empty, reached, pixels, rows):  # type: ignore[no-untyped-def]
    """Write `rows` (first, one past the last) of `pixels` (H, W), straight-alpha RGBA in one number each, from their samples.

    `sheets` (T + M + 1,) says for each identity of a sample which unbroken surface it is part of: a pixel that lies within one
    is shaded once, in its middle, although an edge of the mesh may run through it. `empty` is what a pixel without any is.
    `reached` (h/2, W/2) is how much light no shadow takes from each 2 x 2 pixels of these rows, 0 .. 1.
    """
    for row in range(np.uint64(rows[0]), np.uint64(rows[1])):
        at = _TWO * (row - np.uint64(rows[0]))
        upper, lower, line, light = buffer[at], buffer[at + _ODD], pixels[row], reached[at // (_TWO * _TWO)]
        top = _F(_TWO * row)
        for col in range(np.uint64(pixels.shape[1])):
            west = _U(_TWO * col)
            east = _U(west + _U(1))
            a, b, c, d = upper[west] & ID_MASK, upper[east] & ID_MASK, lower[west] & ID_MASK, lower[east] & ID_MASK
            if (a ^ b) | (a ^ c) | (a ^ d):
                if not sheets[_U(a)] == sheets[_U(b)] == sheets[_U(c)] == sheets[_U(d)]:
                    line[col] = _mixed(a, b, c, d, _F(west), top, light[col // _TWO], planes, material, texture, tints)
                    continue
                if c == d or b == d:
                    a = d  # the triangle of most of the samples
            if a == 0:
                line[col] = empty
            else:
                x, y = _F(west) + _ONE, top + _ONE
                texel, lit, rim, r, g, w, strength = _surface(a, x, y, planes, material, texture, tints)
                line[col] = _whole(texel, min(lit, light[col // _TWO]), rim, r, g, w, strength)
