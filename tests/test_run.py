"""Tests of the command line: what is said, and with which exit status."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import run
from stream.commands.common import check_report, write_report
from stream.config import Config, toml_text
from trackers.errors import UserError

ROOT = Path(__file__).parents[1]
DEMO = str(ROOT / "trackers" / "data" / "demo.pcast")


def test_print_config_is_the_effective_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Flags and dotted flags are in the file that is printed, and nothing else is."""
    assert run.main(["--print-config", "--framing", "full", "--server.port=9000", "--tracker.hands", "false"]) == 0
    printed = capsys.readouterr().out
    changed = {"avatar": {"framing": "full"}, "server": {"port": 9000}, "tracker": {"hands": False}}
    assert printed == toml_text(Config.model_validate(changed))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--server.prt", "1"], "--server.prt is not a setting; known: server.host, server.port, server.show_camera"),
        (["--server.port"], "--server.port needs a value; see python run.py --print-config"),
        (["--frmaing", "bust"], "--frmaing is not a flag of live; did you mean --framing?"),
        (["--avatars", "mascot"], "--avatars is not a flag of live; did you mean --avatar?"),
        (["--width", "1"], "--width is not a flag of live; see python run.py live --help"),
        (
            ["track", "a.mp4", "--out", "a.json", "--width", "1"],
            "--width is not a flag of track; see python run.py track --help",
        ),
        (
            ["track", "a.mp4", "--out", "a.json", "--server.port", "1"],
            "--server.port has no effect on track; leave --server.port away",
        ),
        (
            ["track", DEMO, "--out", "a.json", "--tracker", "mediapipe"],
            f"--tracker has no effect on {DEMO}, whose people are tracked already; leave --tracker away",
        ),
        (
            ["track", DEMO, "--out", "a.json", "--source.fps=60"],
            f"--source.fps has no effect on {DEMO}, whose people are tracked already; leave --source.fps away",
        ),
        (
            ["track", DEMO, "--out", "a.json", "--tracking", "accurate"],
            f"--tracking has no effect on {DEMO}, whose people are tracked already; leave --tracking away",
        ),
        (["track", DEMO, "--out", "a.json", "--tracker.hand", "0"], "--tracker.hand is not a setting; known: tracker.engine,"),
        (["lvie"], "lvie is not a command or flag; see python run.py --help"),
        (["--framing", "bus"], "--framing must be 'bust', 'upper' or 'full', got 'bus'; see --print-config"),
        (["--tracker.hands", "maybe"], "--tracker.hands must be true or false, got 'maybe'; see --print-config"),
        (["--lost.hold_s", "x"], "--lost.hold_s must be a number, got 'x'; see --print-config"),
        (["--sink", "nul"], "--sink must be 'overlay', 'virtual-camera' or 'null', got 'nul'; see --print-config"),
        (
            ["--report", "absent/r.json"],
            "absent/r.json cannot be written: its folder does not exist; make it or choose another",
        ),
        (["--report", "tests"], "tests cannot be written: it is a folder; name a file in it as --report"),
        (["--source", "absent.mp4"], "absent.mp4 was not found"),
        (
            ["--model", "x.onnx"],
            "--model is for the engine onnx, got posecast; add --tracker onnx, or leave --model away",
        ),
        (["--source", "demo", "--record", "x.avi", "--sink", "null"], "x.avi"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, no second line: the thing, and the next step."""
    assert run.main(words) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert sentence in shown.replace("\n", " ")
    assert "Traceback" not in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("wrong", [["--size", "0"], ["--size", "big"], ["--framing", "feet"], ["--quality", "XL"]])
def test_bench_renderer_refuses_what_cannot_be_drawn(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The flag is named, and no traceback is shown."""
    assert run.main(["bench", "renderer", "--renderer", "puppet", "--frames", "10", *wrong]) == 2
    shown = capsys.readouterr().err
    assert wrong[0] in shown
    assert "Traceback" not in shown


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of the whole and of live name the commands and the first step."""
    assert run.main(["-h"]) == 0
    assert run.main(["--help"]) == 0
    shown, _, long = capsys.readouterr().out.partition("Usage: run.py")[2].partition("Usage: run.py")
    assert shown.strip() == long.strip()
    for command in run.COMMANDS:
        assert command in shown
    assert "python run.py" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints what pyproject.toml says."""
    assert run.main(["--version"]) == 0
    assert f'version = "{capsys.readouterr().out.strip()}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sh closes it")
def test_without_a_standard_output_it_starts() -> None:
    """As by a launcher."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} run.py --version >&-"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_json_names_every_part() -> None:
    """doctor --json is one object with a check for each part, and its exit status follows from them."""
    done = subprocess.run(
        [sys.executable, "run.py", "doctor", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    answer = json.loads(done.stdout)
    checks = {check["name"]: check for check in answer["checks"]}
    assert {
        "system",
        "packages",
        "models",
        "tracker",
        "renderer",
        "onnx runtime",
        "cameras",
        "virtual camera",
        "port",
        "gpu",
    } <= set(checks)
    assert checks["packages"]["detail"] == f"all from {ROOT}/"
    assert answer["ok"] == all(check["ok"] for check in checks.values() if check["required"])
    assert done.returncode == (0 if answer["ok"] else 1)


def test_a_letter_that_the_terminal_lacks_ends_nothing() -> None:
    """An ASCII terminal gets a question mark for the dash, and the run goes on to its end."""
    command = [
        sys.executable,
        "run.py",
        "--source",
        "demo",
        "--sink",
        "null",
        "--avatar.renderer",
        "puppet",
        "--seconds",
        "0.3",
    ]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*command, "--seconds", "0.3", "--as-fast-as-possible"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"pictures in" in done.stdout


def test_a_report_that_cannot_be_written_in_the_end_is_one_sentence(tmp_path: Path) -> None:
    """The disk may have gone away meanwhile; no traceback comes after the summary."""
    with pytest.raises(UserError) as caught:
        write_report(tmp_path, {})
    assert str(caught.value) == f"{tmp_path} could not be written (Is a directory); choose another --report"


def test_a_report_takes_the_place_of_nothing_but_a_report(tmp_path: Path) -> None:
    """Not of a video that lies there, nor of one that this run is to write."""
    video, report = tmp_path / "v.mp4", tmp_path / "r.json"
    check_report(report, others=("", str(video)))
    write_report(report, {})
    check_report(report, others=())
    with pytest.raises(UserError) as caught:
        check_report(video, others=("", str(video)))
    assert str(caught.value) == f"{video} is written by this run already; choose another --report"
    video.write_bytes(b"\0\0\0\x20ftyp")
    with pytest.raises(UserError) as caught:
        check_report(video, others=())
    assert str(caught.value) == f"{video} exists already and is no report; remove it or choose another --report"


def test_nothing_is_told_to_the_makers_of_a_library() -> None:
    """ONNX Runtime would send figures of this computer to its makers, unless this is set before it is loaded."""
    check = "import run, os, sys; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'; assert 'onnxruntime' not in sys.modules"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "set/a.png"), "set/a.png cannot be written, for the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "error: the disk is full"),
    ],
)
def test_a_full_disk_is_one_sentence(
    error: OSError, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of any command, also of one that works all night; what else goes wrong is no matter of the disk."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(run, "app", fail)
    assert run.main(["models"]) == 2
    assert f"{sentence}; free some space and run the same command again\n" in capsys.readouterr().err
    error.errno = errno.EIO
    with pytest.raises(OSError, match="No space|quota"):
        run.main(["models"])
