"""Real hands for the tests of hand poses: `hands.json`, lifted into trackings, or as our own tracker measured
them; mirrored, turned, moved, and put together.

hand = example("Horns", "left")                       # HandTracking
hand = tracked("fist right gesture_test_video lite")  # the same of our own tracker, with depth
look = look_at_hands(left=hand)                       # Look, with that hand fresh
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from trackers.gestures.types import Look, Side
from trackers.keypoint_hands import lift_hand
from trackers.types import FloatArray, HandTracking, Stamp, Tracking

_READ = json.loads((Path(__file__).parent / "hands.json").read_text(encoding="utf-8"))
_TRACKED = _READ.pop("tracked")
_POINTS = {tuple(key.split()[:2]): np.array(points, np.float32) for key, points in _READ.items() if key != "about"}
CLASSES = tuple(dict.fromkeys(name for name, _ in _POINTS))
TRACKED = tuple(key for key in _TRACKED if key != "about")
"""Hands that our own tracker found in pictures: `pose side picture hand_model`."""


def points_of(name: str, side: Side) -> FloatArray:
    """(21, 2) of an example, pixels from the wrist."""
    return _POINTS[name, side]


def lifted(points: FloatArray, side: Side, *, at: tuple[float, float] = (320.0, 240.0)) -> HandTracking:
    """The hand of (21, 2) points, its wrist (or whatever lies at 0, 0) at that place."""
    full = np.ones((21, 3), np.float32)
    full[:, :2] = points + np.array(at, np.float32)
    hand = lift_hand(full, side=side)
    assert hand is not None
    return hand


def example(name: str, side: Side) -> HandTracking:
    """A real hand of that class."""
    return lifted(points_of(name, side), side)


def tracked(key: str) -> HandTracking:
    """One of `TRACKED`."""
    world = np.array(_TRACKED[key], np.float32) / 1000.0
    right = 1.0 if key.split()[1] == "right" else 0.0
    return HandTracking(world * 1000.0 + 300.0, world, score=0.99, right_probability=right)


def moved(
    hand: HandTracking, *, turn: FloatArray, scale: float = 1.0, shift_m: tuple[float, float, float] = (0, 0, 0)
) -> HandTracking:
    """The hand turned about its origin, scaled and shifted in space; its pixels stay."""
    world = (hand.world_m @ turn.T) * scale + np.array(shift_m)
    return replace(hand, world_m=world.astype(np.float32))


def mirrored(hand: HandTracking) -> HandTracking:
    """The other hand, as a mirror shows it."""
    flip = np.array([-1, 1, 1], np.float32)
    return replace(hand, world_m=hand.world_m * flip, keypoints_px=hand.keypoints_px * flip)


def heart_hands(*, thumbs_apart: float = 0.0, dip: float = 0.0) -> tuple[HandTracking, HandTracking]:
    """Left and right hand that make a heart, of a real hand and its mirror image.

    Args:
        thumbs_apart: how far the hands are drawn apart, in lengths of the palm.
        dip: how far the tips of the index fingers are raised above where they were, in lengths of the palm.
    """
    right = points_of("Chef", "right").copy()
    right -= (right[4] + right[8]) / 2.0
    angle = np.arctan2(right[4, 0] - right[8, 0], right[4, 1] - right[8, 1])  # so that the tips lie above each other
    right = right @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    right[:, 0] -= max(right[4, 0], right[8, 0]) + 50.0 * thumbs_apart
    right[8, 1] -= 100.0 * dip
    left = right * np.array([-1, 1], np.float32)
    return lifted(left, "left"), lifted(right, "right")


def look_at_hands(
    *, left: HandTracking | None = None, right: HandTracking | None = None, stale: bool = False, time_s: float = 0.0
) -> Look:
    """A look that shows these hands; fresh unless `stale`."""
    stamp = Stamp(seq=0, captured_ns=round(time_s * 1e9))
    tracking = Tracking(stamp, 640, 480, body=None, left_hand=left, right_hand=right, face=None)
    seen = frozenset(part for part, hand in (("left_hand", left), ("right_hand", right)) if hand is not None)
    return Look(tracking, frozenset() if stale else seen, seen)
