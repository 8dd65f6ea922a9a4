"""Tests of `run.py avatar`: what is said, in words and as JSON, and with which exit status."""

import io
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import made_avatar
import numpy as np
import pytest
from rich.console import Console

import run
from avatar.package import library
from avatar.package.reader import read_package
from avatar.package.writer import write_package
from export.commands import avatar_view, places
from trackers.errors import PosecastError


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see or touch the user's avatars, pictures and trainings."""
    monkeypatch.setattr(library, "user_folder", lambda: tmp_path / "avatars")
    monkeypatch.setattr(places, "run_folder", lambda name, size: tmp_path / "runs" / f"{name}-{size}")
    monkeypatch.setattr(places, "baselines_folder", lambda name: tmp_path / "runs" / f"{name}-baselines")
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(library, "BUILT_IN_FOLDER", tmp_path / "nothing")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return the tiny avatar in a file."""
    write_package(made_avatar.made_parts(), made_avatar.made_metadata(), out=tmp_path / "tiny.avatar")
    return tmp_path / "tiny.avatar"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what a command that goes well prints."""
    assert run.main(["avatar", *words]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one sentence of a command that does not."""
    assert run.main(["avatar", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err.removeprefix("error: ").strip()


def test_an_empty_library_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In words and as JSON."""
    shown = said(capsys, "list")
    assert shown.startswith(f"No avatar yet; yours would lie in {tmp_path}/avatars. Train the built-in one with")
    told = json.loads(said(capsys, "list", "--json"))
    assert (told["command"], told["folder"], told["avatars"]) == ("avatar list", f"{tmp_path}/avatars", [])
    assert {"version", "machine"} <= told.keys()


def test_an_avatar_comes_in_is_shown_and_goes_out(capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny: Path) -> None:
    """The whole way of one that somebody sent."""
    place = tmp_path / "avatars" / "tiny.avatar"
    assert said(capsys, "import", str(tiny)) == f"tiny is in the library: {place}\n"
    listed = said(capsys, "list")
    for word in ("tiny", "Tiny", "Somebody", "S fp32", "0.1"):
        assert word in listed
    row = json.loads(said(capsys, "list", "--json"))["avatars"][0]
    assert (row["name"], row["built_in"], row["networks"]) == ("tiny", False, [{"size": "S", "precision": "fp32"}])
    shown = said(capsys, "show", "tiny")
    for word in ("Tiny (tiny)", "Somebody, CC0-1.0", "2 triangles, 56 bones, texture 32 px", "PSNR, dB", "31.50", "512 x 512"):
        assert word in shown
    told = json.loads(said(capsys, "show", "tiny", "--json"))
    assert told["manifest"]["about"]["author"] == "Somebody"
    assert told["bytes"] == read_package(tiny).bytes
    out = tmp_path / "given.avatar"
    assert said(capsys, "export", "tiny", "--out", str(out)) == f"{out}: 0.1 MB\n"
    assert read_package(out).members == read_package(tiny).members
    assert json.loads(said(capsys, "export", "tiny", "--out", str(tmp_path / "folder"), "--json"))["name"] == "tiny"
    assert read_package(tmp_path / "folder").manifest == read_package(tiny).manifest


def test_mistakes_are_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny: Path) -> None:
    """The thing, what came, and the next step."""
    bring = "bring one with python run.py avatar import FILE"
    assert refused(capsys, "show", "nobody") == f"no avatar is named nobody; there are none yet; {bring}"
    assert refused(capsys, "import", str(tmp_path / "no.avatar")).endswith(
        "no.avatar was not found; python run.py avatar list tells which avatars there are"
    )
    said(capsys, "import", str(tiny))
    assert refused(capsys, "import", str(tiny)).endswith("; put this one in its place with --replace")
    said(capsys, "import", str(tiny), "--replace")
    again = refused(capsys, "export", "tiny", "--out", str(tiny))
    assert again == f"{tiny} is there already; choose another name, or write over it with --replace"
    assert refused(capsys, "export", "nobody", "--out", str(tiny)) == again  # before anything is read, or packed for minutes
    assert refused(capsys, "export", "tiny", "--out", str(tmp_path / "x.avatar"), "--author", "Me") == (
        "tiny is packed already and keeps its papers; name the folder of a training to set others"
    )


