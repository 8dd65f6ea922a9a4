"""Tests of `avatar.retarget_hands`: fingers of a synthetic person, and of a real hand spelling."""

import json
from pathlib import Path

import numpy as np
import pytest
from synthetic_person import Person

from avatar import retarget_hands as hands
from avatar import rotations as rot
from trackers import quaternions as quat
from trackers.types import HandTracking

X, Y, Z = rot.X, rot.Y, rot.Z
LONG = ("Index", "Middle", "Ring", "Little")
AXES = hands.thumb_axes(hands.THUMB_REST)


def person(bends: dict[str, tuple[float, float, float]]) -> Person:
    """A person with bent elbows whose fingers bend by degrees on both hands."""
    made = Person(distance_m=3.0).arms_down().turn("leftLowerArm", Y, -90).turn("rightLowerArm", Y, 90)
    for finger, degrees in bends.items():
        for joint, bend in zip(("Proximal", "Intermediate", "Distal"), degrees, strict=True):
            made.turn(f"left{finger}{joint}", Z, -bend).turn(f"right{finger}{joint}", Z, bend)
    return made


def turns(points: np.ndarray) -> np.ndarray:
    """Return (2, 5, 3, 4) finger rotations of keypoints (2, 21, 3)."""
    return hands.finger_rotations(points, hands.palm_rotations(points), thumb_rest=hands.THUMB_REST, axes=AXES)


def bends(left: HandTracking | None, right: HandTracking | None) -> np.ndarray:
    """Return (2, 4, 3) flexion of index to little in degrees, left hand first."""
    return np.degrees(quat.log(turns(hands.hand_points((left, right))))[:, 1:, :, 2]) * np.array([-1, 1])[:, None, None]


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
    for got in bends(tracking.left_hand, tracking.right_hand):
        np.testing.assert_allclose(got, want, atol=4.0)


def test_one_hand_does_not_need_the_other() -> None:
    """A hand gives the same fingers whether or not the other one was found, and the missing one gives no NaN."""
    tracking = person(GESTURES["point"]).tracking()
    alone = turns(hands.hand_points((None, tracking.right_hand)))
    both = turns(hands.hand_points((tracking.left_hand, tracking.right_hand)))
    np.testing.assert_array_equal(alone[1], both[1])
    assert np.isfinite(alone).all()


def test_spread_fingers_spread() -> None:
    """Index and little part to their own sides."""
    made = person({})
    made.turn("leftIndexProximal", Y, -15).turn("leftLittleProximal", Y, 12)
    side = np.degrees(quat.log(turns(hands.hand_points((made.tracking().left_hand, None))))[0, 1:, 0, 1])
    assert side[0] == pytest.approx(-15, abs=5)
    assert side[3] > 0


def test_fingers_never_bend_backwards_wildly() -> None:
    """Whatever the landmarks say, every joint stays within its limits."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        made = turns(rng.normal(scale=0.05, size=(2, 21, 3)))
        assert np.isfinite(made).all()
        bend = np.degrees(quat.log(made)[:, 1:, 1:, 2]) * np.array([-1, 1])[:, None, None]
        assert bend.min() > -4.0
        assert bend.max() < 111.0


@pytest.mark.needs_data
def test_a_real_spelling_hand_bends_its_fingers(data_folder: Path) -> None:
    """On a recorded hand the joints use their range and hardly ever lie at a backward limit."""
    frames = np.array(json.loads((data_folder / "hands" / "asl_hand_3d.full.json").read_text()), dtype=np.float32)
    zeros = np.zeros((21, 3), dtype=np.float32)
    # The clip shows a right hand; a hand's world landmarks say so by themselves: palm to the camera, thumb to its left.
    got = np.array([bends(None, HandTracking(zeros, frame, 1.0, 1.0))[1] for frame in frames])
    assert np.percentile(got[:, :, 1], 95) > 60
    assert np.percentile(got[:, :, 1], 5) < 15
    assert (got[:, :, 1:] < -2.9).mean() < 0.2
