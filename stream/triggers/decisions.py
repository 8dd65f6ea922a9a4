"""What the engine decides, and what it tells of itself.

Owns these values. An `Order` (`stream.actions.base`) goes to the dispatcher as it is; so does a `Restore`, in its place in the
list; a `Panic` stops the dispatcher.
"""

from dataclasses import dataclass
from typing import Literal

from stream.actions.base import Order


@dataclass(frozen=True, slots=True)
class Restore:
    """Bring back what the orders of a rule changed that were marked `remember`."""

    rule: str
    cause: str


@dataclass(frozen=True, slots=True)
class Panic:
    """Stop everything at once: what waits is dropped."""

    rule: str
    """Name of the rule that asks; empty: a person."""
    cause: str


Decision = Order | Restore | Panic

Verdict = Literal["fired", "undone", "dry", "skipped", "switched", "panic", "resumed"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that the engine did, or did not do, and why. For the log."""

    at_ns: int
    rule: str
    """Empty: all of them."""
    cause: str
    """What made it come to this: `t_pose (0.93)`, `panel`."""
    verdict: Verdict
    text: str
    """What is done, in words; of `skipped`, why it is not."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """What one rule is doing now, for the panel."""

    name: str
    kind: Literal["trigger", "mapping"]
    when: str
    """In words, as all texts here."""
    do: str
    mode: str
    enabled: bool
    dry_run: bool
    lit: bool
    """What it waits for is there just now; of a mapping: it is sending."""
    active: bool
    """It is on: toggled, held, or waiting between its actions."""
    count: int
    """How often it fired; of a mapping, how many values it sent."""
    fired_ns: int | None
    cause: str
    """Of the last time it fired; of a mapping, the newest value."""
    why_not: str
    """Why it did not fire when its moment came last; empty: it did, or there was none."""
    progress: float
    """0..1: of a sequence, how much of it is done; of what must be held, for how much of the time it was."""