def test_a_damaged_avatar_is_listed_and_told(capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny: Path) -> None:
    """It does not hide the others, and JSON has the sentence too."""
    said(capsys, "import", str(tiny))
    with zipfile.ZipFile(tmp_path / "avatars" / "bad.avatar", "w") as archive:
        archive.writestr("../evil", b"")
    shown = said(capsys, "list")
    assert "damaged" in shown
    assert "bad.avatar must hold an avatar's parts only, got '../evil'" in shown
    rows = json.loads(said(capsys, "list", "--json"))["avatars"]
    assert [row.get("problem", "")[:10] for row in rows] == ["bad.avatar", ""]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "mascot"], "mascot holds no drawn pictures; draw them with python run.py avatar render mascot"),
        (["train", "mascot", "--resume"], "holds no training that could be resumed; leave --resume away to begin one"),
        (["train", "mascot", "--size", "XL"], "--size must be S, M or L, got XL; see python run.py avatar train --help"),
        (
            ["train", "mascot", "--as", "skeleton", "--beside", "run"],
            "--beside is for our own network, and --as skeleton has no texture; leave one of them away",
        ),
        (
            ["train", "mascot", "--as", "gan"],
            "--as must be skeleton or pix2pix, got gan; see python run.py avatar train --help",
        ),
        (
            ["train", "mascot", "--device", "tpu"],
            "--device must be cpu or cuda, got tpu; see python run.py avatar train --help",
        ),
        (
            ["train", "mascot", "--layers", "first"],
            "--layers must be all or last, got first; see python run.py avatar train --help",
        ),
        (
            ["train", "mascot", "--layers", "last"],
            "--layers last needs a network whose other layers have learnt; name it with --beside",
        ),
        (["render", "dragon"], "there is no character 'dragon' to render; name one of: mascot"),
        (["eval", "mascot"], "mascot has no trained package yet; train one with python run.py avatar train mascot"),
        (["eval", "mascot", "--sheet", "no/s.png"], "no/s.png cannot be written: its folder does not exist; make it or choose"),
        (["eval", "mascot", "--sheet", "."], ". cannot be written: it is a folder; name a file in it as --sheet"),
        (["eval", "run.pt", "--keep"], "--keep writes into a package, and run.pt is a training; export it first, then"),
        (["export", "run.pt", "--out", "x"], "run.pt does not exist; train first with: avatar train"),
        (["export", "run.pt", "--out", "x", "--name", "My Fox"], "--name must be what a package can hold, got 'My Fox' ("),
        (
            ["export", "run.pt", "--out", "x", "--precision", "int4"],
            "--precision must be fp32, int8 or fp16, got int4; leave it",
        ),
    ],
)
def test_what_cannot_be_made_is_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is begun."""
    assert run.main(["avatar", *words]) == 2
    shown = capsys.readouterr().err.replace("\n", " ")
    assert "Traceback" not in shown
    assert sentence in shown


def test_cuda_without_a_card_is_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU is not taken in silence."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    shown = refused(capsys, "train", "mascot", "--device", "cuda")
    assert shown == "--device cuda needs an NVIDIA card that torch can use, and it found none; leave it away for the CPU"


@pytest.mark.parametrize("words", [["train", "mascot"], ["eval", "run.pt"], ["export", "run.pt", "--out", "x.avatar"]])
def test_without_torch_the_install_command_is_told(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live streaming never needs it, so it may well be missing."""
    monkeypatch.setitem(sys.modules, "torch", None)  # as Python keeps what is not to be found
    assert refused(capsys, *words) == 'torch is not installed, which training needs; pip install ".[train]", then try again'


