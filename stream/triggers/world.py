"""What the rules know of the world just now, and whether a state holds in it.

Owns the newest of every input. Knows nothing of rules, of what they do, nor of clocks: whoever tells something says when.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from stream.triggers.conditions import WHOLE, Beyond, During, FactIs, Heard, Made, Seen, State, While
from stream.triggers.signals import Signal
from trackers.gestures.types import Gesture, GestureState

FLICKER_NS: Final = 200_000_000
"""A value that is missing for no longer than this was not lost."""
LOST_NS: Final = 500_000_000
"""Nor is a part: a tracker that is late, or a hand before the face, must not make a rule say that it was gone and came back."""

FACT_LOST_NS: Final = 10_000_000_000
"""What is held for a fact is let go when nobody has known it for so long. That is not the fact's end: if it is the same
when it is known again, nothing has begun."""

Values = Mapping[str, float | None]
"""By their names in `trackers.gestures.values.VALUES`; None where the part is not seen."""


@dataclass(slots=True)
class World:
    """The newest of every input. Changed by the engine alone."""

    now_ns: int = 0
    frame_ns: int = 0
    """`Stamp.captured_ns` of the newest frame of which something was told."""
    gestures: Mapping[str, GestureState] = field(default_factory=dict)
    events: Sequence[Gesture] = ()
    """Gestures that are told just now; empty at any other input."""
    values: dict[str, float | None] = field(default_factory=dict)
    """Also of MIDI, as `midi cc7`."""
    _valued_ns: dict[str, int] = field(default_factory=dict)
    _fresh_ns: dict[str, int] = field(default_factory=dict)
    """Frames in which each value was last known, and last looked at: a part that rests has values, too."""
    parts: dict[str, bool] = field(default_factory=dict)
    """Whether a part is there; one that never was is not in here, and so not lost."""
    _unseen_ns: dict[str, int] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    """What clients know of the other sides: {"obs.scene": "Game"}."""
    _away: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What was known last of those that nobody knows just now, and since when."""
    signals: dict[tuple[str, str], float] = field(default_factory=dict)
    """Of each key and note that was ever heard, its value: above 0 it is down."""
    on: Collection[str] = ()
    """Rules that are on."""

    def take_values(self, values: Values, *, frame_ns: int, fresh: Collection[str]) -> None:
        """Take the values of a frame, the `fresh` ones looked at in it; one that is missing for a moment stays as it was."""
        self.frame_ns = frame_ns
        for name, value in values.items():
            if value is not None:
                self.values[name], self._valued_ns[name] = value, frame_ns
                if name in fresh:
                    self._fresh_ns[name] = frame_ns
            elif not 0 <= frame_ns - self._valued_ns.get(name, frame_ns - FLICKER_NS - 1) <= FLICKER_NS:
                self.values[name] = None

    def take_signal(self, signal: Signal) -> None:
        """Take a key or a note that went down or up, or a controller that moved."""
        self.signals[(signal.kind, signal.name)] = signal.value
        if signal.kind == "midi":
            self.values[f"midi {signal.name}"] = signal.value
        elif signal.value == 0:  # ctrl may be let go before f9: then f9 alone is told to be up
            last = signal.name.rpartition("+")[2]
            for kind, name in self.signals:
                if kind == "key" and name.rpartition("+")[2] == last:
                    self.signals[(kind, name)] = 0.0

    def take_parts(self, seen: Mapping[str, bool]) -> None:
        """Take which parts are seen now. One that is not is lost when that has lasted (`let_go`)."""
        for part, is_seen in seen.items():
            if is_seen:
                self.parts[part] = True
                self._unseen_ns.pop(part, None)
            elif self.parts.get(part):
                self._unseen_ns.setdefault(part, self.now_ns)

    def take_facts(self, facts: Mapping[str, str]) -> None:
        """Take what clients know of the other sides."""
        away = self._away | {name: (value, self.now_ns) for name, value in self.facts.items()}
        self._away = {name: known for name, known in away.items() if name not in facts}
        self.facts = facts

    def let_go(self) -> None:
        """Call parts lost that were not seen for long enough; with the last of them, nothing is known of the body."""
        for part, unseen_ns in list(self._unseen_ns.items()):
            if self.now_ns - unseen_ns >= LOST_NS:
                self.parts[part] = False
                del self._unseen_ns[part]
                if not any(self.parts.values()):
                    self._forget_values()

    def _forget_values(self) -> None:
        self.values = {name: value for name, value in self.values.items() if name.startswith("midi ")}

    def permits(self, condition: While) -> bool:
        """Tell whether a condition holds; one on a fact that is not known does not, nor does its contrary."""
        state = condition.state
        if not isinstance(state, FactIs):
            return self.holds(state) is not condition.negated
        if condition.negated:  # who is away may show just that
            return bool(self._told(state)) and not self._is_told(state) and not any(_names(state, name) for name in self._away)
        return self._is_told(state)

    def holds(self, state: State, *, was: bool = False) -> bool:
        """Tell whether a state holds; what nothing is known of does not.

        Args:
            was: whether it held before: a value then counts as beyond its limit a little longer.
        """
        match state:
            case Made(names=names):
                return any(made.active for name in names if (made := self.gestures.get(name)))
            case Beyond():
                return self._beyond(state, was=was)
            case Seen(part=part, seen=seen):
                return self._seen(part) is seen
            case FactIs():
                return self._is_told(state) or self._lost_ns(state) is not None
            case During(rule=rule):
                return rule in self.on
            case Heard(kind=kind, name=name):
                return self.signals.get((kind, name), 0.0) > 0.0

    def is_forgotten(self, state: State) -> bool:
        """Tell whether a state is a fact that nobody has known for so long that nothing should be held for it."""
        lost_ns = self._lost_ns(state) if isinstance(state, FactIs) else None
        return lost_ns is not None and self.now_ns - lost_ns >= FACT_LOST_NS

    def clock_ns(self, state: State) -> int:
        """Return the clock by which the length of a state is judged.

        What the camera sees is judged by the last frame that showed it, so that it was really seen at both ends: what is
        carried on or was just lost does not last.
        """
        if isinstance(state, Made):
            unseen_s = min((self.gestures[name].unseen_s for name in state.names if self._is_made(name)), default=0.0)
            return self.frame_ns - round(unseen_s * 1e9)
        if isinstance(state, Beyond):
            return self._fresh_ns.get(state.value, self.frame_ns)
        if isinstance(state, FactIs) and (lost_ns := self._lost_ns(state)) is not None:
            return lost_ns  # time stands still while nobody knows
        return self.now_ns

    def began_ns(self, state: State) -> int:
        """Return when a state that holds began: of a gesture, when it was first seen, before it was told."""
        if isinstance(state, Made):
            held_s = max((self.gestures[name].held_s for name in state.names if self._is_made(name)), default=0.0)
            return self.frame_ns - round(held_s * 1e9)
        return self.clock_ns(state)

    def cause(self, state: State) -> tuple[str, dict[str, str | float]]:
        """Return why a state holds, in words, and with its figures for templates."""
        if isinstance(state, Made):
            made = {name: self.gestures[name].confidence for name in state.names if self._is_made(name)}
            if not made:
                return str(state), {"gesture": state.word}
            name = max(made, key=lambda name: made[name])
            value = self.gestures[name].value
            figures: dict[str, str | float] = {"gesture": name, "confidence": round(made[name], 3)}
            return f"{name} ({made[name]:.2f})", figures | ({} if value is None else {"value": value})
        if isinstance(state, Beyond):
            value = self.values.get(state.value)
            return (str(state), {}) if value is None else (f"{state.value} {value:.2f}", {"value": value})
        if isinstance(state, Heard):
            return str(state), {"value": self.signals.get((state.kind, state.name), 0.0)}
        return str(state), {}

    def _is_made(self, name: str) -> bool:
        made = self.gestures.get(name)
        return made is not None and made.active

    def _beyond(self, state: Beyond, *, was: bool) -> bool:
        value = self.values.get(state.value)
        if value is None:
            return False
        margin = state.margin if was else 0.0
        return value > state.limit - margin if state.above else value < state.limit + margin

    def _seen(self, part: str) -> bool | None:
        if part == WHOLE:
            return any(self.parts.values()) if self.parts else None
        return self.parts.get(part)

    def _is_told(self, state: FactIs) -> bool:
        return state.value.casefold() in (value.casefold() for value in self._told(state))

    def _lost_ns(self, state: FactIs) -> int | None:
        """Return when the last of those went away that said so; None: somebody says so now, or nobody did."""
        if self._is_told(state):
            return None
        wanted = state.value.casefold()
        since_ns = [ns for name, (value, ns) in self._away.items() if _names(state, name) and value.casefold() == wanted]
        return max(since_ns, default=None)

    def _told(self, state: FactIs) -> list[str]:
        """Return what those connections say of a fact that may be meant and know it."""
        return [value for name, value in self.facts.items() if _names(state, name)]


def _names(state: FactIs, name: str) -> bool:
    """Tell whether a fact's name is what a state asks about: without a connection, that of any."""
    connection, _, fact = name.rpartition(".")
    return fact == state.fact and state.connection in ("", connection)
