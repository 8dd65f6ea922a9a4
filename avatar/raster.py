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

PAD = 8
"""Unused samples at the end of each row: rows a power of two apart would fight for the same cache lines."""

ID_MASK = (1 << 17) - 1
"""The low bits of a sample: which triangle. The bits above hold the depth, so that the nearer of two samples is the smaller."""

FAR = (1 << 62) & ~ID_MASK
"""An empty sample."""

DEPTH_SCALE = float(1 << 61)  # depth is -1/distance, which stays above -1 while nothing comes nearer than a metre

_JIT = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
_F = np.float32
_ZERO, _QUARTER, _HALF, _ONE = _F(0), _F(0.25), _F(0.5), _F(1)
_SLACK = _F(0.002)  # samples: neighbouring triangles overlap by this, so that rounding leaves no pinholes
_BEHIND = _F(-0.72)  # a hull that looks further away than this lies wholly behind its own body


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
    """Pose and project: `out` (V, 9) gets sample x, y, depth; N.L; rim; sample x, y, depth of the outline's hull; how
    far the hull's normal looks at the viewer.

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
        hx, hy, hz = x + ox * grow, y + oy * grow, z + oz * grow - _F(0.35) * grow
        scale = focal / (distance - hz)
        out[v, 5] = camera[3] + hx * scale
        out[v, 6] = camera[4] - (hy - centre) * scale
        out[v, 7] = -_ONE / (distance - hz)
        out[v, 8] = oz


@njit(inline="always", **_JIT)
def _edge(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """Return slope and x at y = 0 of an edge's line."""
    slope = (x1 - x0) / (y1 - y0)
    return slope, x0 - slope * y0


@njit(**_JIT)
def _fill(ax, ay, az, bx, by, bz, cx, cy, cz, area, ident, buffer):  # type: ignore[no-untyped-def]
    """Write one triangle (positive area, y down) to the buffers, row by row between its left and right edges."""
    height, width = buffer.shape[0], buffer.shape[1] - PAD
    low, high = min(ay, by, cy), max(ay, by, cy)
    top, bottom = max(0, int(np.ceil(low - _HALF))), min(height - 1, int(np.floor(high - _HALF)))
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
def _plane(projected, uv, a, b, c, area, t, planes, side, levels):  # type: ignore[no-untyped-def]
    """Write what shading needs of triangle `t`."""
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


