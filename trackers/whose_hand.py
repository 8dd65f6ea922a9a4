"""Whose hand it is: whether a hand, a palm or a region belongs to a body's left or right, and whether two hands are one.

Owns these judgements of geometry. Knows nothing of how hands are looked for, nor of what was seen before.
"""

import numpy as np

from trackers.detector import Detection
from trackers.geometry import Region
from trackers.hands import HandEstimate, hand_size_px
from trackers.skeleton import BODY_INDEX, SIDES
from trackers.types import BodyTracking, FloatArray, HandTracking, ImageArray


def gap_px(point: FloatArray, body: BodyTracking, side: str) -> float:
    """Return how far a point lies from the body's wrist, in pixels."""
    return float(np.hypot(*(point - body.keypoints_px[BODY_INDEX[f"{side}_wrist"], :2])))


def is_at_wrist(region: Region, expected: Region, body: BodyTracking, side: str) -> bool:
    """Tell whether a followed hand is still where the body has that hand; unseen wrists are no evidence against it."""
    if body.visibility[BODY_INDEX[f"{side}_wrist"]] < 0.5:
        return True
    gap = float(np.hypot(region.x_px - expected.x_px, region.y_px - expected.y_px))
    return gap < 0.75 * max(region.size_px, expected.size_px)


def in_picture(body: BodyTracking, side: str, image: ImageArray) -> bool:
    """Tell whether the hand's place lies in the picture, with a margin."""
    height, width = image.shape[:2]
    x, y = body.keypoints_px[[BODY_INDEX[f"{side}_{name}"] for name in ("wrist", "index", "pinky")], :2].mean(axis=0)
    return bool(-0.05 * width < x < 1.05 * width and -0.05 * height < y < 1.05 * height)


def same_hand(left: HandEstimate | None, right: HandEstimate | None, body: BodyTracking | None) -> str | None:
    """Return the side that strayed where both followed one and the same hand, else None."""
    if left is None or not coincide(left, right):
        return None
    assert right is not None
    chance_right = (left.tracking.right_probability + right.tracking.right_probability) / 2
    if body is not None and 0.1 < chance_right < 0.9:  # the model is not sure: the nearer wrist decides
        gaps = {side: gap_px(left.tracking.keypoints_px[0, :2], body, side) for side in SIDES}
        chance_right = 1.0 if gaps["right"] < gaps["left"] else 0.0
    return "left" if chance_right > 0.5 else "right"


def coincide(one: HandEstimate, other: HandEstimate | None) -> bool:
    """Tell whether two estimates are one hand."""
    if other is None:
        return False
    a, b = one.tracking.keypoints_px, other.tracking.keypoints_px
    gap = float(np.hypot(*(a[:, :2] - b[:, :2]).mean(axis=0)))
    return gap < 0.5 * max(hand_size_px(a), hand_size_px(b))


def covers(hand: HandTracking, palm: Detection) -> bool:
    """Tell whether a detected palm is this hand's: wrist on wrist and knuckle on knuckle."""
    gaps = palm.keypoints_px[[0, 2]] - hand.keypoints_px[[0, 9], :2]
    return bool(np.hypot(gaps[:, 0], gaps[:, 1]).max() < 0.5 * hand_size_px(hand.keypoints_px))
