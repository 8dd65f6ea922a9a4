"""Rotations as a skeleton needs them: between directions, from frames, split into swing and twist, kept within limits.

Owns quaternion helpers above `trackers.quaternions`. Knows nothing of bones or landmarks. Quaternions are (x, y, z, w).
"""

import math
from typing import Final

import numpy as np

from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.types import FloatArray

X: Final[Array] = np.array([1.0, 0.0, 0.0])
Y: Final[Array] = np.array([0.0, 1.0, 0.0])
Z: Final[Array] = np.array([0.0, 0.0, 1.0])
_NEXT, _LAST = np.array([1, 2, 0]), np.array([2, 0, 1])


def unit(vector: Array) -> Array:
    """Return vectors (..., 3) scaled to length one; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vector, vector))
    return np.asarray(vector / np.maximum(length, 1e-12)[..., None])


def about(axis: Array, angle_rad: float | Array) -> Array:
    """Return the quaternions (..., 4) of turns by `angle_rad` (...) about unit axes (..., 3)."""
    return quat.exp(axis * np.asarray(angle_rad)[..., None])


def cross(a: Array, b: Array) -> Array:
    """Return the cross product of (..., 3) vectors (numpy's own is several times slower on small arrays)."""
    ahead, behind = a.take(_NEXT, axis=-1), a.take(_LAST, axis=-1)
    return np.asarray(ahead * b.take(_LAST, axis=-1) - behind * b.take(_NEXT, axis=-1))


def rotate(q: Array, vector: Array) -> Array:
    """Return vectors (..., 3) turned by quaternions (..., 4)."""
    axis, w = q[..., :3], q[..., 3:]
    return np.asarray(vector + 2.0 * cross(axis, cross(axis, vector) + w * vector))


def between(start: Array, end: Array) -> Array:
    """Return the shortest rotations (..., 4) that take unit vectors `start` to `end` (..., 3)."""
    w = 1.0 + np.einsum("...i,...i->...", start, end)
    q = np.empty((*w.shape, 4))
    q[..., :3] = cross(start, end)
    q[..., 3] = w
    opposite = w < 1e-8
    if opposite.any():  # any axis at right angles will do
        spare = cross(start, np.where(np.abs(start[..., :1]) > 0.9, Y, X))
        q[opposite] = np.concatenate([np.broadcast_to(spare, end.shape), np.zeros((*w.shape, 1))], axis=-1)[opposite]
    return quat.normalised(q)


def frame(x: Array, towards_z: Array) -> Array:
    """Return the quaternion (4,) that takes X to unit `x` (3,) and Z as near to `towards_z` (3,) as a right angle allows."""
    z = unit(towards_z - x * (towards_z @ x))
    return from_matrix(np.stack([x, cross(z, x), z], axis=-1))


def frames(x: Array, towards_z: Array) -> Array:
    """Return quaternions (N, 4) that do the same for many at once, (N, 3) each: swing X onto x, then turn about it."""
    swing = between(X, x)
    z = rotate(swing, Z)
    sine, cosine = np.einsum("ni,ni->n", cross(z, towards_z), x), np.einsum("ni,ni->n", z, towards_z)
    return quat.multiply(about(x, np.arctan2(sine, cosine)), swing)


def from_matrix(matrix: Array) -> Array:
    """Return the unit quaternion (4,) of a rotation matrix (3, 3), by Shepperd's method."""
    m = np.asarray(matrix, dtype=np.float64)
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    candidates = np.array([m[0, 0], m[1, 1], m[2, 2], trace])
    best = int(np.argmax(candidates))
    q = np.empty(4)
    if best == 3:
        q[:] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1.0 + trace
    else:
        i, j, k = best, (best + 1) % 3, (best + 2) % 3
        q[i] = 1.0 - trace + 2.0 * m[i, i]
        q[j] = m[j, i] + m[i, j]
        q[k] = m[k, i] + m[i, k]
        q[3] = m[k, j] - m[j, k]
    return quat.normalised(q)


def swing_twist(q: Array, axis: Array) -> tuple[Array, Array]:
    """Return (swing (..., 4), twist_rad (...)) with q = swing * twist, the twist about unit `axis` (3,), within -pi..pi."""
    twist_rad = 2.0 * np.arctan2(q[..., :3] @ axis, q[..., 3])
    twist_rad = (twist_rad + np.pi) % (2.0 * np.pi) - np.pi
    return quat.multiply(q, about(axis, -twist_rad)), twist_rad


def yaw_pitch_roll(q: Array) -> tuple[float, float, float]:
    """Return the angles of q (4,) = Ry(yaw) Rx(pitch) Rz(roll), radians."""
    x, y, z, w = q.tolist()
    pitch = math.asin(min(max(2.0 * (w * x - y * z), -1.0), 1.0))
    yaw = math.atan2(2.0 * (x * z + w * y), 1.0 - 2.0 * (x * x + y * y))
    roll = math.atan2(2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z))
    return yaw, pitch, roll


def from_yaw_pitch_roll(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Array:
    """Return the quaternion (4,) Ry(yaw) Rx(pitch) Rz(roll)."""
    cy, sy = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    cp, sp = math.cos(0.5 * pitch_rad), math.sin(0.5 * pitch_rad)
    cr, sr = math.cos(0.5 * roll_rad), math.sin(0.5 * roll_rad)
    return np.array(
        [
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
            cy * cp * sr - sy * sp * cr,
            cy * cp * cr + sy * sp * sr,
        ]
    )


def smoothstep(value: Array | FloatArray | float, low: float | Array, high: float | Array) -> Array:
    """Return 0 below `low`, 1 above `high`, and a smooth ramp between; `low` > `high` turns it round."""
    t = np.minimum(np.maximum((np.asarray(value, dtype=np.float64) - low) / (high - low), 0.0), 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def soft_limit(value: float, limit: float) -> float:
    """Return `value` bounded smoothly to +-`limit`: nearly itself when small."""
    return limit * math.tanh(value / limit)


def folded(angle_rad: Array, *, limit_rad: float | Array, fold_rad: float | Array) -> Array:
    """Return angles held within +-`limit_rad`, and led back to 0 between `fold_rad` and pi.

    An angle beyond a joint's limit is a mistaken measurement, and near pi its sign is a matter of luck: a plain clamp would
    jump from one end to the other.
    """
    size = np.abs(angle_rad)
    return np.asarray(np.sign(angle_rad) * np.minimum(size, limit_rad) * smoothstep(size, np.pi, fold_rad))
