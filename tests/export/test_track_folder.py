"""Every video of a folder, each into a file of its own."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from nobody_tracker import NobodyTracker

from export import track as track_module
from export.track import Job
from export.track_folder import jobs_of, track_all
from trackers.contract import TrackerSettings
from trackers.errors import SourceError, UserError

SETTINGS = TrackerSettings(mode="accurate")


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with videos of 3, 5 and 4 frames, two of which differ by their ending alone, and what is none."""
    monkeypatch.setattr(track_module, "open_tracker", lambda settings: NobodyTracker())
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, count in (("take10.avi", 5), ("take2.avi", 3), ("TAKE2.mkv", 4)):
        writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*"MJPG"), 20, (32, 24))
        for _ in range(count):
            writer.write(np.zeros((24, 32, 3), np.uint8))
        writer.release()
    (folder / "notes.txt").write_text("no video")
    (folder / "old_keypoints.json").write_text('{"people": []}')
    (folder / "._take2.avi").touch()
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_video_of_a_folder_is_written_to_its_own_file(clips: Path, tmp_path: Path) -> None:
    """None writes over another's; one bar counts the frames of all, and the figures are the sum of each one's."""
    steps: list[tuple[int, int]] = []
    job = Job(clips, tmp_path / "poses", "posecast", SETTINGS)
    figures = track_all(job, jobs_of(job), on_progress=lambda done, total: steps.append((done, total)))
    assert names_in(tmp_path / "poses") == ["TAKE2.mkv.json", "take10.json", "take2.avi.json"]
    written = [json.loads((tmp_path / "poses" / name).read_text()) for name in names_in(tmp_path / "poses")]
    assert [(one["source"], len(one["frames"])) for one in written] == [("TAKE2.mkv", 4), ("take10.avi", 5), ("take2.avi", 3)]
    assert (figures["frames"], figures["source"], figures["out"]) == (12, str(clips), str(tmp_path / "poses"))
    assert [Path(one["source"]).name for one in figures["files"]] == ["take2.avi", "TAKE2.mkv", "take10.avi"]
    assert [one["frames"] for one in figures["files"]] == [3, 4, 5]
    assert not figures["interrupted"]
    assert steps[-1] == (12, 12)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert {total for _, total in steps} <= {11, 12, 13}  # an .mkv tells only how long it is


def test_openpose_gets_a_folder_for_each_video(clips: Path, tmp_path: Path) -> None:
    """With a file for each frame in it; a folder that is there already is taken."""
    (tmp_path / "poses").mkdir()
    job = Job(clips, tmp_path / "poses", "openpose", SETTINGS)
    track_all(job, jobs_of(job), on_progress=lambda done, total: None)
    assert names_in(tmp_path / "poses") == ["TAKE2.mkv", "take10", "take2.avi"]
    assert names_in(tmp_path / "poses" / "take10")[-1] == "take10_000000000004_keypoints.json"


def test_a_damaged_video_is_left_out_and_told(clips: Path, tmp_path: Path) -> None:
    """One must not end a long run; if none can be read, that is an error."""
    (clips / "take2.avi").write_bytes(b"damaged")
    job = Job(clips, tmp_path / "a", "posecast", SETTINGS)
    figures = track_all(job, jobs_of(job), on_progress=lambda done, total: None)
    sentence = f"{clips / 'take2.avi'} holds no video that can be decoded; try another file, such as an .mp4"
    assert (figures["unread"], figures["frames"]) == ([sentence], 9)
    for name in ("take10.avi", "TAKE2.mkv"):
        (clips / name).write_bytes(b"damaged")
    job = replace(job, out=tmp_path / "b")
    with pytest.raises(SourceError, match=r"take10\.avi holds no video that can be decoded"):
        track_all(job, jobs_of(job), on_progress=lambda done, total: None)


