"""`run.py gesture`: from clips and recordings to a gesture that fires, in a configuration folder of its own."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from avatar.calibration import Calibration
from avatar.profile import Profile, save_profile
from stream.commands.gesture import app
from stream.gestures import run as gesture_run
from stream.gestures.store import GestureStore, ordinary_takes
from trackers.errors import UserError
from trackers.geometry import head_angles
from trackers.recording import PcastWriter, RecordingMetadata, read_pcast
from trackers.types import Stamp

DEMO = ordinary_takes()[0]
NONE = "there is no gesture x, for there is none of your own yet; `python run.py gesture record NAME` makes one"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GestureStore:
    """Gestures of these tests, and never the user's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    store = GestureStore()
    assert store.folder == tmp_path / "posecast" / "gestures"
    return store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four seconds of the built-in performance."""
    path = tmp_path / "a.pcast"
    with PcastWriter(path, metadata=RecordingMetadata("test", 30.0, 640, 480, "2026-01-01T00:00:00+00:00")) as writer:
        for tracking in DEMO[20:140]:
            writer.write(tracking)
    return path


def run(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.stdout


def run_json(*arguments: str) -> dict[str, Any]:
    found = json.loads(run(*arguments, "--json"))
    assert found["command"] == f"gesture {arguments[0]}"
    assert isinstance(found, dict)
    return found


@pytest.mark.needs_data
def test_from_a_clip_to_fires(data_folder: Path, file: Path, store: GestureStore) -> None:
    """A sign, recorded from a clip and trained, is told in the clip and not in somebody else's recording."""
    clip = str(data_folder / "asl" / "book.mkv")
    recorded = run_json(
        "record", "book", "--from", clip, "--skip", "0.9", "--seconds", "1.1", "--takes", "1", "--kind", "motion"
    )
    assert recorded["takes"][0]["frames"] == pytest.approx(34, abs=2)
    assert "left_hand" in recorded["takes"][0]["seen"]
    assert {path.suffix for path in store.folder.rglob("*.*")} == {".pcast", ".json"}
    trained = run_json("train")
    assert trained["gestures"]["book"]["kind"] == "motion"
    assert any("one take, so nothing can be said" in sentence for sentence in trained["conflicts"])
    assert run_json("test", "--source", clip, "--seconds", "2.4")["gestures"]["book"]["fires"] >= 1
    other = run_json("test", "--source", str(file), "--also", "fist")
    assert other["gestures"]["book"]["fires"] == 0
    assert set(other["gestures"]) == {"book", "left_fist", "right_fist"}


def test_record_list_show_remove(file: Path, store: GestureStore) -> None:
    """A recording cut into two takes; the words of each command."""
    said = run("record", "hello", "--from", str(file), "--takes", "2", "--seconds", "1", "--parts", "body")
    assert "2 takes of hello recorded. Now: python run.py gesture train" in said
    assert store.get("hello").about == "body"
    assert "not trained yet" in run("list")
    run("record", "hello", "--from", str(file), "--from", str(file))
    assert run_json("list")["gestures"] == [{"name": "hello", "takes": 4, "kind": None, "parts": []}]
    assert "Learnt in" in run("train")
    shown = run_json("show", "hello")
    assert shown["parts"] == ["body"]
    assert [take["frames"] for take in shown["takes"]] == [pytest.approx(30, abs=3)] * 2 + [120, 120]
    assert "hello" in run("show", "hello")
    assert run("remove", "hello") == "hello and its takes are removed.\n"
    assert "There is no gesture of your own yet" in run("list")


