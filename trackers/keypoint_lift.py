"""From points in a picture to a `Tracking`: a person whose bones have the usual lengths, seen straight from the front.

Owns those lengths and what is guessed of depth. Points of a picture hold no depth, so the trunk lies in the picture's plane,
and a limb that looks too short points at the lens as far as its length says. Honest about what is not there: a point that was
not measured has visibility and presence 0. Knows nothing of where the points came from.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.face_model import FOCAL_LENGTH_SHARE
from trackers.keypoint_face import lift_face
from trackers.keypoint_hands import lift_hand
from trackers.keypoint_sets import Points
from trackers.skeleton import BODY_INDEX, SIDES
from trackers.types import BODY_COUNT, BodyTracking, FloatArray, Stamp, Tracking

Array = NDArray[np.float64]

# Metres of the body model: medians over webcam clips and squats, seen by our own tracker.
SHOULDERS_M: Final = 0.34
TORSO_M: Final = 0.48
_EARS_M, _NOSE_M = 0.15, 0.12  # between the ears; from their middle to the tip of the nose
_LIMBS: Final = (
    # upper joint, lower joint, length, and where a foreshortened one points: -1 to the lens, +1 away
    *((f"{side}_{a}", f"{side}_{b}", length, way) for side in ("left", "right") for a, b, length, way in (
        ("shoulder", "elbow", 0.26, -1.0), ("elbow", "wrist", 0.235, -1.0),
        ("hip", "knee", 0.36, -1.0), ("knee", "ankle", 0.39, 1.0),
    )),
)  # fmt: skip
_FOLLOWS: Final = {
    "wrist": ("thumb", "index", "pinky"),
    "ankle": ("heel", "foot_index"),
}
"""Points that have the depth of the joint that they hang on."""

_IN_FRONT_M = 0.25  # a wrist that is seen before the trunk or the face is nearer than these: our tracker says 0.2 to 0.35
_RAMP_M = 0.1  # over so much it comes and goes, that no arm jumps
_SLACK = 0.9  # of a length: people differ, and no limb turns towards the lens for that
_GAIN = 1.5  # detectors of other houses say 0.5 where ours says 0.8
_MIN_CONFIDENCE = 0.05  # OpenPose itself draws nothing below


def lift(points: Points, *, stamp: Stamp, width_px: int, height_px: int) -> Tracking:
    """Return the person as a tracking. A part of which too little is known is None."""
    body = lift_body(points.body)
    return Tracking(
        stamp=stamp,
        width_px=width_px,
        height_px=height_px,
        body=body,
        left_hand=lift_hand(points.left_hand, side="left", **_hand_hints(body, "left", max(width_px, height_px))),
        right_hand=lift_hand(points.right_hand, side="right", **_hand_hints(body, "right", max(width_px, height_px))),
        face=lift_face(points.face, width_px=width_px, height_px=height_px),
    )


def lift_body(points: FloatArray) -> BodyTracking | None:
    """Return the body of points (33, 3) x, y, confidence; None unless both shoulders are known."""
    known = points[:, 2] >= _MIN_CONFIDENCE
    left, right = BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]
    if not (known[left] and known[right]):
        return None
    pixels = points[:, :2].astype(np.float64)
    shoulders = (pixels[left] + pixels[right]) / 2
    px_per_m = max(float(np.hypot(*(pixels[left] - pixels[right]))) / SHOULDERS_M, 1e-3)
    hips = _middle(pixels, known, "hip")
    if hips is not None:  # who stands sideways has narrow shoulders but a whole torso
        px_per_m = max(px_per_m, float(np.hypot(*(hips - shoulders))) / TORSO_M)
    origin = hips if hips is not None else shoulders + np.array([0.0, TORSO_M * px_per_m])
    world = np.zeros((BODY_COUNT, 3))
    world[known, :2] = (pixels[known] - origin) / px_per_m
    _lift_limbs(world, known)
    _lift_head(world, known)
    keypoints = world * px_per_m
    keypoints[:, :2] += origin
    confidence = np.where(known, np.clip(_GAIN * points[:, 2], 0, 1), 0).astype(np.float32)
    return BodyTracking(
        keypoints_px=keypoints.astype(np.float32),
        world_m=world.astype(np.float32),
        visibility=confidence,
        presence=known.astype(np.float32),
        score=float(confidence[[left, right]].min()),
    )


def _hand_hints(body: BodyTracking | None, side: str, longer_px: int) -> dict[str, float]:
    """Return what the body says of its hand: the picture's scale there, and how far it is held towards the lens."""
    wrist = BODY_INDEX[f"{side}_wrist"]
    if body is None or body.presence[wrist] == 0:
        return {}
    shoulder = BODY_INDEX[f"{side}_shoulder"]
    metres = float(np.hypot(*(body.world_m[wrist, :2] - body.world_m[shoulder, :2])))
    pixels = float(np.hypot(*(body.keypoints_px[wrist, :2] - body.keypoints_px[shoulder, :2])))
    if metres < 1e-3:
        return {}
    reach_m = -float(body.world_m[wrist, 2])
    away_m = FOCAL_LENGTH_SHARE * longer_px * metres / pixels  # from the lens to the trunk
    nearer = away_m / max(away_m - reach_m, 0.3 * away_m)
    return {"px_per_m": nearer * pixels / metres, "reach": min(max(reach_m / _IN_FRONT_M, 0.0), 1.0)}


