"""The hands: a crop round one hand in, 21 keypoints, world landmarks, handedness and the next frame's region out.

Owns the hand model's output format and the rules by which a hand's region follows from the body, from a palm detection or from
its own keypoints. Knows nothing of which slot a hand belongs to.
Figures: MediaPipe's hand and holistic landmark graphs (Apache-2.0).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from trackers.beside import Threads
from trackers.detector import Detection
from trackers.geometry import Region, crop, project, turned, upright_region, whole_picture
from trackers.interpreter import Session, open_session
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FloatArray, HandTracking, ImageArray

MODELS: Final = {
    "lite": ("hand_landmark_lite", None),
    "full": ("hand_landmarker", "hand_landmarks_detector.tflite"),
}
"""Hand model to asset and member."""

FROM_BODY_SCALE: Final = 2.7
"""The crop's side is 2 x this x the length from wrist to knuckles; generous, because the body's hand points are rough."""
FROM_PALM_SCALE: Final = 2.6
FROM_HAND_SCALE: Final = 2.0
SEARCH_SHARE: Final = 0.7
"""Side of the palm search as a share of the picture's longer side: seen too near, two palms side by side merge into one."""

_POINTS, _SCORE, _RIGHT, _WORLD = 0, 1, 2, 3
# Number 2 is high for a right hand in a picture that is not mirrored. MediaPipe before 1.0 assumed a mirror and swapped it.
_Z_SCALE: Final = 1 / 0.4  # the model's z is in units of 0.4 of its crop
_STABLE: Final = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
"""Keypoints that move little when fingers bend: the region rests on these."""


@dataclass(frozen=True, slots=True, eq=False)
class HandEstimate:
    """What the model says of one crop."""

    tracking: HandTracking
    next_region: Region


class HandModel:
    """The hand landmark model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def open(cls, hand_model: str = "full", *, threads: int | Threads, int8: bool = False) -> "HandModel":
        """Open `lite` or `full`; `threads` as in `Session`."""
        asset, member = MODELS[hand_model]
        return cls(open_session(asset, member=member, threads=threads, int8=int8))

    def time_ms(self) -> float:
        """Return about how long one run takes."""
        return self._session.time_ms()

    def run(self, image: ImageArray, region: Region) -> HandEstimate:
        """Find the 21 keypoints of the hand in the region; whether a hand is there is in the score."""
        side = self._session.input_size_px
        picture = crop(image, region, side, border=cv2.BORDER_REPLICATE)
        flat, score, right, world = self._session.run_image(picture, outputs=(_POINTS, _SCORE, _RIGHT, _WORLD))
        raw = flat.reshape(-1, 3)
        raw[:, 2] *= np.float32(_Z_SCALE)
        points = project(raw, region, side)
        tracking = HandTracking(
            keypoints_px=points,
            world_m=turned(world.reshape(-1, 3), region.angle_rad),
            score=float(score[0, 0]),
            right_probability=float(right[0, 0]),
        )
        return HandEstimate(tracking=tracking, next_region=region_from_hand(points))


def region_from_hand(points: FloatArray) -> Region:
    """Return the region in which to look for this hand in the next frame, fingers up."""
    knuckles = np.float32(0.25) * (points[5, :2] + points[13, :2]) + np.float32(0.5) * points[9, :2]
    region = upright_region(points[0], knuckles, centre=knuckles, size_px=1.0)
    cos, sin = np.cos(region.angle_rad), np.sin(region.angle_rad)
    axes = np.array([[cos, sin], [-sin, cos]], dtype=np.float32)  # picture to region
    placed = points[_STABLE, :2] @ axes.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    centre = axes.T @ ((low + high) / 2)
    size = float((high - low).max())
    return _grown(Region(float(centre[0]), float(centre[1]), size, region.angle_rad), dy=-0.1, scale=FROM_HAND_SCALE)


def region_from_palm(palm: Detection) -> Region:
    """Return the region of the hand to which a detected palm belongs."""
    left, top, right, bottom = (float(value) for value in palm.box_px)
    centre = np.array([(left + right) / 2, (top + bottom) / 2], dtype=np.float32)
    size = max(right - left, bottom - top)
    region = upright_region(palm.keypoints_px[0], palm.keypoints_px[2], centre=centre, size_px=size)
    return _grown(region, dy=-0.5, scale=FROM_PALM_SCALE)


def region_from_body(body: BodyTracking, side: str) -> Region:
    """Return the region in which the body's `left` or `right` hand should be."""
    wrist, index, pinky = (body.keypoints_px[BODY_INDEX[f"{side}_{name}"], :2] for name in ("wrist", "index", "pinky"))
    middle = np.float32(1 / 3) * (2 * index + pinky)
    length = float(np.hypot(*(middle - wrist)))
    region = upright_region(wrist, middle, centre=middle, size_px=2 * length)
    return _grown(region, dy=-0.1, scale=FROM_BODY_SCALE)


def can_be_looked_at(region: Region, image: ImageArray) -> bool:
    """Tell whether a region is of a size that a hand in this picture may have."""
    return bool(8 <= region.size_px <= 4 * max(image.shape))


def search_region(image: ImageArray, expected: list[Region]) -> Region:
    """Return where palms are looked for: round the one lost hand, or in the whole picture for both."""
    if len(expected) > 1:
        return whole_picture(image.shape[1], image.shape[0])
    size = max(expected[0].size_px * 1.5, SEARCH_SHARE * max(image.shape))
    return Region(expected[0].x_px, expected[0].y_px, size)


def _grown(region: Region, *, dy: float, scale: float) -> Region:
    return region.shifted(0, dy).scaled(scale)


def hand_size_px(points: FloatArray) -> float:
    """Return the length from the wrist to the middle knuckle, or across the knuckles if that is more."""
    along, across = points[9, :2] - points[0, :2], points[17, :2] - points[5, :2]
    return float(max(np.hypot(*along), np.hypot(*across)))
