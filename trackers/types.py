"""What flows from the lens to the rig: `Stamp`, `Frame`, `Tracking` and its parts.

Owns the shapes, units and spaces of tracked data and checks them once, where an object is made. Knows nothing of who makes
or uses it. Spaces (all right-handed rotations, see `geometry`):

* image space: pixels, origin top left, x right, y down;
* world landmarks: metres, x image right, y down, z away from the camera;
* camera space: x right, y down, z forward, metres;
* head space: +X to the person's left, +Y up, +Z out of the nose.

Left and right are always the person's own. Pictures are never mirrored.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ImageArray = NDArray[np.uint8]

BODY_COUNT = 33
HAND_COUNT = 21
FACE_COUNT = 478
EXPRESSION_COUNT = 52
PARTS = ("body", "left_hand", "right_hand", "face")
"""Names of a tracking's parts."""


def check_array(name: str, array: NDArray[np.generic], shape: tuple[int | None, ...], dtype: type) -> None:
    """Raise unless `array` has `dtype` (TypeError) and `shape`, where None stands for any size (ValueError)."""
    if array.shape == shape and array.dtype == dtype:  # the usual case: this is asked a dozen times a frame
        return
    if array.dtype != dtype:
        raise TypeError(f"{name} must be {np.dtype(dtype).name}, got {array.dtype.name}")
    fits = len(array.shape) == len(shape) and all(w is None or w == g for w, g in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where and when a picture came from. The same object travels from lens to sink."""

    seq: int
    """Number of the frame at its source, rising by one a frame, starting at 0."""
    captured_ns: int
    """`time.perf_counter_ns()` when the driver handed the frame over (for files: when the frame was due)."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source."""

    image: ImageArray
    """(H, W, 3) uint8 RGB, never mirrored."""
    stamp: Stamp

    def __post_init__(self) -> None:
        check_array("Frame.image", self.image, (None, None, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class BodyTracking:
    """33 body keypoints in MediaPipe's order (`skeleton.BODY_NAMES`)."""

    keypoints_px: FloatArray
    """(33, 3) x, y in pixels of the source picture; z in pixels too, relative to the hips, away from the camera."""
    world_m: FloatArray
    """(33, 3) metres, origin mid-hip, x image right, y down, z away from the camera."""
    visibility: FloatArray
    """(33,) 0..1: the keypoint is in view and not occluded."""
    presence: FloatArray
    """(33,) 0..1: the keypoint lies inside the picture."""
    score: float
    """0..1: the model's belief that a person is there at all."""

    def __post_init__(self) -> None:
        check_array("BodyTracking.keypoints_px", self.keypoints_px, (BODY_COUNT, 3), np.float32)
        check_array("BodyTracking.world_m", self.world_m, (BODY_COUNT, 3), np.float32)
        check_array("BodyTracking.visibility", self.visibility, (BODY_COUNT,), np.float32)
        check_array("BodyTracking.presence", self.presence, (BODY_COUNT,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class HandTracking:
    """21 keypoints of one hand in MediaPipe's order (`skeleton.HAND_NAMES`)."""

    keypoints_px: FloatArray
    """(21, 3) x, y in pixels of the source picture; z in pixels, relative to the wrist, away from the camera."""
    world_m: FloatArray
    """(21, 3) metres, origin at the hand's centre, axes as the body's world landmarks."""
    score: float
    """0..1: the model's belief that a hand is there."""
    right_probability: float
    """0..1: the model's belief that this is the person's own right hand, whatever slot it was put in."""

    def __post_init__(self) -> None:
        check_array("HandTracking.keypoints_px", self.keypoints_px, (HAND_COUNT, 3), np.float32)
        check_array("HandTracking.world_m", self.world_m, (HAND_COUNT, 3), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FaceTracking:
    """478 face keypoints (MediaPipe's mesh with irises), head pose, gaze and expression."""

    keypoints_px: FloatArray
    """(478, 3) x, y in pixels of the source picture; z in pixels, away from the camera."""
    camera_from_head: FloatArray
    """(3, 3) rotation from head space to camera space; facing the lens it is diag(1, -1, -1)."""
    head_position_m: FloatArray
    """(3,) the head's origin in camera space, metres; depth rests on a guessed focal length."""
    gaze_rad: FloatArray
    """(2,) yaw and pitch of both eyes relative to the head; +yaw to the person's left, +pitch down."""
    expression: FloatArray
    """(52,) ARKit coefficients 0..1 in the order of `skeleton.EXPRESSION_NAMES`."""
    score: float
    """0..1: the model's belief that a face is there."""

    def __post_init__(self) -> None:
        check_array("FaceTracking.keypoints_px", self.keypoints_px, (FACE_COUNT, 3), np.float32)
        check_array("FaceTracking.camera_from_head", self.camera_from_head, (3, 3), np.float32)
        check_array("FaceTracking.head_position_m", self.head_position_m, (3,), np.float32)
        check_array("FaceTracking.gaze_rad", self.gaze_rad, (2,), np.float32)
        check_array("FaceTracking.expression", self.expression, (EXPRESSION_COUNT,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Tracking:
    """Everything known of one frame. A part that is None was not found."""

    stamp: Stamp
    width_px: int
    """Width of the source picture, so that pixels mean something without it."""
    height_px: int
    body: BodyTracking | None
    left_hand: HandTracking | None
    right_hand: HandTracking | None
    face: FaceTracking | None
    predicted: frozenset[str] = frozenset()
    """Those of `PARTS` that were not looked at in this frame, but carried on from their last looks."""
