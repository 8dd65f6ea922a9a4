"""Contact: how much the neighbourhood of each pixel rises before it, seen from the viewer.

Owns a cheap, steady stand-in for ambient occlusion (numba, one core, GIL released): opposite neighbours are compared with the
pixel between them, so that a slope alone gives nothing and a crease or a step gives shade. Knows nothing of colours.
"""

from typing import Any, Final

import numpy as np
from numba import njit

JIT: Final[dict[str, Any]] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
NOWHERE: Final = -1e6
"""Height of a pixel in which nothing is seen."""

_F = np.float32
_RINGS_M = (0.008, 0.018, 0.034)
_PAIRS = 8
_RISE_FROM_M, _RISE_TO_M = 0.003, 0.014  # a rise that begins to count, and counts fully
_AWAY_FROM_M, _AWAY_TO_M = 0.05, 0.11  # what stands this far before is no contact any more


@njit(**JIT)
def heights(seen, across, triangles, weights, surface, out):  # type: ignore[no-untyped-def]
    """Write to `out` (H, W) the world z of what is seen in the middle of each pixel; NOWHERE where nothing is."""
    for row in range(out.shape[0]):
        for col in range(out.shape[1]):
            r, c = across * row + across // 2, across * col + across // 2
            t = seen[r, c]
            out[row, col] = _F(NOWHERE)
            if t >= 0:
                w, corner = weights[t], triangles[t]
                x, y = _F(c) + _F(0.5), _F(r) + _F(0.5)
                a = min(max(w[0] + w[1] * x + w[2] * y, _F(0)), _F(1))
                b = min(max(w[3] + w[4] * x + w[5] * y, _F(0)), _F(1) - a)
                out[row, col] = a * surface[corner[0], 7] + b * surface[corner[1], 7] + (_F(1) - a - b) * surface[corner[2], 7]


@njit(inline="always", **JIT)
def _risen(rise):  # type: ignore[no-untyped-def]
    """Return 0 .. 1 of a rise in metres: none, then contact, then too far before to touch."""
    up = min(max((rise - _F(_RISE_FROM_M)) / _F(_RISE_TO_M - _RISE_FROM_M), _F(0)), _F(1))
    off = min(max((rise - _F(_AWAY_FROM_M)) / _F(_AWAY_TO_M - _AWAY_FROM_M), _F(0)), _F(1))
    return up * (_F(1) - off)


@njit(**JIT)
def occlusion(height, px_per_m, out):  # type: ignore[no-untyped-def]
    """Write to `out` (H, W) float32 how closely each pixel is surrounded, 0 .. 1."""
    rows, cols = height.shape
    rings = len(_RINGS_M)
    steps = np.empty((rings * _PAIRS, 2), np.int64)
    for ring in range(rings):
        for k in range(_PAIRS):
            angle = np.pi * (k + 0.5 * (ring % 2)) / _PAIRS
            steps[ring * _PAIRS + k, 0] = int(np.round(np.sin(angle) * _RINGS_M[ring] * px_per_m))
            steps[ring * _PAIRS + k, 1] = int(np.round(np.cos(angle) * _RINGS_M[ring] * px_per_m))
    share = _F(1) / _F(len(steps))
    for row in range(rows):
        for col in range(cols):
            z, total = height[row, col], _F(0)
            if z > _F(NOWHERE):
                for k in range(len(steps)):
                    dr, dc = steps[k, 0], steps[k, 1]
                    r0, c0, r1, c1 = row - dr, col - dc, row + dr, col + dc
                    if min(r0, r1) < 0 or max(r0, r1) >= rows or min(c0, c1) < 0 or max(c0, c1) >= cols:
                        continue
                    z0, z1 = height[r0, c0], height[r1, c1]
                    if z0 > _F(NOWHERE) and z1 > _F(NOWHERE):
                        total += _risen(_F(0.5) * (z0 + z1) - z)
            out[row, col] = total * share
