"""Conversions between our keypoints and the sets of `keypoint_tables`.

Owns what a confidence is and what becomes of points that one side lacks. Every set is an (N, 3) float32 array: x and y in
pixels of the picture, and a confidence 0..1; a point that is not known, or lies outside the picture, is (0, 0, 0). Knows
nothing of files. Left and right are the person's own in all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers.keypoint_tables import (
    BODY_25_NAMES,
    BODY_FROM_FACE,
    BODY_FROM_HAND,
    BROWS,
    BROWS_FROM_MESH,
    COCO_FEET,
    COCO_NAMES,
    FACE_70_COUNT,
    IBUG_COUNT,
    IBUG_FROM_MESH,
    MIDDLES,
    OPENPOSE_18_NAMES,
    PUPILS_FROM_MESH,
    TWINS,
    WHOLEBODY_BODY,
    WHOLEBODY_COUNT,
    WHOLEBODY_FACE,
    WHOLEBODY_FEET,
    WHOLEBODY_LEFT_HAND,
    WHOLEBODY_RIGHT_HAND,
)
from trackers.skeleton import BODY_INDEX
from trackers.types import BODY_COUNT, HAND_COUNT, BodyTracking, FaceTracking, FloatArray, HandTracking, Tracking, check_array

_MESH_ROWS: Final = [*IBUG_FROM_MESH, *PUPILS_FROM_MESH]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """One person as other programs see one: points in the picture, none in space. Ours to fill from any of the sets."""

    body: FloatArray
    """(33, 3) in the order of `skeleton.BODY_NAMES`."""
    left_hand: FloatArray
    """(21, 3) in the order of `skeleton.HAND_NAMES`, which is that of all the sets."""
    right_hand: FloatArray
    """(21, 3)"""
    face: FloatArray
    """(70, 3) iBUG 68, then the right and the left pupil."""

    def __post_init__(self) -> None:
        check_array("Points.body", self.body, (BODY_COUNT, 3), np.float32)
        check_array("Points.left_hand", self.left_hand, (HAND_COUNT, 3), np.float32)
        check_array("Points.right_hand", self.right_hand, (HAND_COUNT, 3), np.float32)
        check_array("Points.face", self.face, (FACE_70_COUNT, 3), np.float32)


def points_of(tracking: Tracking) -> Points:
    """Return what a tracking holds as points in the picture with a confidence each."""
    size = tracking.width_px, tracking.height_px
    return Points(
        body=_inside(_body(tracking.body), *size),
        left_hand=_inside(_hand(tracking.left_hand), *size),
        right_hand=_inside(_hand(tracking.right_hand), *size),
        face=_inside(_face(tracking.face), *size),
    )


def coco_17(points: Points) -> FloatArray:
    """Return (17, 3)."""
    return _named(points.body, COCO_NAMES)


def coco_feet(points: Points) -> FloatArray:
    """Return (6, 3); the small toes are never known."""
    return _named(points.body, COCO_FEET)


def body_25(points: Points) -> FloatArray:
    """Return (25, 3); neck and mid-hip are the middles of shoulders and hips, as sure as the less sure of the two."""
    return _named(points.body, BODY_25_NAMES)


def ibug_68(points: Points) -> FloatArray:
    """Return (68, 3)."""
    return points.face[:IBUG_COUNT].copy()


def points_from_coco(body: FloatArray) -> Points:
    """Return the points of a COCO body (17, 3)."""
    return _completed(_unnamed(body, COCO_NAMES), empty(HAND_COUNT), empty(HAND_COUNT), empty(FACE_70_COUNT))


def points_from_wholebody(whole: FloatArray) -> Points:
    """Return the points of a COCO-WholeBody person (133, 3); there are no pupils in it."""
    check_array("whole-body points", whole, (WHOLEBODY_COUNT, 3), np.float32)
    body = _unnamed(whole[WHOLEBODY_BODY], COCO_NAMES)
    body = _either(body, _unnamed(whole[WHOLEBODY_FEET], COCO_FEET))
    face = np.concatenate([whole[WHOLEBODY_FACE], empty(FACE_70_COUNT - IBUG_COUNT)])
    return _completed(body, whole[WHOLEBODY_LEFT_HAND], whole[WHOLEBODY_RIGHT_HAND], face)


def points_from_openpose(
    body: FloatArray,
    *,
    left_hand: FloatArray | None = None,
    right_hand: FloatArray | None = None,
    face: FloatArray | None = None,
) -> Points:
    """Return the points of a person of OpenPose.

    Args:
        body: (25, 3) BODY_25 or (18, 3) COCO; `left_hand` and `right_hand` are (21, 3), `face` (70, 3) or (68, 3).
    """
    names = BODY_25_NAMES if len(body) == len(BODY_25_NAMES) else OPENPOSE_18_NAMES
    whole_face = empty(FACE_70_COUNT)
    if face is not None:
        whole_face[: len(face)] = face
    hands = [empty(HAND_COUNT) if hand is None else hand for hand in (left_hand, right_hand)]
    return _completed(_unnamed(body, names), hands[0], hands[1], whole_face)


def empty(count: int) -> FloatArray:
    """Return (count, 3) points none of which is known."""
    return np.zeros((count, 3), dtype=np.float32)


def _body(body: BodyTracking | None) -> FloatArray:
    if body is None:
        return empty(BODY_COUNT)
    return _with_confidence(body.keypoints_px, np.minimum(body.visibility, body.presence))


def _hand(hand: HandTracking | None) -> FloatArray:
    return empty(HAND_COUNT) if hand is None else _with_confidence(hand.keypoints_px, hand.score)


def _face(face: FaceTracking | None) -> FloatArray:
    if face is None:
        return empty(FACE_70_COUNT)
    points = face.keypoints_px[_MESH_ROWS]
    points[BROWS] = (points[BROWS] + face.keypoints_px[list(BROWS_FROM_MESH)]) / 2
    return _with_confidence(points, face.score)


def _with_confidence(points_px: FloatArray, confidence: FloatArray | float) -> FloatArray:
    out = points_px.astype(np.float32)
    out[:, 2] = np.clip(confidence, 0.0, 1.0)
    return out


def _inside(points: FloatArray, width_px: int, height_px: int) -> FloatArray:
    """Return the points with those outside the picture taken out: no other set knows such points."""
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (x < width_px) & (y >= 0) & (y < height_px) & (points[:, 2] > 0)
    return np.where(inside[:, None], points, np.float32(0))


def _named(body: FloatArray, names: Iterable[str]) -> FloatArray:
    """Return the points called `names` out of our 33."""
    return np.stack([_point(body, name) for name in names]).astype(np.float32)


def _point(body: FloatArray, name: str) -> FloatArray:
    if name in MIDDLES:
        left, right = (body[BODY_INDEX[side]] for side in MIDDLES[name])
        confidence = min(left[2], right[2])
        return np.append((left[:2] + right[:2]) / 2, confidence) if confidence > 0 else np.zeros(3, np.float32)
    return body[BODY_INDEX[TWINS[name]]] if name in TWINS else np.zeros(3, np.float32)


def _unnamed(given: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return our 33 with what `given` has of them; what stands in no other place is left out."""
    check_array("points", given, (len(names), 3), np.float32)
    body = empty(BODY_COUNT)
    for name, point in zip(names, given, strict=True):
        if name in TWINS and point[2] > 0:
            body[BODY_INDEX[TWINS[name]]] = point
    return body


def _either(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.where(first[:, 2:] > 0, first, second)


def _completed(body: FloatArray, left_hand: FloatArray, right_hand: FloatArray, face: FloatArray) -> Points:
    """Return the person with those of our 33 that the hands and the face know."""
    more = empty(BODY_COUNT)
    for name, row in BODY_FROM_FACE.items():
        more[BODY_INDEX[name]] = face[row]
    for side, hand in (("left", left_hand), ("right", right_hand)):
        for name, row in BODY_FROM_HAND.items():
            more[BODY_INDEX[f"{side}_{name}"]] = hand[row]
    return Points(body=_either(body, more), left_hand=left_hand, right_hand=right_hand, face=face)
