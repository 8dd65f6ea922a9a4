"""`run.py track` as its own process: its words, its exit status, and Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "trackers" / "data" / "demo.pcast"
COMMAND = [sys.executable, str(ROOT / "run.py"), "track"]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=100, check=False)


def test_summary_is_one_object(tmp_path: Path) -> None:
    """`--json` prints what was done; the result lies where it was asked for."""
    out = tmp_path / "x.json"
    done = run(str(DEMO), "--out", str(out), "--format", "coco-wholebody", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["command"] == "track"
    assert figures["frames"] > 500
    assert set(figures["found"]) == {"body", "left_hand", "right_hand", "face"}
    assert not figures["interrupted"]
    assert len(json.loads(out.read_text())) > 500


def test_mistake_is_one_sentence(tmp_path: Path) -> None:
    """What cannot be is said before anything is loaded, with exit status 2."""
    done = run(str(DEMO), "--out", str(tmp_path / "x.json"), "--format", "alphapose")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "error: --format must be one of openpose, coco-wholebody, posecast, got alphapose; see python run.py track --help"
    )


@pytest.mark.needs_data
@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
@pytest.mark.timeout(180)
def test_a_video_is_tracked_while_a_bar_counts_its_frames(data_folder: Path, tmp_path: Path) -> None:
    """A person's film by our own tracker: each frame has its body and face, and the terminal shows how many are done."""
    import pty

    out, (ours, theirs) = tmp_path / "x.json", pty.openpty()
    clip = data_folder / "asl" / "again.mkv"
    command = [*COMMAND, str(clip), "--out", str(out), "--person", "centre"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += (chunk := os.read(ours, 65536))
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
    os.close(ours)
    assert process.wait(timeout=60) == 0
    counted = re.findall(r"frames.*?(\d+)/(\d+)", shown.decode(errors="replace"))
    frames = json.loads(out.read_text())["frames"]
    assert len(frames) > 30
    assert len({done for done, _ in counted}) > 3
    assert all(abs(int(total) - len(frames)) <= 1 for _, total in counted)  # this container tells only how long it is
    assert all(frame["body"] and frame["face"] for frame in frames)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_leaves_what_was_done(tmp_path: Path) -> None:
    """Ctrl-C in the middle: exit status 130, the file has its name, is valid, and holds the frames that were done."""
    out = tmp_path / "x.json"
    process = subprocess.Popen(
        [*COMMAND, str(DEMO), "--out", str(out), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    growing = tmp_path / f".x.json.{process.pid}.part"
    deadline_s = time.monotonic() + 60
    while not (growing.exists() and growing.stat().st_size > 100_000) and time.monotonic() < deadline_s:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    figures = json.loads(stdout)
    assert figures["interrupted"]
    assert len(json.loads(out.read_text())["frames"]) == figures["frames"] > 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
