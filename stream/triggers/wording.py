"""From the text of a rule's `when` and `while` to conditions.

Owns the grammar and the sentences for what cannot be read. Pure; knows nothing of TOML or of the other fields of a rule.

    when   a state [starts | ends | holds 2 s]; a sequence `dab then t_pose within 2 s`; every 30 s; after 10 s; start
    while  [not] a state
    state  t_pose; jawOpen > 0.6; face lost; scene is Game; obs.scene is Game; key ctrl+f9; midi 60; during RULE
"""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from stream.actions.key_names import normal_keys
from stream.triggers.conditions import (
    WHOLE,
    After,
    Beyond,
    Change,
    During,
    Every,
    FactIs,
    Heard,
    InOrder,
    Made,
    Seen,
    State,
    When,
    While,
)
from stream.triggers.mistakes import ALL_KINDS, near_or_all
from trackers.errors import UserError
from trackers.gestures.sequences import is_sequence, parse_sequence
from trackers.types import PARTS

MIN_PERIOD_S: Final = 0.1
MARGIN: Final = 0.1
"""A value must come back by this share of its limit, unless the rule says how far,"""
LEAST_MARGIN: Final = 0.02
"""but by no less than this."""

_CLOSE: Final = 0.8
"""What has spaces is taken for a gesture's name only if it is as close as that: `T Pose`."""

_TIME: Final = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|min|h)?")
_TIMER: Final = re.compile(r"(every|after)\b\s*(.*)")
_PHASE: Final = re.compile(r"(.+?)\s+(starts?|ends?|holds?\b.*|held\b.*)")
_BEYOND: Final = re.compile(r"([\w.]+)\s*(>=|<=|>|<|above\b|below\b)\s*(.*)")
_FACT: Final = re.compile(r"(?:([\w-]+)\.)?([a-z][\w ]*?)\s+is\s+(.+)")
_PART: Final = re.compile(r"(.+?)\s+(lost|found)")
_NOTE: Final = re.compile(r"(?:cc)?\d{1,3}")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, None: 1.0}


class WordingError(UserError):
    """A condition cannot be read. The text goes on after the name of the field: `names the gesture 'tpose', which …`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that conditions may use."""

    gestures: Collection[str]
    families: Mapping[str, tuple[str, ...]]
    """Names that mean any of several gestures. Those of which no gesture is known count as unknown."""
    values: Collection[str]
    shares: Collection[str] = ()
    """Those of the values that are never outside 0..1."""

    def words(self) -> list[str]:
        """Return every name that stands for a gesture."""
        families = [name for name, members in self.families.items() if any(member in self.gestures for member in members)]
        return [*self.gestures, *families]


def parse_when(text: str, vocabulary: Vocabulary, *, margin: float | None = None) -> When:
    """Return what `text` waits for.

    Args:
        margin: how far a value must come back past its limit; None: a tenth of the limit.

    Raises:
        WordingError: it cannot be read.
    """
    text = " ".join(text.split())
    if is_sequence(text):
        return _sequence(text, vocabulary)
    if text == "start":
        return After(0.0)
    if timer := _TIMER.fullmatch(text):
        return _timer(timer[1], _seconds(timer[2], text))
    phase = _PHASE.fullmatch(text)  # of a scene that is called so, the name stands in quotes
    if phase and phase[1] != "key":  # End is a key
        return _change(parse_state(phase[1], vocabulary, margin=margin), phase[2], text)
    return Change(parse_state(text, vocabulary, margin=margin))


def parse_while(text: str, vocabulary: Vocabulary) -> While:
    """Return the condition that `text` names.

    Raises:
        WordingError: it cannot be read.
    """
    text = " ".join(text.split())
    negated = text.startswith("not ")
    if text == "not":
        raise WordingError("says not, and not what; write for instance not fist")
    state = parse_state(text.removeprefix("not "), vocabulary)
    if isinstance(state, FactIs) and state.value.startswith("not "):  # `scene is not Game`
        negated, state = not negated, replace(state, value=state.value.removeprefix("not "))
    return While(state, negated)


def parse_state(text: str, vocabulary: Vocabulary, *, margin: float | None = None) -> State:
    """Return the state that `text` names.

    Raises:
        WordingError: it cannot be read.
    """
    head, _, rest = text.partition(" ")
    if head in ("key", "midi"):
        return _heard(head, rest)
    if head == "during":
        return During(rest.strip("'\""))
    if beyond := _BEYOND.fullmatch(text):
        return _beyond(beyond, vocabulary, margin=margin)
    if fact := _FACT.fullmatch(text):
        return FactIs(fact[2], fact[3].strip("'\""), fact[1] or "")
    if part := _PART.fullmatch(text):
        return _seen(part)
    return _made(text, vocabulary)


