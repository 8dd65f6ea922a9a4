"""The CPU rasteriser: bones and morphs to vertices, vertices to a visibility buffer, visibility to RGBA.

Owns the inner loops (numba, one core, GIL released). Knows nothing of characters or poses: it takes plain arrays, so that a
neural renderer can stop after `rasterise` and read triangle ids and planes instead of colours.

Samples: a picture of W x H pixels has 2W x 2H samples; odd sample rows are shifted by a quarter of a pixel, which gives
upright edges four levels of coverage instead of two.
"""

import numpy as np
from numba import njit

PLANE_FLOATS = 16
"""Per triangle: x, y of a vertex; value, d/dx, d/dy of u, v, light, rim; softness of the terminator; mip level."""

_JIT = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
_F = np.float32
_ZERO, _HALF, _ONE = _F(0), _F(0.5), _F(1)
_SLACK = _F(0.002)  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes


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
def skin(points, normals, hull_normals, outline, bias, index, weight, bones, light, camera, out):  # type: ignore[no-untyped-def]
    """Pose and project: `out` (V, 8) gets sample x, y, depth; N.L; rim; sample x, y, depth of the outline's hull.

    `camera` is (centre_m, focal in samples, distance_m, half width and half height in samples, outline floor in metres).
    Depth is -1/distance: linear on the screen, smaller is nearer.
    """
    centre, focal, distance = camera[0], camera[1], camera[2]
    for v in range(points.shape[0]):
        px, py, pz = points[v, 0], points[v, 1], points[v, 2]
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        hx, hy, hz = hull_normals[v, 0], hull_normals[v, 1], hull_normals[v, 2]
        x = y = z = lx = ly = lz = ox = oy = oz = _ZERO
        for k in range(4):
            w = weight[v, k]
            if w == 0:
                break
            m = bones[index[v, k]]
            x += w * (m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3])
            y += w * (m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3])
            z += w * (m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3])
            lx += w * (m[0, 0] * nx + m[0, 1] * ny + m[0, 2] * nz)
            ly += w * (m[1, 0] * nx + m[1, 1] * ny + m[1, 2] * nz)
            lz += w * (m[2, 0] * nx + m[2, 1] * ny + m[2, 2] * nz)
            ox += w * (m[0, 0] * hx + m[0, 1] * hy + m[0, 2] * hz)
            oy += w * (m[1, 0] * hx + m[1, 1] * hy + m[1, 2] * hz)
            oz += w * (m[2, 0] * hx + m[2, 1] * hy + m[2, 2] * hz)
        scale = focal / (distance - z)
        out[v, 0] = camera[3] + x * scale
        out[v, 1] = camera[4] - (y - centre) * scale
        out[v, 2] = -_ONE / (distance - z - bias[v])
        length = np.sqrt(lx * lx + ly * ly + lz * lz) + _F(1e-6)
        out[v, 3] = (lx * light[0] + ly * light[1] + lz * light[2]) / length
        out[v, 4] = _ONE - lz / length + _F(0.25) * (ly / length) + _F(0.2) * (lx / length)
        grow = outline[v]
        if grow > 0:
            grow = max(grow, camera[5])
        hx, hy, hz = x + ox * grow, y + oy * grow, z + oz * grow - grow
        scale = focal / (distance - hz)
        out[v, 5] = camera[3] + hx * scale
        out[v, 6] = camera[4] - (hy - centre) * scale
        out[v, 7] = -_ONE / (distance - hz)


