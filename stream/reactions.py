"""Gestures and the rules that they trigger, put together from the configuration: one thing for the live program to open.

Owns which rules are in force, what the panel may command of them, and what it is told. Opened: rules → gestures (their thread
first); undone in reverse. Knows nothing of how any gesture is recognised or any action done.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from avatar.types import RigPose
from stream.actions.base import Tools
from stream.actions.secrets import SecretStore
from stream.config import Config
from stream.control import Control
from stream.events import EventLog
from stream.gestures.live import Gesturing
from stream.gestures.look_rate import LookRate
from stream.gestures.store import GestureStore
from stream.gestures.teaching import Teaching
from stream.gestures.words import own_gestures
from stream.part_watch import PartWatch
from stream.paths import user_path
from stream.server.commands import Change, GestureCommand, TriggerCommand
from stream.server.messages import gesture_message
from stream.server.server import Server
from stream.server.trigger_messages import gestures_message, trigger_message, triggers_message
from stream.triggering import Triggering, gestures_in
from stream.triggers.log import Entry
from stream.triggers.rule_types import NO_RULES, Rules
from trackers.errors import UserError
from trackers.gestures.trained import TrainedDetector, TrainedSet
from trackers.gestures.types import Detector, Gesture, GestureState, Look, Spec
from trackers.types import Tracking

_TOLD_EVERY_NS = 80_000_000  # less than a tick, or a tick that comes early would be left out


def load_rules(config: Config) -> Rules:
    """Return the rules that the configuration names or holds.

    Raises:
        UserError: the first mistake in them.
    """
    tables = config.rule_tables()
    if not config.triggers.rules and not any(tables.values()):
        return NO_RULES
    from stream.triggers.rule_files import rules_of_file, rules_of_tables  # they know every client: not loaded for nothing

    if config.triggers.rules:
        path = user_path(config.triggers.rules)
        is_settings = path.resolve() == config.file.resolve()
        return rules_of_file(path, own_gestures=own_gestures(), may_hold_settings=is_settings)
    return rules_of_tables(tables, origin=config.file.name, own_gestures=own_gestures())


def missed_by_rules(config: Config, name: str) -> str:
    """Return what the rules say of a gesture that is gone; nothing if none names it, or they cannot be read anyway."""
    try:
        load_rules(config)
    except UserError as error:
        return str(error) if f"names the gesture {name!r}" in str(error) else ""
    return ""


class Reactions:
    """What the program does when a person does something. `with` opens and closes it.

    Args:
        rules: checked already (`load_rules`).
        server: where panels and overlays listen; None without one.
    """

    def __init__(
        self, config: Config, rules: Rules, *, server: Server | None, control: Control, parts: PartWatch, events: EventLog
    ) -> None:
        self._config = config
        self._events = events
        self._server = server
        self._control = control
        self._is_ending = False
        self._triggering = Triggering(
            rules if config.triggers.enabled else NO_RULES,
            config.triggers,
            tools=self._tools(events),
            part_states=lambda: parts.states,
            on_entry=self._tell_entry,
            is_live=not config.source.as_fast_as_possible,
        )
        self._teaching = Teaching(GestureStore(), events=events, on_learnt=self._know)
        learnt = self._teaching.learnt()
        self._gesturing = Gesturing(
            config.gestures,
            trained=_recognised(learnt),
            calibration=lambda: control.calibrating.calibration,
            is_mirrored=lambda: control.settings.mirror,
            is_wanted=self._is_wanted,
            events=events,
            is_live=not config.source.as_fast_as_possible,
        )
        self._gesturing.listen("the rules", self._triggering.look)
        self._gesturing.listen("teaching", self._teaching.look)
        self._gesturing.listen("the panel", self._tell_gestures)
        wanted = self._gesturing.parts_of(gestures_in(self._triggering.rules))
        self._gesturing.listen("the rate of looks", LookRate(wanted, events=events).look)
        self._has_rules = bool(self._triggering.rules.all() or self._triggering.rules.connections)
        self._states: Mapping[str, GestureState] = {}
        self._due_ns = 0
        self._opened = ExitStack()

    def _tools(self, events: EventLog) -> Tools:
        store = SecretStore()

        def tell(name: str, text: str, level: Literal["info", "warning", "error"]) -> None:
            events.tell(name, text, level)

        tools = Tools(
            secret=store.get,
            store_secret=store.set,
            publish=self._show,
            redraw=self._redraw,
            drawn=lambda: self._control.drawn,
            is_ending=lambda: self._is_ending,
            tell=tell,
        )
        if (server := self._server) is None:
            return replace(tools, effect_pages=lambda: 0, effects_url=lambda: "")
        return replace(tools, effect_pages=lambda: server.effect_pages, effects_url=lambda: server.effects_url)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self._triggering)
            opening.callback(self._teaching.close)
            opening.enter_context(self._gesturing)
            self._opened = opening.pop_all()
        self._control.others[TriggerCommand] = self._command
        if self._config.gestures.enabled:
            self._control.others[GestureCommand] = self._teach
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._control.others.clear()
        self._is_ending = True
        self._opened.close()

    def take(self, tracking: Tracking, pose: RigPose) -> None:
        """Take what perception saw: a listener of it."""
        self._triggering.film(tracking.stamp.captured_ns)
        if self._config.gestures.enabled:
            self._gesturing(tracking, pose)

    def tick(self) -> None:
        """Let time pass, and tell the panel; some ten times a second."""
        now_ns = time.perf_counter_ns()
        self._triggering.tick()
        server = self._server
        if server is None or now_ns < self._due_ns:
            return
        self._due_ns = now_ns + _TOLD_EVERY_NS
        if server.wants("triggers"):
            server.publish_state("triggers", self._triggers_message(now_ns))
        if server.wants("gestures"):
            server.publish_state("gestures", gestures_message(self._states, teaching=self._teaching.status))

    @property
    def words(self) -> str:
        """What is in force, one line for the start."""
        rules = self._triggering.rules
        if not rules.all():
            return "no rules; docs/triggers.md shows what gestures can do"
        names = ", ".join(rules.connections) or "no connection"
        dry = "; a dry run: nothing is done" if self._config.triggers.dry_run else ""
        count = len(rules.all())
        return f"{count} rule{'s' * (count > 1)} of {rules.origin} with {names}{dry}"

    def figures(self) -> dict[str, Any]:
        """What the report of a run holds."""
        return self._triggering.figures()

    def _is_wanted(self) -> bool:
        looked_at = self._server is not None and self._server.wants("gestures")
        return self._has_rules or looked_at or self._teaching.is_busy

    def _know(self, learnt: TrainedSet | None) -> None:
        self._gesturing.know(_recognised(learnt))

    def _publish(self, message: Mapping[str, object]) -> None:
        if self._server is not None:
            self._server.publish_event(message)

    def _show(self, effect: Mapping[str, object]) -> None:
        if self._server is not None:
            self._server.publish_effect(effect)

    def _redraw(self, wanted: Mapping[str, Any]) -> None:
        self._control.carry_out(Change(**wanted))

    def _tell_entry(self, entry: Entry) -> None:
        self._publish(trigger_message(entry))

    def _tell_gestures(self, _look: Look | None, gestures: Sequence[Gesture], states: Mapping[str, GestureState]) -> None:
        self._states = states
        for told in gestures:
            self._publish(gesture_message(label=told.name, phase=told.phase, confidence=told.confidence, stamp=told.stamp))

    def _triggers_message(self, now_ns: int) -> dict[str, object]:
        triggering = self._triggering
        return triggers_message(
            triggering.states(),
            origin=triggering.rules.origin if triggering.rules.all() else "",
            stopped=triggering.is_stopped,
            dry_run=self._config.triggers.dry_run,
            connections=triggering.connections,
            entries=triggering.log.entries,
            now_ns=now_ns,
        )

    def _command(self, command: TriggerCommand) -> None:
        match command.what:
            case "fire":
                self._triggering.fire(command.rule)
            case "panic":
                self._triggering.panic()
            case "resume":
                self._triggering.resume()
            case "retry":
                self._triggering.retry(command.connection)
            case switched:
                self._triggering.switch(command.rule, on=switched == "enable")

    def _teach(self, command: GestureCommand) -> None:
        self._teaching.carry_out(command.what, name=command.name)
        if command.what == "remove" and (missed := missed_by_rules(self._config, command.name)):
            text = f"Live does not start again until the rule that still names {command.name} is changed: {missed}"
            self._events.tell("gesture.missed", text, "warning")


def _recognised(learnt: TrainedSet | None) -> list[tuple[Detector, tuple[Spec, ...]]]:
    return [] if learnt is None else [(TrainedDetector(learnt), learnt.specs)]
