"""Hands without depth: fingers bend towards the palm, wherever it faces."""

import numpy as np
import pytest

from trackers.keypoint_hands import PALM_M, lift_hand
from trackers.keypoint_sets import empty


def open_hand(*, side: str, bent: float = 0.0) -> np.ndarray:
    """(21, 3) a hand held up, palm to the lens, 1000 px a metre; `bent` is the share that the fingers lack in length."""
    points = empty(21)
    mirror = 1 if side == "right" else -1  # a right palm has its thumb on the image's right
    length = 1000 * PALM_M
    for finger, (first, x) in enumerate(((5, 0.28), (9, 0.05), (13, -0.12), (17, -0.3))):
        reach = 1.0 - 0.05 * abs(finger - 1)
        for joint, along in enumerate((0, 0.45, 0.75, 1.0)):
            y = reach * (1 + (1 - bent) * along) * length
            points[first + joint] = [300 + mirror * x * length, 400 - y, 0.9]
    for joint, (x, y) in enumerate(((0.3, 0.3), (0.55, 0.55), (0.75, 0.8), (0.9, 1.0)), start=1):
        points[joint] = [300 + mirror * x * length, 400 - y * length, 0.9]
    points[0] = [300, 400, 0.9]
    return points


@pytest.mark.parametrize("side", ["left", "right"])
def test_straight_fingers_stay_in_the_plane(side: str) -> None:
    """A stretched hand is flat, of a usual hand's size, and on its own side."""
    hand = lift_hand(open_hand(side=side), side=side)
    assert hand is not None
    assert np.abs(hand.keypoints_px[5:, 2]).max() < 12  # of 180 px from wrist to fingertip
    assert np.linalg.norm(hand.world_m[9] - hand.world_m[0]) == pytest.approx(PALM_M, rel=0.1)
    assert np.abs(hand.world_m.mean(axis=0)).max() < 1e-6
    assert hand.right_probability == (side == "right")
    assert np.abs(hand.keypoints_px[:, :2] - open_hand(side=side)[:, :2]).max() < 0.01


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("palm_to_lens", [True, False])
def test_short_fingers_bend_towards_the_palm(side: str, palm_to_lens: bool) -> None:
    """Shortened fingers come towards the lens if the palm does, and go away from it if its back does."""
    points = open_hand(side=side, bent=0.6)
    if not palm_to_lens:
        points[:, 0] = 600 - points[:, 0]
    hand = lift_hand(points, side=side)
    assert hand is not None
    tips = hand.keypoints_px[[8, 12, 16, 20], 2]
    assert (tips < -25).all() if palm_to_lens else (tips > 25).all()


def test_short_palm_points_at_the_lens_if_it_is_held_there() -> None:
    """With the body's scale, a palm of half its length leans towards the lens, as far as the wrist is out there."""
    points = open_hand(side="right")
    points[1:, 1] = 400 + (points[1:, 1] - 400) / 2
    points[1:, 0] = 300 + (points[1:, 0] - 300) * 0.9
    out, beside = (lift_hand(points, side="right", px_per_m=1100, reach=reach) for reach in (1.0, 0.0))
    assert out is not None
    assert beside is not None
    tilt_deg = [np.degrees(np.arcsin(-hand.world_m[9, 2] / PALM_M + hand.world_m[0, 2] / PALM_M)) for hand in (out, beside)]
    assert 40 < tilt_deg[0] < 70
    assert tilt_deg[1] == pytest.approx(0, abs=1e-3)


def test_missing_joint_goes_on_in_line() -> None:
    """A fingertip that was not seen lies on the line of the bone before it; a missing knuckle is a missing hand."""
    points = open_hand(side="left")
    points[12] = 0
    hand = lift_hand(points, side="left")
    assert hand is not None
    before, bone = hand.world_m[11] - hand.world_m[10], hand.world_m[12] - hand.world_m[11]
    cosine = before @ bone / np.linalg.norm(before) / np.linalg.norm(bone)
    assert cosine > 0.999
    points[9] = 0
    assert lift_hand(points, side="left") is None
    assert lift_hand(empty(21), side="left") is None


def test_missing_base_of_the_thumb_lies_towards_the_index_knuckle() -> None:
    """There is no bone before it to go on from: it must not lie on the wrist."""
    points = open_hand(side="right")
    points[1] = 0
    hand = lift_hand(points, side="right")
    assert hand is not None
    way, bone = hand.world_m[5] - hand.world_m[0], hand.world_m[1] - hand.world_m[0]
    assert np.linalg.norm(bone) == pytest.approx(0.42 * PALM_M, rel=1e-4)
    assert way @ bone / np.linalg.norm(way) / np.linalg.norm(bone) > 0.999
    points[2] = 0
    both = lift_hand(points, side="right")
    assert both is not None
    assert np.linalg.norm(both.world_m[2] - both.world_m[1]) == pytest.approx(0.35 * PALM_M, rel=1e-4)