def test_ctrl_c_keeps_what_was_made(file: Path, store: GestureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real Ctrl-C after the first take: it stays, and the exit status is that of an interruption."""
    real = gesture_run.trackings

    def interrupted(*arguments: Any) -> Any:
        for number, tracking in enumerate(real(*arguments)):
            if number == 50:
                signal.raise_signal(signal.SIGINT)
            yield tracking

    monkeypatch.setattr(gesture_run, "trackings", interrupted)
    said = run("record", "hello", "--from", str(file), "--takes", "3", "--seconds", "1", exit_code=130)
    assert "Interrupted: 1 take of hello recorded." in said
    assert len(store.get("hello").takes) == 1


def test_a_file_without_anybody_is_refused(tmp_path: Path, store: GestureStore) -> None:
    """One sentence, and nothing is kept."""
    path = tmp_path / "empty.pcast"
    with PcastWriter(path, metadata=RecordingMetadata("test", 30.0, 640, 480, "2026-01-01T00:00:00+00:00")) as writer:
        for tracking in DEMO[20:60]:
            writer.write(type(tracking)(tracking.stamp, 640, 480, None, None, None, None))
    with pytest.raises(UserError) as error:
        run("record", "hello", "--from", str(path))
    assert str(error.value) == (
        "no body, hand or face was seen in this take of hello; step into the picture, in good light, and try again"
    )
    assert store.kept() == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("record", "fist"), "fist is a built-in gesture; choose another name, for instance my_fist"),
        (
            ("record", "x", "--parts", "tail"),
            "--parts must be hands, left_hand, right_hand, body, face, got tail; leave it away to find out from the takes",
        ),
        (
            ("record", "x", "--kind", "dance"),
            "--kind must be pose or motion, got dance; leave it away to find out from the takes",
        ),
        (("test",), "nothing was trained yet; record a gesture and train it, or show built-in ones with --also NAME"),
        (("test", "--also", "t_poze"), "t_poze is no gesture; did you mean t_pose?; see docs/gestures.md"),
        (
            ("show", "x"),
            NONE,
        ),
        (
            ("remove", "x"),
            NONE,
        ),
    ],
)
def test_mistakes_are_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """The wording."""
    with pytest.raises(UserError) as error:
        run(*arguments)
    assert str(error.value) == sentence


def test_a_still_picture_teaches_nothing(tmp_path: Path, store: GestureStore) -> None:
    """It is said at once, and nothing is kept."""
    path = tmp_path / "rock.png"
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UserError) as error:
        run("record", "rock", "--from", str(path))
    assert str(error.value) == (
        "rock.png is one still picture, from which no gesture can be learnt; take the camera, or a video in which you make it, "
        "and turn and move a little"
    )
    assert store.kept() == ()


def long_file(path: Path, *, seconds: float) -> Path:
    """The built-in performance again and again."""
    with PcastWriter(path, metadata=RecordingMetadata("test", 30.0, 640, 480, "2026-01-01T00:00:00+00:00")) as writer:
        for number in range(round(seconds * 30)):
            writer.write(replace(DEMO[number % len(DEMO)], stamp=Stamp(number, number * 33_333_333)))
    return path


def test_a_long_file_is_cut_and_that_is_said(tmp_path: Path) -> None:
    """A take is 30 s at most; the rest is not dropped in silence."""
    path = long_file(tmp_path / "long.pcast", seconds=31.5)
    result = CliRunner().invoke(app, ["record", "hello", "--from", str(path)], catch_exceptions=False)
    assert "30.0 s, 902 frames" in " ".join(result.stdout.split())
    said = "of long.pcast the first 30 s are kept; --takes and --seconds cut takes out of all of it"
    assert said in result.stderr
    short = long_file(tmp_path / "short.pcast", seconds=3)
    assert said not in CliRunner().invoke(app, ["record", "hello", "--from", str(short)], catch_exceptions=False).stderr


def test_what_was_made_before_a_mistake_is_said(file: Path, store: GestureStore) -> None:
    """The second file is missing; the take of the first stays, so the words say so before the mistake is told."""
    result = CliRunner().invoke(app, ["record", "hello", "--from", str(file), "--from", "/nowhere.pcast"])
    assert isinstance(result.exception, UserError)
    assert "Interrupted: 1 take of hello recorded." in result.stdout
    assert len(store.get("hello").takes) == 1


def test_a_test_is_ended_by_ctrl_c_and_shows_what_was_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is how a test from the camera ends."""
    real = gesture_run.trackings

    def interrupted(*arguments: Any) -> Any:
        for number, tracking in enumerate(real(*arguments)):
            if number == 50:
                signal.raise_signal(signal.SIGINT)
            yield tracking

    monkeypatch.setattr(gesture_run, "trackings", interrupted)
    figures = json.loads(run("test", "--source", str(file), "--also", "fist", "--json", exit_code=130))
    assert (figures["frames"], figures["interrupted"]) == (50, True)
    assert "left_fist" in run("test", "--source", str(file), "--also", "fist", exit_code=130)


def test_a_test_goes_by_the_settings(tmp_path: Path) -> None:
    """Tuned, silenced and settled as in the live program; what is switched off is said."""
    config = tmp_path / "tuned.toml"
    config.write_text('[gestures]\noff = ["right_pinch"]\n[gestures.tune.fist]\nhold_s = 30\n')
    arguments = ["test", "--source", "demo", "--also", "fist", "--also", "pinch", "--json"]
    plain = json.loads(run(*arguments))["gestures"]
    assert plain["right_fist"]["fires"] > 0
    result = CliRunner().invoke(app, [*arguments, "--config", str(config)], catch_exceptions=False)
    tuned = json.loads(result.stdout)["gestures"]
    assert (tuned["right_fist"]["fires"], tuned["right_fist"]["most"]) == (0, plain["right_fist"]["most"])
    assert tuned["right_pinch"] == {"fires": 0, "seconds": 0.0, "most": 0.0, "at_s": []}
    assert "switched off in gestures.off, so never told: right_pinch" in result.stderr


def pitches_deg(path: Path) -> np.ndarray:
    """Return the head's pitch in every face of a recording."""
    faces = [one.face for one in read_pcast(path)]
    return np.degrees([head_angles(face.camera_from_head)[1] for face in faces if face is not None])


def test_takes_and_tests_see_the_person_as_live_does(file: Path, store: GestureStore, tmp_path: Path) -> None:
    """The profile's zeros are taken off what is recorded, once: a take that is given to others stays as it is."""
    turn = np.deg2rad(15.0)
    offset = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]], np.float32)
    save_profile(tmp_path / "posecast" / "profiles", Profile("default", Calibration(head_offset=offset), ""))
    run("record", "hello", "--from", str(file))
    take = store.get("hello").takes[0]
    assert abs(np.median(pitches_deg(take) - pitches_deg(file))) == pytest.approx(15.0, abs=1.5)
    run("record", "again", "--from", str(take))
    (again,) = store.get("again").takes
    assert pitches_deg(again).tolist() == pitches_deg(take).tolist()


def test_removing_what_a_rule_names_is_said(file: Path, store: GestureStore, tmp_path: Path) -> None:
    """The next live would refuse to start."""
    run("record", "hello", "--from", str(file), "--takes", "2", "--seconds", "1", "--parts", "body")
    run("train")
    (tmp_path / "posecast" / "posecast.toml").write_text(
        '[[trigger]]\nname = "a"\nwhen = "hello"\ndo = [{ action = "panic" }]\n'
    )
    result = CliRunner().invoke(app, ["remove", "hello"], catch_exceptions=False)
    assert result.stdout == "hello and its takes are removed.\n"
    assert result.stderr.startswith(
        "Live does not start until the rule that still names it is changed: posecast.toml, trigger 1"
    )
    assert "names the gesture 'hello', which is not known" in result.stderr
