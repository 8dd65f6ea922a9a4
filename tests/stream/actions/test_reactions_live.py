"""From what is seen to a request at the far end, through the whole running program; and what the panel may do of it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import live_tools
import pytest
from face_recordings import JAW, recording
from far_http import FarHttp, far_http
from websockets.sync.client import ClientConnection, connect

from stream.actions.base import Report
from stream.config import load_config
from stream.reactions import load_rules
from stream.server.commands import TriggerCommand
from stream.sources.recording import RecordingSource
from stream.triggers.log import TriggerLog
from trackers.errors import UserError
from trackers.types import Tracking

RULES = """
[connections.web]
kind = "web"

[[trigger]]
name = "mouth"
when = "jawOpen > 0.6"
cooldown_s = 0.1
do = { action = "webhook", url = "URL/lamp", body = { why = "{cause}" } }

[[trigger]]
name = "never"
when = "key f9"
do = { action = "webhook", url = "URL/never" }
"""


def until(what: Callable[[], Any], *, seconds: float = 60.0) -> None:
    end_s = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end_s, "it did not come to pass"
        time.sleep(0.01)


def quiet(count: Callable[[], int]) -> int:
    """Wait until nothing is added any more (what was on its way still lands), and return how many there are."""
    before, since_s, end_s = count(), time.monotonic(), time.monotonic() + 60
    while time.monotonic() < since_s + 0.5:
        assert time.monotonic() < end_s, "it did not become quiet"
        time.sleep(0.02)
        if count() != before:
            before, since_s = count(), time.monotonic()
    return before


def settings(tmp_path: Path, far: FarHttp, *, rules: str = RULES, **more: str) -> Any:
    """Return settings for a face that opens its mouth every two seconds, with rules that call `far`."""
    file = tmp_path / "rules.toml"
    file.write_text(rules.replace("URL", far.url))
    film = recording(tmp_path / "face.pcast", [0.0] * 30 + [0.9] * 30)
    return live_tools.config(
        source__name=str(film),
        source__loop="true",
        triggers__rules=str(file),
        triggers__log=str(tmp_path / "log.jsonl"),
        **more,
    )


def test_what_is_seen_reaches_the_lamp(tmp_path: Path) -> None:
    """An open mouth calls the address, with its cause; report and log tell of it."""
    with far_http() as far:
        config = settings(tmp_path, far)
        with live_tools.running(config) as (program, view):
            until(lambda: len(far.heard) >= 2)
            assert view.lines["rules"] == "2 rules of rules.toml with web"
            reactions = program._reactions
            assert reactions is not None
            until(lambda: reactions.figures()["actions"].get("webhook", {}).get("count", 0) >= 2)
            figures = reactions.figures()
    assert (far.heard[0].method, far.heard[0].path) == ("POST", "/lamp")
    assert "jawOpen" in far.heard[0].json["why"]
    assert figures["actions"]["webhook"]["failed"] == 0
    assert figures["actions"]["webhook"]["latency_ms"]["p95"] > 0
    assert figures["rules"]["mouth"]["fired"] >= 2
    verdicts = [json.loads(line)["verdict"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert verdicts[:2] == ["fired", "done"]


def test_the_latency_told_is_that_from_the_frame_to_beyond_the_lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clock at both ends: the lamp hears of a frame after it was captured, and the figure told holds the whole way."""
    frames: list[Tracking] = []
    reports: list[Report] = []
    read, report = RecordingSource.read, TriggerLog.report

    def noted_read(source: RecordingSource) -> Tracking:
        frames.append(read(source))
        return frames[-1]

    def noted_report(log: TriggerLog, told: Report) -> None:
        reports.append(told)
        report(log, told)

    monkeypatch.setattr(RecordingSource, "read", noted_read)
    monkeypatch.setattr(TriggerLog, "report", noted_report)
    with far_http() as far, live_tools.running(settings(tmp_path, far)):
        until(lambda: len(reports) >= 2)
    assert [told.outcome for told in reports] == ["done"] * len(far.heard)
    before_ns = 0
    for heard, told in zip(far.heard, reports, strict=True):
        (cause,) = (frame for frame in frames if frame.stamp.captured_ns == told.order.captured_ns)
        assert cause.face is not None
        assert cause.face.expression[JAW] > 0.6
        assert told.latency_ms is not None
        assert before_ns < cause.stamp.captured_ns < heard.at_ns < told.at_ns
        assert told.latency_ms >= (heard.at_ns - cause.stamp.captured_ns) / 1e6
        before_ns = cause.stamp.captured_ns