def missing_depth(length_m: float, seen_m: float) -> float:
    """Return how far into the picture something of a known length must reach that looks `seen_m` long; never negative."""
    return math.sqrt(max(0.0, (_SLACK * length_m) ** 2 - seen_m**2))


def _middle(pixels: Array, known: NDArray[np.bool_], part: str) -> Array | None:
    rows = [BODY_INDEX[f"{side}_{part}"] for side in ("left", "right")]
    return np.asarray(pixels[rows].mean(axis=0)) if known[rows].all() else None


def _lift_limbs(world: Array, known: NDArray[np.bool_]) -> None:
    """Fill in z along arms and legs, from the trunk outwards."""
    for upper, lower, length_m, way in _LIMBS:
        a, b = BODY_INDEX[upper], BODY_INDEX[lower]
        if known[a] and known[b]:
            seen_m = float(np.hypot(*(world[b, :2] - world[a, :2])))
            world[b, 2] = world[a, 2] + way * missing_depth(length_m, seen_m)
    for side in SIDES:
        _keep_before_trunk(world, known, elbow=BODY_INDEX[f"{side}_elbow"], wrist=BODY_INDEX[f"{side}_wrist"])
    for side in SIDES:
        for joint, hung in _FOLLOWS.items():
            for part in hung:
                world[BODY_INDEX[f"{side}_{part}"], 2] = world[BODY_INDEX[f"{side}_{joint}"], 2]


def _keep_before_trunk(world: Array, known: NDArray[np.bool_], *, elbow: int, wrist: int) -> None:
    """Bring a wrist that covers the trunk or the face before them, and its elbow half the way."""
    if not known[wrist]:
        return
    left, right = (world[BODY_INDEX[f"{side}_shoulder"]] for side in ("left", "right"))
    x, y = world[wrist, :2] - (left[:2] + right[:2]) / 2
    margins_m = (SHOULDERS_M / 2 + 0.08 - abs(x), TORSO_M - y, y + 0.35)  # to its sides, below it, above it
    share = min(1.0, max(0.0, min(margins_m) / _RAMP_M))
    world[wrist, 2] = min(world[wrist, 2], -share * _IN_FRONT_M)
    if known[elbow]:
        world[elbow, 2] = min(world[elbow, 2], world[wrist, 2] / 2)


def _lift_head(world: Array, known: NDArray[np.bool_]) -> None:
    """Fill in z of nose and ears: the nose stands out from the middle between the ears, at a right angle to their line.

    Of a head in profile one ear is hidden; it is put where it must be, and stays unseen.
    """
    nose, left, right = (BODY_INDEX[name] for name in ("nose", "left_ear", "right_ear"))
    if not known[nose] or not (known[left] or known[right]):
        return
    if known[left] and known[right]:
        forward = world[nose, :2] - (world[left, :2] + world[right, :2]) / 2
        out_m = max(math.sqrt(max(0.0, _NOSE_M**2 - float(forward @ forward))), 0.3 * _NOSE_M)
        across = world[left, :2] - world[right, :2]
        tilt_m = float(np.clip(across @ forward / out_m, -_EARS_M, _EARS_M))  # z of across: across . (forward, -out) = 0
        world[left, 2], world[right, 2], world[nose, 2] = tilt_m / 2, -tilt_m / 2, -out_m
    else:
        _lift_profile(world, nose, seen=left if known[left] else right, hidden=right if known[left] else left)
    for name in ("left_eye", "right_eye", "left_eye_inner", "right_eye_inner", "left_eye_outer", "right_eye_outer"):
        world[BODY_INDEX[name], 2] = 0.8 * world[nose, 2]
    for name in ("mouth_left", "mouth_right"):
        world[BODY_INDEX[name], 2] = 0.85 * world[nose, 2]


def _lift_profile(world: Array, nose: int, *, seen: int, hidden: int) -> None:
    """Turn a head of which one ear is hidden so far that its nose and its ear are as far apart as they look."""
    half_m = _EARS_M / 2
    reach_m = float(np.hypot(*(world[nose, :2] - world[seen, :2])))
    full_m = math.hypot(half_m, _NOSE_M)
    # seen from above, nose and ear are half cos(yaw) + out sin(yaw) apart; the ear is hidden, so it is the larger of both turns
    yaw = math.atan2(_NOSE_M, half_m) + math.acos(min(1.0, reach_m / full_m))
    way = math.copysign(1.0, world[nose, 0] - world[seen, 0])
    world[nose, 2] = -_NOSE_M * math.cos(yaw)
    world[seen, 2] = -half_m * math.sin(yaw)
    world[hidden] = world[seen] + 2 * half_m * np.array([way * math.cos(yaw), 0.0, math.sin(yaw)])
