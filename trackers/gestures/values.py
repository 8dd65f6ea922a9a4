"""Continuous values of a tracking for mappings: how high a hand is, how open, how the head is turned, every expression.

Owns the values, their units and usual ranges. Pure functions of one tracking: nothing is smoothed or remembered here. Knows
nothing of what is driven with them.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers.geometry import head_angles
from trackers.gestures.hand_poses import pinch_strength
from trackers.gestures.hand_view import view_hand
from trackers.gestures.soft import ramp
from trackers.gestures.types import SIDES, Side
from trackers.skeleton import BODY_INDEX, EXPRESSION_NAMES
from trackers.types import BodyTracking, FaceTracking, FloatArray, HandTracking, Tracking


@dataclass(frozen=True, slots=True)
class ValueAbout:
    """What a value is, for help texts."""

    about: str
    """For people, one short sentence."""
    low: float
    """Usual range; values may lie outside it unless it is 0..1."""
    high: float
    unit: str = ""


_VISIBLE = 0.5
_MIN_SHOULDERS_PX = 4.0
_HIPS_BELOW, _TOP_ABOVE = 1.35, 1.45
"""Shoulder widths from the shoulders down to a hanging hand's wrist at the hips, and up to that of a raised arm."""
_BENT, _STRAIGHT = 0.55, 0.93
"""A finger's span over its bones' length: curled into a fist, and stretched out."""

_HANDS: Final = {
    f"{side}_{name}": value
    for name, value in {
        "hand_height": ValueAbout("height of the {} hand: 0 at the hips, 1 with the arm straight up", 0.0, 1.0),
        "hand_open": ValueAbout("how open the {} hand is: 0 a fist, 1 all fingers stretched", 0.0, 1.0),
        "pinch": ValueAbout("how close thumb and index finger of the {} hand are: 0 apart, 1 touching", 0.0, 1.0),
    }.items()
    for side in SIDES
}
VALUES: Final[dict[str, ValueAbout]] = {
    **{
        name: ValueAbout(value.about.format(name.partition("_")[0]), value.low, value.high, value.unit)
        for name, value in _HANDS.items()
    },
    "hands_distance": ValueAbout("distance between the wrists, in widths of the shoulders", 0.0, 4.0, "shoulders"),
    "head_yaw": ValueAbout("turn of the head, positive to one's own left", -40.0, 40.0, "degrees"),
    "head_pitch": ValueAbout("nod of the head, positive with the chin down", -30.0, 30.0, "degrees"),
    "head_roll": ValueAbout("tilt of the head, positive with the left ear up", -30.0, 30.0, "degrees"),
    "lean": ValueAbout("lean of the upper body, positive to one's own left", -30.0, 30.0, "degrees"),
    "face_distance_m": ValueAbout("distance of the face from the camera", 0.3, 3.0, "m"),
    **{name: ValueAbout(f"the expression {name}", 0.0, 1.0) for name in EXPRESSION_NAMES},
}
"""Every value by its name."""


def values_of(tracking: Tracking) -> dict[str, float | None]:
    """Return every value of `VALUES`; None where its part is lost (a part that is carried on still has values)."""
    values: dict[str, float | None] = dict.fromkeys(VALUES)
    for side in SIDES:
        hand = tracking.left_hand if side == "left" else tracking.right_hand
        values[f"{side}_hand_height"] = hand_height(tracking, side=side)
        if hand is not None:
            values[f"{side}_hand_open"] = openness(hand)
            values[f"{side}_pinch"] = pinch_strength(view_hand(hand, side=side))
    values["hands_distance"] = _hands_distance(tracking)
    if tracking.body is not None:
        values["lean"] = lean_degrees(tracking.body)
    if tracking.face is not None:
        values.update(_of_face(tracking.face))
    return values


