"""What is told of actions to everybody who watches the panel or reads the log: enough, and nothing that may be a secret."""

import json
import random
from dataclasses import asdict
from typing import Any

import pytest

from stream.actions.base import Order, Report
from stream.server.trigger_messages import triggers_message
from stream.trigger_trial import Trial
from stream.triggers.engine import Engine
from stream.triggers.log import TriggerLog
from stream.triggers.rule_files import rules_of_tables
from stream.triggers.rules import ALL_KINDS
from stream.triggers.words import action_words

SECRET = "5f4dcc3b5aa7"
TOLD: dict[str, dict[str, Any]] = {
    "webhook url example.com method PUT": {
        "action": "webhook",
        "url": f"https://{SECRET}@example.com/hooks/{SECRET}?key={SECRET}",
        "method": "PUT",
        "headers": {"X-Hook": SECRET},
        "body": {"token": SECRET},
    },
    "webhook {secret:base}": {"action": "webhook", "url": f"{{secret:base}}/{SECRET}"},
    "socket.send on bot": {"action": "socket.send", "message": {"auth": SECRET}},
    "shell.run curl on shell": {"action": "shell.run", "command": ["/usr/bin/curl", f"https://example.com/{SECRET}"]},
    "mqtt.publish topic door/open retain on on mqtt": {
        "action": "mqtt.publish",
        "topic": "door/open",
        "payload": {"pin": SECRET},
        "retain": True,
    },
    "home.call service alarm.disarm entity alarm.home on home": {
        "action": "home.call",
        "service": "alarm.disarm",
        "entity": "alarm.home",
        "data": {"code": SECRET},
    },
}
CONNECTIONS = {
    "bot": {"kind": "websocket", "url": f"ws://127.0.0.1/{SECRET}", "headers": {"token": SECRET}},
    "shell": {"allow": True},
    "mqtt": {"host": "localhost"},
    "home": {"kind": "home-assistant"},
}


@pytest.mark.parametrize("told", TOLD)
def test_what_may_be_a_secret_is_told_nowhere(told: str) -> None:
    """Neither in the panel's table, nor in its log, its file or the terminal."""
    trigger = {"name": "rule", "when": "key f9", "mode": "toggle", "do": TOLD[told], "undo": TOLD[told]}
    rules = rules_of_tables({"connections": CONNECTIONS, "trigger": [trigger]}, origin="rules.toml")
    action = rules.triggers[0].do[0]
    assert action_words(action).removesuffix(" on web") == told
    engine, log = Engine(rules, rng=random.Random(1)), TriggerLog()
    orders = engine.fire("rule", now_ns=1) + engine.fire("rule", now_ns=2)
    reports = [Report(order, "done", "", 3, None) for order in orders if isinstance(order, Order)]
    assert len(reports) == 2
    for note in engine.take_notes():
        log.note(note)
    for report in reports:
        log.report(report)
    panel = triggers_message(
        engine.states(), origin="", stopped=False, dry_run=False, connections=(), entries=log.entries, now_ns=4
    )
    everything = json.dumps([panel, [asdict(entry) for entry in log.entries], Trial("rule", reports=reports).lines()])
    assert told in everything
    assert SECRET not in everything


@pytest.mark.parametrize("name", [name for name, kind in ALL_KINDS.actions.items() if "Any" in str(kind.model_fields)])
def test_actions_that_take_anything_say_what_may_be_seen(name: str) -> None:
    """Whatever a new one takes, its free table is not told unasked."""
    kind = ALL_KINDS.actions[name]
    assert kind.shown is not None
    assert [field for field in kind.shown if "Any" in str(kind.model_fields[field].annotation)] == []
