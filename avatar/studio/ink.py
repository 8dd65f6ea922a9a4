"""Ink: where lines run and how thick they are, found in the depth and identity buffers.

Owns the decision what is a line (numba, one core, GIL released): the border of the figure, a step in depth, a border between
two parts. A line's thickness follows the outline that the front surface carries and how deep the step is, so that it tapers out
where a lock of hair lies on the head. Knows nothing of colours: it leaves a field of distances.
"""

from typing import Any, Final

import numpy as np
from numba import njit

JIT: Final[dict[str, Any]] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
NONE: Final = 8.0
"""In the field of distances: no line is near."""
DRAWN: Final = 0
"""Kind of a triangle: a drawn feature, which has no ink around it."""
FLOWING: Final = 1
"""Kind of a triangle: skin. Where two parts of it meet without a step, no line is drawn: fingers flow into the palm."""
BUILT: Final = 2
"""Kind of a triangle: all else."""

_F = np.float32
_SEAM = 0.12  # thickness of a line between two parts that touch, in that of a step: more shows where locks cross
_STEP_FROM_M, _STEP_TO_M = 0.006, 0.035  # a step this deep within one part begins to draw, and draws fully
_PART_FROM_M, _PART_TO_M = 0.0006, 0.009  # the same between two parts
_FLAT = 1e-4  # of -1 / distance: neighbours of one part that differ less are no step
_TILE = 0.012  # texture coordinates that differ more are those of two parts: two locks, not two strands of one
_SILHOUETTE = 1.2  # thickness of the border of the figure
_BORDER_M = 0.0032  # the border of the figure is drawn at least this thick, whatever is there
_BLUNT = 0.25  # samples: a line thinner than half of this ends, so that no dust of broken lines is left
_BEFORE_M = 0.012  # what lies this much before a line hides it


@njit(inline="always", **JIT)
def _ramp(value, low, high):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), _F(0)), _F(1))
    return t * t * (_F(3) - _F(2) * t)


@njit(**JIT)
def _carried(t, row, col, triangles, weights, surface):  # type: ignore[no-untyped-def]
    """Return the texture coordinates and the outline's thickness (metres) of triangle `t` in a sample."""
    w, x, y = weights[t], _F(col) + _F(0.5), _F(row) + _F(0.5)
    a = min(max(w[0] + w[1] * x + w[2] * y, _F(0)), _F(1))
    b = min(max(w[3] + w[4] * x + w[5] * y, _F(0)), _F(1) - a)
    c = _F(1) - a - b
    i, j, k = surface[triangles[t, 0]], surface[triangles[t, 1]], surface[triangles[t, 2]]
    return a * i[0] + b * j[0] + c * k[0], a * i[1] + b * j[1] + c * k[1], a * i[8] + b * j[8] + c * k[8]


@njit(**JIT)
def _outline_m(row, col, r, c, seen, kind, front_here, triangles, weights, surface):  # type: ignore[no-untyped-def]
    """Return (thickness of the outline between two samples in metres, whether two parts meet that do not flow together)."""
    here, there = seen[row, col], seen[r, c]
    if here < 0 or there < 0:
        t = max(here, there)
        thick = abs(_carried(t, row if t == here else r, col if t == here else c, triangles, weights, surface)[2])
        return (max(thick, _F(_BORDER_M)) if kind[t] > DRAWN else thick), False
    u0, v0, thick0 = _carried(here, row, col, triangles, weights, surface)
    u1, v1, thick1 = _carried(there, r, c, triangles, weights, surface)
    thick = thick0 if front_here else thick1
    if min(kind[here], kind[there]) == DRAWN or max(abs(u0 - u1), abs(v0 - v1)) < _F(_TILE):
        return max(thick, _F(0)), False  # one part, where a negative thickness means none
    return abs(thick), kind[here] != FLOWING or kind[there] != FLOWING


