"""Stills and folders of pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from stream.sources import EndOfStream, SourceSettings
from stream.sources.images import ImagesSource
from stream.sources.pace import UNPACED_START_NS
from trackers.errors import SourceError

FAST = SourceSettings(fps=20, paced=False)


def save(path: Path, *, red: int) -> Path:
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 2] = red
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def test_a_still_is_repeated_without_end(tmp_path: Path) -> None:
    """One picture comes at the asked rate, RGB, with rising stamps."""
    with ImagesSource(save(tmp_path / "ä still.png", red=250), FAST) as source:
        frames = [source.read() for _ in range(50)]
        info = source.info
    assert frames[49].image[0, 0].tolist() == [250, 0, 0]
    assert [frame.stamp.captured_ns for frame in frames] == [UNPACED_START_NS + n * 50_000_000 for n in range(50)]
    assert (info.name, info.kind, info.width_px, info.height_px, info.fps) == ("ä still.png", "images", 30, 20, 20)


def test_a_folder_is_shown_in_natural_order(tmp_path: Path) -> None:
    """2 comes before 10, other files are left out, and the end is the end unless it loops."""
    for number in (10, 2, 1):
        save(tmp_path / f"shot{number}.png", red=number)
    (tmp_path / "notes.txt").write_text("x")
    with ImagesSource(tmp_path, FAST) as source:
        assert [source.read().image[0, 0, 0] for _ in range(3)] == [1, 2, 10]
        with pytest.raises(EndOfStream):
            source.read()
    with ImagesSource(tmp_path, SourceSettings(paced=False, loop=True)) as source:
        frames = [source.read() for _ in range(5)]
    assert [frame.image[0, 0, 0] for frame in frames] == [1, 2, 10, 1, 2]
    assert [frame.stamp.seq for frame in frames] == list(range(5))


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    """No such file, no picture, an empty file and an empty folder each say what to do."""
    bad, empty, folder = tmp_path / "bad.png", tmp_path / "empty.jpg", tmp_path / "folder"
    bad.write_text("no picture")
    empty.touch()
    folder.mkdir()
    for path, words in (
        (tmp_path / "no.png", f"{tmp_path / 'no.png'} was not found; check the path, or try --source demo"),
        (bad, f"{bad} cannot be read as a picture; save it again as PNG or JPEG"),
        (empty, f"{empty} cannot be read as a picture; save it again as PNG or JPEG"),
        (folder, f"{folder} holds no pictures; expected .bmp, .jpeg, .jpg, .png, .tif, .tiff, .webp"),
    ):
        with pytest.raises(SourceError) as caught, ImagesSource(path, FAST):
            pass
        assert str(caught.value) == words


def test_an_unreadable_picture_in_a_folder_is_left_out(tmp_path: Path) -> None:
    """One bad file among good ones stops nothing; the others follow one another."""
    for number, shade in ((1, 10), (3, 30)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), shade, np.uint8))
    (tmp_path / "2.png").write_bytes(b"no picture")
    with ImagesSource(tmp_path, SourceSettings(fps=30, paced=False)) as source:
        shades = [int(source.read().image[0, 0, 0]) for _ in range(2)]
        with pytest.raises(EndOfStream):
            source.read()
    assert shades == [10, 30]


def test_a_folder_may_begin_and_end_with_unreadable_pictures(tmp_path: Path) -> None:
    """They are left out like any other: the folder opens, nothing is shown twice, and a loop goes on in order."""
    for number, shade in ((2, 20), (3, 30)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), shade, np.uint8))
    for number in (1, 4):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    with ImagesSource(tmp_path, FAST) as source:
        assert source.info.detail == "3 pictures"
        assert [int(source.read().image[0, 0, 0]) for _ in range(2)] == [20, 30]
        with pytest.raises(EndOfStream):
            source.read()
    with ImagesSource(tmp_path, SourceSettings(fps=30, paced=False, loop=True)) as source:
        assert [int(source.read().image[0, 0, 0]) for _ in range(5)] == [20, 30, 20, 30, 20]
    for number in (2, 3):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"4.png cannot be read as a picture"), ImagesSource(tmp_path, FAST):
        pass
