"""The posed surface, and which of its triangles is seen in each sample of a picture.

Owns skinning to world space and filling triangles into a depth and identity buffer (numba, one core, GIL released). Knows
nothing of light, colours or characters: plain arrays in, plain arrays out. The same filling serves the viewer and the light.
"""

from typing import Any, Final

import numpy as np
from numba import njit

JIT: Final[dict[str, Any]] = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
SURFACE_FLOATS: Final = 9
"""Per vertex: u, v; unit normal x, y, z; world x, y, z in metres; thickness of the outline in metres."""
EMPTY: Final = -1
"""The identity of a sample in which nothing is seen."""
FAR: Final = 1e9

_SLACK = 0.002  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes
_F = np.float32


@njit(**JIT)
def pose_surface(points, normals, uv, outline, index, weight, bones, out):  # type: ignore[no-untyped-def]
    """Write the posed vertices (V, SURFACE_FLOATS) to `out`."""
    for v in range(points.shape[0]):
        px, py, pz = points[v, 0], points[v, 1], points[v, 2]
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        x = y = z = a = b = c = _F(0)
        for k in range(4):
            w, j = weight[v, k], index[v, k]
            m = bones[j]
            x += w * (m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3])
            y += w * (m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3])
            z += w * (m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3])
            a += w * (m[0, 0] * nx + m[0, 1] * ny + m[0, 2] * nz)
            b += w * (m[1, 0] * nx + m[1, 1] * ny + m[1, 2] * nz)
            c += w * (m[2, 0] * nx + m[2, 1] * ny + m[2, 2] * nz)
        long = np.sqrt(a * a + b * b + c * c) + _F(1e-9)
        row = out[v]
        row[0], row[1] = uv[v, 0], uv[v, 1]
        row[2], row[3], row[4] = a / long, b / long, c / long
        row[5], row[6], row[7] = x, y, z
        row[8] = outline[v]


@njit(**JIT)
def _span(x0, y0, x1, y1, y, left, right):  # type: ignore[no-untyped-def]
    """Narrow (left, right) of the row at `y` by one edge of a triangle that runs clockwise on the screen."""
    if y1 == y0:
        return left, right
    x = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    return (left, min(right, x)) if y1 > y0 else (max(left, x), right)


@njit(**JIT)
def _fill(at, a, b, c, ident, depth, seen):  # type: ignore[no-untyped-def]
    """Write one triangle that runs clockwise on the screen (y down) where it is nearer than what is there."""
    ax, ay, bx, by, cx, cy = at[a, 0], at[a, 1], at[b, 0], at[b, 1], at[c, 0], at[c, 1]
    az, bz, cz = at[a, 2], at[b, 2], at[c, 2]
    height, width = depth.shape
    top, bottom = max(0, int(np.ceil(min(ay, by, cy) - 0.5))), min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    near, far = min(az, bz, cz), max(az, bz, cz)
    for row in range(top, bottom + 1):
        y = _F(row) + _F(0.5)
        left, right = _span(ax, ay, bx, by, y, _F(-1e9), _F(1e9))
        left, right = _span(bx, by, cx, cy, y, left, right)
        left, right = _span(cx, cy, ax, ay, y, left, right)
        first = max(0, int(np.ceil(left - _F(0.5 + _SLACK))))
        last = min(width - 1, int(np.floor(right - _F(0.5 - _SLACK))))
        start = az + zy * (y - ay) + zx * (_F(0.5) - ax)
        for col in range(first, last + 1):
            z = min(max(start + zx * _F(col), near), far)
            if z < depth[row, col]:
                depth[row, col] = z
                seen[row, col] = ident


@njit(**JIT)
def fill(at, triangles, drawn, both_sides, depth, seen):  # type: ignore[no-untyped-def]
    """Fill the buffers with the nearest triangles.

    Args:
        at: (V, 3) x, y in samples from the top left, and a depth that is smaller nearer by.
        triangles: (T, 3) counter-clockwise with y up where they are seen from the front.
        drawn: (T,) bool, which of them take part.
        both_sides: draw triangles seen from behind as well.
        depth: (H, W) float32; becomes the depth, FAR where nothing is.
        seen: (H, W) int32; becomes the triangle, EMPTY where nothing is.
    """
    depth[:] = _F(FAR)
    seen[:] = EMPTY
    for t in range(triangles.shape[0]):
        if not drawn[t]:
            continue
        a, b, c = triangles[t, 0], triangles[t, 2], triangles[t, 1]  # clockwise on the screen, where y runs down
        area = (at[b, 0] - at[a, 0]) * (at[c, 1] - at[a, 1]) - (at[c, 0] - at[a, 0]) * (at[b, 1] - at[a, 1])
        if area > 1e-4:
            _fill(at, a, b, c, t, depth, seen)
        elif both_sides and area < -1e-4:
            _fill(at, a, c, b, t, depth, seen)


@njit(**JIT)
def weights_of(at, triangles, out):  # type: ignore[no-untyped-def]
    """Write to `out` (T, 6) how much the first and the second corner weigh at x, y: w = out[0] + out[1] x + out[2] y, ..."""
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        area = (at[b, 0] - at[a, 0]) * (at[c, 1] - at[a, 1]) - (at[c, 0] - at[a, 0]) * (at[b, 1] - at[a, 1])
        if abs(area) < 1e-6:
            out[t] = _F(0)
            continue
        for k in range(2):
            p, q = (b, c) if k == 0 else (c, a)
            dx, dy = (at[p, 1] - at[q, 1]) / area, (at[q, 0] - at[p, 0]) / area
            out[t, 3 * k + 1], out[t, 3 * k + 2] = dx, dy
            out[t, 3 * k] = -(dx * at[p, 0] + dy * at[p, 1])
