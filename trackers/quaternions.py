"""Arithmetic of unit quaternions (x, y, z, w) in stacks of any shape (..., 4).

Owns product, inverse, logarithm, exponential and blending on the sphere, vectorised so that a whole skeleton is one call.
Knows nothing of skeletons, filters or spaces. A rotation vector is axis times angle in radians, (..., 3).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

IDENTITY: Array = np.array([0.0, 0.0, 0.0, 1.0])
_LEFT = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2], [0, 1, 2, 3]])
_LEFT_SIGN: Array = np.array([[1.0, -1.0, 1.0, 1.0], [1.0, 1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 1.0], [-1.0, -1.0, -1.0, 1.0]])
_CONJUGATE: Array = np.array([-1.0, -1.0, -1.0, 1.0])


def multiply(a: Array, b: Array) -> Array:
    """Return a * b: first b, then a. Shapes (..., 4), broadcast against each other."""
    left = a.take(_LEFT, axis=-1) * _LEFT_SIGN  # (..., 4, 4): the matrix that multiplies by a from the left
    return np.asarray(np.einsum("...ij,...j->...i", left, b))


def inverse(q: Array) -> Array:
    """Return the inverse of unit quaternions (..., 4)."""
    return np.asarray(q * _CONJUGATE)


def normalised(q: Array) -> Array:
    """Return q (..., 4) scaled to length one."""
    return np.asarray(q / np.sqrt(np.einsum("...i,...i->...", q, q))[..., None])


def log(q: Array) -> Array:
    """Return the shortest rotation vectors (..., 3) of unit quaternions; q and -q give the same, angles are 0..pi."""
    vector, w = q[..., :3], q[..., 3]
    length = np.sqrt(np.einsum("...i,...i->...", vector, vector)) + 1e-12
    # Near zero arctan2(length, w) is length / w: the quotient stays exact, and w's sign picks the short way.
    scale = np.copysign(2.0 * np.arctan2(length, np.abs(w)) / length, w)
    return np.asarray(vector * scale[..., None])


def exp(vector: Array) -> Array:
    """Return unit quaternions (..., 4) of rotation vectors (..., 3)."""
    half = 0.5 * np.sqrt(np.einsum("...i,...i->...", vector, vector))
    out = np.empty((*vector.shape[:-1], 4))
    out[..., :3] = vector * (0.5 * np.sin(half) / np.maximum(half, 1e-12))[..., None]
    out[..., 3] = np.cos(half)
    return out


def difference(a: Array, b: Array) -> Array:
    """Return the rotation vector d in a's own axes with a * exp(d) = b (up to sign), the short way round."""
    return log(multiply(inverse(a), b))


def slerp(a: Array, b: Array, fraction: Array | float) -> Array:
    """Return the rotation `fraction` (scalar or (...,)) of the short way from a to b."""
    return multiply(a, exp(difference(a, b) * np.asarray(fraction)[..., None]))


def blend(a: Array, b: Array, fraction: Array | float) -> Array:
    """Return a rotation on the way that `slerp` takes, at nearly its speed and a quarter of its cost.

    Exact at both ends and in the middle; between them up to 0.04 degrees off for a turn of 30, 1 for 90, 8.2 for 180.
    """
    share = np.asarray(fraction)[..., None]
    near = np.copysign(share, np.einsum("...i,...i->...", a, b)[..., None])
    return normalised(a * (1.0 - share) + b * near)
