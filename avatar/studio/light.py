"""Light and paint: from what is seen in each sample to the picture.

Owns the tones (numba, one core, GIL released): lit, shade and a darker one in contact; cast shadows, the rim light, and how
samples become a pixel with clean alpha. Knows nothing of characters: plain arrays in, RGBA out. A material's row of `tints` is
its shade (3), its ink (3), terminator and rim.
"""

from typing import Any, Final

import numpy as np
from numba import njit

from avatar.shadow import FULL_M, GONE_M, OTHER_M, SAME_PART_M, SAME_STUFF_M, SOFT_FROM, SOFT_TO

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: shadow.py 25feec9cbc02

JIT: Final[dict[str, Any]] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
ACROSS: Final = 3
"""Samples in a pixel, across and down; a constant, so that the compiler unrolls."""

_F, _U = np.float32, np.uint32  # unsigned indices need no test for a negative one
_ZERO, _HALF, _ONE = _F(0), _F(0.5), _F(1)
_SOFT = 0.05  # in N.L: width of the edge between light and shade
_DEEP_FROM, _DEEP_TO, _DEEP = 0.10, 0.34, 0.75  # of the occlusion: the third tone begins, is full; its strength
_RIM_GAP = 0.0012  # in -1 / distance: behind a rim it is at least this much (4 cm) deeper
_ROUND = 0.08  # how much brighter than its middle a lit surface is where it faces the light
_GLOW = (0.02, -0.05, -0.07)  # what the soft edge between light and shade adds to each channel: it glows warm
_WARM = (1.0, 0.965, 0.90)  # the rim light


@njit(inline="always", **JIT)
def _ramp(value, low, high):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), _ZERO), _ONE)
    return t * t * (_F(3) - _F(2) * t)


@njit(inline="always", **JIT)
def _corners(t, col, row, weights):  # type: ignore[no-untyped-def]
    """Return how much the three corners of a triangle weigh in the middle of a sample."""
    x, y = _F(col) + _HALF, _F(row) + _HALF
    a = min(max(weights[t, _U(0)] + weights[t, _U(1)] * x + weights[t, _U(2)] * y, _ZERO), _ONE)
    b = min(max(weights[t, _U(3)] + weights[t, _U(4)] * x + weights[t, _U(5)] * y, _ZERO), _ONE - a)
    return a, b, _ONE - a - b


@njit(**JIT)
def _texel(texels, offset, side, u, v, colour):  # type: ignore[no-untyped-def]
    """Write r, g, b (0..255) at u, v (0..1) of the level that begins at `offset` to `colour`, bilinear."""
    x = min(max(u * _F(side) - _HALF, _ZERO), _F(side) - _F(1.01))
    y = min(max(v * _F(side) - _HALF, _ZERO), _F(side) - _F(1.01))
    i, j = _U(x), _U(y)
    fx, fy = x - _F(i), y - _F(j)
    at = _U(_U(offset) + _U(j * _U(side)) + i)
    after, below = _U(at + _U(1)), _U(at + _U(side))
    beyond = _U(below + _U(1))
    a, b, c, d = (_ONE - fx) * (_ONE - fy), fx * (_ONE - fy), (_ONE - fx) * fy, fx * fy
    for n in range(3):
        k = _U(n)
        colour[k] = _F(texels[at, k]) * a + _F(texels[after, k]) * b + _F(texels[below, k]) * c + _F(texels[beyond, k]) * d


@njit(**JIT)
def levels_of(at, uv, triangles, side, levels, out):  # type: ignore[no-untyped-def]
    """Write to `out` (T,) the mip level whose texels are about as large as the samples."""
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        on_screen = abs((at[b, 0] - at[a, 0]) * (at[c, 1] - at[a, 1]) - (at[c, 0] - at[a, 0]) * (at[b, 1] - at[a, 1]))
        on_paper = abs((uv[b, 0] - uv[a, 0]) * (uv[c, 1] - uv[a, 1]) - (uv[c, 0] - uv[a, 0]) * (uv[b, 1] - uv[a, 1]))
        texels = on_paper * _F(side) * _F(side) / (on_screen + _F(1e-6))
        level = np.floor(_HALF * np.log2(texels + _F(1e-9)) + _HALF)
        out[t] = int(min(max(level, _ZERO), _F(levels - 1)))


