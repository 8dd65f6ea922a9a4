"""Arms stay out of the large head."""

import dataclasses

import numpy as np
import pytest

from avatar.mascot import build_mascot
from avatar.mascot.sheets import Turns, pose
from avatar.reach import PROBES, Reach, _turn
from avatar.rig import forward_kinematics
from trackers.types import FloatArray

_INTO_HEAD: dict[str, Turns] = {
    "straight up": {"leftUpperArm": (0, 0, 80), "rightUpperArm": (0, 0, -80)},
    "hand at the ear": {"leftUpperArm": (0, 0, 20), "leftLowerArm": (0, 0, 120)},
    "over the crown": {"rightUpperArm": (0, 0, -40), "rightLowerArm": (0, 0, -75)},
}


def _posed(turns: Turns) -> tuple[FloatArray, FloatArray, list[str]]:
    mascot = build_mascot()
    rotations = np.zeros((len(mascot.rig.names), 4), dtype=np.float32)
    rotations[:, 3] = 1
    rotations[:55] = pose(turns).rotations
    before = forward_kinematics(mascot.rig, rotations, np.zeros(3, dtype=np.float32))
    after = before.copy()
    Reach(mascot.rig, mascot.guard).clear(after)
    return before, after, list(mascot.rig.names)


def _depths(bones: FloatArray) -> FloatArray:
    mascot = build_mascot()
    guard, names = mascot.guard, list(mascot.rig.names)
    index = [names.index(f"{side}{bone}") for side in ("left", "right") for bone in ("LowerArm", "Hand", "MiddleDistal")]
    joints = np.einsum("kab,kb->ka", bones[index, :, :3], mascot.rig.rest_m[index]) + bones[index, :, 3]
    return np.linalg.norm((joints - guard.centre_m) / guard.radii_m, axis=1)


@pytest.mark.parametrize("name", _INTO_HEAD)
def test_arms_that_would_pierce_the_head_are_led_around_it(name: str) -> None:
    """Elbow, wrist and fingers end up outside, give or take a hair."""
    before, after, _ = _posed(_INTO_HEAD[name])
    assert _depths(before).min() < 0.95
    assert _depths(after).min() > 0.95


def test_arms_away_from_the_head_are_left_alone() -> None:
    """The T-pose comes back as it was."""
    before, after, _ = _posed({})
    np.testing.assert_array_equal(before, after)


def test_an_arm_keeps_its_length() -> None:
    """The correction turns the arm; it does not stretch it."""
    before, after, names = _posed(_INTO_HEAD["straight up"])
    rest = build_mascot().rig.rest_m
    for bones in (before, after):
        joints = np.einsum("jab,jb->ja", bones[:, :, :3], rest) + bones[:, :, 3]
        arm = joints[names.index("leftHand")] - joints[names.index("leftUpperArm")]
        assert np.linalg.norm(arm) == pytest.approx(0.369, abs=2e-3)


def test_an_arm_without_a_length_is_left_alone() -> None:
    """Nor is one turned that would have to point the opposite way: no number of the bones is ever not finite."""
    mascot = build_mascot()
    rest_m = mascot.rig.rest_m.copy()
    rest_m[[mascot.rig.names.index(f"left{probe}") for probe in PROBES]] = rest_m[mascot.rig.names.index("leftUpperArm")]
    rig = dataclasses.replace(mascot.rig, rest_m=rest_m)
    guard = dataclasses.replace(mascot.guard, radii_m=np.full(3, 2, dtype=np.float32))
    rotations = np.zeros((len(rig.names), 4), dtype=np.float32)
    rotations[:, 3] = 1
    bones = forward_kinematics(rig, rotations, np.zeros(3, dtype=np.float32))
    Reach(rig, guard).clear(bones)
    assert np.isfinite(bones).all()
    ahead = np.array([0, 0, 1], dtype=np.float32)
    np.testing.assert_array_equal(_turn(ahead, -ahead), np.eye(3))
    np.testing.assert_allclose(_turn(ahead, 2 * ahead[[2, 0, 1]]) @ ahead, ahead[[2, 0, 1]], atol=1e-6)
