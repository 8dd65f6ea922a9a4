"""Recordings as motions: a clip through our tracker, a BVH with a made-up face, mirrored and turned."""

from pathlib import Path

import numpy as np
import pytest

from avatar.dataset.curves import generator
from avatar.dataset.recorded import Recording, play, seconds_of
from avatar.dataset.sketch import Sketch, Take
from avatar.mascot import Level, build_mascot
from avatar.rig import BONE_INDEX, BONE_MIRROR, Rig
from trackers.errors import SourceError


@pytest.fixture(scope="module")
def rig() -> Rig:
    return build_mascot(Level.PROXY).rig


def played(path: Path, rig: Rig, *, mirrored: bool = False, turn_deg: float = 0.0) -> Take:
    sketch = Sketch(generator("recorded"), seconds=seconds_of(path))
    return play(Recording(path, turn_deg=turn_deg, mirrored=mirrored), sketch, rig=rig)


@pytest.mark.needs_data
def test_jumping_jacks_raise_both_arms_and_legs_part(rig: Rig, data_folder: Path) -> None:
    """The avatar does what the recording is called, with a face that lives and hands that change."""
    take = played(data_folder / "motion" / "ad_jumping_jacks.bvh", rig)
    for bone in ("leftUpperArm", "rightUpperArm", "leftUpperLeg"):
        turn = 2 * np.degrees(np.arccos(np.minimum(np.abs(take.rotations[:, BONE_INDEX[bone], 3]), 1)))
        assert np.ptp(turn) > 12, bone
    assert (take.expression.max(axis=0) > 0.3).sum() > 5
    fingers = take.rotations[:, BONE_INDEX["leftIndexProximal"]]
    assert np.ptp(fingers, axis=0).max() > 0.1


@pytest.mark.needs_data
def test_a_mirrored_recording_changes_sides(rig: Rig, data_folder: Path) -> None:
    """Every bone of the body does what its twin did."""
    path = data_folder / "motion" / "ad_wave_hello.bvh"
    plain, mirrored = played(path, rig), played(path, rig, mirrored=True)
    arms = [BONE_INDEX[name] for name in ("leftUpperArm", "rightUpperArm", "leftLowerArm", "rightLowerArm")]
    wanted = plain.rotations[:, BONE_MIRROR][:, arms] * np.array([1, -1, -1, 1])
    dots = np.abs(np.einsum("fbi,fbi->fb", wanted, mirrored.rotations[:, arms]))
    assert dots.min() > 0.9999


@pytest.mark.needs_data
@pytest.mark.slow
def test_a_clip_is_tracked_to_the_same_motion_twice(rig: Rig, data_folder: Path) -> None:
    """A webcam clip gives hands that rise, and the same bytes again."""
    path = data_folder / "asl" / "want.mkv"
    one, two = played(path, rig), played(path, rig)
    assert one.rotations.tobytes() == two.rotations.tobytes()
    assert one.expression.tobytes() == two.expression.tobytes()
    turn = 2 * np.degrees(np.arccos(np.minimum(np.abs(one.rotations[:, BONE_INDEX["rightLowerArm"], 3]), 1)))
    assert np.ptp(turn) > 30


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    """A file that is no video, and one that is no motion, are one sentence each."""
    (tmp_path / "broken.mkv").write_bytes(b"nothing")
    (tmp_path / "broken.bvh").write_text("HIERARCHY")
    with pytest.raises(SourceError, match=r"broken.mkv holds no video that can be decoded; try another file"):
        seconds_of(tmp_path / "broken.mkv")
    with pytest.raises(SourceError, match=r"broken.bvh cannot be read as a BVH motion of a person"):
        seconds_of(tmp_path / "broken.bvh")
