"""What the server says of rules and gestures: messages as plain dicts, as `messages.py` makes the others.

Owns their wire names and rounding. Pure. Whoever makes a message says what time it is (`time.perf_counter_ns`), so that a page
can tell how long ago something was.
"""

import math
from collections.abc import Mapping, Sequence

from stream.actions.base import ConnectionStatus
from stream.gestures.status import TeachingStatus
from stream.server.messages import Message
from stream.triggers.decisions import RuleState
from stream.triggers.log import Entry
from trackers.gestures.types import GestureState

LISTED = 60
"""So many lines of the log are in a message: more than anyone reads, and few bytes."""


def triggers_message(
    states: Sequence[RuleState],
    *,
    origin: str,
    stopped: bool,
    dry_run: bool,
    connections: Sequence[ConnectionStatus],
    entries: Sequence[Entry],
    now_ns: int,
) -> Message:
    """What the rules are, what each is doing, what they are connected to, and what happened last.

    Args:
        origin: the rule file's name; empty if there are no rules.
        stopped: after a panic.
        entries: oldest first; the newest `LISTED` are told.
    """
    return {
        "type": "triggers",
        "now_ns": now_ns,
        "origin": origin,
        "stopped": stopped,
        "dry_run": dry_run,
        "rules": [_fields(state) | {"progress": round(state.progress, 2)} for state in states],
        "connections": [_fields(connection) for connection in connections],
        "log": [_fields(entry) for entry in entries[-LISTED:]],
    }


def gestures_message(states: Mapping[str, GestureState], *, teaching: TeachingStatus) -> Message:
    """What every gesture is doing now, and what teaching one has come to."""
    left_s = math.ceil(10 * teaching.left_s) / 10  # up: whoever rounds it up to seconds says what `text` says
    return {
        "type": "gestures",
        "gestures": [{"name": name, **_state(state)} for name, state in states.items()],
        "teaching": _fields(teaching) | {"share": round(teaching.share, 2), "left_s": left_s},
    }


def trigger_message(entry: Entry) -> Message:
    """Something fired, did not, or was done: one line of the log, as an event."""
    return {"type": "trigger", **_fields(entry)}


def _state(state: GestureState) -> Message:
    return {
        "confidence": round(state.confidence, 2),
        "active": state.active,
        "held_s": round(state.held_s, 2),
        "value": None if state.value is None else round(state.value, 2),
    }


def _fields(value: ConnectionStatus | Entry | RuleState | TeachingStatus) -> Message:
    """Return the fields as they are: ten times a second, `dataclasses.asdict` would cost more than all the rest."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
