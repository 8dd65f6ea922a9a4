"""The body: a crop round one person in, 33 keypoints, world landmarks and the circle of the next frame's crop out.

Owns the pose model's output format and the rule by which a person's region follows from the keypoints. Knows nothing of
detectors or of other parts.
Figures: MediaPipe's pose landmark graphs (Apache-2.0); Bazarevsky et al., "BlazePose", 2020.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from trackers.beside import Threads
from trackers.geometry import Region, crop, project, sigmoid, turned, upright_region
from trackers.interpreter import Session, open_session
from trackers.types import BODY_COUNT, BodyTracking, FloatArray, ImageArray

MODELS: Final = {
    "lite": ("pose_landmarker_lite", "pose_landmarks_detector.tflite"),
    "full": ("pose_landmark_full", None),
    "heavy": ("pose_landmark_heavy", None),
}
"""Body model to asset and member."""

REGION_SCALE: Final = 1.25
"""How much larger than the circle round the body the crop is."""

_OUTPUTS: Final = (0, 1, 3, 4)
"""Keypoints, score, heatmaps, world landmarks. Number 2 is a matte of the person: without it the model is a third faster."""
_ROWS, _COLUMNS = (steps.ravel() for steps in np.mgrid[-3:4, -3:4])  # of the window round a keypoint
_MOMENTS: Final = np.stack([np.ones(49), _COLUMNS, _ROWS], axis=1).astype(np.float32)
_MIN_REFINE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class BodyEstimate:
    """What the model says of one crop."""

    tracking: BodyTracking
    circle_px: FloatArray
    """(2, 2) the circle round the body: its middle, between the hips, and a point of its rim (`region_round`)."""


class BodyModel:
    """The pose landmark model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def open(cls, body_model: str, *, threads: int | Threads) -> "BodyModel":
        """Open `lite`, `full` or `heavy`; `threads` as in `Session`."""
        asset, member = MODELS[body_model]
        return cls(open_session(asset, member=member, threads=threads, outputs=_OUTPUTS))

    def time_ms(self) -> float:
        """Return about how long one run takes."""
        return self._session.time_ms()

    def run(self, image: ImageArray, region: Region) -> BodyEstimate:
        """Find the 33 keypoints of the person in the region; whether a person is there is in the score."""
        side = self._session.input_size_px
        # a body often leaves the picture below: with black there, the keypoints stray by 2 % of the shoulders' width
        picture = crop(image, region, side, border=cv2.BORDER_REPLICATE)
        flat, score, heatmap, world = self._session.run_image(picture, outputs=range(4))
        raw = flat.reshape(-1, 5)  # (39, 5) x, y, z, visibility, presence: 33 keypoints, then 2 of the region, then 4 unused
        points = project(refined(raw[:, :3], heatmap[0], side), region, side)
        chances = sigmoid(raw[:BODY_COUNT, 3:])
        tracking = BodyTracking(
            keypoints_px=points[:BODY_COUNT],
            world_m=turned(world.reshape(-1, 3)[:BODY_COUNT], region.angle_rad),
            visibility=np.ascontiguousarray(chances[:, 0]),
            presence=np.ascontiguousarray(chances[:, 1]),
            score=float(score[0, 0]),
        )
        return BodyEstimate(tracking=tracking, circle_px=points[BODY_COUNT : BODY_COUNT + 2, :2])


def region_round(middle: FloatArray, rim: FloatArray) -> Region:
    """Return the region of the person whose hips have their middle at `middle`; `rim` lies on the circle round the body."""
    radius = float(np.hypot(*(rim[:2] - middle[:2])))
    return upright_region(middle, rim, centre=middle, size_px=2 * radius * REGION_SCALE)


def refined(points: FloatArray, heatmap: FloatArray, side_px: int) -> FloatArray:
    """Move each point to the centre of mass of its heatmap near it, where the heatmap is sure enough.

    Args:
        points: (39, 3) in pixels of the crop.
        heatmap: (H, W, 39) logits.
    """
    height, width, count = heatmap.shape
    columns = (points[:, 0] * (width / side_px)).astype(np.intp)
    rows = (points[:, 1] * (height / side_px)).astype(np.intp)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    x, y = columns[:, None] + _COLUMNS, rows[:, None] + _ROWS  # (39, 49)
    picked = heatmap[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1), np.arange(count)[:, None]]
    weights = sigmoid(picked)
    weights[(x < 0) | (x >= width) | (y < 0) | (y >= height)] = 0
    total, along, down = (weights @ _MOMENTS).T  # of the window: its sum, and what lies right of and below its middle
    sure = inside & (weights.max(axis=1) >= _MIN_REFINE)
    out = points.copy()
    out[sure, 0] = (columns[sure] + along[sure] / total[sure]) * (side_px / width)
    out[sure, 1] = (rows[sure] + down[sure] / total[sure]) * (side_px / height)
    return out
