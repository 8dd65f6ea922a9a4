"""Top-down whole-body models with SimCC outputs (RTMPose, RTMW, DWPose): what goes in and what comes out, as pure functions.

Owns the crop round a person at the model's own shape, the colours that the model wants, and the reading of its two outputs.
Knows nothing of ONNX, detectors or skeletons.
Figures: MMPose's top-down affine, its colour mean and deviation, and SimCC's decoding (Apache-2.0); Li et al., "SimCC", 2022.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trackers.types import FloatArray, ImageArray

MEAN: Final = np.array([123.675, 116.28, 103.53], dtype=np.float32)
DEVIATION: Final = np.array([58.395, 57.12, 57.375], dtype=np.float32)
PADDING: Final = 1.25
"""How much larger than the person's box the crop is."""


@dataclass(frozen=True, slots=True)
class Box:
    """A turned rectangle of the picture."""

    x_px: float
    """Centre."""
    y_px: float
    width_px: float
    height_px: float
    angle_rad: float = 0.0
    """Turn, clockwise as seen in the picture. What leans by this angle stands upright in the crop."""


def crop_box(box: Box, *, size_px: tuple[int, int], padding: float = PADDING) -> Box:
    """Return the box grown by `padding`, then across or along to the shape of the model's input (width, height)."""
    width, height = box.width_px * padding, box.height_px * padding
    aspect = size_px[0] / size_px[1]
    width, height = max(width, height * aspect), max(height, width / aspect)
    return Box(box.x_px, box.y_px, width, height, box.angle_rad)


def image_from_crop(box: Box, size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Return the (2, 3) affine map from pixels of the crop (width, height) to pixels of the picture."""
    cos, sin = math.cos(box.angle_rad), math.sin(box.angle_rad)
    across, down = box.width_px / size_px[0], box.height_px / size_px[1]
    turn = np.array([[cos * across, -sin * down], [sin * across, cos * down]])
    middle = np.array([box.x_px, box.y_px]) - turn @ (np.array(size_px) / 2)
    return np.column_stack([turn, middle])


def model_input(image: ImageArray, box: Box, size_px: tuple[int, int]) -> FloatArray:
    """Return (1, 3, H, W) the crop as the model wants it; black outside the picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        size_px: width and height of the model's input.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(image, image_from_crop(box, size_px), size_px, flags=flags)
    scaled = (crop.astype(np.float32) - MEAN) / DEVIATION
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)


def decode(across: FloatArray, down: FloatArray, *, box: Box, size_px: tuple[int, int]) -> FloatArray:
    """Return (K, 3) x, y in pixels of the picture and the score 0..1 of the peaks; (0, 0, 0) where there is none.

    Args:
        across: (K, width * split) how likely each place across the crop is, `down` (K, height * split) each place down it.
    """
    score = np.minimum(across.max(axis=1), down.max(axis=1))
    splits = np.array([across.shape[1] / size_px[0], down.shape[1] / size_px[1]])
    places = np.stack([across.argmax(axis=1), down.argmax(axis=1)], axis=1) / splits  # (K, 2) px of the crop
    matrix = image_from_crop(box, size_px)
    points = np.empty((len(across), 3), dtype=np.float32)
    points[:, :2] = places @ matrix[:, :2].T + matrix[:, 2]
    points[:, 2] = np.clip(score, 0, 1)
    points[~(score > 0)] = 0
    return points


def box_round(points: FloatArray, *, min_score: float, angle_rad: float = 0.0) -> Box | None:
    """Return the smallest box at that angle that holds the points (K, 3) surer than `min_score`; None for fewer than three."""
    sure = points[points[:, 2] > min_score, :2].astype(np.float64)
    if len(sure) < 3:
        return None
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    axes = np.array([[cos, sin], [-sin, cos]])  # picture to box
    placed = sure @ axes.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    x, y = axes.T @ ((low + high) / 2)
    width, height = np.maximum(high - low, 1.0)
    return Box(float(x), float(y), float(width), float(height), angle_rad)
