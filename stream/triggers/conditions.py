"""What a rule waits for, as values: states of the world that last (`fist`, `jawOpen > 0.6`, `face lost`) and moments.

Owns the kinds of conditions and how each is said back in words. Knows nothing of their text in a rule file (`wording.py`),
nor of whether they hold just now (`world.py`).
"""

from dataclasses import dataclass

from stream.triggers.signals import SignalKind
from trackers.gestures.sequences import Sequence

WHOLE = "tracking"
"""Stands for all parts together in `tracking lost`."""


@dataclass(frozen=True, slots=True)
class Made:
    """A gesture is being made: any one of several."""

    word: str
    """As the rule says it: a gesture or a family."""
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Beyond:
    """A value is above or below a limit."""

    value: str
    above: bool
    limit: float
    margin: float
    """It must come back this far past the limit before it is no longer beyond: no chatter."""

    def __str__(self) -> str:
        return f"{self.value} {'>' if self.above else '<'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A part, or with `WHOLE` any of them, is seen, or after it was seen is so no more."""

    part: str
    seen: bool

    def __str__(self) -> str:
        return f"{self.part.replace('_', ' ')} {'found' if self.seen else 'lost'}"


@dataclass(frozen=True, slots=True)
class FactIs:
    """A client says so of the other side: OBS shows the scene `Game`."""

    fact: str
    value: str
    connection: str = ""
    """Empty: any connection that knows such a fact."""

    def __str__(self) -> str:
        return f"{self.connection}{'.' if self.connection else ''}{self.fact} is {self.value}"


@dataclass(frozen=True, slots=True)
class During:
    """Another rule is on: toggled, held, or still waiting between its actions."""

    rule: str

    def __str__(self) -> str:
        return f"during {self.rule}"


@dataclass(frozen=True, slots=True)
class Heard:
    """A key or a note is down."""

    kind: SignalKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


State = Made | Beyond | Seen | FactIs | During | Heard
"""What holds for a while or does not."""


@dataclass(frozen=True, slots=True)
class While:
    """A state that must hold, or must not, for a rule to fire."""

    state: State
    negated: bool = False

    def __str__(self) -> str:
        return f"{'not ' if self.negated else ''}{self.state}"


@dataclass(frozen=True, slots=True)
class Change:
    """A state begins, has lasted for so long, or ends."""

    state: State
    holds_s: float = 0.0
    at_end: bool = False

    def __str__(self) -> str:
        return f"{self.state}{f' holds {self.holds_s:g} s' if self.holds_s else ' ends' if self.at_end else ''}"


@dataclass(frozen=True, slots=True)
class InOrder:
    """Gestures one after another."""

    sequence: Sequence

    def __str__(self) -> str:
        return str(self.sequence)


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again."""

    period_s: float

    def __str__(self) -> str:
        return f"every {self.period_s:g} s"


@dataclass(frozen=True, slots=True)
class After:
    """Once, so long after the rules came into force; 0: at the start."""

    delay_s: float

    def __str__(self) -> str:
        return f"after {self.delay_s:g} s" if self.delay_s else "start"


When = Change | InOrder | Every | After
"""What makes a rule fire."""


def lasts(when: When) -> bool:
    """Tell whether there is an end, at which something could be undone."""
    return isinstance(when, Change) and not when.at_end
