"""A hand held to the lens is seated on its palm, not on the forearm; hands of the usual size are left alone."""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import pytest

from trackers.detector import PALM, Detector
from trackers.engine import TrackerSettings, open_tracker
from trackers.geometry import Region
from trackers.gestures.hand_poses import thumb_up
from trackers.gestures.hand_view import view_hand
from trackers.hand_seat import EVERY_NS, SeatDoubts, better_region, is_better
from trackers.hands import HandEstimate, HandModel
from trackers.interpreter import open_session
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, Frame, HandTracking, Stamp

FOREARM = Region(430, 490, 620, 0.26)
"""Where the hand of the clip is followed wrongly and keeps being followed."""


def hand_of_size(size_px: float) -> HandEstimate:
    zeros = np.zeros((21, 3), dtype=np.float32)
    return HandEstimate(HandTracking(zeros, zeros, score=1.0, right_probability=1.0), Region(300, 300, size_px))


def body_with_shoulders(width_px: float) -> BodyTracking:
    points = np.zeros((33, 3), dtype=np.float32)
    points[BODY_INDEX["left_shoulder"], 0] = width_px
    ones = np.ones(33, dtype=np.float32)
    return BodyTracking(points, np.zeros((33, 3), dtype=np.float32), ones, ones, 1.0)


def test_a_hand_is_doubted_when_it_stays_larger_than_the_shoulders() -> None:
    """From the second look on, then not before some time has passed; a usual hand never."""
    doubts, body = SeatDoubts(), body_with_shoulders(100)
    asked = [doubts.is_due(hand_of_size(110), body, "right", time_ns=step * EVERY_NS // 4) for step in range(8)]
    assert asked == [False, True, False, False, False, True, False, False]
    assert not any(doubts.is_due(hand_of_size(80), body, "left", time_ns=step * EVERY_NS) for step in range(4))
    doubts.reset()
    assert not doubts.is_due(hand_of_size(110), body, "right", time_ns=10 * EVERY_NS)


@pytest.mark.needs_data
def test_the_palm_is_smaller_than_a_seat_on_the_forearm(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """It is told apart there, and agreed with once the hand is seated on it."""
    image = list(read_clip("hands/gesture_test_video.mp4", step=50, most=4))[-1].image
    model = HandModel.open(threads=2)
    detector = Detector(PALM, open_session(PALM.asset, member=PALM.member, threads=2))
    wrong = model.run(image, FOREARM)
    seat = better_region(image, wrong, detector)
    assert seat is not None
    assert seat.size_px < 0.7 * wrong.next_region.size_px
    right = model.run(image, seat)
    assert is_better(right, wrong)
    assert better_region(image, right, detector) is None


@pytest.mark.needs_data
@pytest.mark.parametrize("hand_model", ["lite", "full"])
def test_a_thumb_up_held_to_the_lens_is_read(
    models: None, read_clip: Callable[..., Iterator[Frame]], hand_model: Literal["lite", "full"]
) -> None:
    """From the first look at it, every third frame: after a second the thumb is up nearly always."""
    clip = [frame for frame in read_clip("hands/gesture_test_video.mp4", most=160) if frame.stamp.seq >= 85][::3]
    with open_tracker(TrackerSettings(mode="accurate", hand_model=hand_model, body_model="lite", face=False)) as tracker:
        found = [tracker.track(Frame(frame.image, Stamp(frame.stamp.seq, frame.stamp.seq * 40_000_000))) for frame in clip]
    hands = [tracking.right_hand for tracking in found[8:]]
    up = [hand is not None and thumb_up(view_hand(hand, side="right")) >= 0.7 for hand in hands]
    assert np.mean(up) > 0.8
