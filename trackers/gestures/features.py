"""What a pose is, as numbers: the directions of its bones, so that place, size and proportions of the body do not matter.

Owns the feature vectors of each part, and how far apart two of them are, in units in which about 1 is as far as two people are
who make the same pose. Small turns are small distances: a hand or a head has its turn as a few numbers among
many, and of a body its turn about the upright is taken out. A number that could not be seen is NaN; a body whose legs are to
count but are not seen cannot be judged. Knows nothing of training.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.gestures.types import Look
from trackers.skeleton import BODY_INDEX, EXPRESSION_NAMES
from trackers.types import BodyTracking, FaceTracking, HandTracking, Tracking

Array = NDArray[np.float64]
Columns = NDArray[np.bool_]

FEATURES_VERSION: Final = 1
"""Rises whenever a vector means something else: what was trained must then be trained again, from its takes."""

_PARENT: Final = np.array((0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19))
_MIRROR_X: Final = np.array((-1.0, 1.0, 1.0))
_HALF_TURN: Final = np.array((-1, 1, -1), np.float32)  # about the upright
_FLAT_Z: Final = np.array((1.0, 1.0, 0.5))  # depth is guessed, or at best noisy: it counts half
_MIN_VISIBILITY: Final = 0.3
_HAND_UNIT: Final = 1.3  # between hands of two recordings of one pose: 95 % are nearer, see docs/gestures.md
_BODY_UNIT: Final = 1.0
_FACE_UNIT: Final = 0.7
_MISSING: Final = 0.06  # squared distance, in units, that each missing number is taken for
_MOST_MISSING: Final = 0.4
_MOSTLY: Final = 0.6
_THIGH_DOWN: Final = 0.87  # within 30 degrees of straight down it does what thighs do when one stands,
_SHIN_DOWN: Final = 0.7  # a shin within 45: its depth is guessed worst
_LEGS: Final = tuple(np.array([*range(12 + 3 * side, 15 + 3 * side), *range(18 + 3 * side, 21 + 3 * side)]) for side in (0, 1))
"""Of each leg its numbers: three of the thigh, three of the shin."""
_PROFILE: Final = 0.5  # whose shoulders look less than half as wide as they are stands sideways
_SHOULDERS_SHARE: Final = 0.7  # width of the shoulders as a share of the torso, where depth is not known
_SPREAD: Final = 3.0  # an open hand, one with its fingers together and the Vulcan salute differ in little else
_KNUCKLES: Final = [1, 5, 9, 13, 17]
_TIPS: Final = [4, 8, 12, 16, 20]


def _bones(*pairs: str) -> list[tuple[int, int]]:
    found = []
    for pair in pairs:
        upper, lower = pair.split()
        found += [(BODY_INDEX[f"{side}_{upper}"], BODY_INDEX[f"{side}_{lower}"]) for side in ("left", "right")]
    return found


_BODY_BONES: Final = np.array(_bones("shoulder elbow", "elbow wrist", "hip knee", "knee ankle"))
_SHOULDERS: Final = [BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]]
_HIPS: Final = [BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]
_NOSE: Final = BODY_INDEX["nose"]
_EYES_LOOK: Final = np.array([name.startswith("eyeLook") for name in EXPRESSION_NAMES])

SIZES: Final[dict[str, int]] = {"body": 30, "left_hand": 70, "right_hand": 70, "face": len(EXPRESSION_NAMES) + 6, "pair": 3}
"""Numbers in the vector of each part; `pair` is how two hands lie to one another."""


def part_features(tracking: Tracking, part: str) -> Array | None:
    """Return the vector (`SIZES[part]`,) of a part, in units; None if the part is not there. What was not seen is NaN."""
    if part == "body":
        return None if tracking.body is None else _body(tracking.body)
    if part == "face":
        return None if tracking.face is None else _face(tracking.face)
    if part == "pair":
        hands = tracking.left_hand, tracking.right_hand
        return None if hands[0] is None or hands[1] is None else _pair(hands[0], hands[1])
    hand = tracking.left_hand if part == "left_hand" else tracking.right_hand
    return None if hand is None else _hand(hand, mirrored=part == "left_hand")


def look_features(look: Look, part: str) -> Array | None:
    """As `part_features`, but None also if the part was not looked at in this frame or, beside one that was, a moment ago."""
    needed = {"left_hand", "right_hand"} if part == "pair" else {part}
    return part_features(look.tracking, part) if needed <= look.fresh | look.rested else None


def distances(rows: Array, to: Array) -> Array:
    """Return the distance (N, M) of each of `rows` (N, D) from each of `to` (M, D).

    Missing numbers count as a bit apart; where too many are missing, nobody knows, and the distance is infinite.
    """
    if not np.isnan(rows).any() and not np.isnan(to).any():
        squares = (rows * rows).sum(axis=1)[:, None] + (to * to).sum(axis=1)[None, :] - 2.0 * rows @ to.T
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
    known, known_to = (~np.isnan(each) for each in (rows, to))
    rows, to = np.where(known, rows, 0.0), np.where(known_to, to, 0.0)
    have, have_to = known.astype(np.float64), known_to.astype(np.float64)  # sums over what both know, as products: quick
    squares = (rows * rows) @ have_to.T + have @ (to * to).T - 2.0 * rows @ to.T
    missing = rows.shape[1] - have @ have_to.T
    found = np.sqrt(np.maximum(squares, 0.0) + _MISSING * missing)
    return np.asarray(np.where(missing > _MOST_MISSING * rows.shape[1], np.inf, found))


def telling_columns(rows: Array, part: str) -> Columns:
    """Return which numbers (D,) of `rows` (N, D) can tell a pose: those that are mostly seen, of a leg all or none."""
    columns: Columns = np.asarray(np.isfinite(rows).mean(axis=0) >= _MOSTLY)
    if part == "body":
        for leg in _LEGS:
            columns[leg] = columns[leg].all()
    return columns


def without_legs(columns: Columns) -> Columns:
    """Return the numbers of a body that count if its legs do not."""
    out = columns.copy()
    out[np.concatenate(_LEGS)] = False
    return out


def legs_stand(rows: Array, columns: Columns) -> bool:
    """Tell whether the legs that count in bodies' `rows` (N, D) do no more than stand."""
    for leg in _LEGS:
        thigh, shin = rows[:, leg[1]], rows[:, leg[4]]  # the cosines to straight down
        if columns[leg].all() and (np.nanmedian(thigh) < _THIGH_DOWN or np.nanmedian(shin) < _SHIN_DOWN):
            return False
    return True


