"""Tests of `stream.calibrating`: requests and trackings in, a calibration, a status and a file out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from head_turns import head_rotation

from avatar.calibration import NEUTRAL_S
from avatar.calibration_range import RANGE_STEP_S
from stream.calibrating import CalibrationDesk
from trackers.errors import UserError
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FaceTracking, Stamp, Tracking

JAW = EXPRESSION_INDEX["jawOpen"]


class Told:
    """Keeps what was told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def __call__(self, name: str, text: str, level: str) -> None:
        self.events.append((name, text, level))


def tracking(i: int, *, jaw: float = 0.1, face: bool = True) -> Tracking:
    """Return a person who looks straight on, chin 10 degrees down."""
    expression = np.zeros(52, dtype=np.float32)
    expression[JAW] = jaw
    seen = FaceTracking(
        keypoints_px=np.zeros((478, 3), np.float32),
        camera_from_head=head_rotation(0.0, np.radians(10), 0.0).astype(np.float32),
        head_position_m=np.array([0, 0, 0.6], np.float32),
        gaze_rad=np.array([0.05, 0.02], np.float32),
        expression=expression,
        score=0.99,
    )
    return Tracking(Stamp(i, i * 33_333_333), 640, 480, None, None, None, seen if face else None)


def feed(desk: CalibrationDesk, *, seconds: float, start: int = 0, jaw: float = 0.1, face: bool = True) -> int:
    """Give the desk so many seconds; return how often there was a new calibration."""
    return sum(desk.take(tracking(start + i, jaw=jaw, face=face)) for i in range(round(seconds * 30)))


def desk_in(folder: Path, name: str = "default") -> tuple[CalibrationDesk, Told]:
    told = Told()
    return CalibrationDesk(name, folder=folder, tell=told), told


def test_a_neutral_pass_is_told_followed_and_kept(tmp_path: Path) -> None:
    """The status runs from 0 to 1, the profile is on disk afterwards, and the next start has it."""
    desk, told = desk_in(tmp_path)
    assert (desk.status.detail, desk.status.running) == ("not calibrated", None)
    desk.carry_out("neutral")
    assert (desk.status.running, desk.status.state, desk.status.progress) == ("neutral", "waiting", 0.0)
    assert feed(desk, seconds=1) == 0
    assert desk.status.state == "collecting"
    assert 0.4 < desk.status.progress < 0.6
    assert feed(desk, seconds=NEUTRAL_S, start=30) == 1
    assert (desk.status.running, desk.status.state) == (None, "done")
    assert told.events == [
        ("calibration.started", "Calibrating: look at the camera with a neutral face.", "info"),
        ("calibration.done", "Calibrated: this is your neutral face now.", "info"),
    ]
    again, _ = desk_in(tmp_path)
    np.testing.assert_allclose(again.calibration.expression, desk.calibration.expression, atol=1e-4)
    np.testing.assert_allclose(again.calibration.head_offset, desk.calibration.head_offset, atol=1e-5)
    assert again.status.detail.startswith("neutral face, 20")
    assert [path.name for path in tmp_path.iterdir()] == ["default.json"]


def test_a_range_pass_comes_on_top(tmp_path: Path) -> None:
    """The ones are added to the zeros that are there; a neutral pass later keeps them."""
    desk, _ = desk_in(tmp_path)
    desk.start("neutral")
    feed(desk, seconds=NEUTRAL_S + 0.2)
    desk.start("range")
    feed(desk, seconds=RANGE_STEP_S, start=100, jaw=0.7)
    feed(desk, seconds=12 * RANGE_STEP_S, start=175)
    assert desk.status.text == "Calibrated: your own range is set for 1 of 26 expressions."
    assert desk.status.detail.startswith("neutral face and 1 own range")
    desk.start("neutral")
    feed(desk, seconds=NEUTRAL_S + 0.2, start=1000)
    assert desk_in(tmp_path)[0].calibration.most[JAW] == pytest.approx(0.7)


def test_a_pass_that_fails_or_is_stopped_keeps_the_old_calibration(tmp_path: Path) -> None:
    """Without a face nothing changes, in memory or on disk, and one sentence says so."""
    desk, told = desk_in(tmp_path)
    desk.start("neutral")
    feed(desk, seconds=NEUTRAL_S + 0.2)
    before, written = desk.calibration, (tmp_path / "default.json").read_bytes()
    desk.start("neutral")
    assert feed(desk, seconds=20, start=100, face=False) == 0
    assert desk.status.state == "failed"
    assert told.events[-1][0] == "calibration.failed"
    assert told.events[-1][2] == "warning"
    desk.start("range")
    feed(desk, seconds=3, start=1000, jaw=0.9)
    desk.carry_out("stop")
    assert (desk.status.running, desk.status.state) == (None, "idle")
    assert desk.calibration is before
    assert (tmp_path / "default.json").read_bytes() == written


def test_reset_forgets_everything(tmp_path: Path) -> None:
    """The file goes, and the default calibration is in use at once."""
    desk, told = desk_in(tmp_path)
    desk.start("neutral")
    feed(desk, seconds=NEUTRAL_S + 0.2)
    desk.carry_out("reset")
    assert not desk.calibration.expression.any()
    assert list(tmp_path.iterdir()) == []
    assert told.events[-1][1] == "The calibration of profile default is removed."
    desk.carry_out("reset")
    assert told.events[-1][1] == "The calibration of profile default needs no removing: there is none."


def test_a_damaged_profile_is_told_and_kept(tmp_path: Path) -> None:
    """It starts uncalibrated, says so in one sentence, and the damaged file is not overwritten but put aside."""
    (tmp_path / "me.json").write_text('{"posecast_profile": 1, "neutral"')
    desk, told = desk_in(tmp_path, "me")
    assert told.events == [
        (
            "calibration.unread",
            f"{tmp_path / 'me.json'} is damaged (it is not JSON); calibrate again, or remove it with "
            "python run.py calibrate --profile me --reset; until then nothing is calibrated",
            "warning",
        )
    ]
    assert desk.status.detail == "not calibrated"
    desk.start("neutral")
    feed(desk, seconds=NEUTRAL_S + 0.2)
    assert (tmp_path / "me.json.damaged").read_text() == '{"posecast_profile": 1, "neutral"'
    assert json.loads((tmp_path / "me.json").read_text())["posecast_profile"] == 1


def test_a_profile_that_cannot_be_written_still_holds(tmp_path: Path) -> None:
    """A full disk or a file in the folder's place: the calibration is in use until the end, and that is told."""
    blocked = tmp_path / "profiles"
    blocked.write_text("a file, not a folder")
    told = Told()
    desk = CalibrationDesk("me", folder=blocked / "deeper", tell=told)
    desk.start("neutral")
    assert feed(desk, seconds=NEUTRAL_S + 0.2) == 1
    assert desk.calibration.expression[JAW] == pytest.approx(0.1)
    assert any(name == "calibration.unsaved" and "could not be written" in text for name, text, _ in told.events)


def test_a_bad_name_is_refused(tmp_path: Path) -> None:
    """Names become file names, so they are checked first."""
    with pytest.raises(UserError, match="^a profile's name must be 1 to 40 letters, digits, - or _, got '../me'; try"):
        desk_in(tmp_path, "../me")


def test_a_predicted_face_does_not_count(tmp_path: Path) -> None:
    """What was carried on from an earlier look is no measurement."""
    desk, _ = desk_in(tmp_path)
    desk.start("neutral")
    for i in range(90):
        desk.take(replace(tracking(i), predicted=frozenset({"face"})))
    assert desk.status.progress == 0.0
