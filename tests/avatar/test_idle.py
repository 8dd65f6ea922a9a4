"""Tests of `avatar.idle`."""

import numpy as np
from synthetic_person import RIG

from avatar.idle import idle_expression, idle_pose
from avatar.rig import BONE_INDEX, BONE_NAMES, forward_kinematics, joint_positions, mirror_pose
from trackers import quaternions as quat
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp

STAMP = Stamp(0, 0)
BLINK = EXPRESSION_INDEX["eyeBlinkLeft"]
TIMES = np.arange(0, 60, 1 / 60)


def test_stands_with_lowered_bent_arms_and_relaxed_fingers() -> None:
    """Hands hang beside the hips, a little forward; fingers curl somewhat; nothing claims to be measured."""
    pose = idle_pose(1.0, stamp=STAMP)
    places = joint_positions(RIG, forward_kinematics(RIG, pose.rotations, pose.root_m))
    joint = dict(zip(BONE_NAMES, places, strict=True))
    for side, sign in (("left", 1), ("right", -1)):
        hand, elbow = joint[f"{side}Hand"], joint[f"{side}LowerArm"]
        assert 0.75 < hand[1] < elbow[1] < joint["chest"][1] + 0.1
        assert sign * hand[0] > 0.18
        assert 0.02 < hand[2] < 0.2
        curl = -sign * np.degrees(quat.log(pose.rotations[BONE_INDEX[f"{side}MiddleProximal"]].astype(np.float64))[2])
        assert 10 < curl < 30
    assert not pose.confidence.any()
    assert pose.face_confidence == 0.0


def test_rest_is_the_same_on_both_sides() -> None:
    """The left arm hangs as the right one does, within the sway."""
    pose = idle_pose(2.0, stamp=STAMP)
    turned = quat.difference(pose.rotations.astype(np.float64), mirror_pose(pose).rotations.astype(np.float64))
    assert np.degrees(np.linalg.norm(turned, axis=1)).max() < 6


def test_same_time_same_pose() -> None:
    """It is a function of time."""
    a, b = idle_pose(12345.678, stamp=STAMP), idle_pose(12345.678, stamp=STAMP)
    assert a.rotations.tobytes() == b.rotations.tobytes()
    assert a.expression.tobytes() == b.expression.tobytes()


def test_never_still_never_busy() -> None:
    """In every half second something moves, and no bone but an eye ever turns fast."""
    poses = [idle_pose(time_s, stamp=STAMP).rotations.astype(np.float64) for time_s in np.arange(0, 20, 0.1)]
    body = [i for i, name in enumerate(BONE_NAMES) if "Eye" not in name]
    steps = np.degrees(
        np.array([np.linalg.norm(quat.difference(a, b), axis=1)[body] for a, b in zip(poses, poses[1:], strict=False)])
    )
    moved = np.lib.stride_tricks.sliding_window_view(steps.max(axis=1), 5).sum(axis=1)
    assert moved.min() > 0.05
    assert steps.max() / 0.1 < 6  # degrees a second


def test_blinks_are_irregular_whole_and_eased() -> None:
    """About one blink in four seconds, fully closed, never at an even pace, and without a jump between frames."""
    lids = np.array([idle_expression(time_s)[BLINK] for time_s in TIMES])
    starts = TIMES[1:][(lids[1:] > 0.5) & (lids[:-1] <= 0.5)]
    assert 12 <= len(starts) <= 24
    assert lids.max() == 1.0
    assert np.diff(starts).std() > 0.4
    assert np.abs(np.diff(lids)).max() < 0.45
    assert (lids < 0.01).mean() > 0.85
