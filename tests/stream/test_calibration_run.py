"""Tests of `stream.calibration_run` and of the command: real clips and recordings in, a profile out."""

import json
from pathlib import Path

import pytest
from face_recordings import recording
from rich.console import Console

import run as command_line
from avatar.calibration_range import FREE
from stream import calibration_view, parts
from stream.config import Config, load_config
from trackers.errors import UserError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Profiles of these tests, and never the user's own."""
    monkeypatch.setattr(parts, "profiles_folder", lambda: tmp_path / "profiles")
    return tmp_path / "profiles"


def settings(source: Path | str) -> Config:
    return load_config(None, {"source.name": str(source), "avatar.profile": "me"})


def quiet_console() -> Console:
    return Console(quiet=True)


@pytest.mark.needs_data
def test_a_clip_becomes_a_profile_that_the_live_program_loads(data_folder: Path, folder: Path) -> None:
    """Two quiet seconds of a webcam clip: the resting face, the head and the look are those of this person."""
    figures = calibration_view.calibrate(quiet_console(), settings(data_folder / "asl" / "book.mkv"), job="neutral")
    assert figures["faces"] >= 55
    assert figures["head_deg"]["yaw"] == pytest.approx(-12, abs=4)
    assert figures["neutral"]["eyeBlinkLeft"] == pytest.approx(0.37, abs=0.1)
    assert figures["changed"]["eyeBlinkLeft"][0] == 0.0
    assert json.loads((folder / "me.json").read_text())["neutral"]["expression"]["eyeBlinkLeft"] > 0.2
    assert calibration_view.calibrate(quiet_console(), settings("x"), job="show")["neutral"] == figures["neutral"]


def test_a_recording_gives_a_range(tmp_path: Path) -> None:
    """A clip is not guided: what moves in it counts, and only that."""
    file = recording(tmp_path / "a.pcast", [0.1] * 60 + [0.7] * 20 + [0.1] * 30)
    figures = calibration_view.calibrate(quiet_console(), settings(file), job="range")
    assert figures["most"] == {"jawOpen": 0.7}
    assert figures["changed"] == {"jawOpen (most)": [0.0, 0.7]}
    assert len(FREE.coefficients) > 10


@pytest.mark.parametrize(
    ("jaws", "job", "wanted"),
    [
        ([None] * 30, "neutral", "no face was found in a.pcast; the old calibration stays; try another --source"),
        (
            [0.1] * 40,
            "neutral",
            "a.pcast ended before 2 seconds of a quiet, neutral face were seen; the old calibration stays; "
            "try a longer one or --source camera",
        ),
        (
            [0.1] * 90,
            "range",
            "Calibration stopped: no movement was clear enough; the old calibration stays; try again with wider ones.",
        ),
    ],
)
def test_a_source_that_does_not_do_says_why(tmp_path: Path, folder: Path, jaws: list[float | None], job, wanted: str) -> None:  # type: ignore[no-untyped-def]
    """No face, too short, nothing shown: one sentence, and no profile is written."""
    with pytest.raises(UserError) as error:
        calibration_view.calibrate(quiet_console(), settings(recording(tmp_path / "a.pcast", jaws)), job=job)
    assert str(error.value) == wanted
    assert not folder.exists()


def test_a_pass_that_failed_is_told_once(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the command's error."""
    file = recording(tmp_path / "a.pcast", [0.1] * 90)
    assert command_line.main(["calibrate", "--source", str(file), "--range"]) == 2
    told = capsys.readouterr()
    assert (told.out + told.err).count("no movement was clear enough") == 1


def test_the_command_shows_and_forgets(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`calibrate`, `--show --json` and `--reset` on the command line."""
    file = recording(tmp_path / "a.pcast", [0.1] * 90)
    assert command_line.main(["calibrate", "--source", str(file), "--profile", "me"]) == 0
    done = capsys.readouterr().out
    assert "jawOpen" in done
    assert "python run.py --avatar.profile me uses it." in done
    assert command_line.main(["calibrate", "--show", "--profile", "me", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["command"], shown["neutral"]) == ("calibrate", {"jawOpen": 0.1})
    assert command_line.main(["calibrate", "--reset", "--profile", "me"]) == 0
    forgotten = capsys.readouterr().out
    assert "not calibrated" in forgotten
    assert "python run.py calibrate --profile me learns your neutral face." in forgotten
    assert not (folder / "me.json").exists()
    assert command_line.main(["calibrate", "--show", "--profile", "no/name"]) == 2


def test_a_profile_that_cannot_be_written_or_removed_is_an_error(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where the folder should be: one sentence, exit status 2, and no word of a program that goes on."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    file = recording(tmp_path / "a.pcast", [0.1] * 90)
    assert command_line.main(["calibrate", "--source", str(file), "--profile", "me"]) == 2
    told = capsys.readouterr()
    wanted = f"error: {folder / 'me.json'} could not be written (File exists); free some space or check the folder\n"
    assert told.out == ""
    assert told.err.endswith(wanted)
    assert "until Posecast ends" not in told.err
    assert command_line.main(["calibrate", "--reset", "--profile", "me"]) == 2
    wanted = f"error: {folder / 'me.json'} could not be removed (Not a directory); check its permissions\n"
    assert capsys.readouterr().err.endswith(wanted)


def test_two_jobs_at_once_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks to see a profile and to forget it may have meant to see it."""
    folder.mkdir(parents=True)
    (folder / "me.json").write_text("{}")
    assert command_line.main(["calibrate", "--show", "--reset", "--profile", "me"]) == 2
    wanted = "error: calibrate does one thing at a time, got --show and --reset; leave one away\n"
    assert capsys.readouterr().err == wanted
    assert (folder / "me.json").exists()


def test_without_a_source_it_is_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` never means the built-in performance here: its people are not the user."""
    monkeypatch.setattr(parts, "list_cameras", lambda: [])
    monkeypatch.setattr("stream.sources.opening.list_cameras", lambda: [])
    with pytest.raises(UserError, match="^no camera was found;"):
        calibration_view.calibrate(quiet_console(), load_config(None, {"avatar.profile": "me"}), job="neutral")
