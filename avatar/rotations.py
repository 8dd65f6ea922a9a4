"""Rotations as a skeleton needs them: about an axis, between directions, from matrices and angles.

Owns quaternion helpers above `trackers.quaternions`. Knows nothing of bones or landmarks. Quaternions are (x, y, z, w).
"""

from typing import Final

import numpy as np

from avatar import turns
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


def from_matrix(matrix: Array | FloatArray) -> Array:
    """Return the unit quaternion (4,) of a rotation matrix (3, 3)."""
    return np.array(turns.from_matrix(matrix.tolist()))


def yaw_pitch_roll(q: Array) -> tuple[float, float, float]:
    """Return the angles of q (4,) = Ry(yaw) Rx(pitch) Rz(roll), radians."""
    return turns.yaw_pitch_roll(q.tolist())


def from_yaw_pitch_roll(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Array:
    """Return the quaternion (4,) Ry(yaw) Rx(pitch) Rz(roll)."""
    return np.array(turns.from_yaw_pitch_roll(yaw_rad, pitch_rad, roll_rad))


def smoothstep(value: Array | FloatArray | float, low: float | Array, high: float | Array) -> Array:
    """Return 0 below `low`, 1 above `high`, and a smooth ramp between; `low` > `high` turns it round."""
    t = np.minimum(np.maximum((np.asarray(value, dtype=np.float64) - low) / (high - low), 0.0), 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