@njit(**JIT)
def _splat(row, col, down, radius, limit, owner_id, depth, field, owner):  # type: ignore[no-untyped-def]
    """Lower the field around the middle between a sample and its neighbour (to the right, or below) to distance - radius."""
    y, x = _F(row) + (_F(0.5) if down else _F(0)), _F(col) + (_F(0) if down else _F(0.5))
    reach = radius + _F(0.5)
    top, bottom = max(0, int(np.ceil(y - reach))), min(depth.shape[0] - 1, int(np.floor(y + reach)))
    left, right = max(0, int(np.ceil(x - reach))), min(depth.shape[1] - 1, int(np.floor(x + reach)))
    for r in range(top, bottom + 1):
        dy = _F(r) - y
        for c in range(left, right + 1):
            dx = _F(c) - x
            value = np.sqrt(dx * dx + dy * dy) - radius
            if value < field[r, c] and depth[r, c] >= limit:
                field[r, c] = value
                owner[r, c] = owner_id


@njit(**JIT)
def _step_m(before, near, far, beyond, seen_before, seen_beyond):  # type: ignore[no-untyped-def]
    """Return how many metres two neighbours' depths differ more than the surfaces' own slopes explain."""
    step = abs(far - near)
    slope = _F(0)
    if seen_before >= 0:
        slope = max(slope, abs(near - before))
    if seen_beyond >= 0:
        slope = max(slope, abs(beyond - far))
    nearest = min(near, far)
    return (step - _F(1.5) * slope) / (nearest * nearest)  # depth is -1 / distance


@njit(**JIT)
def _share(row, col, down, depth, seen, sheets, apart):  # type: ignore[no-untyped-def]
    """Return how thick a line is between a sample and another triangle's (to the right, or below), in its full thickness."""
    r, c = row + down, col + 1 - down
    here, there = seen[row, col], seen[r, c]
    if here < 0 or there < 0:
        return _F(_SILHOUETTE)
    br, bc = max(row - down, 0), max(col - 1 + down, 0)
    er, ec = min(r + down, depth.shape[0] - 1), min(c + 1 - down, depth.shape[1] - 1)
    step_m = _step_m(depth[br, bc], depth[row, col], depth[r, c], depth[er, ec], seen[br, bc], seen[er, ec])
    if sheets[here + 1] == sheets[there + 1]:
        return _ramp(step_m, _F(_STEP_FROM_M), _F(_STEP_TO_M))
    seam = _F(_SEAM) if apart else _F(0)
    return seam + (_F(1) - seam) * _ramp(step_m, _F(_PART_FROM_M), _F(_PART_TO_M))


@njit(**JIT)
def draw_lines(depth, seen, sheets, kind, triangles, weights, surface, px_per_m, thickest_px, field, owner):  # type: ignore[no-untyped-def]
    """Find the lines of the picture.

    Args:
        depth, seen: (H, W) as `surface.fill` left them, depth as -1 / distance.
        sheets: (T + ...,) number of the unbroken surface of each triangle, from place 1 on.
        kind: (T,) DRAWN, FLOWING or BUILT.
        weights: (T, 6) of `surface.weights_of`.
        px_per_m: samples in a metre.
        thickest_px: no line is thicker than this, in samples.
        field: (H, W) float32; becomes the distance to the nearest line's edge in samples, negative within; NONE far away.
        owner: (H, W) int32; becomes the triangle whose ink it is.
    """
    height, width = depth.shape
    field[:] = _F(NONE)
    for row in range(height):
        line, below = seen[row], seen[min(row + 1, height - 1)]
        for col in range(width):
            beside = line[np.uint32(min(col + 1, width - 1))]
            if line[np.uint32(col)] == beside and beside == below[np.uint32(col)]:
                continue  # within one triangle, as most samples are
            for down in range(2):
                r, c = row + down, col + 1 - down
                if r >= height or c >= width or seen[row, col] == seen[r, c]:
                    continue
                near, far = min(depth[row, col], depth[r, c]), max(depth[row, col], depth[r, c])
                here, there = seen[row, col], seen[r, c]
                if min(here, there) >= 0 and sheets[here + 1] == sheets[there + 1] and far - near < _F(_FLAT):
                    continue
                front_here = depth[row, col] == near
                outline, apart = _outline_m(row, col, r, c, seen, kind, front_here, triangles, weights, surface)
                if outline <= 0:
                    continue
                share = _share(row, col, down, depth, seen, sheets, apart)
                radius = _F(0.55) * min(outline * px_per_m, thickest_px) * share - _F(_BLUNT)
                if radius > _F(0.05):
                    front = here if front_here else there
                    _splat(row, col, down, radius, near - _F(_BEFORE_M) * near * near, front, depth, field, owner)
