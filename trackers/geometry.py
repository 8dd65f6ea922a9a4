"""Regions of interest, projection between crop and picture, rotations and rigid fits.

Owns the mathematics shared by the models' stages, and the one place that says what yaw, pitch and roll mean. Pure functions of
values; knows nothing of models.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trackers.types import FloatArray, ImageArray

CAMERA_FROM_FACING: Final[NDArray[np.float64]] = np.diag([1.0, -1.0, -1.0])
"""Rotation from head space to camera space of a head that faces the lens."""
_LARGEST_PIECE: Final = 4
"""OpenCV turns pictures of four channels twice as fast as those of three. To widen the piece that a crop reads costs less than
that saves while the piece has at most so many times the crop's pixels."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square of the picture."""

    x_px: float
    """Centre."""
    y_px: float
    size_px: float
    """Side."""
    angle_rad: float = 0.0
    """Turn of the square, clockwise as seen in the picture. What leans by this angle stands upright in the crop."""

    def scaled(self, factor: float) -> "Region":
        """Return the region grown about its centre."""
        return Region(self.x_px, self.y_px, self.size_px * factor, self.angle_rad)

    def shifted(self, dx: float, dy: float) -> "Region":
        """Return the region moved along its own axes by fractions of its side."""
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        step_x, step_y = dx * self.size_px, dy * self.size_px
        return Region(
            self.x_px + cos * step_x - sin * step_y, self.y_px + sin * step_x + cos * step_y, self.size_px, self.angle_rad
        )

    def holds(self, other: "Region") -> bool:
        """Tell whether this upright square holds another, but perhaps for corners."""
        gap = max(abs(self.x_px - other.x_px), abs(self.y_px - other.y_px))
        return gap + other.size_px / 2 < self.size_px / 2


def whole_picture(width_px: int, height_px: int) -> Region:
    """Return the smallest upright square that holds the whole picture (cropping it is letterboxing)."""
    return Region(width_px / 2, height_px / 2, float(max(width_px, height_px)))


def upright_region(start: FloatArray, end: FloatArray, *, centre: FloatArray, size_px: float) -> Region:
    """Return the region that is turned so that `end` lies straight above `start` in its crop."""
    angle = math.pi / 2 - math.atan2(float(start[1] - end[1]), float(end[0] - start[0]))
    return Region(float(centre[0]), float(centre[1]), size_px, wrapped_angle(angle))


def wrapped_angle(angle_rad: float) -> float:
    """Return the angle in [-pi, pi)."""
    return (angle_rad + math.pi) % (2 * math.pi) - math.pi


def image_from_crop(region: Region, side_px: int) -> NDArray[np.float64]:
    """Return the (2, 3) affine map from pixels of a crop of side `side_px` to pixels of the picture."""
    scale = region.size_px / side_px
    cos, sin = math.cos(region.angle_rad) * scale, math.sin(region.angle_rad) * scale
    half = side_px / 2
    return np.array(
        [
            [cos, -sin, region.x_px - half * (cos - sin)],
            [sin, cos, region.y_px - half * (sin + cos)],
        ]
    )


def crop(image: ImageArray, region: Region, side_px: int, *, border: int = cv2.BORDER_CONSTANT) -> ImageArray:
    """Cut the region out, upright, as a (side_px, side_px, 3) picture; outside the picture it is black unless told."""
    matrix = image_from_crop(region, side_px)
    reach_px = (abs(matrix[0, 0]) + abs(matrix[1, 0])) * side_px / 2 + 2
    left, right = _within(region.x_px - reach_px, region.x_px + reach_px, image.shape[1])
    top, bottom = _within(region.y_px - reach_px, region.y_px + reach_px, image.shape[0])
    if (right - left) * (bottom - top) > _LARGEST_PIECE * side_px**2:
        return _warped(image, matrix, side_px, border)
    matrix[:, 2] -= left, top
    piece = np.asarray(cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_RGB2RGBA), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(_warped(piece, matrix, side_px, border), cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the part of the span that lies in a picture of that size, in whole pixels; at least one."""
    start = min(max(int(low), 0), size - 1)
    return start, max(start + 1, min(int(high) + 1, size))


def _warped(image: ImageArray, matrix: NDArray[np.float64], side_px: int, border: int) -> ImageArray:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (side_px, side_px), flags=flags, borderMode=border), dtype=np.uint8)


def project(points: FloatArray, region: Region, side_px: int) -> FloatArray:
    """Map (N, 2) or (N, 3) points in pixels of the crop to pixels of the picture; z is scaled only."""
    matrix = image_from_crop(region, side_px).astype(np.float32)
    out = np.empty_like(points)
    out[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    if points.shape[1] == 3:
        out[:, 2] = points[:, 2] * np.float32(region.size_px / side_px)
    return out


def turned(points: FloatArray, angle_rad: float) -> FloatArray:
    """Turn (N, 3) points about the viewing axis by `angle_rad`, clockwise in the picture."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=np.float32)
    return points @ matrix.T


def sigmoid(values: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-values)), without overflow."""
    one = np.float32(1.0)
    return np.asarray(one / (one + np.exp(-np.clip(values, -80.0, 80.0))), dtype=np.float32)


def head_angles(camera_from_head: NDArray[np.floating]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in radians. +yaw turns to the person's own left, +pitch is chin down, +roll is left ear up.

    Near a pitch of 90 degrees yaw and roll are one: roll is then 0.
    """
    turn = CAMERA_FROM_FACING @ camera_from_head
    pitch = math.asin(min(1.0, max(-1.0, -float(turn[1, 2]))))
    if abs(turn[1, 2]) > 0.99999:
        return math.atan2(-float(turn[2, 0]), float(turn[0, 0])), pitch, 0.0
    yaw = math.atan2(float(turn[0, 2]), float(turn[2, 2]))
    roll = math.atan2(float(turn[1, 0]), float(turn[1, 1]))
    return yaw, pitch, roll


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """target = scale * rotation @ source + offset."""

    rotation: NDArray[np.float64]
    """(3, 3), determinant +1."""
    scale: float
    offset: NDArray[np.float64]
    """(3,)"""


def fit_similarity(source: NDArray[np.floating], target: NDArray[np.floating], weights: NDArray[np.floating]) -> Similarity:
    """Return the similarity that maps `source` onto `target` with least weighted squared error.

    Args:
        source: (N, 3) points.
        target: (N, 3) points.
        weights: (N,) not negative, not all zero.

    Source: Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
    """
    share = weights / weights.sum()
    source_mean, target_mean = share @ source, share @ target
    source_rest, target_rest = source - source_mean, target - target_mean
    u, spread, vt = np.linalg.svd((target_rest * share[:, None]).T @ source_rest)
    signs = np.array([1.0, 1.0, 1.0 if np.linalg.det(u) * np.linalg.det(vt) > 0 else -1.0])  # a rotation, never a mirror
    rotation = u @ (signs[:, None] * vt)
    scale = float((spread * signs).sum() / (share @ (source_rest**2).sum(axis=1)))
    return Similarity(rotation=rotation, scale=scale, offset=target_mean - scale * rotation @ source_mean)
