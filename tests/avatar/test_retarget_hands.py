"""Tests of `avatar.retarget_hands`: fingers of a synthetic person, and of a real hand spelling."""

import json
from pathlib import Path

import numpy as np
import pytest
from synthetic_person import Person

from avatar import retarget_hands as hands
from avatar import rotations as rot
from avatar.turns import Vector
from trackers import quaternions as quat
from trackers.types import HandTracking

X, Y, Z = rot.X, rot.Y, rot.Z
LONG = ("Index", "Middle", "Ring", "Little")


def person(bends: dict[str, tuple[float, float, float]]) -> Person:
    """A person with bent elbows whose fingers bend by degrees on both hands."""
    made = Person(distance_m=3.0).arms_down().turn("leftLowerArm", Y, -90).turn("rightLowerArm", Y, 90)
    for finger, degrees in bends.items():
        for joint, bend in zip(("Proximal", "Intermediate", "Distal"), degrees, strict=True):
            made.turn(f"left{finger}{joint}", Z, -bend).turn(f"right{finger}{joint}", Z, bend)
    return made


def fingers(points: list[Vector], *, sign: float) -> np.ndarray:
    """Return (5, 3, 4) finger rotations of 21 keypoints in avatar axes."""
    return np.array(hands.finger_rotations(points, hands.palm_rotation(points, sign=sign), sign=sign, thumb=hands.THUMB))


def bends(hand: HandTracking | None, *, sign: float) -> np.ndarray:
    """Return (4, 3) flexion of index to little in degrees."""
    assert hand is not None
    return np.degrees(quat.log(fingers(hands.hand_points(hand), sign=sign))[1:, :, 2]) * -sign


GESTURES = {
    "open": dict.fromkeys(LONG, (0.0, 0.0, 0.0)),
    "fist": dict.fromkeys(LONG, (75.0, 95.0, 55.0)),
    "point": {"Index": (0.0, 0.0, 0.0), **dict.fromkeys(LONG[1:], (70.0, 90.0, 50.0))},
}


@pytest.mark.parametrize("gesture", GESTURES)
def test_fingers_bend_as_the_person_s(gesture: str) -> None:
    """Open, fist and pointing come through on both hands, joint by joint."""
    tracking = person(GESTURES[gesture]).tracking()
    want = np.array([GESTURES[gesture][finger] for finger in LONG])
    for hand, sign in ((tracking.left_hand, 1.0), (tracking.right_hand, -1.0)):
        np.testing.assert_allclose(bends(hand, sign=sign), want, atol=4.0)


def test_a_right_hand_is_a_left_hand_s_reflection() -> None:
    """The same hand seen in a mirror turns its bones the other way about Y and Z, and alike about X."""
    points = np.random.default_rng(7).normal(scale=0.05, size=(21, 3))
    left = fingers(points.tolist(), sign=1.0)
    right = fingers((points * (-1, 1, 1)).tolist(), sign=-1.0)
    np.testing.assert_allclose(right, left * (1, -1, -1, 1), atol=1e-9)


def test_keypoints_that_fall_together_give_no_nan() -> None:
    """A hand whose points are all one still gives rotations."""
    assert np.isfinite(fingers([(0.0, 0.0, 0.0)] * 21, sign=1.0)).all()


def test_spread_fingers_spread() -> None:
    """Index and little part to their own sides."""
    made = person({})
    made.turn("leftIndexProximal", Y, -15).turn("leftLittleProximal", Y, 12)
    hand = made.tracking().left_hand
    assert hand is not None
    side = np.degrees(quat.log(fingers(hands.hand_points(hand), sign=1.0))[1:, 0, 1])
    assert side[0] == pytest.approx(-15, abs=5)
    assert side[3] > 0


def test_fingers_never_bend_backwards_wildly() -> None:
    """Whatever the landmarks say, every joint stays within its limits."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        made = fingers(rng.normal(scale=0.05, size=(21, 3)).tolist(), sign=1.0)
        assert np.isfinite(made).all()
        bend = -np.degrees(quat.log(made)[1:, 1:, 2])
        assert bend.min() > -4.0
        assert bend.max() < 111.0


@pytest.mark.needs_data
def test_a_real_spelling_hand_bends_its_fingers(data_folder: Path) -> None:
    """On a recorded hand the joints use their range and hardly ever lie at a backward limit."""
    frames = np.array(json.loads((data_folder / "hands" / "asl_hand_3d.full.json").read_text()), dtype=np.float32)
    zeros = np.zeros((21, 3), dtype=np.float32)
    # The clip shows a right hand; a hand's world landmarks say so by themselves: palm to the camera, thumb to its left.
    got = np.array([bends(HandTracking(zeros, frame, 1.0, 1.0), sign=-1.0) for frame in frames])
    assert np.percentile(got[:, :, 1], 95) > 60
    assert np.percentile(got[:, :, 1], 5) < 15
    assert (got[:, :, 1:] < -2.9).mean() < 0.2
