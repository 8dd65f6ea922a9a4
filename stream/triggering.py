"""The rules at work in the live program: what is seen and heard goes into the engine, what it decides goes to the dispatcher.

Owns the one lock around the engine (perception, the clock, the panel, keys and notes all speak to it), the log, and the order
of opening: log → dispatcher → keys and notes; closed in reverse, and once no input comes, rules are undone. Knows nothing of
what any rule says.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self

from stream.actions.base import Client, ConnectionStatus, Report, Tools
from stream.actions.dispatcher import Dispatcher
from stream.actions.routing import route
from stream.config import TriggersConfig
from stream.paths import user_path
from stream.triggers.conditions import Beyond, Change, InOrder, Made, State
from stream.triggers.decisions import Decision, Panic, Restore, RuleState
from stream.triggers.engine import PANEL, Engine
from stream.triggers.inputs import Inputs, keys_in, needs_midi
from stream.triggers.log import Entry, TriggerLog
from stream.triggers.rule_types import RuleError, Rules
from stream.triggers.signals import Signal
from trackers.gestures.types import Gesture, GestureState, Look
from trackers.gestures.values import values_of
from trackers.part_state import PartState
from trackers.spelling import near


class Triggering:
    """Runs the rules. `with` connects what they need and, at the end, brings back what they changed.

    Args:
        rules: checked already.
        tools: what clients are lent.
        part_states: returns what each part of the person is doing.
        on_entry: told of every new line of the log, on any thread; must return at once.
        is_live: False: a film runs as fast as possible; cool-downs, pauses and timers then go by its own time, and nothing is
            told of latency, which would mean nothing.

    Raises (on entering):
        UserError: the log cannot be written. Keys or notes that cannot be heard are told, and the rest goes on.
    """

    def __init__(
        self,
        rules: Rules,
        config: TriggersConfig,
        *,
        tools: Tools,
        part_states: Callable[[], Mapping[str, PartState]],
        on_entry: Callable[[Entry], None] = lambda entry: None,
        is_live: bool = True,
    ) -> None:
        self.rules = rules = rules.tried() if config.dry_run else rules
        self._is_live = is_live
        self._film_ns: int | None = None
        self._part_states = part_states
        self._engine = Engine(rules, rng=random.Random())
        self._lock = threading.RLock()  # an order may be refused while it is submitted
        self.log = TriggerLog(
            user_path(config.log) if config.log else None,
            on_entry=on_entry,
            on_problem=lambda text: tools.tell("triggers.log_failed", text, "warning"),
        )
        self._dispatcher = Dispatcher(
            rules.connections,
            tools=tools,
            wanted=tuple(rules.actions()),
            on_report=self._hear,
            dry_run=config.dry_run,
        )
        states = tuple(states_of(rules))
        self._uses_values = bool(rules.mappings) or any(isinstance(state, Beyond) for state in states)
        self._inputs = Inputs(
            self.signal,
            keys=keys_in(states),
            midi=needs_midi(states, values=(mapping.value for mapping in rules.mappings)),
            on_heard=lambda text: tools.tell("input.ready", f"rules hear {text}", "info"),
            on_problem=lambda text: tools.tell("input.failed", text, "warning"),
        )
        self._opened = ExitStack()
        self._facts: dict[str, str] = {}
        self._ready: frozenset[str] = frozenset()
        self._driven = {mapping.name: route(mapping.curve.at(0.0), rules.connections) for mapping in rules.mappings}
        """Mapping to the connection that it goes to."""
        self._publishers: list[Client[Any]] = []

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self.log)
            opening.enter_context(self._dispatcher)
            opening.callback(self._end)
            opening.enter_context(self._inputs)
            self._publishers = [client for client in self._dispatcher.clients() if _publishes(client)]
            self._opened = opening.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()

    # What is told to it.

    def film(self, captured_ns: int) -> None:
        """Take what time it is in a film that is not live (`Stamp.captured_ns`), before anything else of that frame."""
        self._film_ns = captured_ns

    def look(self, look: Look | None, gestures: Sequence[Gesture], states: Mapping[str, GestureState]) -> None:
        """Take one frame, or ends of gestures without one: a listener of `Gesturing`."""
        stamp = gestures[0].stamp if look is None else look.tracking.stamp
        now_ns = self._now_ns()
        for client in self._publishers:
            for gesture in gestures:
                self._dispatcher.call(partial(client.publish_gesture, gesture))
        with self._lock:
            self._carry_out(self._engine.gestures(gestures, states, stamp=stamp, now_ns=now_ns))
            if self._uses_values and look is not None:
                settled, shown = look.settled_tracking(), look.fresh_tracking()
                values = values_of(settled)
                known = values if shown is settled else values_of(shown)  # mostly nothing rests, and it is the same
                fresh = {name for name, value in known.items() if value is not None}
                self._carry_out(self._engine.values(values, stamp=stamp, now_ns=now_ns, fresh=fresh))

    def signal(self, signal: Signal) -> None:
        """Take a key or a note."""
        heard = signal if self._is_live else replace(signal, at_ns=self._now_ns())
        with self._lock:
            self._carry_out(self._engine.signal(heard))

    def tick(self) -> None:
        """Let time pass; some ten times a second."""
        if not self._is_live and self._film_ns is None:
            return  # time begins with the film
        now_ns = self._now_ns()
        facts, ready = self._dispatcher.facts, self._dispatcher.ready
        seen = {part: state.phase in ("tracked", "holding") for part, state in self._part_states().items()}
        for client in self._publishers:
            self._dispatcher.call(partial(client.publish_tracking, "found" if any(seen.values()) else "lost"))
        with self._lock:
            self._carry_out(self._engine.parts(seen, now_ns=now_ns))
            if facts != self._facts:
                self._facts = facts
                self._carry_out(self._engine.facts(facts, now_ns=now_ns))
            self._engine.repeat_mappings(name for name, driven in self._driven.items() if driven in ready - self._ready)
            self._ready = ready
            self._carry_out(self._engine.tick(now_ns))

    # What a person may do in the panel. Called on the server's thread.

    def fire(self, rule: str) -> None:
        """Fire a trigger now.

        Raises:
            RuleError: it cannot be.
        """
        self._command(lambda now_ns: self._engine.fire(rule, now_ns=now_ns))

    def switch(self, rule: str, *, on: bool) -> None:
        """Switch a rule on or off.

        Raises:
            RuleError: there is none of this name.
        """
        self._command(lambda now_ns: self._engine.switch(rule, on=on, now_ns=now_ns))

    def panic(self) -> None:
        """Stop everything."""
        self._command(lambda now_ns: self._engine.panic(now_ns=now_ns))

    def resume(self) -> None:
        """Go on after a panic, and try the connections again that had given up."""
        for status in self.connections:
            if status.state == "rejected":
                self.retry(status.name)
        with self._lock:
            self._engine.resume(now_ns=self._now_ns(), cause=PANEL)
            self._carry_out(())

    def retry(self, name: str) -> None:
        """Try a connection again that had given up: its password was mended perhaps. Nothing, if it has not.

        Raises:
            RuleError: there is none of this name.
        """
        names = [status.name for status in self.connections]
        if name not in names:
            raise RuleError(f"the connection {name!r} is not known; {near(name, names)}")
        self._dispatcher.retry(name)

    # What it tells.

    @property
    def is_stopped(self) -> bool:
        """Whether a panic stopped it."""
        return self._engine.is_stopped

    @property
    def connections(self) -> tuple[ConnectionStatus, ...]:
        """What each connection is doing."""
        return self._dispatcher.status

    def states(self) -> list[RuleState]:
        """What every rule is doing now; times are those of `time.perf_counter_ns()`."""
        with self._lock:
            states = self._engine.states()
            late_ns = time.perf_counter_ns() - self._now_ns()
        if self._is_live:
            return states
        return [state if state.fired_ns is None else replace(state, fired_ns=state.fired_ns + late_ns) for state in states]

    def figures(self) -> dict[str, Any]:
        """What the report of a run holds of it."""
        return self.log.figures()

    def _end(self) -> None:
        """Undo what is on, while the dispatcher still takes orders: it does at its end what waits."""
        self._command(lambda now_ns: self._engine.end(now_ns=now_ns))

    def _command(self, what: Callable[[int], Sequence[Decision]]) -> None:
        with self._lock:
            self._carry_out(what(self._now_ns()))

    def _now_ns(self) -> int:
        """Return what time it is for the rules."""
        return time.perf_counter_ns() if self._is_live else self._film_ns or 0

    def _hear(self, report: Report) -> None:
        """Take what became of an order: on the dispatcher's thread, or on the one that submits it."""
        self.log.report(report)
        with self._lock:
            self._engine.report(report)

    def _carry_out(self, decisions: Sequence[Decision]) -> None:
        """Hand decisions to the dispatcher, in order, and write down why. With the lock held."""
        for note in self._engine.take_notes():
            self.log.note(note if self._is_live else replace(note, at_ns=time.perf_counter_ns()))
        for decision in decisions:
            if isinstance(decision, Panic):
                self._dispatcher.panic()
            elif isinstance(decision, Restore):
                self._dispatcher.restore(decision.rule)
            else:
                self._dispatcher.submit(decision if self._is_live else replace(decision, captured_ns=None))


def states_of(rules: Rules) -> Iterator[State]:
    """Yield every state that a rule waits for or asks about."""
    for trigger in rules.triggers:
        if isinstance(trigger.when, Change):
            yield trigger.when.state
    for rule in rules.all():
        yield from (condition.state for condition in rule.conditions)


def gestures_in(rules: Rules) -> frozenset[str]:
    """Return the gestures that rules name, those of sequences too."""
    held = {name for state in states_of(rules) if isinstance(state, Made) for name in state.names}
    in_order = (trigger.when.sequence for trigger in rules.triggers if isinstance(trigger.when, InOrder))
    return frozenset(held.union(*(step.gestures for sequence in in_order for step in sequence.steps)))


def _publishes(client: Client[Any]) -> bool:
    return type(client).publish_gesture is not Client.publish_gesture
