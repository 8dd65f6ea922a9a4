"""What a tracker does to a pose: how often, how much, and that the rig stays whole."""

import numpy as np
import pytest
from small_motions import proxy_character, small_motions

from avatar.rig import joint_positions
from avatar.training.noise import Disturber, Noise, turned
from avatar.types import BONE_COUNT


def test_an_undisturbed_pose_is_the_motions_own() -> None:
    """Most poses are shown exactly as they were photographed, and the share is kept."""
    motion = small_motions()[0]
    disturber = Disturber(proxy_character(), Noise(share=0.25))
    poses = [disturber.pose(motion, 4, np.random.default_rng(seed)) for seed in range(200)]
    same = sum(np.array_equal(pose.bones, motion.bones[4]) for pose in poses)
    assert 130 <= same <= 170


def test_a_disturbance_without_size_changes_nothing() -> None:
    """Kinematics, reach and the carried bones give back the stored matrices."""
    motion = small_motions()[0]
    disturber = Disturber(proxy_character(), Noise(share=1.0, turn_rad=0.0, expression=0.0, late=0.0))
    for frame in (0, 5, 11):
        pose = disturber.pose(motion, frame, np.random.default_rng(frame))
        assert np.allclose(pose.bones, motion.bones[frame], atol=2e-4)
        assert np.array_equal(pose.expression, motion.expression[frame])


def test_a_disturbed_pose_trembles_but_stays_whole() -> None:
    """Joints move by millimetres to centimetres, swinging bones with them; matrices stay rotations; what is 0 stays 0."""
    motion, character = small_motions()[0], proxy_character()
    disturber = Disturber(character, Noise(share=1.0, late=0.0))
    moved = []
    for seed in range(30):
        pose = disturber.pose(motion, 5, np.random.default_rng(seed))
        turns = pose.bones[:, :, :3]
        assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3), atol=1e-3)
        assert np.array_equal(pose.expression == 0, motion.expression[5] == 0)
        before, after = joint_positions(character.rig, motion.bones[5]), joint_positions(character.rig, pose.bones)
        moved.append(np.linalg.norm(after - before, axis=1))
    typical_m = np.median(moved, axis=0)
    assert 0.002 < typical_m[:BONE_COUNT].max() < 0.05
    assert 0.001 < typical_m[BONE_COUNT:].max() < 0.05


def test_a_late_part_is_where_it_was() -> None:
    """Of a pose with a late part, that part's rotations are those of an earlier frame and the rest are its own."""
    motion = small_motions()[0]
    disturber = Disturber(proxy_character(), Noise(share=1.0, turn_rad=0.0, expression=0.0, late=1.0))
    late = [disturber.pose(motion, 6, np.random.default_rng(seed)).rotations for seed in range(20)]
    for rotations in late:
        own = np.abs(rotations - motion.rotations[6]).max(axis=1) < 1e-6
        older = np.minimum(*(np.abs(rotations - motion.rotations[6 - age]).max(axis=1) for age in (1, 2))) < 1e-6
        assert (own | older).all()
    assert any((np.abs(rotations - motion.rotations[6]) > 1e-3).any() for rotations in late)


def test_a_small_turn_turns_by_its_length() -> None:
    """Quaternions stay of unit length and turn by the vector's own angle."""
    rest = np.array([[0, 0, 0, 1], [0.6, 0, 0, 0.8]], dtype=np.float32)
    after = turned(rest, np.array([[0.0, 0.02, 0.0], [0.0, 0.0, 0.03]]))
    angles = 2 * np.arccos(np.abs((rest.astype(np.float64) * after).sum(axis=1)).clip(0, 1))
    assert angles == pytest.approx([0.02, 0.03], abs=2e-3)
    assert np.linalg.norm(after, axis=1) == pytest.approx([1, 1], abs=1e-6)