def shoulder_width_px(body: BodyTracking) -> float | None:
    """Return the distance of the shoulders in pixels as it would be seen from the front; None if they are not seen.

    The depth counts, so that who turns does not shrink; but no more than doubles what is seen, for depth is guessed.
    """
    rows = [BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]]
    across = body.keypoints_px[rows[0]] - body.keypoints_px[rows[1]]
    seen_px = float(np.hypot(across[0], across[1]))
    if seen_px < _MIN_SHOULDERS_PX or float(body.visibility[rows].min()) < _VISIBLE:
        return None
    return min(float(np.linalg.norm(across)), 2 * seen_px)


def wrist_px(tracking: Tracking, *, side: Side) -> FloatArray | None:
    """Return (2,) where the wrist is: by the hand's own model, else by the body's if that sees it; None if nowhere."""
    hand = tracking.left_hand if side == "left" else tracking.right_hand
    if hand is not None:
        return hand.keypoints_px[0, :2]
    row = BODY_INDEX[f"{side}_wrist"]
    if tracking.body is None or tracking.body.visibility[row] < _VISIBLE:
        return None
    return tracking.body.keypoints_px[row, :2]


def hand_height(tracking: Tracking, *, side: Side) -> float | None:
    """Return 0..1: 0 where the wrist of a hanging arm is, 1 where that of an arm straight up is."""
    wrist = wrist_px(tracking, side=side)
    width_px = shoulder_width_px(tracking.body) if tracking.body is not None else None
    if tracking.body is None or wrist is None or width_px is None:
        return None
    above = float(tracking.body.keypoints_px[BODY_INDEX[f"{side}_shoulder"], 1] - wrist[1]) / width_px
    return ramp(above, -_HIPS_BELOW, _TOP_ABOVE)


def openness(hand: HandTracking) -> float:
    """Return 0..1, how stretched the four fingers are on average."""
    chains = hand.world_m[5:21].reshape(4, 4, 3)  # finger, joint from knuckle to tip, x y z
    bones_m = np.linalg.norm(np.diff(chains, axis=1), axis=2).sum(axis=1)
    spans_m = np.linalg.norm(chains[:, 3] - chains[:, 0], axis=1)
    return ramp(float((spans_m / np.maximum(bones_m, 1e-6)).mean()), _BENT, _STRAIGHT)


def lean_degrees(body: BodyTracking) -> float | None:
    """Return how far the trunk leans in the picture, degrees, positive to the person's own left.

    By the line from the hips to the shoulders if the hips are seen, else by the shoulders' own slant.
    """
    if shoulder_width_px(body) is None:
        return None
    points = {name: body.keypoints_px[BODY_INDEX[name], :2] for name in _TRUNK}
    across = points["left_shoulder"] - points["right_shoulder"]
    facing = 1.0 if across[0] >= 0 else -1.0  # seen from behind, left and right change places
    if min(float(body.visibility[BODY_INDEX[name]]) for name in _TRUNK[2:]) >= _VISIBLE:
        up = points["left_shoulder"] + points["right_shoulder"] - points["left_hip"] - points["right_hip"]
        return facing * math.degrees(math.atan2(float(up[0]), float(-up[1])))
    return facing * math.degrees(math.atan2(float(across[1]) * facing, float(across[0]) * facing))


_TRUNK: Final = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def _hands_distance(tracking: Tracking) -> float | None:
    left, right = (wrist_px(tracking, side=side) for side in SIDES)
    width_px = shoulder_width_px(tracking.body) if tracking.body is not None else None
    if left is None or right is None or width_px is None:
        return None
    return float(np.hypot(*(left - right))) / width_px


def _of_face(face: FaceTracking) -> dict[str, float]:
    yaw, pitch_, roll = (math.degrees(angle) for angle in head_angles(face.camera_from_head))
    values = {"head_yaw": yaw, "head_pitch": pitch_, "head_roll": roll, "face_distance_m": float(face.head_position_m[2])}
    return values | {name: float(value) for name, value in zip(EXPRESSION_NAMES, face.expression, strict=True)}
