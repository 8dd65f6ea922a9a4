"""One triangle into rows of samples: the inner loop of all that is rasterised live.

Owns what a sample is and which of them a triangle covers (numba, GIL released). Knows nothing of meshes, bands or colours.

A sample is a whole number: its depth above an identity, so that the nearer one is the smaller number. Lengths and places are in
samples; odd rows are shifted by half a sample, which gives upright edges twice the levels of coverage.
"""

from typing import Any, Final

import numpy as np
from numba import njit

JIT: Final[dict[str, Any]] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
LANES: Final = np.int32(32)
"""Samples, or rows, that are reckoned at once; with fewer, numba's compiler makes no vectors of them."""
PAD: Final = int(LANES)
"""Unused samples at the end of each row, into which vectors may reach."""
ID_MASK: Final = np.int32((1 << 16) - 1)
"""The bits of the identity in a sample; 0 stands for nothing."""
NOTHING: Final = np.int32(0x7FFF0000)
"""An empty sample."""
DEEPEST: Final = np.float32(0x7FF00000)
"""Depths are spread from 0 to this."""

_F, _I = np.float32, np.int32
_ZERO, _QUARTER, _HALF = _F(0), _F(0.25), _F(0.5)
_SLACK = _F(0.002)  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes
_STEEPEST = _F(1 << 29)  # of depth from sample to sample
_KEEP = _I(~int(ID_MASK))


@njit(inline="always", **JIT)
def _edge(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """Return slope and x at y = 0 of an edge's line."""
    slope = (x1 - x0) / (y1 - y0)
    return slope, x0 - slope * y0


@njit(inline="always", **JIT)
def _sides(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Return slope and x at y = 0 of the two edges that bound a triangle on the left, and of the two on the right; one of them
    may be far away.
    """
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
    return (left_slope, left_at, other_left_slope, other_left_at), (right_slope, right_at, other_right_slope, other_right_at)


@njit(**JIT)
def fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, spans, buffer, first, last):  # type: ignore[no-untyped-def]
    """Write one triangle (positive area, y down) to the rows first..last - 1, of which the buffer holds nothing else."""
    width = buffer.shape[1] - PAD
    low, high = min(ay, by, cy), max(ay, by, cy)
    top, bottom = max(first, int(np.ceil(low - _HALF))), min(last - 1, int(np.floor(high - _HALF)))
    if top > bottom or max(ax, bx, cx) < 0 or min(ax, bx, cx) > width:
        return
    west, east = _sides(ax, ay, bx, by, cx, cy)
    left_slope, left_at, other_left_slope, other_left_at = west
    right_slope, right_at, other_right_slope, other_right_at = east
    zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    near, far = min(az, bz, cz), max(az, bz, cz)
    slope = _I(min(max(zx, -_STEEPEST), _STEEPEST))
    for base in range(0, bottom + 1 - top, LANES):
        lefts, rights, depths = spans[0, base : base + LANES], spans[1, base : base + LANES], spans[2, base : base + LANES]
        for k in range(LANES):  # always as many, and no branches: this becomes vector code
            row = _I(_I(top + base) + k)
            y = _F(row) + _HALF
            start = _HALF + (_QUARTER if row & _I(1) else -_QUARTER)
            begin = max(left_slope * y + left_at, other_left_slope * y + other_left_at)
            end = min(right_slope * y + right_at, other_right_slope * y + other_right_at)
            left = min(_F(width), max(_ZERO, np.ceil(begin - start - _SLACK)))  # within what a whole number can hold
            lefts[k], rights[k] = _I(left), _I(min(_F(width - 1), np.floor(end - start + _SLACK)))
            depths[k] = _I(min(max(az + zy * (y - ay) + zx * (start - ax + left), near), far))
    for k in range(bottom + 1 - top):
        left, right, z = spans[0, k], spans[1, k], spans[2, k]
        for at in range(left, right + 1, LANES):
            line, beyond = buffer[top + k - first, at : at + LANES], _I(right - at)
            for lane in range(LANES):
                was = line[lane]
                sample = _I((_I(z + _I(slope * lane)) & _KEEP) | ident)
                sample = sample if lane <= beyond else was
                line[lane] = sample if sample < was else was
            z = _I(z + slope * LANES)
