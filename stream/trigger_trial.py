"""Fires one rule, once, with the real clients: for `run.py trigger try`.

Owns the order of it: connect what the rule needs → fire → wait for its pauses and for what becomes of every action → undo what
can be undone → let go. Knows nothing of gestures: nobody has to stand before a camera.
"""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stream.actions.base import Action, ConnectionStatus, Order, Report, Tools
from stream.actions.dispatcher import Dispatcher
from stream.actions.secrets import SecretStore
from stream.triggers.conditions import After
from stream.triggers.decisions import Decision, Panic, Restore
from stream.triggers.engine import Engine
from stream.triggers.rule_types import RuleError, Rules
from stream.triggers.words import action_words

CONNECT_S: Final = 6.0
SETTLE_S: Final = 8.0
"""For what becomes of the actions, after the last of them was asked for."""
_BEAT_S: Final = 0.02
_NEVER_S: Final = 1e6
CAUSE: Final = "trigger try"


@dataclass(slots=True)
class Trial:
    """What became of a rule that was fired."""

    rule: str
    connections: tuple[ConnectionStatus, ...] = ()
    reports: list[Report] = field(default_factory=list)
    unseen: bool = False
    """Something went to the effects page, which only a running program serves."""
    missing: int = 0
    """Actions of which nothing was heard in time."""

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return not self.missing and all(report.outcome in ("done", "replaced", "dry") for report in self.reports)

    @property
    def restored(self) -> bool:
        """Whether what was before was brought back."""
        return any(report.order.cause != CAUSE and report.outcome == "done" for report in self.reports)

    def lines(self) -> list[str]:
        """Return what happened, for people."""
        said = [f"{status.name} ({status.kind}): {status.detail}" for status in self.connections]
        for report in self.reports:
            words = action_words(report.order.action)
            said.append(f"{report.outcome}: {words}{f' ({report.text})' if report.text else ''}")
        if self.restored:
            said.append("then what was before was brought back")
        if self.unseen:
            said.append("effects show only while Posecast runs: press Test in its panel to see them")
        if self.missing:
            said.append(f"nothing was heard of {self.missing} of its actions")
        return said

    def figures(self) -> dict[str, Any]:
        """Return what happened, for scripts."""
        return {
            "rule": self.rule,
            "ok": self.ok,
            "connections": [
                {"name": status.name, "kind": status.kind, "state": status.state, "detail": status.detail}
                for status in self.connections
            ],
            "actions": [
                {"action": report.order.action.action, "target": report.order.action.target, "outcome": report.outcome,
                 "text": report.text}
                for report in self.reports
            ],
            "restored": self.restored,
            "unseen": self.unseen,
            "missing": self.missing,
        }  # fmt: skip


def try_rule(rules: Rules, name: str, *, on_s: float, tools: Tools | None = None) -> Trial:
    """Fire the trigger `name` now and wait for what becomes of it.

    Args:
        on_s: a trigger that toggles or is held is undone after so long.
        tools: what clients are lent; None: the user's secrets.

    Raises:
        RuleError: there is no trigger of this name.
    """
    engine = Engine(_awake(rules, name), rng=random.Random())
    wanted = _actions(rules, name)
    used = {action.target for action in wanted}
    connections = {key: value for key, value in rules.connections.items() if key in used}
    trial = Trial(name)
    heard = threading.Semaphore(0)

    def take(report: Report) -> None:
        trial.reports.append(report)
        heard.release()

    def publish(message: Mapping[str, object]) -> None:
        trial.unseen = True

    store = SecretStore()
    lent = replace(tools or Tools(secret=store.get, store_secret=store.set), publish=publish)
    with Dispatcher(connections, tools=lent, wanted=wanted, on_report=take) as dispatcher:
        _connected(dispatcher)
        asked = _run(engine, dispatcher, trial, engine.fire(name, now_ns=time.perf_counter_ns(), cause=CAUSE))
        if any(state.name == name and state.active and state.mode != "once" for state in engine.states()):
            time.sleep(on_s)
            asked += _run(engine, dispatcher, trial, engine.fire(name, now_ns=time.perf_counter_ns(), cause=CAUSE))
        end_s = time.monotonic() + SETTLE_S
        for _ in range(asked):
            heard.acquire(timeout=max(0.0, end_s - time.monotonic()))
        trial.connections = dispatcher.status
    trial.missing = max(0, asked - sum(report.order.cause == CAUSE for report in trial.reports))
    return trial


def _awake(rules: Rules, name: str) -> Rules:
    """Return the rules with this one alone, switched on and in earnest; it fires when it is told to, and not by itself."""
    if name not in rules.names():
        known = ", ".join(trigger.name for trigger in rules.triggers) or "none"
        raise RuleError(f"{rules.origin} has no trigger {name!r}; there are: {known}")
    triggers = tuple(
        replace(rule, when=After(_NEVER_S), enabled=rule.name == name, dry_run=rule.dry_run and rule.name != name)
        for rule in rules.triggers
    )
    return replace(rules, triggers=triggers)


def _actions(rules: Rules, name: str) -> Sequence[Action]:
    return [action for rule in rules.triggers if rule.name == name for action in (*rule.do, *rule.undo) if action.kinds]


def _connected(dispatcher: Dispatcher) -> None:
    """Wait, a bounded time, until each connection works or will not."""
    end_s = time.monotonic() + CONNECT_S
    while time.monotonic() < end_s and any(status.state in ("idle", "connecting") for status in dispatcher.status):
        time.sleep(_BEAT_S)


def _run(engine: Engine, dispatcher: Dispatcher, trial: Trial, decisions: list[Decision]) -> int:
    """Carry out decisions, and what comes after pauses; return how many orders there were."""
    asked = 0
    while True:
        for decision in decisions:
            if isinstance(decision, Order):
                dispatcher.submit(decision)
                asked += 1
            elif isinstance(decision, Restore):
                dispatcher.restore(decision.rule)
            elif isinstance(decision, Panic):
                dispatcher.panic()
                return asked
        if not engine.is_waiting(trial.rule):
            return asked
        time.sleep(_BEAT_S)
        decisions = engine.tick(time.perf_counter_ns())