@pytest.mark.parametrize("command", ["", "list", "show", "import", "export", "render", "train", "eval"])
def test_help_teaches_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command shows how it is used."""
    assert run.main(["avatar", *command.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert "avatar " + (command or "render mascot") in shown.replace("run.py avatar", "avatar")
    assert "or instance" in shown or not command


def test_pictures_are_drawn_resumed_and_interrupted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Really drawn, a few small ones: told where, again nothing, and other settings are refused."""
    place = str(tmp_path / "drawn")
    words = ["render", "mascot", "--quick", "--out", place, "--frames", "2", "--test", "1", "--side", "64", "--workers", "1"]
    words += ["--recordings", str(tmp_path / "none")]
    assert run.main(["avatar", *words, "--json"]) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["pictures"]["there"] == told["pictures"]["drawn"] == told["pictures"]["wanted"] >= 3
    assert not told["interrupted"]
    sentence = f"mascot, 64 x 64, on 1 cores into {place}; Ctrl-C ends it, the same command goes on."
    assert sentence in shown.err.replace("\n", "")
    assert run.main(["avatar", *words]) == 0
    shown = capsys.readouterr()
    assert f"pictures lie in {place}, 0 drawn just now." in shown.out
    assert "Next:" not in shown.err  # training takes larger ones
    assert run.main(["avatar", *words, "--seed", "2"]) == 2
    assert "holds a set with other settings (seed 1, not 2)" in capsys.readouterr().err
    pytest.importorskip("torch")
    assert run.main(["avatar", "train", "mascot", "--data", place, "--out", str(tmp_path / "run")]) == 2
    sentence = f"{place} holds pictures of 64 x 64, training takes 512 x 512; draw them with python run.py avatar render mascot"
    assert sentence in capsys.readouterr().err.replace("\n", "")


def test_after_drawing_what_training_takes_it_is_named_as_the_next_step(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the folder, where it is not the usual one."""
    words = ["render", "mascot", "--quick", "--out", str(tmp_path / "drawn"), "--frames", "1", "--test", "1", "--workers", "1"]
    assert run.main(["avatar", *words, "--recordings", str(tmp_path / "none")]) == 0
    shown = capsys.readouterr().err.replace("\n", "")
    assert f"Next: python run.py avatar train mascot --data {tmp_path / 'drawn'}" in shown


def test_ctrl_c_ends_drawing_with_what_is_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 130, and the set lies there to be gone on with."""
    from avatar.dataset import film

    real = film._Work._each

    def interrupted(self: Any, call: Any, rows: Any, stage: str, *rest: Any, **more: Any) -> Any:
        if stage == "pictures":
            signal.raise_signal(signal.SIGINT)
        return real(self, call, rows, stage, *rest, **more)

    monkeypatch.setattr(film._Work, "_each", interrupted)
    words = ["render", "mascot", "--quick", "--out", str(tmp_path / "d"), "--frames", "2", "--test", "1", "--side", "64"]
    assert run.main(["avatar", *words, "--workers", "1", "--recordings", str(tmp_path / "none"), "--json"]) == 130
    told = json.loads(capsys.readouterr().out)
    assert told["interrupted"]
    assert told["pictures"]["there"] < told["pictures"]["wanted"]


def test_a_command_without_a_terminal_is_our_own_mistake() -> None:
    """`run.py` hands it over; nobody else starts the commands."""
    from export.commands.avatar import app

    with pytest.raises(PosecastError, match="the command line was started without a terminal"):
        app(["list"], standalone_mode=False)


def test_the_preview_shows_in_a_terminal() -> None:
    """Two pixels in each letter; what is clear stays clear."""
    image = np.zeros((64, 64, 4), dtype=np.uint8)
    image[:32] = [255, 0, 0, 255]
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=80)
    console.print(avatar_view.picture(image))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert "38;2;255;0;0;48;2;255;0;0" in lines[0]
    assert lines[-2].strip() == ""


def test_an_evaluation_is_shown_beside_its_rivals() -> None:
    """What is wanted, what was reached, and how far ahead of the drawn skeleton."""
    figures = {
        "frames": 4,
        "data": {"motions": 2},
        "size": "M",
        "precision": "int8",
        "psnr": 31.234,
        "lpips": 0.05,
        "jitter_gain": None,
        "baselines": {"skeleton": {"psnr": 25.0, "lpips": 0.2}},
        "targets": {"psnr": {"wanted": ">= 30", "met": True}, "lpips": {"wanted": "<= 0.04", "met": False}},
        "ahead_of_skeleton": {"psnr_db": 6.234, "lpips_ratio": 4.0, "met": True},
    }
    console = Console(file=io.StringIO(), width=120)
    avatar_view.show_evaluation(console, figures)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for word in ("4 frames of 2 held-out motions; M int8", "31.23", ">= 30", "25.00", "0.0500", "skeleton", "–"):
        assert word in shown
    assert "Ahead of the same network on a drawn skeleton: 6.23 dB, LPIPS 4.0 times better" in shown


def test_starting_the_command_line_loads_no_torch() -> None:
    """The commands of training stand in it, and import at use."""
    code = "import sys, run; print(sorted({'torch', 'onnx', 'onnxruntime', 'avatar.training'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(run.__file__).parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
