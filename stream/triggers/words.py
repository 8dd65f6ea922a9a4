"""Rules in words: what a rule waits for, and what it does, for the panel, the log and `trigger check`.

Owns these words. Addresses are cut to their host: a webhook's address is often a secret, and everybody may watch the panel.
What else may be a secret each action knows (`Action.shown`).
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from stream.actions.base import Action
from stream.triggers.conditions import lasts
from stream.triggers.own_actions import DisableRule, EnableRule, StopAll, Wait
from stream.triggers.rule_types import MappingRule, Trigger

_LONGEST: Final = 40


def when_words(rule: Trigger | MappingRule) -> str:
    """Return what a rule waits for: `fist held for 0.5 s, while scene is Game`."""
    first = rule.value if isinstance(rule, MappingRule) else _trigger_words(rule)
    return ", while ".join([first, " and ".join(map(str, rule.conditions))]) if rule.conditions else first


def do_words(rule: Trigger | MappingRule) -> str:
    """Return what a rule does: `obs.scene BRB, then light color purple`."""
    if isinstance(rule, MappingRule):
        return _mapping_words(rule)
    words = actions_words(rule.do)
    if rule.mode == "once":
        return words
    back = actions_words(rule.undo) or "back as it was"
    return f"{words}; {'the second time' if rule.mode == 'toggle' else 'at the end'} {back}"


def actions_words(actions: Iterable[Action]) -> str:
    """Return a list of actions in words."""
    return ", ".join(map(action_words, actions))


def action_words(action: Action) -> str:
    """Return one action in words: its name, the fields that are set and may be seen, and where it goes."""
    match action:
        case StopAll():
            return "stop everything"
        case Wait(seconds=seconds):
            return f"wait {seconds:g} s"
        case EnableRule(rule=rule):
            return f"switch {rule} on"
        case DisableRule(rule=rule):
            return f"switch {rule} off"
    fields = {name: value for name, value in action.told().items() if value not in ("", None)}
    shown = [_field(name, value, alone=len(fields) == 1 or name == action.action) for name, value in fields.items()]
    where = f" on {action.target}" if action.target else ""
    return " ".join([action.action, *shown]) + where


def _trigger_words(rule: Trigger) -> str:
    words = str(rule.when)
    if rule.hold_s and "holds" not in words:
        words += f" held for {rule.hold_s:g} s"
    if rule.mode == "held" and lasts(rule.when):
        words = f"as long as {words}"
    return f"{words} ({rule.probability:.0%} of the times)" if rule.probability < 1 else words


def _mapping_words(rule: MappingRule) -> str:
    curve = rule.curve
    low, high = (f"{end:g}" for end in curve.from_)
    if curve.colours is not None:
        first, last = (_written(curve.table(share).get("color", "")) for share in (0.0, 1.0))
    else:
        first, last = (f"{end:g}" for end in curve.to)
    base = action_words(curve.kind.model_construct(_fields_set={*curve.given}, **curve.given))
    return f"{base}: {curve.field or 'value'} {first} to {last} for {low} to {high}"


def _field(name: str, value: object, *, alone: bool) -> str:
    if alone and isinstance(value, str):
        return _written(value)
    if name.endswith("_s") and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name.removesuffix('_s')} {value:g} s"
    if isinstance(value, bool):
        return f"{name} {'on' if value else 'off'}"
    return f"{name} {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, str) and "://" in value:
        return _host_of(value) or "an address"
    if isinstance(value, str) and value.startswith("{secret:"):
        return value[: value.find("}") + 1]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _host_of(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:  # half a bracket
        return None
