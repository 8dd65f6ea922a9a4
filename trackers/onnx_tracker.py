"""The whole-body engine: one ONNX model of 17 or 133 points on the person that our detector finds, or that it found before.

Owns where to look from frame to frame. A picture model knows no depth: `keypoint_lift` turns its points into a `Tracking`.
Knows nothing of execution providers.
"""

import math
from types import TracebackType
from typing import Final, Self

import numpy as np

from trackers.body import region_round
from trackers.body_follower import with_sides
from trackers.contract import EngineInfo, TrackerSettings
from trackers.detector import PERSON, Detector
from trackers.errors import UserError
from trackers.geometry import whole_picture
from trackers.interpreter import open_session
from trackers.keypoint_lift import lift
from trackers.keypoint_sets import Points, empty, points_from_coco, points_from_wholebody
from trackers.keypoint_tables import COCO_NAMES
from trackers.onnx_model import POINTS, OnnxModel
from trackers.person import MOST_PEOPLE, chosen
from trackers.simcc import Box, box_round, crop_box, decode, model_input
from trackers.types import FloatArray, Frame, ImageArray, Tracking

MIN_SCORE: Final = 0.3
"""A point less sure counts for nothing when the person is followed."""
MIN_SURE: Final = 5
"""So many of the 17 body points must be sure, or the person is lost."""
_UPRIGHT_RAD: Final = math.radians(50)  # the models know people who lean so far; beyond, the crop is turned
_SHOULDERS: Final = [COCO_NAMES.index(name) for name in ("left_shoulder", "right_shoulder")]
_HIPS: Final = [COCO_NAMES.index(name) for name in ("left_hip", "right_hip")]


class OnnxTracker:
    """RTMPose, RTMW, DWPose and their like. Keeps the contract of `Tracker`."""

    def __init__(self, settings: TrackerSettings) -> None:
        if settings.model is None:
            raise UserError("tracker onnx needs a model; name one with --model FILE.onnx (RTMPose, RTMW or DWPose)")
        self._settings = settings
        self._path = settings.model
        self._model: OnnxModel | None = None
        self._detector: Detector | None = None
        self._box: Box | None = None
        self._info = EngineInfo("onnx", "ONNX Runtime", "not started")

    @property
    def info(self) -> EngineInfo:
        """What runs, and why."""
        return self._info

    def __enter__(self) -> Self:
        model = OnnxModel(self._path, threads=self._settings.threads)
        self._detector = Detector(PERSON, open_session(PERSON.asset, member=PERSON.member, threads=self._settings.threads))
        self._model = model
        width, height = model.size_px
        what = f"{self._path.name}, {model.count} points ({POINTS[model.count]}) at {width}x{height}"
        self._info = EngineInfo(
            engine="onnx",
            provider=f"ONNX Runtime {model.provider.name}",
            reason=f"{what}; {model.provider.reason}",
        )
        self._box = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._model = self._detector = None

    def reset(self) -> None:
        """Forget who was followed."""
        self._box = None

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame.

        Raises:
            RuntimeError: the tracker is not open.
        """
        if self._model is None:
            raise RuntimeError("the tracker must be entered (`with`) before it tracks")
        found = None
        if self._box is not None:
            found = self._look(self._model, frame.image, self._box)
        if found is None and (box := self._detect(frame.image)) is not None:
            found = self._look(self._model, frame.image, box)
        self._box = None if found is None else _next_box(found)
        points = self._wanted(points_from_coco(empty(17)) if found is None else _as_points(found))
        height, width = frame.image.shape[:2]
        return lift(points, stamp=frame.stamp, width_px=width, height_px=height)

    def _look(self, model: OnnxModel, image: ImageArray, person: Box) -> FloatArray | None:
        """Return (K, 3) points of the person in the box, or None if nobody is there."""
        box = crop_box(person, size_px=model.size_px)
        across, down = model.run(model_input(image, box, model.size_px))
        points = decode(across, down, box=box, size_px=model.size_px)
        return points if int((points[:17, 2] > MIN_SCORE).sum()) >= MIN_SURE else None

    def _detect(self, image: ImageArray) -> Box | None:
        """Return the box of the person to follow among those whom the detector sees, as far as it lies in the picture."""
        assert self._detector is not None
        height, width = image.shape[:2]
        people = self._detector.find(image, whole_picture(width, height), most=MOST_PEOPLE)
        people = with_sides(people, self._detector, image) if people else people
        person = chosen(people, policy=self._settings.person, width_px=width)
        if person is None:
            return None
        region = region_round(*person.keypoints_px[:2])
        half = region.size_px / 2 / 1.25  # the circle round the body
        if abs(region.angle_rad) > _UPRIGHT_RAD:
            return Box(region.x_px, region.y_px, 2 * half, 2 * half, region.angle_rad)
        low = np.maximum([region.x_px - half, region.y_px - half], 0.0)
        high = np.minimum([region.x_px + half, region.y_px + half], [width, height])
        if (high - low).min() < 8:
            return None
        x, y = (low + high) / 2
        # the whole circle is wider than anyone who stands in it
        return Box(float(x), float(y), float(high[0] - low[0]) / 1.25, float(high[1] - low[1]) / 1.1)

    def _wanted(self, points: Points) -> Points:
        """Return the points without the parts that nobody asked for."""
        hands, face = self._settings.hands, self._settings.face
        return Points(
            body=points.body,
            left_hand=points.left_hand if hands else empty(21),
            right_hand=points.right_hand if hands else empty(21),
            face=points.face if face else empty(70),
        )


def _as_points(found: FloatArray) -> Points:
    return points_from_coco(found) if len(found) == 17 else points_from_wholebody(found)


def _next_box(found: FloatArray) -> Box | None:
    """Return the box in which to look for this person in the next frame."""
    return box_round(found, min_score=MIN_SCORE, angle_rad=_lean_rad(found))


def _lean_rad(found: FloatArray) -> float:
    """Return by how much the trunk leans in the picture, clockwise; 0 as long as the model copes without turning the crop."""
    trunk = found[[*_SHOULDERS, *_HIPS]]
    if trunk[:, 2].min() <= MIN_SCORE:
        return 0.0
    x, y = trunk[:2, :2].mean(axis=0) - trunk[2:, :2].mean(axis=0)
    lean = math.atan2(float(x), -float(y))
    return lean if abs(lean) > _UPRIGHT_RAD else 0.0
