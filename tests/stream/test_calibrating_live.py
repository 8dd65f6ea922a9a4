"""Calibrating in the running program: the panel's command in, progress and a profile out."""

import json
import time
from pathlib import Path

import live_tools
import pytest
from face_recordings import recording
from websockets.sync.client import ClientConnection, connect

from stream import parts


def calibration(socket: ClientConnection) -> dict[str, object]:
    """Return the calibration of the next status."""
    while True:
        message = socket.recv(timeout=60)
        if isinstance(message, str) and (decoded := json.loads(message))["type"] == "status":
            found: dict[str, object] = decoded["calibration"]
            return found


def test_the_panel_s_command_calibrates_the_running_avatar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`calibrate` at the socket: the status tells how far it is, the profile is written, and the next start has it."""
    monkeypatch.setattr(parts, "profiles_folder", lambda: tmp_path / "profiles")
    file = recording(tmp_path / "a.pcast", [0.1] * 120)
    settings = live_tools.config(source__name=str(file), source__loop="true", output__sinks="overlay", avatar__profile="me")
    with live_tools.running(settings) as (_, view):
        assert view.lines["profile"] == "me: not calibrated"
        assert view.panel_url is not None
        base, _, token = view.panel_url.partition("?token=")
        with connect(base.replace("http", "ws") + "socket") as socket:
            socket.send(json.dumps({"type": "hello", "protocol": 1, "token": token}))
            socket.send(json.dumps({"type": "subscribe", "topics": ["status"]}))
            assert calibration(socket)["detail"] == "not calibrated"
            socket.send(json.dumps({"type": "calibrate", "pass": "neutral"}))
            seen, deadline_s = [calibration(socket)], time.monotonic() + 60
            while seen[-1]["state"] != "done" and time.monotonic() < deadline_s:
                seen.append(calibration(socket))
    shares = [float(str(one["progress"])) for one in seen]
    assert seen[-1]["state"] == "done"
    assert len({share for share in shares if 0 < share < 1}) >= 2
    assert json.loads((tmp_path / "profiles" / "me.json").read_text())["neutral"]["expression"] == {"jawOpen": 0.1}
    assert "calibration.done" in view.names()
    with live_tools.running(settings) as (_, again):
        assert again.lines["profile"].startswith("me: neutral face, 20")