def judgeable(rows: Array, columns: Columns, part: str) -> Columns:
    """Return which of `rows` (N, D) can be judged by `columns`: those in which every leg that counts is seen."""
    if part != "body":
        return np.ones(len(rows), dtype=np.bool_)
    return np.asarray(np.isfinite(rows[:, columns & ~without_legs(columns)]).all(axis=1))


def other_profile(tracking: Tracking) -> Array | None:
    """Return the vector (30,) of a body that stands sideways as if it stood the other way round; None if it does not."""
    if tracking.body is None:
        return None
    points = tracking.body.world_m.astype(np.float64)
    across = points[_SHOULDERS[0]] - points[_SHOULDERS[1]]
    trunk = points[_SHOULDERS].mean(axis=0) - points[_HIPS].mean(axis=0)
    if abs(across[0]) >= _PROFILE * max(np.linalg.norm(across), _SHOULDERS_SHARE * np.linalg.norm(trunk)):
        return None
    return _body(replace(tracking.body, world_m=tracking.body.world_m * _HALF_TURN))


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))


def _hand(hand: HandTracking, *, mirrored: bool) -> Array:
    """Return the bones in the palm's frame, and how the palm lies; a left hand as if it were a right one."""
    points = hand.world_m.astype(np.float64)
    if mirrored:
        points = points * _MIRROR_X
    up = _unit(points[9] - points[0])
    across = points[5] - points[17]
    across = _unit(across - up * (across @ up))
    palm_from_world = np.stack([across, up, np.cross(across, up)])
    bones = _unit(points[1:] - points[_PARENT[1:]]) @ palm_from_world.T * _FLAT_Z  # (20, 3)
    fingers = _unit((points[_TIPS] - points[_KNUCKLES]) @ palm_from_world.T)  # (5, 3)
    stretched = np.clip(fingers[:, 1], 0.0, 1.0)
    spread = (fingers[:-1, 0] - fingers[1:, 0]) * np.array((1.0, *(stretched[1:-1] * stretched[2:])))
    return np.concatenate([bones.ravel(), palm_from_world[1], palm_from_world[2], _SPREAD * spread]) / _HAND_UNIT


def _body(body: BodyTracking) -> Array:
    """Return the directions of arms and legs, of trunk and head, seen straight from the front."""
    points = body.world_m.astype(np.float64)
    seen = np.minimum(body.visibility, body.presence) >= _MIN_VISIBILITY
    across = points[_SHOULDERS[0]] - points[_SHOULDERS[1]]
    turn_rad = np.arctan2(across[2], across[0]) if np.hypot(across[0], across[2]) > 1e-6 else 0.0
    turn_rad = float(np.clip(turn_rad, -0.6, 0.6))  # more is no small turn any more
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    points = points @ np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    directions = _unit(points[_BODY_BONES[:, 1]] - points[_BODY_BONES[:, 0]])
    directions[~(seen[_BODY_BONES[:, 0]] & seen[_BODY_BONES[:, 1]])] = np.nan
    shoulders, hips = points[_SHOULDERS].mean(axis=0), points[_HIPS].mean(axis=0)
    trunk = _unit(shoulders - hips) if seen[_HIPS].all() else np.full(3, np.nan)
    head = 0.5 * _unit(points[_NOSE] - shoulders) if seen[_NOSE] else np.full(3, np.nan)
    return np.asarray((np.vstack([directions, trunk, head]) * _FLAT_Z).ravel() / _BODY_UNIT)


def _face(face: FaceTracking) -> Array:
    """Return the expression without the eyes' direction, and how the head is turned."""
    expression = np.where(_EYES_LOOK, 0.0, face.expression.astype(np.float64))
    turned = face.camera_from_head.astype(np.float64)
    return np.concatenate([expression, turned[:, 2], turned[:, 1]]) / _FACE_UNIT


def _pair(left: HandTracking, right: HandTracking) -> Array:
    """Return where the right wrist is, seen from the left one: direction and distance, far away all the same."""
    palms = [float(np.hypot(*(hand.keypoints_px[9, :2] - hand.keypoints_px[0, :2]))) for hand in (left, right)]
    away = (right.keypoints_px[0, :2] - left.keypoints_px[0, :2]).astype(np.float64) / max(*palms, 1.0)
    length = float(np.hypot(*away))
    near = float(np.exp(-length / 3.0))  # 1 together, 0 far apart
    return np.array([*(away / max(length, 0.5) * near), near]) / 0.35