@njit(**_JIT)
def _fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, depth, ids):  # type: ignore[no-untyped-def]
    """Write one triangle (positive area, y down) to the buffers, row by row."""
    height, width = depth.shape
    top = max(0, int(np.ceil(min(ay, by, cy) - _HALF)))
    bottom = min(height - 1, int(np.floor(max(ay, by, cy) - _HALF)))
    zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    for row in range(top, bottom + 1):
        y = _F(row) + _HALF
        shift = _HALF * _HALF if row & 1 else -_HALF * _HALF
        low, high = _F(1e9), _F(-1e9)
        for e in range(3):  # where the row crosses each edge
            if e == 0:
                x0, y0, x1, y1 = ax, ay, bx, by
            elif e == 1:
                x0, y0, x1, y1 = bx, by, cx, cy
            else:
                x0, y0, x1, y1 = cx, cy, ax, ay
            if (y0 <= y) != (y1 <= y):
                x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
                low, high = min(low, x), max(high, x)
        left = max(0, int(np.ceil(low - _HALF - shift - _SLACK)))
        right = min(width - 1, int(np.floor(high - _HALF - shift + _SLACK)))
        z = az + zy * (y - ay) + zx * (_F(left) + _HALF + shift - ax)
        for col in range(left, right + 1):
            if z < depth[row, col]:
                depth[row, col] = z
                ids[row, col] = ident
            z += zx


@njit(**_JIT)
def rasterise(projected, uv, triangles, material, outlined, planes, depth, ids, side, levels):  # type: ignore[no-untyped-def]
    """Fill `depth` and `ids` (2H, 2W): 0 is background, t + 1 a triangle seen from the front, T + t + 1 its outline.

    `planes` (T, 16) gets what shading needs of each triangle (see `PLANE_FLOATS`), for triangles seen from the front.
    """
    count = triangles.shape[0]
    for t in range(count):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        p, q, r = projected[a], projected[b], projected[c]
        area = (q[1] - p[1]) * (r[0] - p[0]) - (q[0] - p[0]) * (r[1] - p[1])  # positive: counter-clockwise, y up
        if area <= _F(1e-3):
            continue
        _fill(p[0], p[1], p[2], r[0], r[1], r[2], q[0], q[1], q[2], area, t + 1, depth, ids)
        ex, ey, fx, fy = r[0] - p[0], r[1] - p[1], q[0] - p[0], q[1] - p[1]
        plane = planes[t]
        plane[0], plane[1] = p[0], p[1]
        for k in range(4):
            if k < 2:
                va, vb, vc = uv[a, k] * side, uv[c, k] * side, uv[b, k] * side
            else:
                va, vb, vc = p[k + 1], r[k + 1], q[k + 1]
            plane[2 + 3 * k] = va
            plane[3 + 3 * k] = ((vb - va) * fy - (vc - va) * ey) / area
            plane[4 + 3 * k] = ((vc - va) * ex - (vb - va) * fx) / area
        plane[14] = np.sqrt(plane[9] * plane[9] + plane[10] * plane[10]) * _F(1.7) + _F(0.01)
        texels = abs(plane[3] * plane[7] - plane[4] * plane[6]) * 4
        plane[15] = min(_F(levels - 1), max(_ZERO, np.floor(_HALF * np.log2(texels + _F(1e-9)) + _HALF)))
    for t in range(count):
        if outlined[t] == 0:
            continue
        p, q, r = projected[triangles[t, 0]], projected[triangles[t, 1]], projected[triangles[t, 2]]
        area = (q[5] - p[5]) * (r[6] - p[6]) - (q[6] - p[6]) * (r[5] - p[5])  # positive: seen from behind
        if area > _F(1e-3):
            _fill(p[5], p[6], p[7], q[5], q[6], q[7], r[5], r[6], r[7], area, count + t + 1, depth, ids)


@njit(inline="always", **_JIT)
def _texel(texture, offset, side, u, v):  # type: ignore[no-untyped-def]
    """Return bilinear r, g, b at u, v texels of the level that starts at `offset`."""
    u = min(max(u - _HALF, _ZERO), _F(side) - _F(1.001))
    v = min(max(v - _HALF, _ZERO), _F(side) - _F(1.001))
    iu, iv = int(u), int(v)
    fu, fv = u - _F(iu), v - _F(iv)
    at = offset + iv * side + iu
    a, b, c, d = (_ONE - fu) * (_ONE - fv), fu * (_ONE - fv), (_ONE - fu) * fv, fu * fv
    r = a * texture[at, 0] + b * texture[at + 1, 0] + c * texture[at + side, 0] + d * texture[at + side + 1, 0]
    g = a * texture[at, 1] + b * texture[at + 1, 1] + c * texture[at + side, 1] + d * texture[at + side + 1, 1]
    w = a * texture[at, 2] + b * texture[at + 1, 2] + c * texture[at + side, 2] + d * texture[at + side + 1, 2]
    return r, g, w


