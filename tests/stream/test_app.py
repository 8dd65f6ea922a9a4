"""Tests of the whole live program, on real parts: a clip or a recording in, bytes and pictures out."""

import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import live_tools
import numpy as np
import psutil
import pytest
from server_clients import wait_until
from websockets.sync.client import connect

from stream import app, parts
from stream.app import Program
from stream.server.pictures import HEADER
from trackers.errors import UserError

ROOT = Path(__file__).parents[2]

REPORT_KEYS = {
    *("command", "version", "machine", "engine", "provider", "reason", "frames_in", "frames_out", "seconds", "fps_in"),
    *("fps_out", "interval_ms", "latency_ms", "stages_ms", "dropped", "repeated", "tracking", "cpu_percent", "rss_mb"),
    *("fps_tracked", "fps_seen_anew", "looks_per_s"),
}


@pytest.mark.needs_data
def test_a_clip_becomes_pictures_at_a_socket(data_folder: Path) -> None:
    """A real clip goes in; a WebSocket client gets the avatar: transparent corner, opaque middle, new pictures."""
    clip = str(data_folder / "asl" / "want.mkv")
    settings = live_tools.config(source__name=clip, source__loop="true", output__sinks="overlay")
    with live_tools.running(settings) as (_, view):
        assert view.panel_url is not None
        url = view.panel_url.partition("?")[0].replace("http", "ws")
        with connect(url + "socket") as socket:
            socket.send(json.dumps({"type": "hello", "protocol": 1}))
            socket.send(json.dumps({"type": "subscribe", "topics": ["overlay", "tracking", "pose"]}))
            packets, states = listen(socket, pictures=20)
    numbers = [HEADER.unpack_from(packet)[5] for packet in packets]
    assert numbers == sorted(numbers)
    assert numbers[-1] > numbers[0]
    picture = cv2.imdecode(np.frombuffer(packets[-1][HEADER.size :], np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (1024, 512, 3)
    matte = picture[512:, :, 0]
    assert matte[:8, :8].max() < 8
    assert matte[300:400, 230:280].min() > 247
    assert states["tracking"]["body"] is not None
    assert states["tracking"]["face"] is not None
    assert set(states["pose"]["bones"]) >= {"hips", "head", "rightUpperArm"}


def test_who_is_there_during_the_start_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes seconds: until then a client is told that Posecast is starting, and that nothing tracks or draws yet."""
    heard: list[dict[str, Any]] = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def engines(*_: object, **__: object) -> None:
        with connect(f"ws://127.0.0.1:{port}/socket") as link:
            link.send(json.dumps({"type": "hello", "protocol": 1}))
            link.send(json.dumps({"type": "subscribe", "topics": ["status"]}))
            heard.extend(json.loads(link.recv(timeout=60)) for _ in range(3))
        raise UserError("enough")

    monkeypatch.setattr(app, "open_engines", engines)
    settings = live_tools.config(source__name="demo", output__sinks="overlay", server__port=str(port))
    with pytest.raises(UserError, match="^enough$"):
        Program(settings, live_tools.QuietView()).run(1)
    status = next(message for message in heard if message["type"] == "status")
    assert (status["state"], status["source"]) == ("starting", None)
    assert status["detail"] == "Posecast is starting: what tracks and what draws are being made ready"
    assert [status[part]["reason"] for part in ("tracker", "renderer")] == ["not started"] * 2


def test_a_run_for_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only sink cannot be had: that is an error with the sink's own next step, not a run of no pictures."""
    monkeypatch.setattr(app, "open_engines", lambda *_, **__: (None, None))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    settings = live_tools.config(source__name="demo", output__sinks="virtual-camera")
    with pytest.raises(UserError) as caught:
        Program(settings, live_tools.QuietView()).run(1)
    assert str(caught.value) == (
        "nobody would see the avatar (virtual-camera: pyvirtualcam is not installed; "
        'pip install ".[camera]", then start again); add --sink overlay'
    )


def listen(socket, *, pictures: int) -> tuple[list[bytes], dict[str, dict]]:  # type: ignore[no-untyped-def,type-arg]
    """Return so many pictures that tracking shaped, and the newest JSON message of each type that came until then."""
    packets, states, deadline_s = [], {}, time.monotonic() + 60
    while (len(packets) < pictures or not {"tracking", "pose"} <= set(states)) and time.monotonic() < deadline_s:
        message = socket.recv(timeout=60)
        if isinstance(message, bytes):
            packets += [message] if HEADER.unpack_from(message)[6] else []  # before the first frame the avatar idles, unstamped
        else:
            decoded = json.loads(message)
            states[decoded["type"]] = decoded
    return packets, states


def test_a_recording_gives_the_same_pictures_and_poses_on_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As fast as possible, the demo gives byte for byte the same twice."""
    runs = []
    for _ in range(2):
        collector = live_tools.Collector()
        monkeypatch.setattr(parts, "make_sinks", lambda *_, sink=collector: [sink])
        program = Program(live_tools.config(source__name="demo", source__as_fast_as_possible="true"), live_tools.QuietView())
        report = program.run(1.5)
        runs.append([(p.stamp, p.image.tobytes()) for p in collector.pictures])
    assert len(runs[0]) >= 85
    assert runs[0] == runs[1]
    assert report["frames_in"] >= 40


def test_the_report_has_every_key(tmp_path: Path) -> None:
    """`live --report` writes what the architecture promises, from the command line."""
    file = tmp_path / "r.json"
    words = ["--source", "demo", "--sink", "null", "--seconds", "5", "--report", str(file)]
    done = subprocess.run([sys.executable, "run.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text())
    assert set(report) >= REPORT_KEYS
    assert set(report["stages_ms"]) == {"capture", "track", "pose", "render", "send"}
    assert set(report["interval_ms"]) == {"p50", "p95", "p99", "max"}
    assert report["frames_out"] > 10
    assert 0 < report["tracking"]["body"] <= 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """One Ctrl-C: the summary, exit status 0, a finished recording, nothing on stderr."""
    session = tmp_path / "s.pcast"
    words = ["--source", "demo", "--sink", "null", "--record-session", str(session)]
    with subprocess.Popen(
        [sys.executable, "run.py", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        before = until_started(process, session)
        wait_until(lambda: session.stat().st_size > before)  # a second of it is written
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err == ""
    (count,) = re.findall(r"(\d+) trackings written to", out)
    assert "pictures in" in out
    from trackers.recording import read_pcast

    recording = read_pcast(session)
    assert recording.warning == ""
    assert len(recording) == int(count) > 0


@pytest.mark.needs_data
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.timeout(300)
def test_ctrl_c_with_the_tracker_running_and_while_starting(data_folder: Path, tmp_path: Path) -> None:
    """To the whole group of processes, as a terminal sends it: no traceback and no process left, whenever it comes."""
    words = ["--source", str(data_folder / "asl" / "want.mkv"), "--loop", "--sink", "null", "--record-session"]
    anyhow = (0, 130, -signal.SIGINT)
    session = tmp_path / "running.pcast"

    def until_tracked(process: "subprocess.Popen[str]") -> None:
        before = until_started(process, session)
        wait_until(lambda: session.stat().st_size > before)

    for name, wait, statuses in (
        ("early", until_modules_load, anyhow),
        ("later", lambda _: time.sleep(2), anyhow),
        ("running", until_tracked, (0,)),
    ):
        with subprocess.Popen(
            [sys.executable, "run.py", *words, str(tmp_path / f"{name}.pcast")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            wait(process)
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        assert process.returncode in statuses
        assert_gone(process.pid)


def until_modules_load(process: "subprocess.Popen[str]") -> None:
    """Wait until it is past its first lines, which say what Ctrl-C means from then on."""
    maps = Path(f"/proc/{process.pid}/maps")
    if maps.parent.exists():
        wait_until(lambda: "site-packages" in maps.read_text())
    else:
        time.sleep(1)


def until_started(process: "subprocess.Popen[str]", session: Path) -> int:
    """Wait until it says how to end it, and return how long the recording is then; it is longer once it really runs."""
    assert process.stdout is not None
    assert any("Ctrl-C" in line for line in process.stdout)
    return session.stat().st_size


def assert_gone(group: int) -> None:
    """Wait a moment for the last helper of a group of processes to notice that its parent is gone."""
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("a process is left")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_dozen_starts_leak_nothing() -> None:
    """Start and stop the program twelve times: no thread, port or file handle is left."""
    settings = live_tools.config(source__name="demo", output__sinks="overlay,null")
    Program(settings, live_tools.QuietView()).run(0.1)
    threads, process = threading.active_count(), psutil.Process(os.getpid())
    handles, sockets = process.num_fds(), len(process.net_connections())
    for _ in range(12):
        Program(settings, live_tools.QuietView()).run(0.1)
    wait_until(lambda: threading.active_count() == threads)
    wait_until(lambda: process.num_fds() == handles)
    wait_until(lambda: len(process.net_connections()) == sockets)


@pytest.mark.needs_data
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_starts_with_the_tracker_leak_nothing(data_folder: Path) -> None:
    """The same with a clip and all models."""
    settings = live_tools.config(source__name=str(data_folder / "asl" / "want.mkv"), source__loop="true")
    Program(settings, live_tools.QuietView()).run(0.3)
    threads, handles = threading.active_count(), psutil.Process().num_fds()
    for _ in range(3):
        Program(settings, live_tools.QuietView()).run(0.3)
    assert multiprocessing.active_children() == []
    wait_until(lambda: threading.active_count() == threads)
    wait_until(lambda: psutil.Process().num_fds() == handles)
