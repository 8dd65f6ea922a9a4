"""The rules at work with real clients, in a running `Triggering`: what comes first, and what is done at the end."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import live_tools
import numpy as np
import pytest
from face_recordings import recording
from pythonosc.osc_message import OscMessage
from server_clients import wait_until
from websockets.sync.server import ServerConnection, serve

from stream.actions.base import Tools
from stream.actions.dispatcher import Dispatcher
from stream.app import Program
from stream.config import TriggersConfig
from stream.triggering import Triggering
from stream.triggers.rule_files import rules_of_tables
from stream.triggers.signals import Signal
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
        far.settimeout(60)
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
    far.settimeout(60)
    return told


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
    assert heard(far_end, 0) == []


def _follows_a_fader(connection: dict[str, object], do: dict[str, object], **more: object) -> Triggering:
    mapping = {"value": "midi cc7", "from": [0, 1], "to": [0, 100], "do": do} | more
    rules = rules_of_tables({"connections": {"desk": connection}, "mapping": [mapping]}, origin="rules.toml")
    return Triggering(rules, TriggersConfig(), tools=TOOLS, part_states=lambda: dict.fromkeys(PARTS, NEVER_SEEN))


def _comes(heard: Callable[[], int], *, rules: Triggering) -> None:
    """Wait until more is heard than before, while time passes for the rules as it does live, and then until they rest."""
    before, last_s = heard(), 0.0

    def came_to_rest() -> bool:
        nonlocal before, last_s
        rules.tick()
        if heard() > before:
            before, last_s = heard(), time.monotonic()
        return 0 < last_s < time.monotonic() - 0.3

    wait_until(came_to_rest)


def test_after_a_panic_what_follows_a_value_at_rest_is_told_it_anew(far_end: socket.socket) -> None:
    """Else a lamp would stay as it was brought back, though the fader says otherwise."""
    told: list[bytes] = []

    def heard() -> int:
        with contextlib.suppress(BlockingIOError):
            while True:
                told.append(far_end.recv(1024))
        return len(told)

    far_end.setblocking(False)
    desk = {"kind": "osc", "host": "127.0.0.1", "port": far_end.getsockname()[1]}
    with _follows_a_fader(desk, {"action": "osc.send", "address": "/fader", "values": ["{value}"]}) as rules:
        rules.signal(Signal("midi", "cc7", 0.4, time.perf_counter_ns()))
        _comes(heard, rules=rules)
        rules.panic()
        rules.resume()
        _comes(heard, rules=rules)


def test_a_connection_that_comes_back_is_told_where_the_fader_is() -> None:
    """The other side has forgotten it."""
    told: list[str | bytes] = []
    links: list[ServerConnection] = []

    def hear(link: ServerConnection) -> None:
        links.append(link)
        told.extend(link)

    with serve(hear, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever).start()
        desk = {"kind": "websocket", "url": f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"}
        with _follows_a_fader(desk, {"action": "socket.send", "message": "{value}"}) as rules:
            rules.signal(Signal("midi", "cc7", 0.4, time.perf_counter_ns()))
            _comes(lambda: len(told), rules=rules)
            links[0].close()
            _comes(lambda: len(told), rules=rules)
    assert set(told) == {"40"}


def test_another_connection_that_becomes_ready_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What glides goes on gliding, and what rests is not told again; on its own connection it is told from where it is."""
    ready = frozenset({"desk"})
    monkeypatch.setattr(Dispatcher, "ready", property(lambda self: ready))
    sent: list[float] = []
    monkeypatch.setattr(Dispatcher, "submit", lambda self, order: sent.append(float(order.details["value"])))
    rules = _follows_a_fader(
        {"kind": "osc"}, {"action": "osc.send", "address": "/f", "values": ["{value}"]}, smooth_s=10, dead_band=0.05
    )
    rules._is_live = False  # by a film's time: a stall of this computer is none of it
    for at_s, level in ((1.0, 0.0), (1.1, 1.0)):
        rules.film(round(at_s * 1e9))
        rules.tick()
        rules.signal(Signal("midi", "cc7", level, 0))
    ready |= {"else"}
    for at_s in (1.2, 1.3):
        rules.film(round(at_s * 1e9))
        rules.tick()
    assert sent == [0.0]
    for at_s, ready in ((1.4, frozenset()), (1.5, frozenset({"desk"}))):  # noqa: B007
        rules.film(round(at_s * 1e9))
        rules.tick()
    assert sent == [0.0, pytest.approx(100 * (1 - np.exp(-0.05)), abs=1.5)]


FILM = """
[connections.desk]
kind = "osc"
port = PORT

[[trigger]]
name = "mouth"
when = "jawOpen > 0.6"
cooldown_s = 2.5
do = [
    { action = "osc.send", address = "/open" },
    { action = "wait", seconds = 0.5 },
    { action = "osc.send", address = "/later" },
]

[[trigger]]
name = "clock"
when = "every 1 s"
do = { action = "osc.send", address = "/tick" }
"""


@pytest.mark.parametrize("gestures", ["true", "false"])
def test_a_film_that_hurries_has_a_time_of_its_own(tmp_path: Path, far_end: socket.socket, gestures: str) -> None:
    """Six seconds of it in a moment: cool-downs, pauses and timers are as long as in the film; nothing is told of latency."""
    file, log = tmp_path / "rules.toml", tmp_path / "log.jsonl"
    file.write_text(FILM.replace("PORT", str(far_end.getsockname()[1])))
    settings = live_tools.config(
        source__name=str(recording(tmp_path / "face.pcast", ([0.0] * 30 + [0.9] * 30) * 3)),
        source__as_fast_as_possible="true",
        output__fps="5",
        gestures__enabled=gestures,
        triggers__rules=str(file),
        triggers__log=str(log),
    )
    Program(settings, live_tools.QuietView()).run(None)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    fired = [line["rule"] for line in lines if line["verdict"] == "fired"]
    assert fired.count("clock") == 5
    assert [line["text"] for line in lines if line["verdict"] == "skipped"] == (
        ["cool-down, 0.5 s left"] if gestures == "true" else []
    )
    done = sorted(line["text"] for line in lines if line["verdict"] == "done")
    mouths = 2 if gestures == "true" else 0
    assert done == ["osc.send /later on desk"] * mouths + ["osc.send /open on desk"] * mouths + ["osc.send /tick on desk"] * 5
    assert {line["latency_ms"] for line in lines} == {None}
