"""Tests of the head's benchmark: known angles give known figures, and a real turning head is measured, told and drawn."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from export.bench_head import HeadTake, bench_head, report
from export.commands.bench_view import show_head
from export.plot_head import draw
from trackers.errors import SourceError

FRAMES = 120


def a_take() -> HeadTake:
    """A head that turns from -60 to 60 degrees; the body reads it 8 degrees aside, 2 more or less in turns, and 30 beyond 45.

    The eyes hold one spot by 3 degrees more or less.
    """
    yaw = np.linspace(-60, 60, FRAMES)
    turns = np.where(np.arange(FRAMES) % 2, 1.0, -1.0)
    face = np.stack([yaw, np.zeros(FRAMES), np.zeros(FRAMES)], axis=1)
    body = face + np.stack([8 + 2 * turns, 5 + 0 * turns, -turns], axis=1)
    body[np.abs(yaw) > 45, 0] += 30
    room = np.stack([10 + 3 * turns, np.zeros(FRAMES)], axis=1)
    return HeadTake("made", np.arange(FRAMES) / 30, face, body, room - face[:, :2], room)


def test_the_constant_is_taken_off_and_only_what_both_see_counts() -> None:
    """Yaw 2, pitch 0 and roll 1 degree apart; the look strays by 3."""
    figures = report([a_take()])
    assert figures["body_apart_deg"]["yaw"] == pytest.approx({"mean": 2.0, "p95": 2.0}, abs=0.1)
    assert figures["body_apart_deg"]["pitch"] == {"mean": 0.0, "p95": 0.0}
    assert figures["body_apart_deg"]["roll"] == pytest.approx({"mean": 1.0, "p95": 1.0}, abs=0.1)
    assert figures["gaze_spread_deg"] == pytest.approx({"yaw": 3.0, "pitch": 0.0}, abs=0.01)
    assert figures["yaw_deg"] == [-60.0, 60.0]
    assert figures["frames"] == figures["looks"] == FRAMES
    assert figures["frontal_frames"] == 90


def test_a_spread_is_that_within_a_clip() -> None:
    """Two people who look at different spots do not look about for it."""
    one, other = a_take(), a_take()
    other.room_deg[:, 0] += 40
    assert report([one, other])["gaze_spread_deg"]["yaw"] == pytest.approx(3.0, abs=0.01)


def test_what_was_not_seen_does_not_count() -> None:
    """Half of the frames without a face, no body and no look at all: what is left is told, the rest is None."""
    whole = a_take()
    face = whole.face_deg.copy()
    face[: FRAMES // 2] = np.nan
    nothing = np.full((FRAMES, 3), np.nan)
    figures = report([replace(whole, face_deg=face, body_deg=nothing, room_deg=nothing[:, :2])])
    assert figures["frontal_frames"] == 45
    assert figures["body_apart_deg"]["yaw"] == {"mean": None, "p95": None}
    assert figures["gaze_spread_deg"] == {"yaw": None, "pitch": None}
    screen = Console(file=io.StringIO(), width=80)
    show_head(screen, figures)
    assert "nan" not in screen.file.getvalue()  # type: ignore[attr-defined]


def test_a_picture_is_drawn_of_the_head_that_turns_furthest(tmp_path: Path) -> None:
    """Named in its head line, with curves in our colours."""
    pytest.importorskip("matplotlib")
    still = replace(a_take(), name="still", face_deg=np.zeros((FRAMES, 3)))
    lost = replace(a_take(), name="lost", face_deg=np.full((FRAMES, 3), np.nan))
    path, other = tmp_path / "head.png", tmp_path / "other.png"
    draw(path, takes=[lost, still, a_take()])
    draw(other, takes=[a_take()])
    image = cv2.imread(str(path))
    assert image is not None
    assert ((image == (0xB2, 0x72, 0x00)).all(axis=2)).sum() > 100  # our blue, as BGR
    np.testing.assert_array_equal(image, cv2.imread(str(other)))


def test_a_picture_of_nobody_is_one_sentence(tmp_path: Path) -> None:
    """Said after it was looked at, for only then it is known."""
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((240, 320, 3), 128, np.uint8))
    with pytest.raises(SourceError) as caught:
        bench_head([path], on_progress=lambda *_: None)
    assert str(caught.value) == f"no face is seen in {path}; name a clip of somebody who turns their head"


@pytest.mark.needs_data
def test_a_real_turning_head(data_folder: Path) -> None:
    """Seen from side to side; face and body agree to 6 degrees on each axis, and the eyes keep near one spot."""
    told: list[tuple[int, int]] = []
    clip = data_folder / "face" / "head-pose-face-detection-female.gif"
    figures, takes = bench_head([clip], on_progress=lambda *step: told.append(step))
    assert figures["frames"] == 23
    assert figures["yaw_deg"][0] < -45
    assert figures["yaw_deg"][1] > 30
    assert all(apart["mean"] < 6 for apart in figures["body_apart_deg"].values())
    assert figures["gaze_spread_deg"]["yaw"] < 6
    assert np.nanstd(takes[0].gaze_deg[:, 0]) > 3 * figures["gaze_spread_deg"]["yaw"]  # in the head they turn a lot
    assert told == [(0, 1), (1, 1)]
    screen = Console(file=io.StringIO(), width=80)
    show_head(screen, figures)
    assert "Spread of the look in the room" in screen.file.getvalue()  # type: ignore[attr-defined]
