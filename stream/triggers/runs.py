"""One trigger at work: whether it may fire, what it is in the middle of, and what is told of it.

Owns a trigger's memory between inputs. Decides nothing about other rules; carrying out is the engine's.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from stream.actions.base import Action, Order
from stream.triggers.decisions import RuleState
from stream.triggers.rule_types import Trigger
from stream.triggers.watches import Details, Watch, watch_for
from stream.triggers.words import do_words, when_words
from stream.triggers.world import World


@dataclass(frozen=True, slots=True)
class Firing:
    """Why actions are done, carried through the pauses between them."""

    cause: str
    details: Details
    captured_ns: int | None
    remember: bool
    undoing: bool = False
    """They bring back what others did: they are done whatever comes between."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Actions that wait for their time."""

    due_ns: int
    steps: Sequence[Action]
    firing: Firing


@dataclass(slots=True)
class Run:
    """A trigger and its memory."""

    rule: Trigger
    enabled: bool
    watch: Watch
    active: bool = False
    """Toggled or held."""
    pending: Pending | None = None
    missed: Firing | None = None
    """Of held: its moment came and could not be used; it is tried again as long as what it waits for lasts."""
    sent: list[Order] = field(default_factory=list)
    """What it ordered when it fired last, and of that,"""
    unmade: int = 0
    """how much could not be done."""
    count: int = 0
    fired_ns: int | None = None
    cause: str = ""
    why_not: str = ""
    words: tuple[str, str] = field(default=("", ""))

    @classmethod
    def of(cls, rule: Trigger) -> "Run":
        """Return a trigger that has not fired yet."""
        watch = watch_for(rule.when, hold_s=rule.hold_s, holds=rule.mode == "held")
        return cls(rule, rule.enabled, watch, words=(when_words(rule), do_words(rule)))

    def take_undo(self) -> tuple[bool, Sequence[Action]]:
        """Forget what it is in the middle of; return whether it was on, and the actions that are left to undo it."""
        was_on, pending = self.active, self.pending
        self.active, self.pending, self.missed = False, None, None
        if was_on:
            return True, self.rule.undo
        return False, pending.steps if pending is not None and pending.firing.undoing else ()

    def stop(self) -> bool:
        """Begin nothing more; return whether it is on, and so is to be undone."""
        self.missed = None
        if not self.active and self.pending is not None and not self.pending.firing.undoing:
            self.pending = None
        return self.active

    def fail(self, order: Order, *, why: str) -> None:
        """Note that an order of it could not be done. If none could, it is not on: there is nothing to undo."""
        if not any(order is sent for sent in self.sent):
            return
        self.unmade += 1
        if self.unmade == len(self.sent) and self.pending is None:
            self.active, self.why_not = False, why

    @property
    def is_on(self) -> bool:
        """Whether other rules may say `during` of it."""
        return self.active or self.pending is not None

    def refusal(self, world: World, *, rng: random.Random) -> str:
        """Return why it may not fire now, in words; empty if it may."""
        if not self.enabled:
            return "it is switched off"
        if obstacle := self.obstacle(world):
            return obstacle
        if self.rule.probability < 1 and rng.random() >= self.rule.probability:
            return f"left to chance ({self.rule.probability:.0%})"
        return ""

    def obstacle(self, world: World) -> str:
        """Return what stands in its way and may pass, in words; empty if nothing does."""
        if cooling := self.cooling(world.now_ns):
            return cooling
        for condition in self.rule.conditions:
            if not world.permits(condition):
                return f"while: {condition} does not hold"
        return ""

    def cooling(self, now_ns: int) -> str:
        """Return that it is cooling down, in words; empty if it is not."""
        left_s = 0.0 if self.fired_ns is None else self.rule.cooldown_s - (now_ns - self.fired_ns) / 1e9
        return f"cool-down, {left_s:.1f} s left" if left_s > 0 else ""

    def state(self, world: World) -> RuleState:
        """Return what it is doing."""
        return RuleState(
            name=self.rule.name,
            kind="trigger",
            when=self.words[0],
            do=self.words[1],
            mode=self.rule.mode,
            enabled=self.enabled,
            dry_run=self.rule.dry_run,
            lit=self.watch.is_on,
            active=self.is_on,
            count=self.count,
            fired_ns=self.fired_ns,
            cause=self.cause,
            why_not=self.why_not,
            progress=self.watch.progress(world),
        )
