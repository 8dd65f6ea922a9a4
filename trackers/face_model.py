"""What the face's keypoints mean: the canonical face, head rotation and position, gaze.

Owns the reading of the canonical face out of the model bundle, and the geometry that turns 478 keypoints into a head pose and
a gaze. Knows nothing of crops and models.
Figures: MediaPipe's face geometry metadata (Apache-2.0).
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from trackers.geometry import CAMERA_FROM_FACING, Similarity, fit_similarity
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FloatArray

FOCAL_LENGTH_SHARE: Final = 0.9
"""Guessed focal length as a share of the picture's longer side: a webcam that sees about 58 degrees across."""

EYEBALL_RADIUS_CM: Final = 1.2
"""From the centre of the eyeball to the iris."""

_EYES: Final = (
    # outer corner, inner corner, iris centre, blink coefficient, side: +1 is the person's left
    (33, 133, 468, EXPRESSION_INDEX["eyeBlinkRight"], -1.0),
    (263, 362, 473, EXPRESSION_INDEX["eyeBlinkLeft"], 1.0),
)
_EYEBALL_CM: Final = (0.085, 0.10, -0.4)
"""The left eyeball's centre from the middle of its corners, head space. Depth: what keeps a person's gaze on one spot while the
head turns (the turning-head clip: 4 degrees of spread, against 9 with the mesh's depth); across and up: what makes people who
look into the lens look with both eyes alike and level."""
_RIM: Final = 0.9  # of the radius
_SHUT: Final = 0.65  # blink coefficient from which on the iris is not believed; at rest many people have 0.4
_FAR_EYE_RAD: Final = (math.radians(20.0), math.radians(45.0))  # yaw over which the far eye stops counting


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


class Placed(Protocol):
    """Where a fit has the head in the picture."""

    @property
    def scale(self) -> float:
        """Pixels per centimetre."""

    @property
    def offset(self) -> NDArray[np.float64]:
        """(2,) or (3,) x, y in pixels of the head's origin."""


def head_position(fit: Placed, *, width_px: int, height_px: int) -> FloatArray:
    """Return the (3,) place of the head's origin in camera space, metres, with a guessed focal length."""
    focal = FOCAL_LENGTH_SHARE * max(width_px, height_px)
    depth_m = focal / max(fit.scale, 1e-6) / 100.0
    x = (fit.offset[0] - width_px / 2) * depth_m / focal
    y = (fit.offset[1] - height_px / 2) * depth_m / focal
    return np.array([x, y, depth_m], dtype=np.float32)


def gaze(points: FloatArray, fit: Similarity, expression: FloatArray) -> FloatArray:
    """Return the (2,) yaw and pitch of both eyes relative to the head, radians; a closing eye counts less, so does a far one.

    The iris is a point on the eyeball: its x and y in the picture say which. (Its depth in the mesh is that of the lids, and is
    not used.) With both eyes shut it is straight ahead.
    """
    facing_from_head = CAMERA_FROM_FACING @ fit.rotation
    yaw_rad = math.atan2(facing_from_head[0, 2], facing_from_head[2, 2])
    far = min(1.0, max(0.0, (abs(yaw_rad) - _FAR_EYE_RAD[0]) / (_FAR_EYE_RAD[1] - _FAR_EYE_RAD[0])))
    total, weights, opened = np.zeros(2), 0.0, 0.0
    for outer, inner, iris, blink, side in _EYES:
        trust = min(1.0, max(0.0, (1.0 - float(expression[blink])) / (1.0 - _SHUT)))
        weight = max(0.02, trust) * (1.0 - 0.95 * far if side * yaw_rad > 0 else 1.0)  # +yaw turns the left eye away
        corners = points[[outer, inner], :2].astype(np.float64).sum(axis=0) / 2
        shift = (points[iris, :2] - corners) / fit.scale * (1.0, -1.0)  # cm, facing axes
        total += weight * _eye_angles(shift, facing_from_head, side=side)
        weights, opened = weights + weight, max(opened, trust)
    return (total / weights * opened).astype(np.float32)


def _eye_angles(shift: NDArray[np.float64], facing_from_head: NDArray[np.float64], *, side: float) -> NDArray[np.float64]:
    """Return the (2,) yaw and pitch of one eye whose iris is seen at `shift` (2,) from the middle of its corners."""
    across, up, depth = _EYEBALL_CM
    centre = facing_from_head @ (side * across, up, depth)
    seen = (shift - centre[:2]) / EYEBALL_RADIUS_CM
    seen *= min(1.0, _RIM / max(float(np.hypot(*seen)), 1e-9))  # an iris beyond the rim of the eyeball is a mistaken one
    look = np.array([*seen, math.sqrt(1.0 - float(seen @ seen))]) @ facing_from_head  # head space
    return np.array([math.atan2(look[0], look[2]), -math.asin(min(1.0, max(-1.0, float(look[1]))))])
