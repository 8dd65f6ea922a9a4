"""Videos, pictures and folders of pictures as frames."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from export.footage import Footage, Shot
from trackers.errors import SourceError
from trackers.pictures import natural_order


def picture(path: Path, shade: int, size: tuple[int, int] = (8, 6)) -> None:
    """Write a picture of one shade of blue (BGR)."""
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), (shade, 0, 0), np.uint8))


def shots_of(path: Path, *, follow: bool = False) -> list[Shot]:
    """Read everything."""
    with Footage(path, follow=follow) as footage:
        return list(footage)


def test_folder_in_natural_order_each_a_scene_of_its_own(tmp_path: Path) -> None:
    """2 comes before 10, colours are RGB, and no picture follows from the one before unless that was said."""
    for name, shade in (("shot10.png", 10), ("shot2.png", 2)):
        picture(tmp_path / name, shade)
    (tmp_path / "notes.txt").write_text("no picture")
    shots = shots_of(tmp_path)
    assert [shot.name for shot in shots] == ["shot2", "shot10"]
    assert [shot.frame.image[0, 0].tolist() for shot in shots] == [[0, 0, 2], [0, 0, 10]]
    assert [shot.number for shot in shots] == [0, 1]
    assert [shot.is_new_scene for shot in shots] == [False, True]
    assert [shot.is_new_scene for shot in shots_of(tmp_path, follow=True)] == [False, False]


def test_no_two_pictures_have_the_same_name(tmp_path: Path) -> None:
    """What is written for one must not go where the other's is: of a.jpg and A.png the endings are kept."""
    for name in ("a.jpg", "A.png", "b.png"):
        picture(tmp_path / name, 5)
    assert sorted(shot.name for shot in shots_of(tmp_path)) == ["A.png", "a.jpg", "b"]


def test_pictures_named_by_numbers_keep_them(tmp_path: Path) -> None:
    """COCO's pictures are named by their ids, which results must carry."""
    for number in (397133, 37777):
        picture(tmp_path / f"{number:012d}.png", 5)
    assert [shot.number for shot in shots_of(tmp_path)] == [37777, 397133]
    assert natural_order(tmp_path)[0].name == "000000037777.png"


def test_video_frames_have_the_clips_own_times(tmp_path: Path) -> None:
    """Every frame comes, in order, a frame's time apart; the count is known for the bar."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (32, 24))
    for shade in range(0, 250, 50):
        writer.write(np.full((24, 32, 3), shade, np.uint8))
    writer.release()
    with Footage(path) as footage:
        shots = list(footage)
        assert (footage.count, footage.fps) == (5, 20)
    assert [shot.frame.stamp.captured_ns for shot in shots] == [seq * 50_000_000 for seq in range(5)]
    assert [round(float(shot.frame.image.mean()), -1) for shot in shots] == [0, 50, 100, 150, 200]
    assert shots[3].name == "clip_000000000003"


def test_a_browsers_recording_has_its_own_times(browser_clip: Path, browser_ms: list[int]) -> None:
    """Without a rate in the header, which OpenCV calls 1000, frames are not a millisecond apart."""
    with Footage(browser_clip) as footage:
        assert footage.fps == pytest.approx(30, abs=0.5)
        assert footage.count == pytest.approx(40, abs=1)
        assert [shot.frame.stamp.captured_ns for shot in footage] == [ms * 1_000_000 for ms in browser_ms]


def test_a_name_that_looks_like_an_address_is_a_file(
    browser_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative name with a colon is opened, not taken for an address."""
    shutil.copy(browser_clip, tmp_path / "10:30.webm")
    monkeypatch.chdir(tmp_path)
    assert len(shots_of(Path("10:30.webm"))) == 40


def test_left_early_the_decoder_ends(tmp_path: Path) -> None:
    """Leaving in the middle closes the iteration without a frame lost in a thread."""
    for number in range(5):
        picture(tmp_path / f"{number}.png", number)
    with Footage(tmp_path) as footage:
        shots = iter(footage)
        next(shots)
        shots.close()
    assert list(shots) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("empty", "{path} holds no pictures; expected .bmp, .jpeg, .jpg, .png, .tif, .tiff, .webp"),
        ("broken.png", "{path} cannot be read as a picture; save it again as PNG or JPEG"),
        ("broken.mp4", "{path} holds no video that can be decoded; try another file, such as an .mp4"),
    ],
)
def test_bad_files_are_one_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    """What cannot be read is named, with what to do."""
    path = tmp_path / name
    path.write_bytes(b"nothing") if path.suffix else path.mkdir()
    with pytest.raises(SourceError) as caught:
        shots_of(path)
    assert str(caught.value) == sentence.format(path=path)


def test_a_damaged_picture_of_a_folder_is_left_out_and_told(tmp_path: Path) -> None:
    """The others keep their names, numbers and times; if none can be read, that is an error."""
    for number in (1, 3):
        picture(tmp_path / f"{number}.png", number)
    (tmp_path / "2.png").write_bytes(b"nothing")
    with Footage(tmp_path, follow=True) as footage:
        shots = list(footage)
    assert [(shot.name, shot.number, shot.frame.stamp.seq) for shot in shots] == [("1", 1, 0), ("3", 3, 2)]
    assert footage.unread == [f"{tmp_path / '2.png'} cannot be read as a picture; save it again as PNG or JPEG"]
    for number in (1, 3):
        (tmp_path / f"{number}.png").write_bytes(b"nothing")
    with pytest.raises(SourceError, match=r"3\.png cannot be read as a picture"):
        shots_of(tmp_path)
