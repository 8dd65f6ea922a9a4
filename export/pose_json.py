"""One tracking as JSON values in the formats that other programs read. docs/keypoints.md describes each.

Owns the names and the rounding. Pure functions; knows nothing of files.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trackers import keypoint_sets as sets
from trackers.geometry import head_angles
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import PARTS, BodyTracking, FaceTracking, HandTracking, Tracking

POSECAST_VERSION: Final = 1
OPENPOSE_VERSION: Final = 1.3
_PX, _M, _SHARE = 2, 4, 4  # digits after the point


def openpose_frame(tracking: Tracking) -> dict[str, Any]:
    """Return the frame as OpenPose 1.3 writes it, with the picture's size and the frame's time, which OpenPose leaves out."""
    return {
        "version": OPENPOSE_VERSION,
        "people": [_openpose_person(tracking)] if _somebody(tracking) else [],
        "canvas_width": tracking.width_px,
        "canvas_height": tracking.height_px,
        "time_s": round(tracking.stamp.captured_ns / 1e9, 6),
    }


def _openpose_person(tracking: Tracking) -> dict[str, Any]:
    points = sets.points_of(tracking)
    return {
        "person_id": [-1],
        "pose_keypoints_2d": _flat(sets.body_25(points)),
        "face_keypoints_2d": _flat(points.face),
        "hand_left_keypoints_2d": _flat(points.left_hand),
        "hand_right_keypoints_2d": _flat(points.right_hand),
        "pose_keypoints_3d": [],
        "face_keypoints_3d": [],
        "hand_left_keypoints_3d": [],
        "hand_right_keypoints_3d": [],
    }


def coco_result(tracking: Tracking, *, image_id: int) -> dict[str, Any] | None:
    """Return the person as a COCO-WholeBody result, or None if nobody is there."""
    if not _somebody(tracking):
        return None
    points = sets.points_of(tracking)
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": _flat(sets.coco_17(points)),
        "foot_kpts": _flat(sets.coco_feet(points)),
        "face_kpts": _flat(sets.ibug_68(points)),
        "lefthand_kpts": _flat(points.left_hand),
        "righthand_kpts": _flat(points.right_hand),
        "score": round(_score(tracking), _SHARE),
    }


def posecast_frame(tracking: Tracking) -> dict[str, Any]:
    """Return everything that the tracking holds."""
    return {
        "seq": tracking.stamp.seq,
        "time_s": round(tracking.stamp.captured_ns / 1e9, 6),
        "body": None if tracking.body is None else _body(tracking.body),
        "left_hand": None if tracking.left_hand is None else _hand(tracking.left_hand),
        "right_hand": None if tracking.right_hand is None else _hand(tracking.right_hand),
        "face": None if tracking.face is None else _face(tracking.face),
        "predicted": [part for part in PARTS if part in tracking.predicted],
    }


def _body(body: BodyTracking) -> dict[str, Any]:
    return {
        "score": round(body.score, _SHARE),
        "keypoints_px": _rounded(body.keypoints_px, _PX),
        "world_m": _rounded(body.world_m, _M),
        "visibility": _rounded(body.visibility, _SHARE),
        "presence": _rounded(body.presence, _SHARE),
    }


def _hand(hand: HandTracking) -> dict[str, Any]:
    return {
        "score": round(hand.score, _SHARE),
        "right_probability": round(hand.right_probability, _SHARE),
        "keypoints_px": _rounded(hand.keypoints_px, _PX),
        "world_m": _rounded(hand.world_m, _M),
    }


def _face(face: FaceTracking) -> dict[str, Any]:
    return {
        "score": round(face.score, _SHARE),
        "keypoints_px": _rounded(face.keypoints_px, _PX),
        "camera_from_head": _rounded(face.camera_from_head, 6),
        "head_angles_deg": _rounded(np.degrees(head_angles(face.camera_from_head)), 2),
        "head_position_m": _rounded(face.head_position_m, _M),
        "gaze_deg": _rounded(np.degrees(face.gaze_rad), 2),
        "expression": dict(zip(EXPRESSION_NAMES, _rounded(face.expression, _SHARE), strict=True)),
    }


def _somebody(tracking: Tracking) -> bool:
    return any(part is not None for part in (tracking.body, tracking.left_hand, tracking.right_hand, tracking.face))


def _score(tracking: Tracking) -> float:
    """Return the body's score, without a body that of the surest part."""
    if tracking.body is not None:
        return tracking.body.score
    parts = (tracking.left_hand, tracking.right_hand, tracking.face)
    return max(part.score for part in parts if part is not None)


def _flat(points: NDArray[np.floating]) -> list[float]:
    """Return x, y, confidence, x, y, confidence, …"""
    return [value for row in _rounded(points, 3) for value in row]


def _rounded(values: NDArray[np.floating], digits: int) -> list[Any]:
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()  # type: ignore[no-any-return]
