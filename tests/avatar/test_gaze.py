"""Tests of `avatar.gaze`: open eyes look where they look, and a blink does not move them."""

import numpy as np
import pytest

from avatar.gaze import LIMITS_RAD, GazeFollower

STRAIGHT = np.zeros(2, dtype=np.float32)
FRAME_NS = 33_333_333


def follow(frames: list[tuple[float, float, float]]) -> np.ndarray:
    """Return (N, 2) degrees for frames of yaw and pitch in degrees, and how far the eyes are open."""
    follower = GazeFollower()
    return np.degrees(
        [
            follower.update(
                np.radians([yaw, pitch]).astype(np.float32), straight_rad=STRAIGHT, eyes_open=opened, time_ns=i * FRAME_NS
            )
            for i, (yaw, pitch, opened) in enumerate(frames)
        ]
    )


def test_open_eyes_are_followed_at_once() -> None:
    """No lag is added: filters have their own place."""
    got = follow([(0, 0, 1.0), (20, -10, 1.0), (-20, 10, 0.9)])
    np.testing.assert_allclose(got, [(0, 0), (20, -10), (-20, 10)], atol=0.01)


def test_a_blink_does_not_make_the_eyes_dive() -> None:
    """While the lid closes the iris is measured ever lower; the avatar's eyes stay where they looked."""
    blink = [(5, 12, 0.7), (5, 30, 0.3), (5, 40, 0.0), (5, 30, 0.2), (5, 12, 0.6)]
    got = follow([*[(5, 2, 1.0)] * 5, *blink, *[(5, 2, 1.0)] * 5])
    assert np.abs(got[:, 1] - 2).max() < 5.5
    np.testing.assert_allclose(got[-1], (5, 2), atol=0.1)


def test_eyes_that_opened_elsewhere_come_without_a_jump() -> None:
    """After a blink the eyes may look elsewhere; they go there within a tenth of a second."""
    got = follow([*[(-15, 0, 1.0)] * 5, *[(0, 30, 0.0)] * 5, *[(15, 0, 1.0)] * 6])
    assert np.abs(got[5:10] - (-15, 0)).max() < 0.01
    np.testing.assert_allclose(got[-1], (15, 0), atol=0.5)
    assert abs(got[10, 0] + 15) < 15


def test_the_straight_look_is_taken_off_and_limits_hold() -> None:
    """A calibrated straight look is zero; a mistaken measurement stays within what eyes can do."""
    follower = GazeFollower()
    straight = np.radians([6, -4]).astype(np.float32)
    np.testing.assert_allclose(follower.update(straight, straight_rad=straight, eyes_open=1.0, time_ns=0), 0, atol=1e-6)
    far = follower.update(np.array([1.2, -1.2], np.float32), straight_rad=straight, eyes_open=1.0, time_ns=FRAME_NS)
    assert far == pytest.approx(LIMITS_RAD * (1, -1))