@njit(inline="always", **_JIT)
def _colour(ident, x, y, planes, material, texture, mips, shade_tint, ink, terminator, rim):  # type: ignore[no-untyped-def]
    """Return r, g, b (0..255) of a triangle or an outline at sample position x, y."""
    count = planes.shape[0]
    if ident > count:
        m = material[ident - count - 1]
        return ink[m, 0], ink[m, 1], ink[m, 2]
    t = ident - 1
    m = material[t]
    plane = planes[t]
    dx, dy = x - plane[0], y - plane[1]
    level = int(plane[15])
    shrink = _ONE / _F(1 << level)
    u = (plane[2] + plane[3] * dx + plane[4] * dy) * shrink
    v = (plane[5] + plane[6] * dx + plane[7] * dy) * shrink
    r, g, b = _texel(texture, mips[level, 0], mips[level, 1], u, v)
    light = plane[8] + plane[9] * dx + plane[10] * dy
    lit = min(_ONE, max(_ZERO, (light - terminator[m]) / plane[14] + _HALF))
    r *= shade_tint[m, 0] + (_ONE - shade_tint[m, 0]) * lit
    g *= shade_tint[m, 1] + (_ONE - shade_tint[m, 1]) * lit
    b *= shade_tint[m, 2] + (_ONE - shade_tint[m, 2]) * lit
    edge = plane[11] + plane[12] * dx + plane[13] * dy
    glow = min(_ONE, max(_ZERO, (edge - _F(0.93)) * _F(8))) * rim[m]
    return r + (_F(255) - r) * glow, g + (_F(246) - g) * glow, b + (_F(232) - b) * glow


@njit(**_JIT)
def shade(ids, planes, material, texture, mips, shade_tint, ink, terminator, rim, image):  # type: ignore[no-untyped-def]
    """Write (H, W, 4) straight-alpha RGBA from the visibility buffer; each distinct triangle of a pixel is shaded once."""
    quarter = _HALF * _HALF
    for row in range(image.shape[0]):
        for col in range(image.shape[1]):
            a, b = ids[2 * row, 2 * col], ids[2 * row, 2 * col + 1]
            c, d = ids[2 * row + 1, 2 * col], ids[2 * row + 1, 2 * col + 1]
            if a == b and a == c and a == d:
                if a == 0:
                    image[row, col, 0] = image[row, col, 1] = image[row, col, 2] = image[row, col, 3] = 0
                    continue
                r, g, w = _colour(
                    a, _F(2 * col + 1), _F(2 * row + 1), planes, material, texture, mips, shade_tint, ink, terminator, rim
                )
                image[row, col, 0], image[row, col, 1], image[row, col, 2] = (
                    np.uint8(r + _HALF),
                    np.uint8(g + _HALF),
                    np.uint8(w + _HALF),
                )
                image[row, col, 3] = 255
                continue
            red = green = blue = _ZERO
            covered = 0
            for k in range(4):
                ident = a if k == 0 else b if k == 1 else c if k == 2 else d
                if ident == 0:
                    continue
                x = _F(2 * col + (k & 1)) + _HALF + (quarter if k > 1 else -quarter)
                y = _F(2 * row + (k >> 1)) + _HALF
                r, g, w = _colour(ident, x, y, planes, material, texture, mips, shade_tint, ink, terminator, rim)
                red, green, blue, covered = red + r, green + g, blue + w, covered + 1
            share = _ONE / _F(covered)
            image[row, col, 0] = np.uint8(red * share + _HALF)
            image[row, col, 1] = np.uint8(green * share + _HALF)
            image[row, col, 2] = np.uint8(blue * share + _HALF)
            image[row, col, 3] = np.uint8((covered * 255 + 2) // 4)
