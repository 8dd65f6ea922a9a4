"""Reading a set: shapes, order, and what is said of missing and damaged files."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from avatar.dataset.film import render
from avatar.dataset.plan import Plan
from avatar.dataset.reader import Dataset
from avatar.dataset.storage import MOTION, picture_name
from trackers.errors import UserError


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of a few pictures."""
    folder = tmp_path_factory.mktemp("sets") / "few"
    render(folder, plan=Plan(train=3, test=2), drawing="quick", side_px=64, workers=1)
    return folder


@pytest.fixture
def copied(rendered: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return shutil.copytree(rendered, tmp_path / "set")


def test_motions_come_in_a_fixed_order_with_their_pictures(rendered: Path) -> None:
    """Two readings give the same, and arrays have the shapes of the contract."""
    data = Dataset(rendered)
    motions = data.motions("train") + data.motions("test")
    assert [m.name for m in motions] == [m.name for split in ("train", "test") for m in Dataset(rendered).motions(split)]
    for motion in motions:
        frames = len(motion.time_ns)
        assert motion.rotations.shape == (frames, 55, 4)
        assert motion.bones.shape[0] == frames
        assert set(np.diff(motion.time_ns)) <= {33_333_333, 33_333_334}
        assert motion.picture(int(motion.shown[0])).shape == (64, 64, 4)
    with pytest.raises(ValueError, match="split must be one of train, test, got val"):
        data.motions("val")


def test_missing_and_damaged_pictures_are_told(copied: Path) -> None:
    """A picture that went away or was cut short is one clear sentence."""
    motion = Dataset(copied).motions("train")[0]
    path = motion.folder / picture_name(int(motion.shown[0]))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2][:40])
    with pytest.raises(UserError, match=rf"{path.name} is damaged; delete it if it is there, and run avatar render again"):
        motion.picture(int(motion.shown[0]))
    path.unlink()
    with pytest.raises(UserError, match=rf"{path.name} is missing; delete it"):
        motion.picture(int(motion.shown[0]))
    assert len(Dataset(copied).motions("train")) == 2


def test_a_picture_of_another_size_is_told(copied: Path) -> None:
    """A picture that does not belong to the set is not taken for one that does."""
    data = Dataset(copied)
    data.size_px = (32, 32)
    motion = data._read("talk-000", 1) or data.motions("train")[0]
    with pytest.raises(UserError, match=r"should be 32 x 32 pixels, but is 64 x 64; delete it and run avatar render again"):
        motion.picture(int(motion.shown[0]))


def test_damaged_motions_and_other_folders_are_told(copied: Path, tmp_path: Path) -> None:
    """Without an index, with a foreign one, and with a damaged motion, one sentence says what to do."""
    motion = Dataset(copied).motions("train")[0]
    (motion.folder / MOTION).write_bytes(b"PK no zip")
    with pytest.raises(UserError, match=rf"{MOTION} is damaged \(.*\); delete its folder and run avatar render again"):
        Dataset(copied)
    (copied / "index.json").write_text('{"format": 9}')
    with pytest.raises(UserError, match=r"index.json is of format 9, not 1; delete the folder and render again"):
        Dataset(copied)
    with pytest.raises(UserError, match=r"holds no rendered data \(index.json is missing\); make it with: avatar render"):
        Dataset(tmp_path)
