"""Detectors that find a person, a palm or a face anew: SSD anchors, decoding and weighted non-maximum suppression.

Owns the three models' anchor tables and their output format. Knows nothing of following from frame to frame.
Figures: MediaPipe's pose, hand and face detector graphs (Apache-2.0).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers.geometry import Region, crop, project, sigmoid
from trackers.interpreter import Session
from trackers.types import FloatArray, ImageArray

SAME_OBJECT_IOU: Final = 0.3


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """What differs between the detectors."""

    asset: str
    member: str
    strides: tuple[int, ...]
    """Pixels of the input between anchors, one entry for each layer; two anchors at each cell of each layer."""
    low: float
    """What black becomes at the model's input; white is 1."""


PERSON: Final = DetectorSpec(asset="pose_landmarker_lite", member="pose_detector.tflite", strides=(8, 16, 32, 32, 32), low=-1.0)
"""Keypoints: mid-hip, a point on the circle round the whole body, mid-shoulder, a point on the upper body's circle."""

PALM: Final = DetectorSpec(asset="hand_landmarker", member="hand_detector.tflite", strides=(8, 16, 16, 16), low=0.0)
"""Keypoints: wrist, index, middle, ring and pinky knuckles, thumb base, thumb knuckle."""

FACE: Final = DetectorSpec(asset="face_landmarker", member="face_detector.tflite", strides=(8, 16, 16, 16), low=-1.0)
"""Keypoints: right eye, left eye, nose tip, mouth, right ear, left ear (the person's own sides)."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One thing found."""

    box_px: FloatArray
    """(4,) left, top, right, bottom in pixels of the picture (of an upright region)."""
    keypoints_px: FloatArray
    """(K, 2) in pixels of the picture."""
    score: float


class Detector:
    """Runs one detector on a region of a picture."""

    def __init__(self, spec: DetectorSpec, session: Session, *, min_score: float = 0.5) -> None:
        self._spec = spec
        self._session = session
        self._anchors = anchors(session.input_size_px, spec.strides)
        self._min_score = min_score

    def find(self, image: ImageArray, region: Region, *, most: int = 1) -> list[Detection]:
        """Return at most `most` things in the region, the surest first."""
        side = self._session.input_size_px
        raw, logits = self._session.run_image(crop(image, region, side), outputs=(0, 1), low=self._spec.low)
        scores = sigmoid(logits[0, :, 0])
        keep = scores >= self._min_score
        if not keep.any():
            return []
        points = decode(raw[0, keep], self._anchors[keep])
        found = suppress(points, scores[keep], most=most)
        return [_in_picture(points, score, region, side) for points, score in found]


def _in_picture(points: FloatArray, score: float, region: Region, side: int) -> Detection:
    placed = project(points, region, side)
    return Detection(box_px=placed[:2].reshape(4), keypoints_px=placed[2:], score=score)


def anchors(side_px: int, strides: tuple[int, ...]) -> FloatArray:
    """Return the (N, 2) anchor centres in pixels of the input; layers of one stride lie together, cell by cell."""
    rows = []
    for stride in sorted(set(strides)):
        cells = -(-side_px // stride)
        centres = (np.arange(cells, dtype=np.float32) + 0.5) * (side_px / cells)
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)  # (cells * cells, 2) x, y
        rows.append(np.repeat(grid, 2 * strides.count(stride), axis=0))
    return np.concatenate(rows).astype(np.float32)


def decode(raw: FloatArray, centres: FloatArray) -> FloatArray:
    """Return (N, 2 + K, 2) points in pixels of the input: the box's two corners, then the keypoints.

    Args:
        raw: (N, 4 + 2K) x, y, width, height and the keypoints, in pixels relative to the anchor.
        centres: (N, 2) the anchors.
    """
    pairs = raw.reshape(len(raw), -1, 2)  # (N, 2 + K, 2)
    points = pairs + centres[:, None, :]
    half = pairs[:, 1] / 2
    middle = points[:, 0].copy()
    points[:, 0], points[:, 1] = middle - half, middle + half
    return points


def suppress(points: FloatArray, scores: FloatArray, *, most: int) -> list[tuple[FloatArray, float]]:
    """Merge what overlaps: each result is the score-weighted mean of the candidates on one object."""
    order = np.argsort(-scores, kind="stable")
    points, scores = points[order], scores[order]
    results: list[tuple[FloatArray, float]] = []
    while len(scores) and len(results) < most:
        same = overlap(points[0, :2], points[:, :2]) > SAME_OBJECT_IOU
        same[0] = True
        weights = scores[same] / scores[same].sum()
        results.append((np.tensordot(weights, points[same], axes=1).astype(np.float32), float(scores[0])))
        points, scores = points[~same], scores[~same]
    return results


def overlap(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """Return the (N,) intersection over union of a (2, 2) box with (N, 2, 2) boxes, given as corners."""
    low, high = np.maximum(box[0], boxes[:, 0]), np.minimum(box[1], boxes[:, 1])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    either = np.prod(box[1] - box[0]) + areas - shared
    return np.asarray(shared / np.maximum(either, 1e-6), dtype=np.float32)