@njit(**JIT)
def _shadow(t, px, py, pz, view, map_depth, map_seen, sheets, material):  # type: ignore[no-untyped-def]
    """Return how much of the light reaches a point, 0 .. 1: sixteen texels of the light's picture, smoothly weighed.

    `view` (3, 4) maps world metres to texel x, y and metres away from the light.
    """
    x = view[0, 0] * px + view[0, 1] * py + view[0, 2] * pz + view[0, 3] - _HALF
    y = view[1, 0] * px + view[1, 1] * py + view[1, 2] * pz + view[1, 3] - _HALF
    z = view[2, 0] * px + view[2, 1] * py + view[2, 2] * pz + view[2, 3]
    col, row = int(np.floor(x)), int(np.floor(y))
    if col < 1 or row < 1 or col + 2 >= map_depth.shape[1] or row + 2 >= map_depth.shape[0]:
        return _ONE
    fx, fy, dark = x - _F(col), y - _F(row), _ZERO
    sheet, stuff = sheets[t + 1], material[t]
    for j in range(4):
        wy = _ONE - fy if j == 0 else (fy if j == 3 else _ONE)
        for i in range(4):
            gap = z - map_depth[row - 1 + j, col - 1 + i]
            if gap > _F(OTHER_M):
                caster = map_seen[row - 1 + j, col - 1 + i]
                need = OTHER_M
                if sheets[caster + 1] == sheet:
                    need = SAME_PART_M
                elif material[caster] == stuff:
                    need = SAME_STUFF_M
                if gap > _F(need):
                    wx = _ONE - fx if i == 0 else (fx if i == 3 else _ONE)
                    dark += wx * wy * min(max((_F(GONE_M) - gap) * _F(1 / (GONE_M - FULL_M)), _ZERO), _ONE)
    return _ONE - _ramp(dark * _F(1 / 9), _F(SOFT_FROM), _F(SOFT_TO))


@njit(**JIT)
def _light_at(t, col, row, light, seen_by_light, mesh, tint):  # type: ignore[no-untyped-def]
    """Return how lit a sample's surface is, 0 .. 1, a factor that makes it round, and how much it faces the rim's light."""
    triangles, material, sheets, weights, surface = mesh
    a, b, c = _corners(t, col, row, weights)
    va, vb, vc = surface[triangles[t, 0]], surface[triangles[t, 1]], surface[triangles[t, 2]]
    nx, ny, nz = a * va[2] + b * vb[2] + c * vc[2], a * va[3] + b * vb[3] + c * vc[3], a * va[4] + b * vb[4] + c * vc[4]
    short = _ONE / (np.sqrt(nx * nx + ny * ny + nz * nz) + _F(1e-9))
    la = va[2] * light[0] + va[3] * light[1] + va[4] * light[2] - (vc[2] * light[0] + vc[3] * light[1] + vc[4] * light[2])
    lb = vb[2] * light[0] + vb[3] * light[1] + vb[4] * light[2] - (vc[2] * light[0] + vc[3] * light[1] + vc[4] * light[2])
    w = weights[t]
    slope_x, slope_y = w[1] * la + w[4] * lb, w[2] * la + w[5] * lb
    soft = max(_F(_SOFT), _F(0.8 * ACROSS) * np.sqrt(slope_x * slope_x + slope_y * slope_y))
    toward = (nx * light[0] + ny * light[1] + nz * light[2]) * short
    lit = _ramp(toward, tint[6] - soft, tint[6] + soft)
    if lit > _ZERO:
        px, py, pz = a * va[5] + b * vb[5] + c * vc[5], a * va[6] + b * vb[6] + c * vc[6], a * va[7] + b * vb[7] + c * vc[7]
        view, map_depth, map_seen = seen_by_light
        lit = min(lit, _shadow(t, px, py, pz, view, map_depth, map_seen, sheets, material))
    round_ = _ONE
    if tint[6] >= _ZERO:  # a face's normals are bent, and its terminator lies behind: it stays one clean tone
        round_ += _F(_ROUND) * ((toward - tint[6]) / (_ONE - tint[6]) - _F(0.6)) * lit
    return lit, round_, _ramp((_F(0.86) * nx + _F(0.5) * ny) * short, _F(0.15), _F(0.6)) * tint[7]


@njit(inline="always", **JIT)
def _before_nothing(row, col, reach, depth):  # type: ignore[no-untyped-def]
    """Return whether the figure ends, or falls back, a little to the upper right of a sample: where the rim light falls."""
    r, c = row - int(_F(0.42) * reach), col + int(_F(0.9) * reach)
    if r < 0 or c >= depth.shape[1]:
        return False
    return depth[r, c] - depth[row, col] > _F(_RIM_GAP)


