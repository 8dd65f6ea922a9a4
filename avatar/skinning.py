"""From bones and morphs to projected vertices.

Owns the inner loops over bones and vertices (numba, one core). Knows nothing of characters, poses or pixels'
colours: plain arrays in, plain arrays out.
"""

from typing import Any

import numpy as np
from numba import njit

# These take microseconds: to release the GIL for them would be to queue for it again, behind whatever Python runs elsewhere.
_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy"}
_F = np.float32
_ZERO, _HALF, _ONE = _F(0), _F(0.5), _F(1)
COLUMNS, LIGHT_COLUMN = 11, 8
"""Of what `skin` writes of a vertex, and the first of those that say where the light sees it."""


@njit(**_JIT)
def kinematics(parents, rest, quaternions, root, out):  # type: ignore[no-untyped-def]
    """Write (J, 3, 4) skinning matrices to `out`; the same arithmetic as `rig.forward_kinematics`."""
    for j in range(parents.shape[0]):
        x, y, z, w = quaternions[j, 0], quaternions[j, 1], quaternions[j, 2], quaternions[j, 3]
        m00, m01, m02 = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
        m10, m11, m12 = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
        m20, m21, m22 = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
        p = parents[j]
        for r in range(3):
            if p < 0:
                a, b, c, joint = _F(r == 0), _F(r == 1), _F(r == 2), rest[j, r] + root[r]
            else:
                a, b, c = out[p, r, 0], out[p, r, 1], out[p, r, 2]
                joint = a * rest[j, 0] + b * rest[j, 1] + c * rest[j, 2] + out[p, r, 3]
            i, k, n = a * m00 + b * m10 + c * m20, a * m01 + b * m11 + c * m21, a * m02 + b * m12 + c * m22
            out[j, r, 0], out[j, r, 1], out[j, r, 2] = i, k, n
            out[j, r, 3] = joint - (i * rest[j, 0] + k * rest[j, 1] + n * rest[j, 2])


@njit(**_JIT)
def morph(weights, starts, vertex, offset_m, offset_uv, lids, points, uv):  # type: ignore[no-untyped-def]
    """Add weighted morphs to `points` (V, 3) and `uv` (V, 2) in place; then no upper lid stays below its lower one."""
    for m in range(weights.shape[0]):
        w = weights[m]
        if w != 0:
            for n in range(starts[m], starts[m + 1]):
                v = vertex[n]
                for k in range(3):
                    points[v, k] += w * offset_m[n, k]
                for k in range(2):
                    uv[v, k] += w * offset_uv[n, k]
    for p in range(lids.shape[0]):
        a, b = lids[p, 0], lids[p, 1]
        if points[a, 1] < points[b, 1]:
            for k in range(3):
                middle = _HALF * (points[a, k] + points[b, k])
                points[a, k] = points[b, k] = middle


@njit(**_JIT)
def _project(v, x, y, z, bias, at, camera, out):  # type: ignore[no-untyped-def]
    """Write sample x, y and depth of a point to three columns of `out` from `at` on."""
    away = max(camera[2] - z, _ONE)  # nothing comes nearer to the lens than a metre
    scale = camera[1] / away
    out[v, at] = camera[3] + x * scale
    out[v, at + 1] = camera[4] - (y - camera[0]) * scale
    out[v, at + 2] = -_ONE / (away - bias)


@njit(**_JIT)
def _light(v, x, y, z, light, out):  # type: ignore[no-untyped-def]
    """Write N.L and how much the vertex faces away from the viewer, up and to the avatar's left: where the rim light falls."""
    length = np.sqrt(x * x + y * y + z * z) + _F(1e-6)
    out[v, 3] = (x * light[0] + y * light[1] + z * light[2]) / length
    out[v, 4] = _ONE - z / length + _F(0.25) * (y / length) + _F(0.2) * (x / length)


@njit(**_JIT)
def skin(points, normals, hull_normals, outline, bias, index, weight, bones, light, light_view, camera, out):  # type: ignore[no-untyped-def]
    """Pose and project: `out` (V, 11) gets sample x, y, depth; N.L; rim; sample x, y, depth of the outline's hull; then, by
    `light_view` (3, 4) of `camera.light_view`, texel x, y and distance in the light's picture.

    `camera` is (centre_m, focal in samples, distance_m, half width and half height in samples, outline floor in
    metres).
    Depth is -1/distance: linear on the screen, smaller is nearer.
    """
    for v in range(points.shape[0]):
        x = y = z = lx = ly = lz = ox = oy = oz = _ZERO
        px, py, pz = points[v, 0], points[v, 1], points[v, 2]
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        hx, hy, hz = hull_normals[v, 0], hull_normals[v, 1], hull_normals[v, 2]
        for k in range(4):
            w = weight[v, k]
            if w == 0:
                break
            j = index[v, k]
            x += w * (bones[j, 0, 0] * px + bones[j, 0, 1] * py + bones[j, 0, 2] * pz + bones[j, 0, 3])
            y += w * (bones[j, 1, 0] * px + bones[j, 1, 1] * py + bones[j, 1, 2] * pz + bones[j, 1, 3])
            z += w * (bones[j, 2, 0] * px + bones[j, 2, 1] * py + bones[j, 2, 2] * pz + bones[j, 2, 3])
            lx += w * (bones[j, 0, 0] * nx + bones[j, 0, 1] * ny + bones[j, 0, 2] * nz)
            ly += w * (bones[j, 1, 0] * nx + bones[j, 1, 1] * ny + bones[j, 1, 2] * nz)
            lz += w * (bones[j, 2, 0] * nx + bones[j, 2, 1] * ny + bones[j, 2, 2] * nz)
            ox += w * (bones[j, 0, 0] * hx + bones[j, 0, 1] * hy + bones[j, 0, 2] * hz)
            oy += w * (bones[j, 1, 0] * hx + bones[j, 1, 1] * hy + bones[j, 1, 2] * hz)
            oz += w * (bones[j, 2, 0] * hx + bones[j, 2, 1] * hy + bones[j, 2, 2] * hz)
        _light(v, lx, ly, lz, light, out)
        grow = max(outline[v], camera[5]) if outline[v] > 0 else _ZERO
        _project(v, x, y, z, bias[v], 0, camera, out)
        _project(v, x + ox * grow, y + oy * grow, z + oz * grow - _F(0.35) * grow, _ZERO, 5, camera, out)
        for k in range(3):
            row = light_view[k]
            out[v, LIGHT_COLUMN + k] = row[0] * x + row[1] * y + row[2] * z + row[3]
