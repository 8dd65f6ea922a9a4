"""Rules as values: what a trigger, a mapping and a whole set of them hold once they are read and checked.

Owns these shapes. Knows nothing of TOML, nor of what happens later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from stream.actions.base import Action, Connection
from stream.triggers.conditions import When, While
from stream.triggers.curves import Curve
from stream.triggers.own_actions import DisableRule, EnableRule, StopAll
from stream.triggers.tables import Mode
from trackers.errors import UserError


class RuleError(UserError):
    """A rule cannot be taken: where, what is wrong, and what was meant perhaps."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When this happens while those hold, do that."""

    name: str
    when: When
    conditions: tuple[While, ...]
    do: tuple[Action, ...]
    undo: tuple[Action, ...]
    """Done at the end of toggle and held. Empty: what was before is restored."""
    mode: Mode
    hold_s: float
    cooldown_s: float
    probability: float
    enabled: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class MappingRule:
    """A value drives an action, many times a second."""

    name: str
    value: str
    conditions: tuple[While, ...]
    curve: Curve
    smooth_s: float
    dead_band: float
    rate_hz: float
    enabled: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules that are in force, and the connections that they use."""

    origin: str
    """The file's name, for people."""
    connections: Mapping[str, Connection]
    triggers: tuple[Trigger, ...]
    mappings: tuple[MappingRule, ...]

    def actions(self) -> Iterator[Action]:
        """Yield every action of every rule that a connection does; not those that the rules do themselves."""
        for trigger in self.triggers:
            yield from (action for action in (*trigger.do, *trigger.undo) if action.kinds)
        yield from (mapping.curve.at(0.0) for mapping in self.mappings)

    def tried(self) -> "Rules":
        """Return the rules for a dry run of all: those that would stop everything, or switch others, are dry themselves."""
        own = StopAll | EnableRule | DisableRule
        triggers = (
            replace(rule, dry_run=rule.dry_run or any(isinstance(action, own) for action in (*rule.do, *rule.undo)))
            for rule in self.triggers
        )
        return replace(self, triggers=tuple(triggers))

    def names(self) -> list[str]:
        """Return the names of all rules."""
        return [rule.name for rule in self.all()]

    def all(self) -> tuple[Trigger | MappingRule, ...]:
        """Return all rules: triggers first, each in the order of the file."""
        return (*self.triggers, *self.mappings)


NO_RULES: Final = Rules("", MappingProxyType({}), (), ())
