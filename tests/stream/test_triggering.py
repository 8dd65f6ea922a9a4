"""The rules at work with real clients, in a running `Triggering`: what comes first, and what is done at the end."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage

from stream.actions.base import Tools
from stream.config import TriggersConfig
from stream.triggering import Triggering
from stream.triggers.rule_files import rules_of_tables
from trackers.part_state import NEVER_SEEN
from trackers.types import PARTS

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)
HELD = {"mode": "toggle", "name": "a", "do": {"action": "osc.send", "address": "/on"}}
UNDO = [{"action": "osc.send", "address": "/off"}, {"action": "wait", "seconds": 5}, {"action": "osc.send", "address": "/out"}]


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    """Something that listens for OSC."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(5)
        yield far


def triggering(far: socket.socket, **rule: object) -> Triggering:
    """Return one rule that speaks OSC, not yet at work."""
    connections = {"desk": {"kind": "osc", "host": "127.0.0.1", "port": far.getsockname()[1]}}
    rules = rules_of_tables({"connections": connections, "trigger": [{"when": "t_pose"} | HELD | rule]}, origin="rules.toml")
    return Triggering(rules, TriggersConfig(), tools=TOOLS, part_states=lambda: dict.fromkeys(PARTS, NEVER_SEEN))


def heard(far: socket.socket, count: int) -> list[str]:
    """Wait for so many messages, and see that no more come."""
    told = [OscMessage(far.recv(1024)).address for _ in range(count)]
    far.settimeout(0.3)
    with pytest.raises(TimeoutError):
        far.recv(1024)
    far.settimeout(5)
    return told


def until(what: Callable[[], Any]) -> None:
    end_s = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end_s, "it did not come to pass"
        time.sleep(0.01)


def test_at_the_end_rules_are_undone_as_they_say(far_end: socket.socket) -> None:
    """Before the connections are closed, and without the pauses."""
    with triggering(far_end, undo=UNDO) as rules:
        rules.fire("a")
        assert heard(far_end, 1) == ["/on"]
    assert heard(far_end, 2) == ["/off", "/out"]
    assert [entry.verdict for entry in rules.log.entries] == ["fired", "done", "undone", "done", "done"]


def test_a_panic_undoes_rules_as_they_say(far_end: socket.socket) -> None:
    """What the panic drops are not these; at the end they are not done again."""
    with triggering(far_end, undo=UNDO) as rules:
        rules.fire("a")
        assert heard(far_end, 1) == ["/on"]
        rules.panic()
        assert heard(far_end, 2) == ["/off", "/out"]
    assert [entry.verdict for entry in rules.log.entries][2:] == ["panic", "undone", "done", "done"]
    with pytest.raises(TimeoutError):
        heard(far_end, 1)
