"""One mapping at work: whether it may follow its value now, and the orders that come of it.

Owns a mapping's memory between inputs. Knows nothing of other rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stream.actions.base import Order
from stream.triggers.decisions import RuleState
from stream.triggers.driving import Drive
from stream.triggers.rule_types import MappingRule
from stream.triggers.words import do_words, when_words
from stream.triggers.world import World

Source = Literal["body", "midi"]


@dataclass(slots=True)
class MappingRun:
    """A mapping and its memory."""

    rule: MappingRule
    enabled: bool
    drive: Drive
    words: tuple[str, str]
    count: int = 0
    sent_ns: int | None = None
    cause: str = ""
    why_not: str = ""

    @classmethod
    def of(cls, rule: MappingRule) -> "MappingRun":
        """Return a mapping that has sent nothing yet."""
        return cls(rule, rule.enabled, Drive(rule), (when_words(rule), do_words(rule)))

    @property
    def source(self) -> Source:
        """Who brings its value, and so by whose clock it follows."""
        return "midi" if self.rule.value.startswith("midi ") else "body"

    def push(self, world: World, *, captured_ns: int | None) -> Iterator[Order]:
        """Take the newest value; yield an order, or none.

        Args:
            captured_ns: `Stamp.captured_ns` of the frame that brings it; None: no frame does.
        """
        value = world.values.get(self.rule.value)
        self.why_not = self._refusal(world, value)
        if value is None or self.why_not:
            self.drive.rest()
            return
        share = self.drive.push(value, at_ns=world.now_ns if captured_ns is None else captured_ns)
        if share is None:
            return
        self.count += 1
        self.sent_ns, self.cause = world.now_ns, f"{self.rule.value} {value:.2f}"
        if self.rule.dry_run:
            return
        number = round(self.rule.curve.number(share), 4)
        details: dict[str, str | float] = {
            "rule": self.rule.name,
            "cause": self.cause,
            "value": number,
            "share": round(share, 4),
        }
        yield Order(self.rule.curve.at(share), self.rule.name, self.cause, captured_ns, streamed=True, details=details)

    def _refusal(self, world: World, value: float | None) -> str:
        if not self.enabled:
            return "it is switched off"
        for condition in self.rule.conditions:
            if not world.permits(condition):
                return f"while: {condition} does not hold"
        if value is None:
            return "its part is not seen" if self.source == "body" else "the controller has not moved yet"
        return ""

    def state(self) -> RuleState:
        """Return what it is doing."""
        return RuleState(
            name=self.rule.name,
            kind="mapping",
            when=self.words[0],
            do=self.words[1],
            mode="mapping",
            enabled=self.enabled,
            dry_run=self.rule.dry_run,
            lit=not self.why_not and self.sent_ns is not None,
            active=False,
            count=self.count,
            fired_ns=self.sent_ns,
            cause=self.cause,
            why_not=self.why_not,
            progress=0.0,
        )
