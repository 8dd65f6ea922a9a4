"""What fired and why: kept, written, counted."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rule_tools import Scene

from stream.actions.base import Order, Outcome, Report
from stream.triggers.decisions import Note
from stream.triggers.log import KEPT, Entry, TriggerLog
from trackers.errors import UserError


def report(outcome: Outcome = "done", *, latency_ms: float | None = 40.0, streamed: bool = False, text: str = "") -> Report:
    """Return what became of a scene change."""
    action = Scene(scene="BRB", target="screen")
    return Report(Order(action, "brb", "t_pose (0.93)", 1, streamed=streamed), outcome, text, 2_000, latency_ms)


NOTE = Note(1_000, "brb", "t_pose (0.93)", "fired", "screen.scene BRB on screen")


def test_entries_are_decisions_and_outcomes() -> None:
    """In the order in which they came, with a number each; listeners hear of each."""
    heard: list[Entry] = []
    log = TriggerLog(on_entry=heard.append)
    log.note(NOTE)
    log.report(report())
    log.report(report("refused", latency_ms=None, text="there is no scene BRB"))
    assert heard == log.entries
    assert log.entries == [
        Entry(1, 1_000, "brb", "t_pose (0.93)", "fired", "screen.scene BRB on screen"),
        Entry(2, 2_000, "brb", "t_pose (0.93)", "done", "screen.scene BRB on screen", "screen.scene", "screen", 40.0),
        Entry(3, 2_000, "brb", "t_pose (0.93)", "refused", "there is no scene BRB", "screen.scene", "screen"),
    ]


def test_the_log_is_bounded() -> None:
    """The newest stay, and their numbers go on."""
    log = TriggerLog()
    for _ in range(KEPT + 5):
        log.note(NOTE)
    assert [log.entries[0].seq, log.entries[-1].seq] == [6, KEPT + 5]


def test_the_file_holds_one_object_a_line(tmp_path: Path) -> None:
    """It can be read while the program runs, and grows over several runs."""
    path = tmp_path / "log.jsonl"
    for _ in range(2):
        with TriggerLog(path) as log:
            log.note(NOTE)
            log.report(report())
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["fired", "done"] * 2
    now = datetime.now().astimezone()
    times = [datetime.fromisoformat(line.pop("time")) for line in lines]
    assert times == sorted(times)
    assert timedelta(0) <= now - times[0] < timedelta(minutes=5)
    assert lines[1] == {
        "seq": 2,
        "at_ns": 2000,
        "rule": "brb",
        "cause": "t_pose (0.93)",
        "verdict": "done",
        "text": "screen.scene BRB on screen",
        "action": "screen.scene",
        "target": "screen",
        "latency_ms": 40.0,
    }


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """Before anything runs."""
    with pytest.raises(UserError, match=r"log.jsonl cannot be written \(No such file or directory\); choose another file"):
        TriggerLog(tmp_path / "none" / "log.jsonl").__enter__()
    rules = tmp_path / "rules.toml"
    rules.write_text("[[trigger]]")
    with pytest.raises(
        UserError, match=r"rules.toml exists already and is no log; remove it or choose another file for the log$"
    ):
        TriggerLog(rules).__enter__()
    assert rules.read_text() == "[[trigger]]"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_told_once_and_stops_nothing() -> None:
    """The log goes on without its file, and can be closed."""
    problems: list[str] = []
    with TriggerLog(Path("/dev/full"), on_problem=problems.append) as log:
        for _ in range(3):
            log.report(report())
    assert len(log.entries) == 3
    assert problems == [
        "/dev/full cannot be written any more (No space left on device); the log goes on in the panel alone",
    ]


def test_streams_are_counted_not_listed() -> None:
    """Thirty a second would drown everything else; what fails is listed all the same."""
    log = TriggerLog()
    for _ in range(30):
        log.report(report(streamed=True))
    log.report(report("failed", latency_ms=None, streamed=True, text="timed out"))
    assert [entry.text for entry in log.entries] == ["timed out"]
    assert log.figures()["actions"]["screen.scene"]["count"] == 31


def test_a_stream_that_goes_on_failing_is_told_once() -> None:
    """A dead address would fill the log and push everything else out; another failure, and one after a success, is news."""
    log = TriggerLog()
    for text in ["nobody answers"] * 40 + ["not allowed"] * 40:
        log.report(report("failed", latency_ms=None, streamed=True, text=text))
    log.report(report(streamed=True))
    log.report(report("failed", latency_ms=None, streamed=True, text="not allowed"))
    assert [entry.text for entry in log.entries] == ["nobody answers", "not allowed", "not allowed"]
    assert log.figures()["actions"]["screen.scene"] | {"latency_ms": None} == {"count": 82, "failed": 81, "latency_ms": None}


def test_figures_count_by_action_and_by_rule() -> None:
    """Latencies are those of what was done."""
    log = TriggerLog()
    log.note(NOTE)
    for latency_ms in range(1, 101):
        log.report(report(latency_ms=latency_ms))
    log.report(report("failed", latency_ms=3000.0))
    figures = log.figures()
    assert figures["actions"]["screen.scene"] == {
        "count": 101,
        "failed": 1,
        "latency_ms": {
            "p50": pytest.approx(50, rel=0.02),
            "p95": pytest.approx(95, rel=0.02),
            "p99": pytest.approx(99, rel=0.02),
        },
    }
    assert figures["rules"]["brb"]["fired"] == 1
    assert figures["rules"]["brb"]["count"] == 101