def test_stopped_in_the_second_video_the_third_is_not_begun(clips: Path, tmp_path: Path) -> None:
    """What was done until then is whole."""
    calls: list[int] = []

    def is_stopped() -> bool:
        calls.append(1)
        return len(calls) == 5

    job = Job(clips, tmp_path / "poses", "posecast", SETTINGS)
    figures = track_all(job, jobs_of(job), on_progress=lambda done, total: None, is_stopped=is_stopped)
    assert (figures["frames"], figures["interrupted"]) == (5, True)
    assert names_in(tmp_path / "poses") == ["TAKE2.mkv.json", "take2.avi.json"]
    assert len(json.loads((tmp_path / "poses" / "TAKE2.mkv.json").read_text())["frames"]) == 2


def test_pictures_follow_at_the_rate_that_was_asked_for(clips: Path, tmp_path: Path) -> None:
    """`--follow --source.fps 60`: in what is written, too. A video keeps its own."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3):
        cv2.imwrite(str(frames / f"{number}.png"), np.zeros((4, 6, 3), np.uint8))
    for source, fps in ((frames, 60), (clips / "take2.avi", 20)):
        job = Job(source, tmp_path / f"{source.stem}.json", "posecast", SETTINGS, follow=source.is_dir(), fps=60)
        track_all(job, jobs_of(job), on_progress=lambda done, total: None)
        written = json.loads(job.out.read_text())
        assert written["fps"] == fps
        assert [frame["time_s"] for frame in written["frames"]] == pytest.approx([0, 1 / fps, 2 / fps], abs=1e-5)


def test_pictures_go_before_videos(clips: Path, tmp_path: Path) -> None:
    """A folder that holds both is one of pictures, as it always was; a file is itself."""
    video = Job(clips / "take2.avi", tmp_path / "x.json", "posecast", SETTINGS)
    assert jobs_of(video) == [video]
    cv2.imwrite(str(clips / "cover.png"), np.zeros((4, 6, 3), np.uint8))
    folder = Job(clips, tmp_path / "x.json", "posecast", SETTINGS)
    assert jobs_of(folder) == [folder]


def test_mistakes_are_one_sentence(clips: Path, tmp_path: Path) -> None:
    """One file for several videos, something in the way, no such folder or format, and a folder of nothing."""
    plain, empty, full = tmp_path / "plain", tmp_path / "empty", tmp_path / "full"
    plain.write_text("mine")
    empty.mkdir()
    full.mkdir()
    (full / "take10.json").write_text("mine")
    one_file, nowhere = tmp_path / "x.json", tmp_path / "no" / "poses"
    endings = ".avi, .bmp, .gif, .jpeg, .jpg, .m4v, .mkv, .mov, .mp4, .png, .tif, .tiff, .webm, .webp"
    cases = {
        (clips, one_file, "posecast"): f"{clips} holds 3 videos to be written to a folder, a file or folder for each, "
        f"got {one_file}; try --out {tmp_path / 'x'}",
        (clips, plain, "posecast"): f"{plain} exists already; remove it or choose another --out",
        (clips, full, "posecast"): f"{full / 'take10.json'} exists already; remove it or choose another --out",
        (
            clips,
            nowhere,
            "openpose",
        ): f"{nowhere} cannot be written: its folder does not exist; make it or choose another --out",
        (clips, full, "bvh"): "--format must be one of openpose, coco-wholebody, posecast, got bvh; "
        "see python run.py track --help",
        (empty, one_file, "posecast"): f"{empty} holds no pictures and no videos; expected {endings}",
    }
    with pytest.raises(UserError) as caught:
        jobs_of(Job(clips, tmp_path / "poses", "posecast", SETTINGS, follow=True))
    assert str(caught.value) == f"--follow is for a folder of pictures, got {clips}; leave --follow away"
    for (source, out, format_), sentence in cases.items():
        with pytest.raises(UserError) as caught:
            jobs_of(Job(source, out, format_, SETTINGS))
        assert str(caught.value) == sentence
    assert not (tmp_path / "poses").exists()
