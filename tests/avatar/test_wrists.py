"""Wrists are smoothed as points, and upper arms point to them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from avatar import filter_space, wrists
from avatar.motion import Motion
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.types import Stamp

UPPER, LOWER = (BONE_INDEX[f"left{part}"] for part in ("UpperArm", "LowerArm"))


def arms(*, raised_rad: float = 0.0, bent_rad: float = 0.0) -> np.ndarray:
    """A pose of rest with the left arm turned up by `raised_rad` about Z, and its elbow bent on by `bent_rad`."""
    rotations = np.tile(quat.IDENTITY, (BONE_COUNT, 1))
    rotations[UPPER] = quat.exp(np.array([0.0, 0.0, raised_rad]))
    rotations[LOWER] = quat.exp(np.array([0.0, 0.0, bent_rad]))
    return rotations


def posed(rotations: np.ndarray, frame: int) -> RigPose:
    """A frame's pose of a tracker that sees 30 a second."""
    return RigPose(
        stamp=Stamp(frame, (frame + 1) * 33_333_333),
        rotations=rotations.astype(np.float32),
        root_m=np.zeros(3, np.float32),
        expression=np.zeros(52, np.float32),
        confidence=np.ones(BONE_COUNT, np.float32),
        face_confidence=1.0,
    )


def test_where_wrists_are() -> None:
    """At rest two upper arms' lengths aside; with the elbow at a right angle one aside and one up."""
    np.testing.assert_allclose(wrists.wrists_of(arms()), [[2, 0, 0], [-2, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(wrists.wrists_of(arms(bent_rad=math.pi / 2))[0], [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(wrists.wrists_of(arms(raised_rad=0.3))[0], [2 * math.cos(0.3), 2 * math.sin(0.3), 0], atol=1e-12)


def test_arms_that_point_there_stay_as_they_are() -> None:
    """To rounding, bent and straight."""
    for pose in (arms(), arms(raised_rad=0.4, bent_rad=1.2)):
        np.testing.assert_allclose(wrists.reaching(pose, wrists.wrists_of(pose)), pose, atol=1e-7)


def test_an_upper_arm_turns_until_the_wrist_lies_the_wanted_way() -> None:
    """The elbow keeps its angle, the other arm and what was handed in stay as they were."""
    pose, wanted = arms(bent_rad=1.0), arms(raised_rad=0.1, bent_rad=1.0)
    before = pose.copy()
    reached = wrists.reaching(pose, wrists.wrists_of(wanted))
    np.testing.assert_allclose(wrists.wrists_of(reached), wrists.wrists_of(wanted), atol=1e-7)
    np.testing.assert_array_equal(pose, before)
    np.testing.assert_allclose(np.delete(reached, UPPER, axis=0), np.delete(pose, UPPER, axis=0), atol=1e-7)


@pytest.mark.parametrize("raised_rad", [0.5, 1.5, 3.0])
def test_no_arm_is_turned_far(raised_rad: float) -> None:
    """Two that point another way altogether are no smoothing: 8 degrees at most."""
    reached = wrists.reaching(arms(bent_rad=0.5), wrists.wrists_of(arms(raised_rad=raised_rad, bent_rad=0.5)))
    turn = quat.difference(quat.IDENTITY, reached[UPPER])
    assert np.degrees(np.linalg.norm(turn)) == pytest.approx(8.0, abs=1e-4)


def test_a_wrist_at_its_shoulder_says_nothing_of_the_way() -> None:
    """Its direction is noise there: the arm stays."""
    pose = arms(bent_rad=math.pi - 0.1)
    wanted = wrists.wrists_of(pose)
    wanted[0] = wanted[0] @ about_z(1.0)
    np.testing.assert_allclose(wrists.reaching(pose, wanted), pose, atol=1e-7)


def about_z(angle_rad: float) -> np.ndarray:
    """A turn about Z."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def test_a_guessed_elbow_does_not_move_a_wrist_that_rests() -> None:
    """A tracker wavers by 10 degrees where the elbow is, and sees the wrist. (The joints smoothed alone moved it by 1.5.)"""
    random, motion, shown = np.random.default_rng(4), Motion(), []
    for frame in range(90):
        waver = random.normal(0, math.radians(10))  # the elbow up, the forearm as much down: the wrist stays, to first order
        pose = posed(arms(raised_rad=0.5 + waver, bent_rad=-0.9 - 2 * waver), frame)
        motion.push(pose)
        sample = motion.sample(pose.stamp.captured_ns)
        shown.append(wrists.wrists_of(filter_space.from_local(sample.rotations.astype(np.float64)))[0])
    settled = np.array(shown[45:])
    ways = settled / np.linalg.norm(settled, axis=1, keepdims=True)
    assert np.degrees(np.linalg.norm(ways.std(axis=0))) < 0.1


def test_a_wrist_runs_on_where_the_body_was_not_looked_at() -> None:
    """An arm that swings, looked at in every second frame: it does not brake in the others."""

    def shown(every: int) -> np.ndarray:
        motion, ways = Motion(), []
        for beat in range(240):  # 60 a second; frames come 30 a second
            frame, time_ns = beat // 2, beat * 16_666_667
            if beat % 2 == 0:
                seen = frame - frame % every
                pose = posed(arms(raised_rad=0.8 * math.sin(2 * seen / 30), bent_rad=-0.6), frame)
                motion.push(replace(pose, predicted=frozenset() if seen == frame else frozenset({"body"})))
            sample = motion.sample(time_ns + 40_000_000)
            way = wrists.wrists_of(filter_space.from_local(sample.rotations.astype(np.float64)))[0]
            ways.append(math.degrees(math.atan2(way[1], way[0])))
        return np.diff(ways[60:], 2)

    assert shown(2).std() < 4 * shown(1).std()
