"""Tests of the distances between two engines' answers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from export.agreement import agreement, part_gap, sides
from trackers.types import BodyTracking, FaceTracking, HandTracking, Stamp, Tracking


def body(*, shoulders_px: float = 100.0, visibility: float = 1.0) -> BodyTracking:
    points = np.zeros((33, 3), dtype=np.float32)
    points[11, 0] = shoulders_px
    ones = np.full(33, visibility, dtype=np.float32)
    return BodyTracking(
        keypoints_px=points, world_m=np.zeros((33, 3), dtype=np.float32), visibility=ones, presence=ones, score=1.0
    )


def hand(*, x: float = 0.0) -> HandTracking:
    """A hand 50 px long."""
    points = np.zeros((21, 3), dtype=np.float32)
    points[9, 1] = -50
    points[:, 0] += x
    return HandTracking(keypoints_px=points, world_m=np.zeros((21, 3), dtype=np.float32), score=1.0, right_probability=0.5)


def face() -> FaceTracking:
    """A face whose pupils are 40 px apart."""
    points = np.zeros((478, 3), dtype=np.float32)
    points[473, 0] = 40
    return FaceTracking(
        keypoints_px=points,
        camera_from_head=np.eye(3, dtype=np.float32),
        head_position_m=np.zeros(3, dtype=np.float32),
        gaze_rad=np.zeros(2, dtype=np.float32),
        expression=np.zeros(52, dtype=np.float32),
        score=1.0,
    )


def tracking(**parts: BodyTracking | HandTracking | FaceTracking) -> Tracking:
    nothing = dict.fromkeys(("body", "left_hand", "right_hand", "face"))
    return Tracking(stamp=Stamp(0, 0), width_px=640, height_px=480, **(nothing | parts))  # type: ignore[arg-type]


def moved(part: Any, x: float, y: float) -> Any:
    return replace(part, keypoints_px=part.keypoints_px + np.float32([x, y, 100]))


@pytest.mark.parametrize(("part", "there", "size_px"), [("body", body(), 100), ("left_hand", hand(), 50), ("face", face(), 40)])
def test_a_known_displacement_is_found_again(part: str, there: BodyTracking, size_px: float) -> None:
    """Three px right and four down are five px, told also in the part's own size; depth does not count."""
    gap = part_gap(tracking(**{part: moved(there, 3, 4)}), tracking(**{part: there}), part)
    assert gap == pytest.approx((5, 5 / size_px))


def test_only_frames_in_which_both_have_the_part_count() -> None:
    """Of three frames two count; the median is the lower of two, the tail the higher."""
    pairs = [
        (tracking(left_hand=moved(hand(), 1, 0)), tracking(left_hand=hand())),
        (tracking(left_hand=moved(hand(), 2, 0)), tracking(left_hand=hand())),
        (tracking(left_hand=hand()), tracking(right_hand=hand())),
    ]
    figures = agreement(pairs)
    assert figures["left_hand"] == {
        "frames": 2,
        "px": {"p50": 1.0, "p95": 2.0},
        "of_size": {"p50": 0.02, "p95": 0.04},
        "size": "hand size",
    }
    assert figures["right_hand"]["frames"] == 0
    assert figures["face"]["px"] == {"p50": None, "p95": None}


def test_keypoints_that_one_engine_does_not_see_do_not_count() -> None:
    """A foot that is far off but unseen leaves the gap as it is; a body of which nothing is seen has none."""
    ours = moved(body(), 3, 4)
    ours.keypoints_px[31] += 500
    ours.visibility[31] = 0.1
    assert part_gap(tracking(body=ours), tracking(body=body()), "body") == pytest.approx((5, 0.05))
    assert part_gap(tracking(body=body(visibility=0.2)), tracking(body=body()), "body") is None


def test_crossed_hands_are_counted() -> None:
    """Left at 0 and right at 200 in one, the other way round in the other."""
    straight = tracking(left_hand=hand(), right_hand=hand(x=200))
    swapped = tracking(left_hand=hand(x=200), right_hand=hand())
    pairs = [(straight, straight), (straight, swapped), (straight, tracking(left_hand=hand()))]
    assert sides(pairs) == {"frames_with_both_hands": 2, "crossed": 1}
