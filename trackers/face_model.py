"""What the face's keypoints mean: the canonical face, head rotation and position, gaze.

Owns the reading of the canonical face out of the model bundle, and the geometry that turns 478 keypoints into a head pose and
a gaze. Knows nothing of crops and models.
Figures: MediaPipe's face geometry metadata (Apache-2.0).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.geometry import CAMERA_FROM_FACING, Similarity, fit_similarity
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FloatArray

FOCAL_LENGTH_SHARE: Final = 0.9
"""Guessed focal length as a share of the picture's longer side: a webcam that sees about 58 degrees across."""

EYEBALL_RADIUS_CM: Final = 1.2

_EYES: Final = (
    # outer corner, inner corner, iris centre, blink coefficient
    (33, 133, 468, EXPRESSION_INDEX["eyeBlinkRight"]),
    (263, 362, 473, EXPRESSION_INDEX["eyeBlinkLeft"]),
)


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """The face in head space, centimetres, and the points by which a face is fitted to it."""

    basis: NDArray[np.intp]
    """(B,) numbers of the keypoints that hardly move with the expression."""
    points_cm: NDArray[np.float64]
    """(B, 3) those points in head space."""
    weights: NDArray[np.float64]
    """(B,)"""


def read_canonical_face(metadata: bytes) -> CanonicalFace:
    """Read the face geometry metadata of the model bundle (a protocol buffer).

    Message 1 is the mesh, its repeated field 3 the vertices (x, y, z, u, v); messages 2 are the fitting points: number, weight.
    """
    vertices: list[float] = []
    basis: list[tuple[int, float]] = []
    for field, value in _fields(metadata):
        if field == 1 and isinstance(value, bytes):
            vertices = [struct.unpack("<f", v)[0] for f, v in _fields(value) if f == 3 and isinstance(v, bytes)]
        elif field == 2 and isinstance(value, bytes):
            entry = dict(_fields(value))
            number, weight = entry.get(1, 0), entry[2]
            assert isinstance(number, int)
            assert isinstance(weight, bytes)
            basis.append((number, struct.unpack("<f", weight)[0]))
    mesh = np.array(vertices).reshape(-1, 5)[:, :3]  # (468, 3)
    numbers = np.array([number for number, _ in basis])
    return CanonicalFace(basis=numbers, points_cm=mesh[numbers], weights=np.array([weight for _, weight in basis]))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a protocol buffer: varints as int, everything else as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        else:
            size = {1: 8, 5: 4}[kind]
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fit_head(points: FloatArray, canonical: CanonicalFace) -> Similarity:
    """Return the fit of the canonical face (head space, cm) to the keypoints (pixels, in camera axes).

    Weak perspective: the rotation is relative to the line from the camera to the head, so a face that looks into the lens faces
    it wherever it is in the picture.
    """
    return fit_similarity(canonical.points_cm, points[canonical.basis].astype(np.float64), canonical.weights)


def head_position(fit: Similarity, *, width_px: int, height_px: int) -> FloatArray:
    """Return the (3,) place of the head's origin in camera space, metres, with a guessed focal length."""
    focal = FOCAL_LENGTH_SHARE * max(width_px, height_px)
    depth_m = focal / max(fit.scale, 1e-6) / 100.0
    x = (fit.offset[0] - width_px / 2) * depth_m / focal
    y = (fit.offset[1] - height_px / 2) * depth_m / focal
    return np.array([x, y, depth_m], dtype=np.float32)


def gaze(points: FloatArray, fit: Similarity, expression: FloatArray) -> FloatArray:
    """Return the (2,) yaw and pitch of both eyes relative to the head, radians; a closing eye counts less.

    The iris is a point on the eyeball: its shift from the middle of the corners, in head space, is the sine of the angle.
    """
    angles, weights = [], []
    for outer, inner, iris, blink in _EYES:
        three = points[[outer, inner, iris]].astype(np.float64) @ fit.rotation / fit.scale  # (3, 3) head space, cm
        shift = three[2] - (three[0] + three[1]) / 2
        sines = np.clip(np.array([shift[0], -shift[1]]) / EYEBALL_RADIUS_CM, -0.9, 0.9)
        angles.append(np.arcsin(sines))
        weights.append(max(0.02, 1.0 - float(expression[blink])))
    mean = np.average(angles, axis=0, weights=weights)
    return (mean * max(weights)).astype(np.float32)  # both eyes shut: straight ahead


def facing() -> FloatArray:
    """Return the rotation of a head that faces the lens."""
    return CAMERA_FROM_FACING.astype(np.float32)
