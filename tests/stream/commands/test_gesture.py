"""`run.py gesture`: from clips and recordings to a gesture that fires, in a configuration folder of its own."""

import io
import json
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from stream.commands.gesture import app
from stream.gestures import run as gesture_run
from stream.gestures.store import GestureStore, ordinary_takes
from stream.gestures.view import show_training
from trackers.errors import UserError
from trackers.recording import PcastWriter, RecordingMetadata

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


@pytest.mark.parametrize(("width", "shown"), [(80, False), (200, True)])
def test_a_table_that_is_too_wide_is_left_out(width: int, shown: bool) -> None:
    """On a narrow terminal the sentences say which gestures are taken for each other."""
    names = ("rock_of_ages", "be_right_back", "thumbs_everywhere", "wave_off")
    row = {"parts": ["left_hand"], "kind": "pose", "recognised": 3, "tried": 3, "takes": 3, "false_fires": 0}
    conflict = "rock_of_ages is taken for wave_off in 1 of 3 takes; make them less alike, or remove one of them"
    figures = {
        "gestures": dict.fromkeys(names, row),
        "confusion": {name: {name: 3, "hands_together": 1} for name in names},
        "conflicts": [conflict],
        "train_s": 0.1,
    }
    written = io.StringIO()
    console = Console(file=written, width=width)
    show_training(console, figures)
    said = written.getvalue()
    assert ("How many takes fired what" in said) is shown
    assert conflict in said.replace("\n", " ")
