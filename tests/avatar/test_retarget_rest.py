"""Tests of `avatar.retarget`: parts that were not looked at in a frame."""

from dataclasses import replace

import numpy as np
from synthetic_person import RIG, Person

from avatar.calibration import Calibration
from avatar.retarget import Retargeter
from avatar.rig import BONE_INDEX
from trackers.types import Tracking

BODY = [BONE_INDEX[name] for name in ("hips", "spine", "leftUpperArm", "leftShoulder", "rightUpperArm", "leftUpperLeg")]
LEFT_FINGERS = [BONE_INDEX[f"leftIndex{joint}"] for joint in ("Proximal", "Intermediate", "Distal")]
RIGHT_FINGERS = [BONE_INDEX[f"rightIndex{joint}"] for joint in ("Proximal", "Intermediate", "Distal")]
HEAD = BONE_INDEX["head"]


def still(seq: int) -> Tracking:
    """A person with bent elbows, wholly in the picture."""
    return _person().tracking(seq)


def moved(seq: int) -> Tracking:
    """The same person with everything moved."""
    person = _person().turn("leftUpperArm", (0.0, 1.0, 0.0), 20).turn("spine", (0.0, 1.0, 0.0), 15)
    for side, degrees in (("left", -40), ("right", 40)):
        person.turn(f"{side}IndexProximal", (0.0, 0.0, 1.0), degrees)
    return person.turn("head", (0.0, 1.0, 0.0), 25).tracking(seq)


def _person() -> Person:
    person = Person(distance_m=3.0, camera_height_m=0.85).arms_down()
    return person.turn("leftLowerArm", (0.0, 1.0, 0.0), -90).turn("rightLowerArm", (0.0, 1.0, 0.0), 90)


def test_a_part_that_was_not_looked_at_keeps_what_was_made_of_it() -> None:
    """Whatever its keypoints say: they are carried on, not measured; the other parts follow."""
    for part, kept, followed in (
        ("body", BODY, [*LEFT_FINGERS, HEAD]),
        ("left_hand", LEFT_FINGERS, [*RIGHT_FINGERS, *BODY[2:3]]),
        ("right_hand", RIGHT_FINGERS, [*LEFT_FINGERS, *BODY[2:3]]),
    ):
        retargeter = Retargeter(RIG)
        before = retargeter.retarget(still(0)).rotations
        after = retargeter.retarget(replace(moved(1), predicted=frozenset({part}))).rotations
        np.testing.assert_array_equal(before[kept], after[kept])
        assert (np.abs(before[followed] - after[followed]).max(axis=1) > 0.01).any(), part


def test_a_face_that_was_not_looked_at_keeps_eyes_and_expression_but_rides_on_the_chest() -> None:
    """The head's turn in space is the last one, so against a chest that turned it is another one."""
    retargeter = Retargeter(RIG)
    before = retargeter.retarget(still(0))
    after = retargeter.retarget(replace(moved(1), predicted=frozenset({"face"})))
    np.testing.assert_array_equal(before.expression, after.expression)
    assert np.abs(before.rotations[HEAD] - after.rotations[HEAD]).max() > 0.01


def test_a_part_never_looked_at_is_taken_as_it_comes() -> None:
    """After a reset, or with a new calibration, there is nothing to keep."""
    resting = replace(moved(0), predicted=frozenset({"body", "left_hand", "right_hand", "face"}))
    np.testing.assert_array_equal(Retargeter(RIG).retarget(resting).rotations, Retargeter(RIG).retarget(moved(0)).rotations)
    retargeter = Retargeter(RIG)
    retargeter.retarget(moved(0))
    retargeter.calibration = Calibration(gaze_rad=np.array([0.1, 0.1], dtype=np.float32))
    eyes = retargeter.retarget(replace(moved(1), predicted=frozenset({"face"}))).rotations[BONE_INDEX["leftEye"]]
    assert np.abs(eyes - (0, 0, 0, 1)).max() > 0.01


def test_a_lost_part_is_not_kept() -> None:
    """What is gone has no confidence, whatever the schedule says."""
    retargeter = Retargeter(RIG)
    retargeter.retarget(still(0))
    gone = replace(still(1), body=None, left_hand=None, face=None, predicted=frozenset({"body", "left_hand", "face"}))
    assert not retargeter.retarget(gone).confidence.any()