@njit(**JIT)
def _paint(row, col, t, depth, lit, round_, rim, deep, mesh, paint, rim_reach, colour):  # type: ignore[no-untyped-def]
    """Write to `colour` (3,) what is seen of triangle `t` in one sample."""
    triangles, material, _, weights, surface = mesh
    texels, mips, levels, tints = paint
    a, b, c = _corners(t, col, row, weights)
    i, j, k = _U(triangles[t, _U(0)]), _U(triangles[t, _U(1)]), _U(triangles[t, _U(2)])
    u = a * surface[i, _U(0)] + b * surface[j, _U(0)] + c * surface[k, _U(0)]
    v = a * surface[i, _U(1)] + b * surface[j, _U(1)] + c * surface[k, _U(1)]
    level = _U(levels[t])
    _texel(texels, mips[level, _U(0)], mips[level, _U(1)], u, v, colour)
    m = _U(material[t])
    if tints[m, _U(6)] < -_ONE:  # always lit
        return
    glow = rim if rim > _ZERO and _before_nothing(row, col, rim_reach, depth) else _ZERO
    dark, between = deep * (_ONE - lit) * _F(1.1), _F(4) * lit * (_ONE - lit)
    for n in range(3):
        at = _U(n)
        less = _ONE - tints[m, at]
        value = colour[at] * (_ONE - less * (_ONE - lit)) * (_ONE - dark * less)
        value = min(value * (round_ + _F(_GLOW[n]) * between), _F(255))
        colour[at] = value + (_F(255) * _F(_WARM[n]) - value) * glow


@njit(inline="always", **JIT)
def _stride(row, col, seen, field, sheets):  # type: ignore[no-untyped-def]
    """Return 2 if a pixel lies within one unbroken surface, without ink: its four corner samples are enough; else 1."""
    t = seen[_U(row * ACROSS), _U(col * ACROSS)]
    if t < 0:
        return 1
    sheet = sheets[_U(t + 1)]
    for r in range(_U(row * ACROSS), _U(row * ACROSS + ACROSS)):
        for c in range(_U(col * ACROSS), _U(col * ACROSS + ACROSS)):
            t = seen[_U(r), _U(c)]
            if t < 0 or field[_U(r), _U(c)] < _HALF or sheets[_U(t + 1)] != sheet:
                return 1
    return 2


@njit(**JIT)
def develop(depth, seen, field, owner, contact, light, seen_by_light, mesh, paint, rim_reach, picture):  # type: ignore[no-untyped-def]
    """Write the picture (H, W, 4) uint8, straight alpha, from samples that are a whole number of times finer.

    A pixel's colour is the mean of those of its samples that hold something, ink or surface: no ground is mixed in. Light is
    worked out once for each surface in a pixel, texture and edges in every sample.
    """
    material, sheets, tints = mesh[1], mesh[2], paint[3]
    colour = np.zeros(3, np.float32)
    for row in range(picture.shape[0]):
        for col in range(picture.shape[1]):
            red = green = blue = covered = lit = round_ = rim = _ZERO
            deep = _ramp(contact[row, col], _F(_DEEP_FROM), _F(_DEEP_TO)) * _F(_DEEP)
            last, stride, count = -1, _stride(row, col, seen, field, sheets), _ZERO
            for n in range(0, ACROSS * ACROSS, stride):
                if stride == 2 and n == ACROSS + 1:
                    continue
                r, c = _U(row * ACROSS + n // ACROSS), _U(col * ACROSS + n % ACROSS)
                count += _ONE
                ink = min(max(_HALF - field[r, c], _ZERO), _ONE)
                empty, solid = seen[r, c] < 0, _ONE
                if empty:
                    solid = ink
                    if ink <= _ZERO:
                        continue
                elif ink < _ONE:
                    t = _U(seen[r, c])
                    if sheets[_U(t + _U(1))] != last:
                        last = sheets[_U(t + _U(1))]
                        lit, round_, rim = _light_at(t, c, r, light, seen_by_light, mesh, tints[material[t]])
                    _paint(r, c, t, depth, lit, round_, rim, deep, mesh, paint, rim_reach, colour)
                if ink > _ZERO:
                    line, share = _U(material[_U(owner[r, c])]), _ONE if empty else ink
                    for i in range(3):
                        colour[i] += (tints[line, _U(3 + i)] - colour[i]) * share
                red, green, blue = red + colour[0] * solid, green + colour[1] * solid, blue + colour[2] * solid
                covered += solid
            out = picture[row, col]
            alpha = np.uint8(covered / count * _F(255) + _HALF)
            share = _ONE / max(covered, _F(1e-6)) if alpha > 0 else _ZERO
            out[0], out[1], out[2] = (
                np.uint8(red * share + _HALF),
                np.uint8(green * share + _HALF),
                np.uint8(blue * share + _HALF),
            )
            out[3] = alpha
