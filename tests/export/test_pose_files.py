"""What lies on disk, while it is written and afterwards."""

import json
from itertools import count
from pathlib import Path

import pytest

from export.pose_files import FORMATS, Header, pose_writer
from trackers.errors import UserError
from trackers.types import Stamp, Tracking

HEADER = Header(source="clip.mp4", fps=30.0, engine="posecast")


def nobody(seq: int) -> Tracking:
    return Tracking(Stamp(seq, seq * 40_000_000), 64, 48, None, None, None, None)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_file_is_valid_json_whatever_the_number(tmp_path: Path, format_: str, count: int) -> None:
    """None, one or several frames: the file can be read, and nothing else lies beside it."""
    path = tmp_path / "x.json"
    with pose_writer(path, format_=format_, header=HEADER) as writer:
        for seq in range(count):
            writer.write(nobody(seq), name=f"f{seq}", number=seq)
        assert not path.exists()
    read = json.loads(path.read_text())
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
    if format_ == "posecast":
        assert (read["format"], read["version"], read["fps"], len(read["body_names"])) == ("posecast-tracking", 1, 30.0, 33)
        assert [frame["seq"] for frame in read["frames"]] == list(range(count))
    elif format_ == "openpose":
        assert [frame["time_s"] for frame in read] == [seq * 0.04 for seq in range(count)]
    else:
        assert read == []


def test_error_leaves_no_single_file(tmp_path: Path) -> None:
    """What went wrong in the middle leaves neither the file nor its beginnings."""
    with pytest.raises(RuntimeError), pose_writer(tmp_path / "x.json", format_="openpose", header=HEADER) as writer:  # noqa: PT012
        writer.write(nobody(0), name="a", number=0)
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_two_runs_into_one_file_leave_one_of_them_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both begin before either ends: who comes second is told so and overwrites nothing."""
    path = tmp_path / "x.json"
    pids = count(1)
    monkeypatch.setattr("os.getpid", lambda: next(pids))  # as two processes
    writers = [pose_writer(path, format_="posecast", header=HEADER) for _ in range(2)]
    with pytest.raises(UserError) as caught, writers[0] as one, writers[1] as other:  # noqa: PT012
        for seq in range(300):
            one.write(nobody(seq), name="", number=seq)
        other.write(nobody(0), name="", number=0)
    assert str(caught.value) == f"{path} exists already; remove it or choose another --out"
    assert len(json.loads(path.read_text())["frames"]) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_folder_gets_a_whole_file_for_each_frame(tmp_path: Path) -> None:
    """Named as OpenPose names them; those that were finished stay when an error comes."""
    folder = tmp_path / "poses"
    with pytest.raises(RuntimeError), pose_writer(folder, format_="openpose", header=HEADER) as writer:  # noqa: PT012
        writer.write(nobody(0), name="clip_000000000000", number=0)
        raise RuntimeError
    assert [path.name for path in folder.iterdir()] == ["clip_000000000000_keypoints.json"]
    assert json.loads(next(folder.iterdir()).read_text())["people"] == []


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    """A wrong format, a folder for one file, something in the way, no such folder."""
    there = tmp_path / "there.json"
    there.write_text("mine")
    full = tmp_path / "full"
    full.mkdir()
    (full / "a_keypoints.json").write_text("{}")
    lost = tmp_path / "no" / "x.json"
    plain, nowhere = tmp_path / "plain", tmp_path / "no" / "frames"
    plain.write_text("mine")
    dotted = tmp_path / "poses.v2"
    cases = {
        (there, "alphapose"): "--format must be one of openpose, coco-wholebody, posecast, got alphapose; "
        "see python run.py track --help",
        (tmp_path, "posecast"): f"--format posecast writes one .json file, got {tmp_path}; try --out {tmp_path}.json",
        (there, "openpose"): f"{there} exists already; remove it or choose another --out",
        (full, "openpose"): f"{full} holds OpenPose files already; empty it or choose another --out",
        (lost, "openpose"): f"{lost} cannot be written: its folder does not exist; make it or choose another --out",
        (plain, "openpose"): f"{plain} exists already; remove it or choose another --out",
        (dotted, "posecast"): f"--format posecast writes one .json file, got {dotted}; try --out {dotted}.json",
        (nowhere, "openpose"): f"{nowhere} cannot be written: its folder does not exist; make it or choose another --out",
    }
    for (out, format_), sentence in cases.items():
        with pytest.raises(UserError) as caught:
            pose_writer(out, format_=format_, header=HEADER)
        assert str(caught.value) == sentence
    assert there.read_text() == "mine"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """A disk that takes nothing more is said so, and no file is left."""
    path = tmp_path / "x.json"
    with pytest.raises(UserError) as caught, pose_writer(path, format_="openpose", header=HEADER) as writer:  # noqa: PT012
        growing = next(tmp_path.iterdir())
        growing.unlink()
        growing.symlink_to("/dev/full")
        writer._file.close()  # type: ignore[attr-defined]
        writer._file = open("/dev/full", "w")  # type: ignore[attr-defined]  # noqa: SIM115
        for seq in range(2000):
            writer.write(nobody(seq), name="", number=seq)
    assert str(caught.value) == (
        f"{path} could not be written (No space left on device); free some space or choose another --out"
    )
    assert list(tmp_path.iterdir()) == []
