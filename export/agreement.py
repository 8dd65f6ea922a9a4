"""How far apart two engines see the same parts of the same frames.

Owns the distances, and the size that each part's distance is told in. Knows nothing of the engines.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from export.percentiles import percentiles
from trackers.hands import hand_size_px
from trackers.skeleton import BODY_INDEX
from trackers.types import PARTS, BodyTracking, FloatArray, HandTracking, Tracking

SIZES: Final = {
    "body": "shoulder width",
    "left_hand": "hand size",
    "right_hand": "hand size",
    "face": "eye distance",
}
"""What each part's `of_size` is a fraction of."""

SEEN: Final = 0.5
"""Least visibility of a body keypoint that counts: what is not seen, as feet below a desk, is a guess."""
_RIGHT_PUPIL, _LEFT_PUPIL = 468, 473

Pair = tuple[Tracking, Tracking]
"""Ours and theirs, of one frame."""
Gap = tuple[float, float]
"""A mean distance in pixels, and as a fraction of the part's size."""


def agreement(pairs: Iterable[Pair]) -> dict[str, dict[str, Any]]:
    """Return for each part {frames, px {p50, p95}, of_size {p50, p95}, size} over the frames in which both have found it."""
    gaps: dict[str, list[Gap]] = {part: [] for part in PARTS}
    for ours, theirs in pairs:
        for part in PARTS:
            gap = part_gap(ours, theirs, part)
            if gap is not None:
                gaps[part].append(gap)
    return {part: _figures(found) | {"size": SIZES[part]} for part, found in gaps.items()}


def _figures(gaps: list[Gap]) -> dict[str, Any]:
    return {
        "frames": len(gaps),
        "px": percentiles((px for px, _ in gaps), wanted=(50, 95)),
        "of_size": percentiles((share for _, share in gaps), wanted=(50, 95), digits=5),
    }


def part_gap(ours: Tracking, theirs: Tracking, part: str) -> Gap | None:
    """Return the mean distance of a part's keypoints; None where one has not found it."""
    one, other = getattr(ours, part), getattr(theirs, part)
    if one is None or other is None:
        return None
    away_px = distances_px(one.keypoints_px, other.keypoints_px)
    if part == "body":
        both = (one.visibility >= SEEN) & (other.visibility >= SEEN)
        if not both.any():
            return None
        away_px = away_px[both]
    gap_px = float(away_px.mean())
    return gap_px, gap_px / max(_SIZE_PX[part](other), 1e-6)


def distances_px(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the (N,) distances in the picture of two sets of keypoints."""
    away = one[:, :2] - other[:, :2]
    return np.asarray(np.hypot(away[:, 0], away[:, 1]))


def _shoulders_px(body: BodyTracking) -> float:
    left, right = (body.keypoints_px[BODY_INDEX[f"{side}_shoulder"], :2] for side in ("left", "right"))
    return float(np.hypot(*(left - right)))


_SIZE_PX: Final[dict[str, Callable[[Any], float]]] = {
    "body": _shoulders_px,
    "left_hand": lambda hand: hand_size_px(hand.keypoints_px),
    "right_hand": lambda hand: hand_size_px(hand.keypoints_px),
    "face": lambda face: float(np.hypot(*(face.keypoints_px[_LEFT_PUPIL] - face.keypoints_px[_RIGHT_PUPIL])[:2])),
}


def sides(pairs: Iterable[Pair]) -> dict[str, int]:
    """Return in how many frames both engines have both hands, and in how many of these left and right are crossed."""
    both = crossed = 0
    for ours, theirs in pairs:
        hands = [ours.left_hand, ours.right_hand, theirs.left_hand, theirs.right_hand]
        if any(hand is None for hand in hands):
            continue
        both += 1
        our_left, our_right, their_left, their_right = (hand for hand in hands if hand is not None)
        straight_px = _between_px(our_left, their_left) + _between_px(our_right, their_right)
        crossed += _between_px(our_left, their_right) + _between_px(our_right, their_left) < straight_px
    return {"frames_with_both_hands": both, "crossed": crossed}


def _between_px(one: HandTracking, other: HandTracking) -> float:
    return float(distances_px(one.keypoints_px, other.keypoints_px).mean())