@njit(**_JIT)
def rasterise(projected, uv, triangles, outlined, planes, buffer, side, levels):  # type: ignore[no-untyped-def]
    """Fill `buffer` (2H, 2W + PAD): depth above, in its low bits 0 for background, t + 1 for a triangle seen from the front,
    T + t + 1 for its outline.

    `planes` (T, 16) gets what shading needs of each triangle (see `PLANE_FLOATS`), for triangles seen from the front.
    """
    count = triangles.shape[0]
    p = projected
    for t in range(count):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        area = (p[b, 1] - p[a, 1]) * (p[c, 0] - p[a, 0]) - (p[b, 0] - p[a, 0]) * (p[c, 1] - p[a, 1])
        if area > _F(1e-3):  # counter-clockwise with y up: its outside is seen
            _plane(p, uv, a, b, c, area, t, planes, side, levels)
            _fill(p[a, 0], p[a, 1], p[a, 2], p[c, 0], p[c, 1], p[c, 2], p[b, 0], p[b, 1], p[b, 2], area, t + 1, buffer)
    for t in range(count):
        if outlined[t] == 0:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if p[a, 8] < _BEHIND and p[b, 8] < _BEHIND and p[c, 8] < _BEHIND:
            continue
        area = (p[b, 5] - p[a, 5]) * (p[c, 6] - p[a, 6]) - (p[b, 6] - p[a, 6]) * (p[c, 5] - p[a, 5])
        if area > _F(1e-3):  # its inside is seen: what shows of the hull around the body is the line
            ident = count + t + 1
            _fill(p[a, 5], p[a, 6], p[a, 7], p[b, 5], p[b, 6], p[b, 7], p[c, 5], p[c, 6], p[c, 7], area, ident, buffer)


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
def _colour(ident, x, y, planes, material, texture, mips, shade_tint, ink, terminator, rim):  # type: ignore[no-untyped-def]
    """Return r, g, b (0..255) of a triangle or an outline at sample position x, y."""
    count = planes.shape[0]
    if ident > count:
        m = np.uint32(material[np.uint32(ident - count - 1)])
        return ink[m, 0], ink[m, 1], ink[m, 2]
    t = np.uint32(ident - 1)
    m = np.uint32(material[t])
    dx, dy = x - planes[t, 0], y - planes[t, 1]
    level = np.uint32(planes[t, 15])
    shrink = _ONE / _F(np.uint32(1) << level)
    u = (planes[t, 2] + planes[t, 3] * dx + planes[t, 4] * dy) * shrink
    v = (planes[t, 5] + planes[t, 6] * dx + planes[t, 7] * dy) * shrink
    r, g, b = _texel(texture, mips[level, 0], mips[level, 1], u, v)
    light = planes[t, 8] + planes[t, 9] * dx + planes[t, 10] * dy
    lit = min(_ONE, max(_ZERO, (light - terminator[m]) / planes[t, 14] + _HALF))
    r *= shade_tint[m, 0] + (_ONE - shade_tint[m, 0]) * lit
    g *= shade_tint[m, 1] + (_ONE - shade_tint[m, 1]) * lit
    b *= shade_tint[m, 2] + (_ONE - shade_tint[m, 2]) * lit
    edge = planes[t, 11] + planes[t, 12] * dx + planes[t, 13] * dy
    glow = min(_ONE, max(_ZERO, (edge - _F(0.93)) * _F(8))) * rim[m]
    return r + (_F(255) - r) * glow, g + (_F(246) - g) * glow, b + (_F(232) - b) * glow


@njit(**_JIT)
def shade(buffer, planes, material, texture, mips, shade_tint, ink, terminator, rim, image):  # type: ignore[no-untyped-def]
    """Write (H, W, 4) straight-alpha RGBA from the visibility buffer; each distinct triangle of a pixel is shaded once."""
    for row in range(image.shape[0]):
        for col in range(image.shape[1]):
            a, b = buffer[2 * row, 2 * col] & ID_MASK, buffer[2 * row, 2 * col + 1] & ID_MASK
            c, d = buffer[2 * row + 1, 2 * col] & ID_MASK, buffer[2 * row + 1, 2 * col + 1] & ID_MASK
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
            red = green = blue = covered = _ZERO
            for k in range(4):
                ident = a if k == 0 else b if k == 1 else c if k == 2 else d
                if ident == 0 or (k > 0 and ident == a) or (k > 1 and ident == b) or (k > 2 and ident == c):
                    continue  # background, or done with an earlier sample
                wa, wb, wc, wd = _F(ident == a), _F(ident == b), _F(ident == c), _F(ident == d)
                n = wa + wb + wc + wd
                x = _F(2 * col) + (wa * _QUARTER + wb * _F(1.25) + wc * _F(0.75) + wd * _F(1.75)) / n
                y = _F(2 * row) + _HALF + (wc + wd) / n
                r, g, w = _colour(ident, x, y, planes, material, texture, mips, shade_tint, ink, terminator, rim)
                red, green, blue, covered = red + n * r, green + n * g, blue + n * w, covered + n
            share = _ONE / covered
            image[row, col, 0] = np.uint8(red * share + _HALF)
            image[row, col, 1] = np.uint8(green * share + _HALF)
            image[row, col, 2] = np.uint8(blue * share + _HALF)
            image[row, col, 3] = np.uint8(covered * _F(63.75) + _HALF)
