"""Tests of reading clips."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from export.clips import PICTURE_FRAMES, find_clips, frame_count, frames_of, read_clip
from trackers.errors import SourceError


def test_words_for_a_clip_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and one without video are one sentence each."""
    with pytest.raises(SourceError, match=r"absent.mp4 was not found; name a video with --source$"):
        read_clip(tmp_path / "absent.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"no video")
    with pytest.raises(SourceError, match=r"empty.mp4 holds no video that can be decoded; try another file$"):
        read_clip(tmp_path / "empty.mp4")
    (tmp_path / "empty.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"empty.png cannot be read as a picture; save it again as PNG or JPEG$"):
        read_clip(tmp_path / "empty.png")


def test_a_folder_means_all_videos_in_it(tmp_path: Path) -> None:
    """In the order of their names, without pictures and texts, and each once."""
    for name in ("b.mkv", "a.MP4", "c.jpg", "LICENSE"):
        (tmp_path / name).touch()
    assert find_clips([tmp_path, tmp_path / "b.mkv"]) == [tmp_path / "a.MP4", tmp_path / "b.mkv"]
    (tmp_path / "none").mkdir()
    with pytest.raises(SourceError, match=r"none holds no video; name a video, a picture or a folder of videos with --source$"):
        find_clips([tmp_path / "none"])
    with pytest.raises(SourceError, match=r"gone was not found; name a video, a picture or a folder of videos with --source$"):
        find_clips([tmp_path / "gone"])


def test_a_picture_is_shown_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same RGB picture, with stamps that rise; also where OpenCV cannot open such a name, as on Windows."""
    monkeypatch.setattr(cv2, "imread", lambda *_: None)
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), np.full((4, 6, 3), (0, 0, 255), dtype=np.uint8))
    frames = list(frames_of(path))
    assert len(frames) == frame_count(path) == PICTURE_FRAMES
    assert frames[-1].image.shape == (4, 6, 3)
    assert frames[-1].image[0, 0].tolist() == [255, 0, 0]
    assert [frame.stamp.seq for frame in frames] == list(range(PICTURE_FRAMES))
    assert frames[2].stamp.captured_ns == pytest.approx(2e9 / 30)


def test_a_browsers_recording_has_its_own_times(browser_clip: Path, browser_ms: list[int]) -> None:
    """Without a rate in the header frames have the times that the file gives them."""
    assert [frame.stamp.captured_ns for frame in frames_of(browser_clip)] == [ms * 1_000_000 for ms in browser_ms]


def test_a_picture_is_one_by_any_ending_and_hidden_files_are_none(tmp_path: Path) -> None:
    """A .tif is a picture, as everywhere; what macOS leaves beside a clip on a stick is no video."""
    for name in ("a.mp4", "._a.mp4"):
        (tmp_path / name).touch()
    assert find_clips([tmp_path]) == [tmp_path / "a.mp4"]
    for name in ("a.tif", "b.TIFF"):
        cv2.imwrite(str(tmp_path / name.lower()), np.zeros((4, 6, 3), np.uint8))
        assert len(read_clip(tmp_path / name.lower())) == PICTURE_FRAMES


def test_a_name_that_looks_like_an_address_is_a_file(
    browser_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg would take a relative 10:30.webm for an address of the scheme 10."""
    shutil.copy(browser_clip, tmp_path / "10:30.webm")
    monkeypatch.chdir(tmp_path)
    assert len(read_clip(Path("10:30.webm"))) == 40


@pytest.mark.needs_data
def test_a_clip_has_as_many_frames_as_its_header_says(data_folder: Path) -> None:
    """65, at 5 a second."""
    path = data_folder / "body" / "pose_squats.mp4"
    frames = read_clip(path)
    assert len(frames) == frame_count(path) == 65
    assert frames[1].stamp.captured_ns == 200_000_000
