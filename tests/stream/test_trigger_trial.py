"""One rule fired with real clients: what became of it is told; here by UDP, to a far end that listens."""

import socket
from collections.abc import Iterator

import pytest
from pythonosc.osc_message import OscMessage

from stream.actions.base import Tools
from stream.trigger_trial import try_rule
from stream.triggers.rule_files import rules_of_tables
from stream.triggers.rule_types import RuleError, Rules

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    """Something that listens for OSC."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(60)
        yield far


def _rules(far: socket.socket, *triggers: dict[str, object]) -> Rules:
    connections = {"desk": {"kind": "osc", "host": "127.0.0.1", "port": far.getsockname()[1]}, "obs": {}}
    return rules_of_tables({"connections": connections, "trigger": list(triggers)}, origin="rules.toml")


def _say(address: str) -> dict[str, object]:
    return {"action": "osc.send", "address": address}


def _heard(far: socket.socket) -> str:
    return OscMessage(far.recv(1024)).address


def test_a_trigger_is_tried(far_end: socket.socket) -> None:
    """Its actions reach the other side in their order, pauses and all; conditions, switch and dry run do not matter."""
    do = [_say("/one"), {"action": "wait", "seconds": 0.1}, _say("/two")]
    held = {"when": "key f9", "while": "scene is X", "enabled": False, "dry_run": True, "name": "a", "do": do}
    trial = try_rule(_rules(far_end, held), "a", on_s=0, tools=TOOLS)
    assert [_heard(far_end), _heard(far_end)] == ["/one", "/two"]
    assert trial.ok
    assert [report.outcome for report in trial.reports] == ["done", "done"]
    assert not trial.restored
    assert trial.lines()[1:] == ["done: osc.send /one on desk", "done: osc.send /two on desk"]
    assert trial.figures()["actions"][0] == {"action": "osc.send", "target": "desk", "outcome": "done", "text": ""}


def test_what_can_be_undone_is(far_end: socket.socket) -> None:
    """Toggle and held go on, and off again."""
    toggle = {"when": "key f9", "mode": "toggle", "name": "a", "do": _say("/on"), "undo": _say("/off")}
    assert try_rule(_rules(far_end, toggle), "a", on_s=0.05, tools=TOOLS).ok
    assert [_heard(far_end), _heard(far_end)] == ["/on", "/off"]


def test_other_rules_stay_quiet(far_end: socket.socket) -> None:
    """One that would fire at the start does not, even while the tried one waits."""
    wait = {"action": "wait", "seconds": 0.3}
    rules = _rules(
        far_end,
        {"when": "start", "do": _say("/other"), "name": "other"},
        {"when": "every 0.1 s", "do": [_say("/one"), wait, _say("/two")], "name": "a"},
    )
    assert len(try_rule(rules, "a", on_s=0, tools=TOOLS).reports) == 2
    assert [_heard(far_end), _heard(far_end)] == ["/one", "/two"]
    far_end.settimeout(0.05)
    with pytest.raises(TimeoutError):
        far_end.recv(1024)


def test_a_name_that_is_not_there(far_end: socket.socket) -> None:
    """The sentence lists those that are."""
    with pytest.raises(RuleError, match="^rules.toml has no trigger 'b'; there are: a$"):
        try_rule(_rules(far_end, {"when": "start", "do": _say("/one"), "name": "a"}), "b", on_s=0, tools=TOOLS)


def test_effects_are_not_said_to_be_seen(far_end: socket.socket) -> None:
    """No page is served here, and it says so."""
    trial = try_rule(
        _rules(far_end, {"when": "start", "do": {"action": "overlay.confetti"}, "name": "a"}), "a", on_s=0, tools=TOOLS
    )
    assert trial.lines()[-1] == "effects show only while Posecast runs: press Test in its panel to see them"
