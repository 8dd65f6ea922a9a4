"""Arithmetic of unit quaternions (x, y, z, w) in stacks of any shape (..., 4).

Owns product, inverse, logarithm, exponential and blending on the sphere, vectorised so that a whole skeleton is one call.
Knows nothing of skeletons, filters or spaces. A rotation vector is axis times angle in radians, (..., 3).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

IDENTITY: Array = np.array([0.0, 0.0, 0.0, 1.0])
_CONJUGATE: Array = np.array([-1.0, -1.0, -1.0, 1.0])


def multiply(a: Array, b: Array) -> Array:
    """Return a * b: first b, then a. Shapes (..., 4), broadcast against each other."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    out[..., 0] = aw * bx + ax * bw + ay * bz - az * by
    out[..., 1] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 2] = aw * bz + ax * by - ay * bx + az * bw
    out[..., 3] = aw * bw - ax * bx - ay * by - az * bz
    return out


def inverse(q: Array) -> Array:
    """Return the inverse of unit quaternions (..., 4)."""
    return np.asarray(q * _CONJUGATE)


def normalised(q: Array) -> Array:
    """Return q (..., 4) scaled to length one."""
    return np.asarray(q / np.sqrt(np.einsum("...i,...i->...", q, q))[..., None])


def log(q: Array) -> Array:
    """Return the shortest rotation vectors (..., 3) of unit quaternions; q and -q give the same, angles are 0..pi."""
    sign = np.where(q[..., 3] < 0, -1.0, 1.0)
    vector = q[..., :3] * sign[..., None]
    length = np.sqrt(np.einsum("...i,...i->...", vector, vector))
    angle = 2.0 * np.arctan2(length, q[..., 3] * sign)
    scale = np.where(length > 1e-9, angle / np.maximum(length, 1e-9), 2.0)
    return np.asarray(vector * scale[..., None])


def exp(vector: Array) -> Array:
    """Return unit quaternions (..., 4) of rotation vectors (..., 3)."""
    half = 0.5 * np.sqrt(np.einsum("...i,...i->...", vector, vector))
    out = np.empty((*vector.shape[:-1], 4))
    out[..., :3] = vector * (0.5 * np.sinc(half / np.pi))[..., None]
    out[..., 3] = np.cos(half)
    return out


def difference(a: Array, b: Array) -> Array:
    """Return the rotation vector d in a's own axes with a * exp(d) = b (up to sign), the short way round."""
    return log(multiply(inverse(a), b))


def slerp(a: Array, b: Array, fraction: Array | float) -> Array:
    """Return the rotation `fraction` (scalar or (...,)) of the short way from a to b."""
    return multiply(a, exp(difference(a, b) * np.asarray(fraction)[..., None]))