def _sequence(text: str, vocabulary: Vocabulary) -> InOrder:
    try:
        return InOrder(parse_sequence(text, known=vocabulary.gestures, families=vocabulary.families))
    except UserError as error:
        raise WordingError(f"has the {error}") from None


def _timer(word: str, seconds: float) -> When:
    if word == "after":
        return After(seconds)
    if seconds < MIN_PERIOD_S:
        raise WordingError(f"says every {seconds:g} s, which is too often; the least is {MIN_PERIOD_S:g} s")
    return Every(seconds)


def _seconds(time: str, text: str) -> float:
    match = _TIME.fullmatch(time.strip())
    if match is None:
        raise WordingError(f"needs a time such as 30 s, 500 ms or 2 min, got {text!r}")
    return float(match[1]) * _SECONDS[match[2]]


def _change(state: State, phase: str, text: str) -> Change:
    word, _, time = phase.partition(" ")
    if word in ("holds", "hold", "held"):
        return Change(state, holds_s=_seconds(time.removeprefix("for "), text))
    return Change(state, at_end=word.startswith("end"))


def controller_in(value: str) -> str:
    """Return the value `midi cc7` as the world calls it, however it is written.

    Raises:
        WordingError: it is no controller's.
    """
    heard = _heard("midi", value.removeprefix("midi"))
    if not heard.name.startswith("cc"):
        raise WordingError(f"is {value!r}, which is a note and has no way to follow; take a controller such as midi cc7")
    return f"midi {heard.name}"


def _heard(kind: str, name: str) -> Heard:
    if kind == "key":
        try:
            return Heard("key", normal_keys(name))
        except UserError as error:
            raise WordingError(f"names a key that cannot be: {error}") from None
    name = name.replace(" ", "").lower()
    if not _NOTE.fullmatch(name) or int(name.removeprefix("cc")) > 127:
        raise WordingError(
            f"needs a MIDI note 0 to 127, or a controller such as cc7, got 'midi {name}'; channels do not matter"
        )
    return Heard("midi", f"cc{int(name[2:])}" if name.startswith("cc") else str(int(name)))


def _beyond(match: re.Match[str], vocabulary: Vocabulary, *, margin: float | None) -> Beyond:
    name, sign, number = match.groups()
    if name not in vocabulary.values and name in vocabulary.words():
        raise WordingError(f"compares {name!r}, which is a gesture and has no number; write {name} alone")
    if name not in vocabulary.values:
        raise WordingError(f"names the value {name!r}, which is not known; {near_or_all(name, list(vocabulary.values))}")
    try:
        limit = float(number)
    except ValueError:
        raise WordingError(f"needs a number after {sign}, got {number!r}; for instance {name} {sign} 0.5") from None
    if name in vocabulary.shares and not 0.0 <= limit <= 1.0:
        raise WordingError(f"has the limit {limit:g}, which {name} never passes; it is between 0 and 1")
    return Beyond(
        name, sign in (">", ">=", "above"), limit, max(MARGIN * abs(limit), LEAST_MARGIN) if margin is None else margin
    )


def _seen(match: re.Match[str]) -> Seen:
    part = match[1].replace(" ", "_")
    if part not in (WHOLE, *PARTS):
        parts = [name.replace("_", " ") for name in (WHOLE, *PARTS)]
        raise WordingError(f"names the part {match[1]!r}, which is not known; {near_or_all(match[1], parts)}")
    return Seen(part, seen=match[2] == "found")


def _made(text: str, vocabulary: Vocabulary) -> Made:
    if text in vocabulary.gestures:
        return Made(text, (text,))
    if members := tuple(name for name in vocabulary.families.get(text, ()) if name in vocabulary.gestures):
        return Made(text, members)
    if text in vocabulary.values:
        raise WordingError(f"names the value {text!r} without a limit; write for instance {text} > 0.5")
    spelled = re.sub(r"[\s-]+", "_", text.casefold())
    if re.fullmatch(r"[\w.-]+", text) or difflib.get_close_matches(spelled, vocabulary.words(), n=1, cutoff=_CLOSE):
        raise WordingError(f"names the gesture {text!r}, which is not known; {near_or_all(spelled, vocabulary.words())}")
    raise WordingError(f"cannot be read: {text!r}; {ALL_KINDS.removesuffix(' all')} what can stand there")