def test_a_dry_run_calls_nobody(tmp_path: Path) -> None:
    """What would be done is only written down."""
    with far_http() as far:
        with live_tools.running(settings(tmp_path, far, triggers__dry_run="true")) as (_, view):
            log = tmp_path / "log.jsonl"
            until(lambda: log.exists() and '"dry"' in log.read_text())
            assert view.lines["rules"].endswith("; a dry run: nothing is done")
        assert far.heard == []


def test_rules_that_are_switched_off_call_nobody(tmp_path: Path) -> None:
    """`triggers.enabled = false` reads and checks the rules, and none fires."""
    with far_http() as far, live_tools.running(settings(tmp_path, far, triggers__enabled="false")) as (_, view):
        assert view.lines["rules"].startswith("no rules")
        time.sleep(2.5)
        assert far.heard == []


def next_of(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = socket.recv(timeout=60)
        if isinstance(message, str) and (decoded := json.loads(message))["type"] == kind:
            found: dict[str, Any] = decoded
            return found


def test_the_panel_fires_stops_and_resumes(tmp_path: Path) -> None:
    """Fire, panic and resume at the socket; the state tells what runs, and gestures come as bars."""
    with far_http() as far, live_tools.running(settings(tmp_path, far, output__sinks="overlay")) as (_, view):
        assert view.panel_url is not None
        base, _, token = view.panel_url.partition("?token=")
        with connect(base.replace("http", "ws") + "socket") as socket:

            def say(**message: object) -> None:
                socket.send(json.dumps(message))

            say(type="hello", protocol=1, token=token)
            say(type="subscribe", topics=["triggers", "gestures", "events"])
            told = next_of(socket, "triggers")
            assert [rule["name"] for rule in told["rules"]] == ["mouth", "never"]
            assert next_of(socket, "gestures")["gestures"]
            say(type="trigger", what="fire", rule="never")
            until(lambda: any(heard.path == "/never" for heard in far.heard))
            say(type="trigger", what="panic")
            until(lambda: next_of(socket, "triggers")["stopped"])
            count = quiet(lambda: len(far.heard))
            time.sleep(2.5)
            assert len(far.heard) == count
            say(type="trigger", what="resume")
            until(lambda: len(far.heard) > count)
            say(type="trigger", what="fire", rule="nevr", id=7)
            refused = next_of(socket, "error")
            assert (refused["id"], "'nevr'" in refused["text"]) == (7, True)


def test_a_connection_that_gave_up_is_tried_again(tmp_path: Path) -> None:
    """When it is asked for, without a panic; one of another name is refused."""
    rules = '[connections.bot]\nkind = "websocket"\nurl = "ws://HOST/"\n' + (
        '[[trigger]]\nname = "say"\nwhen = "key f9"\ndo = { action = "socket.send", message = "hello" }\n'
    )
    with far_http(lambda heard: (401, b"")) as far:
        config = settings(tmp_path, far, rules=rules.replace("HOST", far.url.removeprefix("http://")))
        with live_tools.running(config) as (program, _):
            reactions = program._reactions
            assert reactions is not None
            until(lambda: [status.state for status in reactions._triggering.connections] == ["rejected"])
            assert len(far.heard) == 1
            reactions._command(TriggerCommand("retry", connection="bot"))
            until(lambda: len(far.heard) == 2)
            with pytest.raises(UserError, match="the connection 'bott' is not known; did you mean bot"):
                reactions._command(TriggerCommand("retry", connection="bott"))


def test_a_rule_file_is_checked_at_the_start(tmp_path: Path) -> None:
    """A mistake is one sentence, before anything is opened."""
    file = tmp_path / "rules.toml"
    file.write_text('[[trigger]]\nwhen = "tpose"\ndo = { action = "panic" }\n')
    with pytest.raises(UserError, match="'tpose', which is not known; did you mean t_pose"):
        load_rules(load_config(None, {"triggers.rules": str(file)}))


def test_rules_may_stand_among_the_settings(tmp_path: Path) -> None:
    """One file may hold both, and --print-config keeps the rules."""
    file = tmp_path / "posecast.toml"
    file.write_text('[server]\nport = 9000\n[[trigger]]\nname = "stop"\nwhen = "t_pose"\ndo = { action = "panic" }\n')
    assert [rule.name for rule in load_rules(load_config(file)).all()] == ["stop"]
