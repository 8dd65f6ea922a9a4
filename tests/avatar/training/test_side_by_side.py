"""The film for people: what was tracked on the left, the avatar on the right, in a file that pages can show."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from avatar.camera import Framing
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.training import side_by_side
from avatar.training.side_by_side import View, draw_person, scenes, track_clip, view_of, write_webp
from avatar.training.simple_painters import ProxyPainter
from trackers.errors import SourceError, UserError
from trackers.types import HandTracking, Stamp, Tracking

SIDE_PX = 128


@pytest.fixture(scope="module")
def proxy() -> Character:
    return build_mascot(Level.PROXY)


def tracking(number: int, *, hand_x_px: float | None = None) -> Tracking:
    """Return a frame of 320 x 240 pixels in which at most a left hand is seen, all its keypoints on a line."""
    hand = None
    if hand_x_px is not None:
        points = np.zeros((21, 3), dtype=np.float32)
        points[:, 0], points[:, 1] = hand_x_px, np.linspace(60, 180, 21)
        hand = HandTracking(points, points / 1000, score=1.0, right_probability=0.0)
    stamp = Stamp(seq=number, captured_ns=number * 40_000_000)
    return Tracking(stamp, 320, 240, body=None, left_hand=hand, right_hand=None, face=None)


def frames_in(data: bytes) -> int:
    """Count the frames of an animated WebP, chunk by chunk."""
    assert (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
    at, count = 12, 0
    while at < len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        count += name == b"ANMF"
        at += 8 + size + size % 2
    return count


def test_keypoints_lie_where_the_camera_saw_them() -> None:
    """In a view of the camera's own middle square a hand in the middle stays there, and one outside is cut off."""
    view = View(40, 0, 240)
    empty = draw_person(tracking(0), view, side_px=240)
    middle = draw_person(tracking(0, hand_x_px=160.0), view, side_px=240)
    drawn = np.flatnonzero((middle != empty).any(axis=2).any(axis=0))
    assert 110 < drawn.min() <= 120 <= drawn.max() < 130
    assert (draw_person(tracking(0, hand_x_px=10.0), view, side_px=240) == empty).all()


def test_the_view_is_about_the_person() -> None:
    """The square holds all that was seen in the clip, with room around; without anybody it is the picture's middle."""
    left, top, side = view_of([tracking(0, hand_x_px=40.0), tracking(1, hand_x_px=60.0)])
    assert left + side / 2 == pytest.approx(50, abs=1)
    assert top + side / 2 == pytest.approx(120, abs=1)
    assert 120 < side < 160
    assert view_of([tracking(0)]) == View(40, 0, 240)


def test_the_avatar_stands_beside_the_person(proxy: Character) -> None:
    """25 frames a second for a second become 30 pictures; the right half is the avatar, the left what was tracked."""
    painter = ProxyPainter(proxy, width_px=SIDE_PX, height_px=SIDE_PX)
    clip = [tracking(k, hand_x_px=160.0) for k in range(26)]
    pictures = list(scenes(clip, painter, proxy, framing=Framing.UPPER, side_px=SIDE_PX))
    assert len(pictures) == 30
    assert pictures[0].shape == (SIDE_PX, 2 * SIDE_PX, 3)
    assert (pictures[7][:, :SIDE_PX] == draw_person(clip[0], view_of(clip), side_px=SIDE_PX)).all()
    right = pictures[0][:, SIDE_PX:]
    assert tuple(right[2, 2]) == side_by_side.GROUND
    assert 0.1 < (right != side_by_side.GROUND).any(axis=2).mean() < 0.6


def test_an_animated_picture_is_written(tmp_path: Path) -> None:
    """Every picture is a frame of the file, which tells its own size."""
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (32, 64, 3), dtype=np.uint8) for _ in range(5)]
    told = write_webp(pictures, tmp_path / "film.webp")
    data = (tmp_path / "film.webp").read_bytes()
    assert told == {"frames": 5, "bytes": len(data)}
    assert frames_in(data) == 5


def test_mistakes_are_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture, no video, no PyAV."""
    with pytest.raises(UserError, match=r"film.webp would hold no picture; choose a longer clip$"):
        write_webp([], tmp_path / "film.webp")
    assert not (tmp_path / "film.webp").exists()
    monkeypatch.setitem(sys.modules, "av", None)  # as Python keeps what is not to be found
    with pytest.raises(UserError) as caught:
        write_webp([], tmp_path / "film.webp")
    assert str(caught.value) == 'writing a film needs PyAV, which is not installed; pip install ".[record]"'


def test_a_clip_without_pictures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no video is named; no tracker is needed to find out."""

    class Unused:
        def __enter__(self) -> None: ...
        def __exit__(self, *args: object) -> None: ...

    monkeypatch.setattr(side_by_side, "open_tracker", lambda settings: Unused())
    (tmp_path / "words.mkv").write_text("no video")
    with pytest.raises(SourceError, match=r"words.mkv holds no video that can be decoded; try another file$"):
        track_clip(tmp_path / "words.mkv")
