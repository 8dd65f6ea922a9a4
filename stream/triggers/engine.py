"""The engine of the rules: inputs in, decisions out.

Owns the order of things: what is undone comes before what is done, rules fire in the order of their file, after a panic nothing
does. Pure: no thread, no clock, no socket; whoever tells something says what time it is (`time.perf_counter_ns`, the clock of
the stamps). To be called from one thread.
"""

import random
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from stream.actions.base import Action, Order, Report
from stream.triggers.decisions import Decision, Note, Panic, Restore, RuleState, Verdict
from stream.triggers.mapping_runs import MappingRun, Source
from stream.triggers.own_actions import DisableRule, EnableRule, StopAll, Wait
from stream.triggers.rule_types import RuleError, Rules
from stream.triggers.runs import Firing, Pending, Run
from stream.triggers.signals import Signal
from stream.triggers.words import actions_words
from stream.triggers.world import Values, World
from trackers.gestures.types import Gesture, GestureState
from trackers.types import Stamp

PANEL: Final = "panel"
ENDING: Final = "the program is ending"
BACK: Final = "back as it was"
_NOTES: Final = 512


class Engine:
    """Follows the rules.

    Args:
        rng: decides where a rule fires only some of the times.
    """

    def __init__(self, rules: Rules, *, rng: random.Random) -> None:
        self.rules = rules
        self._rng = rng
        self._world = World()
        self._runs = {rule.name: Run.of(rule) for rule in rules.triggers}
        self._drives = {rule.name: MappingRun.of(rule) for rule in rules.mappings}
        self._notes: deque[Note] = deque(maxlen=_NOTES)
        self._out: list[Decision] = []
        self._undone: list[Decision] = []  # of these, the orders that undo: a panic leaves them in
        self.is_stopped = False
        """After a panic, until `resume`."""

    # Inputs. Each returns what is to be done, in order.

    def gestures(
        self, events: Sequence[Gesture], states: Mapping[str, GestureState], *, stamp: Stamp, now_ns: int
    ) -> list[Decision]:
        """Take what the recogniser tells of one frame, and what every gesture is doing now."""
        self._world.events, self._world.gestures, self._world.frame_ns = events, states, stamp.captured_ns
        decisions = self._settle(now_ns, captured_ns=stamp.captured_ns)
        self._world.events = ()
        return decisions

    def values(self, values: Values, *, fresh: Collection[str], stamp: Stamp, now_ns: int) -> list[Decision]:
        """Take the values of one frame (`trackers.gestures.values.values_of`), those looked at in it being `fresh`.

        None: the part is not seen, or was just reacquired. One that is carried on keeps its value, but a hold does not go on.
        """
        self._world.take_values(values, frame_ns=stamp.captured_ns, fresh=fresh)
        return self._settle(now_ns, captured_ns=stamp.captured_ns, drive="body")

    def parts(self, seen: Mapping[str, bool], *, now_ns: int) -> list[Decision]:
        """Take which parts (`trackers.types.PARTS`) are seen now.

        One that was seen and is not any more is lost half a second later; one that never was is not lost.
        """
        self._world.now_ns = now_ns
        self._world.take_parts(seen)
        return self._settle(now_ns, captured_ns=None)

    def signal(self, signal: Signal) -> list[Decision]:
        """Take a key or a note that went down or up, or a controller that moved."""
        self._world.take_signal(signal)
        now_ns = max(signal.at_ns, self._world.now_ns)  # a tick may have passed it on its way
        return self._settle(now_ns, captured_ns=None, drive="midi" if signal.kind == "midi" else None)

    def facts(self, facts: Mapping[str, str], *, now_ns: int) -> list[Decision]:
        """Take what the clients know of the other sides (`Dispatcher.facts`): {"obs.scene": "Game"}."""
        self._world.now_ns = max(now_ns, self._world.now_ns)
        self._world.take_facts(facts)
        return self._settle(now_ns, captured_ns=None)

    def tick(self, now_ns: int) -> list[Decision]:
        """Let time pass: timers, and pauses between actions. To be called some ten times a second or more."""
        return self._settle(now_ns, captured_ns=None, drive="midi")  # a fader at rest: smoothing and rates go on

    # What a person may do.

    def fire(self, name: str, *, now_ns: int, cause: str = PANEL) -> list[Decision]:
        """Fire a trigger now, whatever it waits for; one that is on is undone.

        Raises:
            RuleError: no trigger has this name, or everything is stopped.
        """
        run = self._runs.get(name)
        if run is None:
            is_mapping = name in self._drives
            what = "a mapping, which follows its value by itself" if is_mapping else "not known; see the list of triggers"
            raise RuleError(f"the trigger {name!r} cannot be fired: it is {what}")
        if self.is_stopped:
            raise RuleError(f"the trigger {name!r} cannot be fired after a panic; resume first")
        self._world.now_ns = now_ns
        if run.active:
            self._undo(run, cause)
        else:
            self._do(run, Firing(cause, {}, None, remember=run.rule.mode != "once"))
        return self._take()

    def switch(self, name: str, *, on: bool, now_ns: int, cause: str = PANEL) -> list[Decision]:
        """Switch a rule on or off; what one that is switched off did is undone.

        Raises:
            RuleError: no rule has this name.
        """
        if name not in self._runs and name not in self._drives:
            raise RuleError(f"the rule {name!r} is not known; see the list of triggers")
        self._world.now_ns = now_ns
        self._switch(name, on=on, cause=cause)
        return self._take()

    def panic(self, *, now_ns: int, cause: str = PANEL) -> list[Decision]:
        """Stop everything: nothing fires until `resume`."""
        self._world.now_ns = now_ns
        self._panic("", cause)
        return self._take()

    def end(self, *, now_ns: int, cause: str = ENDING) -> list[Decision]:
        """Undo all that is on, as the program ends: at once, without its pauses. Nothing fires after it."""
        self._world.now_ns = now_ns
        self.is_stopped = True
        self._undo_all(cause, restore=True)
        return self._take()

    def resume(self, *, now_ns: int, cause: str = PANEL) -> None:
        """Go on after a panic. What is held at this time does not fire: it must begin anew. Mappings say where they are."""
        if self.is_stopped:
            self.is_stopped = False
            self._world.now_ns = now_ns
            self.repeat_mappings(self._drives)
            self._note("", cause, "resumed", "rules fire again")

    def repeat_mappings(self, names: Iterable[str]) -> None:
        """Let these mappings send their value anew, though it rests: what they drive has forgotten it."""
        for name in names:
            self._drives[name].drive.repeat()

    def report(self, report: Report) -> None:
        """Take what became of an order."""
        run = self._runs.get(report.order.rule)
        if run is not None and report.outcome in ("refused", "failed") and not report.may_be_done:
            run.fail(report.order, why=f"{report.outcome}: {report.text}")

    # What is told.

    def states(self) -> list[RuleState]:
        """Return what every rule is doing now, in the order of the file."""
        world = self._world
        return [*(run.state(world) for run in self._runs.values()), *(drive.state() for drive in self._drives.values())]

    def is_waiting(self, name: str) -> bool:
        """Tell whether a trigger is in a pause between its actions."""
        return self._runs[name].pending is not None

    def take_notes(self) -> list[Note]:
        """Return what was done and not done since the last call, each once, oldest first."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    # Inside.

    def _settle(self, now_ns: int, *, captured_ns: int | None, drive: Source | None = None) -> list[Decision]:
        """Look at all rules after an input.

        Args:
            drive: mappings of this source follow their values. Each has one clock: frames for the body, `now_ns` for MIDI.
        """
        world = self._world
        world.now_ns = now_ns
        world.let_go()
        world.on = frozenset(name for name, run in self._runs.items() if run.is_on)
        edges = [(run, run.watch.look(world)) for run in self._runs.values()]
        if self.is_stopped:
            return []
        for run, edge in edges:  # first what ends: else it would undo what begins
            if edge.fell:
                run.missed = None
                if run.active and run.rule.mode == "held":
                    self._undo(run, edge.cause)
        for run, edge in edges:
            if edge.rose and not self.is_stopped:
                stamp_ns = captured_ns if run.watch.is_of_frames else None  # a timer that is due at a frame is not its doing
                self._attempt(run, Firing(edge.cause, edge.details, stamp_ns, remember=run.rule.mode != "once"))
            elif run.missed is not None and not self.is_stopped:
                self._try_again(run, run.missed)
        for run in self._runs.values():
            if run.pending is not None and run.pending.due_ns <= now_ns and not self.is_stopped:
                self._proceed(run, run.pending.steps, replace(run.pending.firing, captured_ns=None))
        for mapping in self._drives.values():
            if mapping.source == drive and not self.is_stopped:
                self._out.extend(mapping.push(world, captured_ns=captured_ns))
        return self._take()

    def _attempt(self, run: Run, firing: Firing) -> None:
        if run.rule.mode == "toggle" and run.active:
            run.why_not = run.cooling(self._world.now_ns)
            if not run.why_not:
                run.fired_ns = self._world.now_ns
                self._undo(run, firing.cause)
            else:
                self._note(run.rule.name, firing.cause, "skipped", run.why_not)
            return
        run.why_not = run.refusal(self._world, rng=self._rng)
        if not run.why_not:
            self._do(run, firing)
        elif run.enabled:
            self._note(run.rule.name, firing.cause, "skipped", run.why_not)
            if run.rule.mode == "held" and run.obstacle(self._world):
                run.missed = firing

    def _try_again(self, run: Run, missed: Firing) -> None:
        """Begin what is held as soon as nothing stands in its way any more; the frame that showed it is long gone."""
        run.why_not = run.obstacle(self._world)
        if not run.why_not:
            run.missed = None
            self._attempt(run, replace(missed, captured_ns=None))

    def _do(self, run: Run, firing: Firing) -> None:
        run.count += 1
        run.fired_ns, run.cause, run.why_not = self._world.now_ns, firing.cause, ""
        run.active, run.missed = run.rule.mode != "once", None
        run.sent, run.unmade = [], 0
        self._note(run.rule.name, firing.cause, "dry" if run.rule.dry_run else "fired", actions_words(run.rule.do))
        self._proceed(run, run.rule.do, replace(firing, remember=firing.remember and not run.rule.undo))

    def _undo(self, run: Run, cause: str) -> None:
        run.active, run.pending = False, None
        words = actions_words(run.rule.undo) or BACK
        self._note(run.rule.name, cause, "dry" if run.rule.dry_run else "undone", words)
        if run.rule.undo:
            self._proceed(run, run.rule.undo, Firing(cause, {}, None, remember=False, undoing=True))
        elif not run.rule.dry_run:
            self._out.append(Restore(run.rule.name, cause))

    def _proceed(self, run: Run, steps: Sequence[Action], firing: Firing) -> None:
        """Do steps up to the next pause; those that follow a panic are done at once, after all that it undoes."""
        run.pending = None
        for number, step in enumerate(steps):
            if not isinstance(step, Wait):
                if not run.rule.dry_run:
                    self._step(run, step, replace(firing, remember=firing.remember and not self.is_stopped))
            elif not self.is_stopped:
                run.pending = Pending(self._world.now_ns + round(step.seconds * 1e9), steps[number + 1 :], firing)
                return

    def _step(self, run: Run, step: Action, firing: Firing) -> None:
        name = run.rule.name
        match step:
            case StopAll():
                if not self.is_stopped:
                    self._panic(name, firing.cause)
            case EnableRule(rule=rule):
                self._switch(rule, on=True, cause=name)
            case DisableRule(rule=rule):
                self._switch(rule, on=False, cause=name)
            case _:
                details = {"rule": name, "cause": firing.cause, **firing.details}
                kind = {"remember": firing.remember, "undoing": firing.undoing}
                order = Order(step, name, firing.cause, firing.captured_ns, **kind, details=details)
                self._out.append(order)
                (self._undone if firing.undoing else run.sent).append(order)

    def _switch(self, name: str, *, on: bool, cause: str) -> None:
        run = self._runs.get(name) or self._drives[name]
        if run.enabled == on:
            return
        run.enabled = on
        self._note(name, cause, "switched", "on" if on else "off")
        if isinstance(run, Run) and not on and run.stop():
            self._undo(run, cause)

    def _panic(self, rule: str, cause: str) -> None:
        self.is_stopped = True
        # What was decided before it in this very moment is dropped as well, but for what was undone.
        self._out = [Panic(rule, cause), *self._undone]
        self._note(rule, cause, "panic", "everything stopped; resume in the panel, or start again")
        self._undo_all(cause, restore=False)  # a panic restores by itself

    def _undo_all(self, cause: str, *, restore: bool) -> None:
        """Undo at once what is on, and go on with what is being undone; what fired last comes first, without pauses."""
        newest_first = sorted(self._runs.values(), key=lambda run: -(run.fired_ns or 0))
        found = [(run, *run.take_undo()) for run in newest_first]
        firing = Firing(cause, {}, None, remember=False, undoing=True)
        for run, was_on, steps in found:
            if was_on and (steps or restore):
                self._note(run.rule.name, cause, "dry" if run.rule.dry_run else "undone", actions_words(steps) or BACK)
            if run.rule.dry_run:
                continue
            for step in steps:
                if not isinstance(step, Wait | StopAll):
                    self._step(run, step, firing)
        for run, was_on, steps in reversed(found):  # so each is left to the newer ones, and comes back without a look at theirs
            if restore and was_on and not steps and not run.rule.dry_run:
                self._out.append(Restore(run.rule.name, cause))

    def _note(self, rule: str, cause: str, verdict: Verdict, text: str) -> None:
        self._notes.append(Note(self._world.now_ns, rule, cause, verdict, text))

    def _take(self) -> list[Decision]:
        decisions, self._out, self._undone = self._out, [], []
        return decisions
