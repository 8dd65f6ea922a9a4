"""The face: a crop round one face in, 478 keypoints, expression, gaze, head pose and the next frame's region out.

Owns the face models' output formats and the rules by which a face's region follows from the body, from a detection or from its
own keypoints. Knows nothing of when to look for a face.
Figures: MediaPipe's face landmark, blendshape and geometry graphs (Apache-2.0).
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from trackers.assets import path_of
from trackers.detector import Detection
from trackers.face_model import CanonicalFace, fit_head, gaze, head_position, read_canonical_face
from trackers.geometry import Region, crop, project, sigmoid, wrapped_angle
from trackers.interpreter import Session, open_session, read_model
from trackers.skeleton import BODY_INDEX
from trackers.types import EXPRESSION_COUNT, BodyTracking, FaceTracking, FloatArray, ImageArray

REGION_SCALE: Final = 1.5
GEOMETRY_MEMBER: Final = "geometry_pipeline_metadata_landmarks.binarypb"

_POINTS, _SCORE = 0, 1
_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners

# fmt: off
BLENDSHAPE_POINTS: Final = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82, 84,
    87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159,
    160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361,
    362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415,
    454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
])
"""The 146 keypoints that the blendshape model reads."""
# fmt: on


@dataclass(frozen=True, slots=True, eq=False)
class FaceEstimate:
    """What the mesh model says of one crop."""

    keypoints_px: FloatArray
    """(478, 3)"""
    score: float
    next_region: Region


class FaceModel:
    """The face mesh model with the blendshape model and the canonical face."""

    def __init__(self, mesh: Session, blendshapes: Session, canonical: CanonicalFace) -> None:
        self._mesh = mesh
        self._blendshapes = blendshapes
        self._canonical = canonical

    @classmethod
    def open(cls, *, threads: int, int8: bool = False) -> "FaceModel":
        """Open the models of the face bundle; arguments as in `open_session`, `int8` of the one that reads expressions."""
        return cls(
            open_session("face_landmarker", member="face_landmarks_detector.tflite", threads=threads),
            open_session("face_landmarker", member="face_blendshapes.tflite", threads=1, int8=int8),
            open_canonical_face(),
        )

    def time_ms(self) -> float:
        """Return about how long one look takes."""
        return self._mesh.time_ms() + self._blendshapes.time_ms()

    def find(self, image: ImageArray, region: Region) -> FaceEstimate:
        """Find the 478 keypoints of the face in the region; whether a face is there is in the score."""
        side = self._mesh.input_size_px
        picture = crop(image, region, side, border=cv2.BORDER_REPLICATE)
        flat, score = self._mesh.run_image(picture, outputs=(_POINTS, _SCORE))
        points = project(flat.reshape(-1, 3), region, side)
        return FaceEstimate(
            keypoints_px=points, score=float(sigmoid(score.reshape(1))[0]), next_region=region_from_face(points)
        )

    def read(self, estimate: FaceEstimate, *, width_px: int, height_px: int) -> FaceTracking:
        """Derive expression, head pose and gaze from the keypoints."""
        subset = estimate.keypoints_px[None, BLENDSHAPE_POINTS, :2]
        (coefficients,) = self._blendshapes.run_tensor(subset, outputs=(0,))
        return face_tracking(
            estimate.keypoints_px,
            expression_from_coefficients(coefficients),
            score=estimate.score,
            canonical=self._canonical,
            width_px=width_px,
            height_px=height_px,
        )


def open_canonical_face() -> CanonicalFace:
    """Read the canonical face out of the face bundle."""
    return read_canonical_face(read_model(path_of("face_landmarker"), member=GEOMETRY_MEMBER))


def expression_from_coefficients(coefficients: FloatArray) -> FloatArray:
    """Return our (52,) expression from the model's (52,): `_neutral` is dropped, `tongueOut` is 0."""
    expression = np.zeros(EXPRESSION_COUNT, dtype=np.float32)
    np.clip(coefficients[1:], 0, 1, out=expression[:-1])
    return expression


def face_tracking(
    points: FloatArray,
    expression: FloatArray,
    *,
    score: float,
    canonical: CanonicalFace,
    width_px: int,
    height_px: int,
) -> FaceTracking:
    """Return the face with the head pose and gaze that follow from its keypoints. Both engines use it."""
    fit = fit_head(points, canonical)
    return FaceTracking(
        keypoints_px=points,
        camera_from_head=fit.rotation.astype(np.float32),
        head_position_m=head_position(fit, width_px=width_px, height_px=height_px),
        gaze_rad=gaze(points, fit, expression),
        expression=expression,
        score=score,
    )


def region_from_face(points: FloatArray) -> Region:
    """Return the region in which to look for this face in the next frame, eyes level."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    x, y = (low + high) / 2
    return Region(float(x), float(y), float((high - low).max()) * REGION_SCALE, _level(points[_RIGHT_EYE], points[_LEFT_EYE]))


def region_from_detection(face: Detection) -> Region:
    """Return the region of a detected face."""
    left, top, right, bottom = (float(value) for value in face.box_px)
    size = max(right - left, bottom - top) * REGION_SCALE
    return Region((left + right) / 2, (top + bottom) / 2, size, _level(face.keypoints_px[0], face.keypoints_px[1]))


def region_from_body(body: BodyTracking) -> Region:
    """Return the region in which the body's face should be: round eyes, ears, nose and mouth."""
    points = body.keypoints_px[:11, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    size = max(float((high - low).max()), 1.6 * _eyes_to_mouth(body))
    angle = _level(points[BODY_INDEX["right_eye_outer"]], points[BODY_INDEX["left_eye_outer"]])
    return Region(float(x), float(y), size * 1.8, angle)


def _eyes_to_mouth(body: BodyTracking) -> float:
    """Return the length in pixels from between the eyes to the mouth: it does not shrink when the head turns."""
    named = {name: body.keypoints_px[BODY_INDEX[name], :2] for name in ("left_eye", "right_eye", "mouth_left", "mouth_right")}
    eyes, mouth = (named["left_eye"] + named["right_eye"]) / 2, (named["mouth_left"] + named["mouth_right"]) / 2
    return float(np.hypot(*(mouth - eyes)))


def _level(right: FloatArray, left: FloatArray) -> float:
    """Return the turn at which the person's right and left eye lie level, the right one on the left of the picture."""
    return wrapped_angle(math.atan2(float(left[1] - right[1]), float(left[0] - right[0])))
