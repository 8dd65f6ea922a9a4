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


def bends(hand: HandTracking | None, sign: float) -> np.ndarray:
    """Return (4, 3) flexion of index to little in degrees."""
    assert hand is not None
    points = hands.hand_points(hand)
    palm = hands.palm_rotation(points, sign=sign)
    turns = hands.finger_rotations(points, palm, sign=sign, thumb_rest=hands.THUMB_REST, axes=AXES)
    return np.degrees(quat.log(turns)[1:, :, 2]) * -sign


GESTURES = {
    "open": dict.fromkeys(LONG, (0.0, 0.0, 0.0)),
    "fist": dict.fromkeys(LONG, (75.0, 95.0, 55.0)),
    "point": {"Index": (0.0, 0.0, 0.0), **dict.fromkeys(LONG[1:], (70.0, 90.0, 50.0))},
}


@pytest.mark.parametrize("gesture", GESTURES)
@pytest.mark.parametrize(("side", "sign"), [("left", 1.0), ("right", -1.0)])
def test_fingers_bend_as_the_person_s(gesture: str, side: str, sign: float) -> None:
    """Open, fist and pointing come through on both hands, joint by joint."""
    tracking = person(GESTURES[gesture]).tracking()
    got = bends(getattr(tracking, f"{side}_hand"), sign)
    want = np.array([GESTURES[gesture][finger] for finger in LONG])
    np.testing.assert_allclose(got, want, atol=4.0)


def test_spread_fingers_spread() -> None:
    """Index and little part to their own sides."""
    made = person({})
    made.turn("leftIndexProximal", Y, -15).turn("leftLittleProximal", Y, 12)
    hand = made.tracking().left_hand
    assert hand is not None
    points = hands.hand_points(hand)
    turns = hands.finger_rotations(
        points, hands.palm_rotation(points, sign=1.0), sign=1.0, thumb_rest=hands.THUMB_REST, axes=AXES
    )
    side = np.degrees(quat.log(turns)[1:, 0, 1])
    assert side[0] == pytest.approx(-15, abs=5)
    assert side[3] > 0


def test_fingers_never_bend_backwards_wildly() -> None:
    """Whatever the landmarks say, every joint stays within its limits."""
    rng = np.random.default_rng(5)
    for sign in (1.0, -1.0):
        for _ in range(50):
            points = rng.normal(scale=0.05, size=(21, 3))
            palm = hands.palm_rotation(points, sign=sign)
            turns = hands.finger_rotations(points, palm, sign=sign, thumb_rest=hands.THUMB_REST, axes=AXES)
            assert np.isfinite(turns).all()
            bend = np.degrees(quat.log(turns)[1:, 1:, 2]) * -sign
            assert bend.min() > -4.0
            assert bend.max() < 111.0


@pytest.mark.needs_data
def test_a_real_spelling_hand_bends_its_fingers(data_folder: Path) -> None:
    """On a recorded hand the joints use their range and hardly ever lie at a backward limit."""
    frames = np.array(json.loads((data_folder / "hands" / "asl_hand_3d.full.json").read_text()), dtype=np.float32)
    zeros = np.zeros((21, 3), dtype=np.float32)
    # The clip shows a right hand; a hand's world landmarks say so by themselves: palm to the camera, thumb to its left.
    got = np.array([bends(HandTracking(zeros, frame, 1.0, 1.0), -1.0) for frame in frames])
    assert np.percentile(got[:, :, 1], 95) > 60
    assert np.percentile(got[:, :, 1], 5) < 15
    assert (got[:, :, 1:] < -2.9).mean() < 0.2
