"""Tests of `avatar.filter_space`."""

import numpy as np

from avatar import filter_space
from avatar import rotations as rot
from avatar.rig import BONE_COUNT, BONE_INDEX
from trackers import quaternions as quat


def some_pose(seed: int) -> np.ndarray:
    return quat.exp(np.random.default_rng(seed).normal(scale=0.5, size=(BONE_COUNT, 3)))


def test_there_and_back_is_the_same_pose() -> None:
    """Nothing is lost on the way to the filters' space and back."""
    pose = some_pose(1)
    back = filter_space.to_local(filter_space.from_local(pose))
    np.testing.assert_allclose(np.abs(np.sum(back * pose, axis=1)), 1.0, atol=1e-12)


def test_the_chests_noise_does_not_reach_the_head() -> None:
    """A head measured against the camera is the same, however the chest under it is believed to turn."""
    pose, chest = some_pose(2), BONE_INDEX["upperChest"]
    space = filter_space.from_local(pose)
    space[chest] = quat.multiply(space[chest], rot.about(rot.Y, 0.2))
    turned = filter_space.from_local(filter_space.to_local(space))
    for bone in filter_space.AVATAR_BONES:
        assert abs(float(turned[bone] @ filter_space.from_local(pose)[bone])) > 1 - 1e-12


def test_only_what_is_measured_against_the_camera_changes() -> None:
    """Fingers, legs and the trunk stay as they turn against their parents."""
    pose = some_pose(3)
    same = np.setdiff1d(np.arange(BONE_COUNT), filter_space.AVATAR_BONES)
    np.testing.assert_array_equal(filter_space.from_local(pose)[same], pose[same])
