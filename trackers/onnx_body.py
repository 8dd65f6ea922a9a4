"""The whole-body network as a body model: a region of the picture in, a body and where to look next out.

Owns the crop that the network wants round a person, how sure it must be of one, and the points of its last look. Knows nothing
of who is followed.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from trackers.body import REGION_SCALE, BodyEstimate, region_round
from trackers.detector import Detection
from trackers.geometry import Region
from trackers.keypoint_lift import lift_body
from trackers.keypoint_sets import Points, empty, points_from_coco, points_from_wholebody
from trackers.keypoint_tables import COCO_NAMES
from trackers.onnx_model import OnnxModel
from trackers.simcc import Box, box_round, crop_box, decode, model_input
from trackers.skeleton import BODY_INDEX
from trackers.types import BODY_COUNT, BodyTracking, FloatArray, ImageArray

MIN_SCORE: Final = 0.3
"""A point less sure counts for nothing when the person is followed."""
MIN_SURE: Final = 5
"""So many of the 17 body points must be sure, or nobody is there."""
_UPRIGHT_RAD: Final = math.radians(50)  # the models know people who lean so far; beyond, the crop is turned
_SHOULDERS: Final = [COCO_NAMES.index(name) for name in ("left_shoulder", "right_shoulder")]
_HIPS: Final = [COCO_NAMES.index(name) for name in ("left_hip", "right_hip")]
_BODY_HIPS: Final = [BODY_INDEX[name] for name in ("left_hip", "right_hip")]
_LESS_WIDE, _LESS_TALL = 1.25, 1.1  # than the circle round the body is anyone who stands in it
_MIN_SIDE_PX: Final = 8.0


class OnnxBody:
    """The model that `BodyFollower` asks. A region is the network's crop: its height, and as wide as its input's shape says."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._size_px = model.size_px
        self.points = _nothing()
        """What the last look saw of the whole body; nothing of a person who was not there."""

    def run(self, image: ImageArray, region: Region) -> BodyEstimate:
        """Find the points of the person in the region. The score is 1 if somebody is there and 0 if not."""
        width, height = self._size_px
        crop = Box(region.x_px, region.y_px, region.size_px * width / height, region.size_px, region.angle_rad)
        across, down = self._model.run(model_input(image, crop, self._size_px))
        found = decode(across, down, box=crop, size_px=self._size_px)
        points = points_from_coco(found) if len(found) == len(COCO_NAMES) else points_from_wholebody(found)
        body = lift_body(_without_unsure_hips(points.body))
        there = box_round(found, min_score=MIN_SCORE, angle_rad=_lean_rad(found))
        if body is None or there is None or int((found[: len(COCO_NAMES), 2] > MIN_SCORE).sum()) < MIN_SURE:
            self.points = _nothing()
            return BodyEstimate(_nobody(), _circle_px(region))
        self.points = points
        return BodyEstimate(replace(body, score=1.0), _circle_px(self._region(there)))

    def region_of(self, person: Detection, image: ImageArray) -> Region:
        """Return where to look for a person whom the detector found: only as far as they lie in the picture."""
        region = region_round(*person.keypoints_px[:2])
        half = region.size_px / 2 / REGION_SCALE  # the circle round the body
        if abs(region.angle_rad) > _UPRIGHT_RAD:
            return self._region(Box(region.x_px, region.y_px, 2 * half, 2 * half, region.angle_rad))
        middle, size = np.array([region.x_px, region.y_px]), np.array(image.shape[1::-1])
        low, high = np.clip(middle - half, 0.0, size), np.clip(middle + half, 0.0, size)
        x, y = (low + high) / 2
        width, height = np.maximum(high - low, _MIN_SIDE_PX)
        return self._region(Box(float(x), float(y), float(width) / _LESS_WIDE, float(height) / _LESS_TALL))

    def _region(self, person: Box) -> Region:
        crop = crop_box(person, size_px=self._size_px)
        return Region(crop.x_px, crop.y_px, crop.height_px, crop.angle_rad)


def _circle_px(region: Region) -> FloatArray:
    """Return the circle from which `region_round` makes this region."""
    radius = region.size_px / 2 / REGION_SCALE
    rim = region.x_px + radius * math.sin(region.angle_rad), region.y_px - radius * math.cos(region.angle_rad)
    return np.array([[region.x_px, region.y_px], rim], dtype=np.float32)


def _without_unsure_hips(body: FloatArray) -> FloatArray:
    """Return the points without hips that are guesses: behind a desk they wander, and the torso would leap with them."""
    if body[_BODY_HIPS, 2].min() > MIN_SCORE:
        return body
    body = body.copy()
    body[_BODY_HIPS] = 0
    return body


def _nothing() -> Points:
    return points_from_coco(empty(len(COCO_NAMES)))


def _nobody() -> BodyTracking:
    points, chances = np.zeros((BODY_COUNT, 3), dtype=np.float32), np.zeros(BODY_COUNT, dtype=np.float32)
    return BodyTracking(points, points, chances, chances, score=0.0)


def _lean_rad(found: FloatArray) -> float:
    """Return by how much the trunk leans in the picture, clockwise; 0 as long as the model copes without turning the crop."""
    trunk = found[[*_SHOULDERS, *_HIPS]]
    if trunk[:, 2].min() <= MIN_SCORE:
        return 0.0
    x, y = trunk[:2, :2].mean(axis=0) - trunk[2:, :2].mean(axis=0)
    lean = math.atan2(float(x), -float(y))
    return lean if abs(lean) > _UPRIGHT_RAD else 0.0
