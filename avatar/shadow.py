"""Cast shadows: the light's own small picture of a figure, and how much of the light reaches what the viewer sees.

Owns that picture and the looking up in it (numba, GIL released), by the rules of the studio's shadows but with fewer texels.
Knows nothing of characters: plain arrays in, plain arrays out. What is always lit, like drawn features, casts no shadow and
takes none.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from avatar.fill import DEEPEST, ID_MASK, JIT, LANES, NOTHING, PAD, fill
from avatar.mesh import IntArray
from trackers.types import FloatArray

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py ac19977aa755
MAP_SIDE: Final = 384
"""Texels of the light's picture: a third of a centimetre each in a bust. (256: stairs in a jaw's shadow; 512: no better.)"""
FULL_M, GONE_M = 0.36, 0.52
"""From how far cast shadows are full, and from where there are none: they tell what is close."""
SAME_PART_M, SAME_STUFF_M, OTHER_M = 0.045, 0.014, 0.004
"""How far before a surface stands what casts shadow on it, if it is of the same part, the same material, or another."""
SOFT_FROM, SOFT_TO = 0.2, 0.8
"""A shadow's edge begins where so much of the texels around is dark, and ends."""

PART, STUFF = 11, 12  # columns of `rays`

_F, _I, _U = np.float32, np.int32, np.uint32
_ZERO, _QUARTER, _HALF, _ONE = _F(0), _F(0.25), _F(0.5), _F(1)
_DEPTH_M = 4.0  # the picture's depths are spread over this, about the origin
_PER_M = _F(float(DEEPEST) / _DEPTH_M)


def new_map() -> IntArray:
    """Return the memory of one picture."""
    return np.full((MAP_SIDE, MAP_SIDE + PAD), NOTHING, dtype=np.int32)


def new_rays(parts: IntArray, stuffs: IntArray, solid: NDArray[np.bool_]) -> FloatArray:
    """Return (T, 16), where each triangle is in the light's picture: all of one in one line of the cache.

    0 and 1: x, y of its first vertex on the screen; 2 to 10: as `shading.slopes` writes them of texel x, y and metres away;
    then what never changes: its part, -1 if it is not solid, and its material.
    """
    rays: FloatArray = np.zeros((len(parts), 16), dtype=np.float32)
    rays[:, PART], rays[:, STUFF] = np.where(solid, parts, -1), stuffs
    return rays


@njit(**JIT)
def look(p, triangles, at, rays, light_map):  # type: ignore[no-untyped-def]
    """Draw the figure as the light sees it: columns `at` to `at` + 2 of `p` are texel x, y and metres away from the light."""
    spans = np.empty((3, MAP_SIDE + LANES), np.int32)
    light_map[:] = NOTHING
    x, y, z = _U(at), _U(at + 1), _U(at + 2)
    for t in range(triangles.shape[0]):
        if rays[t, PART] < _ZERO:
            continue
        a, b, c = _U(triangles[t, 0]), _U(triangles[t, 2]), _U(triangles[t, 1])  # clockwise, where y runs down
        ax, ay, bx, by, cx, cy = p[a, x], p[a, y], p[b, x], p[b, y], p[c, x], p[c, y]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area > _F(1e-3):
            az, bz, cz = _depth(p[a, z]), _depth(p[b, z]), _depth(p[c, z])
            fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, _I(t + 1), spans, light_map, 0, MAP_SIDE)


@njit(inline="always", **JIT)
def _depth(metres):  # type: ignore[no-untyped-def]
    """Return a distance as `fill` wants it."""
    return min(max((metres + _F(_DEPTH_M / 2)) * _PER_M, _ZERO), DEEPEST)


@njit(inline="always", **JIT)
def _darkness(gap, same_part, same_stuff):  # type: ignore[no-untyped-def]
    """Return how dark what stands `gap` metres before a point makes it, 0 .. 1."""
    need = _F(SAME_PART_M) if same_part else _F(SAME_STUFF_M) if same_stuff else _F(OTHER_M)
    dark = min(max((_F(GONE_M) - gap) * _F(1 / (GONE_M - FULL_M)), _ZERO), _ONE)
    return dark if gap > need else _ZERO


@njit(**JIT)
def reach(line, y, rays, light_map, seen, out):  # type: ignore[no-untyped-def]
    """Write to `seen` (n,) what the second of every four samples of a row shows, and to `out` (n,) how much light reaches it.

    `y` is the row's place on the screen. Two rows of two texels count, by how near they are. (One function without helpers that
    take arrays: numba would count references each time.)
    """
    for n in range(out.shape[0]):
        at = 4 * n + 1
        out[n], seen[n] = _ONE, line[at] & ID_MASK
        t = _U(seen[n] - 1)
        if seen[n] == 0 or seen[n] > rays.shape[0] or rays[t, PART] < _ZERO:
            continue
        dx, dy = _F(at) + _F(0.75) - rays[t, 0], y - rays[t, 1]  # odd rows are shifted, see `fill`
        u = rays[t, 2] + rays[t, 3] * dx + rays[t, 4] * dy
        v = rays[t, 5] + rays[t, 6] * dx + rays[t, 7] * dy - _HALF
        away = rays[t, 8] + rays[t, 9] * dx + rays[t, 10] * dy + _F(_DEPTH_M / 2)
        away = min(max(away, _ZERO), _F(_DEPTH_M))  # as the picture has it: what lies beyond must not be behind itself
        row = int(np.floor(v))
        if not (u > _ONE and u < _F(MAP_SIDE - 2) and row >= 0 and row < MAP_SIDE - 1):
            continue
        below, dark = v - _F(row), _ZERO
        for j in range(2):
            across = u - _HALF - (_QUARTER if (row + j) & 1 else -_QUARTER)
            col = int(np.floor(across))
            after, share = across - _F(col), below if j == 1 else _ONE - below
            for i in range(2):
                sample = light_map[_U(row + j), _U(col + i)]
                gap, ident = away - _F(sample) * _F(1 / float(_PER_M)), sample & ID_MASK
                if gap > _F(OTHER_M) and ident != 0:
                    caster = _U(ident - 1)
                    same_part, same_stuff = rays[caster, PART] == rays[t, PART], rays[caster, STUFF] == rays[t, STUFF]
                    dark += share * (after if i == 1 else _ONE - after) * _darkness(gap, same_part, same_stuff)
        edge = min(max((dark - _F(SOFT_FROM)) * _F(1 / (SOFT_TO - SOFT_FROM)), _ZERO), _ONE)
        out[n] = _ONE - edge * edge * (_F(3) - _F(2) * edge)
