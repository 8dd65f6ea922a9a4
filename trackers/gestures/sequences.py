"""Gestures one after another: `dab then t_pose within 2 s`, read from text and followed event by event.

Owns the words of a sequence, its time limits and how far one has come. Knows nothing of how gestures are recognised, nor of
what follows from a sequence. Time is that of the stamps.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from trackers.errors import UserError
from trackers.gestures.types import Gesture
from trackers.spelling import near

DEFAULT_WITHIN_S: Final = 2.0
"""Time for a step where the text says none."""
MAX_WITHIN_S: Final = 3600.0
SHOWN_S: Final = 0.5
"""A sequence that is done shows full progress for so long."""

_TOLD_WITHIN_NS: Final = 1_000_000_000  # what goes on is told to do so every quarter of a second, later if its part rests
_MOST_BACK_NS: Final = 1_000_000_000  # an end that was told because no frame came may be later than the next frame

_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_THEN = re.compile(r"(?<!\S)then(?!\S)")
_TIME = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)?$")
_ALL: Final = "`python run.py gesture list` shows all"
_NO_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {}


class SequenceError(UserError):
    """The text of a sequence cannot be read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence."""

    name: str
    """As written: a gesture or a family."""
    gestures: frozenset[str]
    """The gestures any one of which does this step."""
    within_s: float
    """It must start this soon after the step before was last seen; means nothing for the first step."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Two or more steps in order."""

    steps: tuple[Step, ...]
    strictly: bool = False
    """Any other gesture that starts in between breaks it."""

    def __str__(self) -> str:
        first, *others = self.steps
        words = [first.name, *(f"then {step.name} within {step.within_s:g} s" for step in others)]
        return " ".join(["strictly", *words] if self.strictly else words)


def is_sequence(text: str) -> bool:
    """Tell whether the text is meant as a sequence rather than as a single gesture."""
    words = text.split()
    return "then" in words or words[:1] == ["strictly"]


def parse_sequence(text: str, *, known: Collection[str], families: Mapping[str, tuple[str, ...]] = _NO_FAMILIES) -> Sequence:
    """Return the sequence that `text` says: `[strictly] A then B [within 2 s] then C [within 800 ms] ...`.

    Args:
        known: every gesture that can be recognised, the user's own included.
        families: names that mean any of several gestures.

    Raises:
        SequenceError: the sentence tells the place in the text, what was expected there, and near matches of a name.
    """
    stripped = text.strip()
    strictly = stripped.split(maxsplit=1)[:1] == ["strictly"]
    start = text.find("strictly") + len("strictly") if strictly else 0
    steps = []
    for number, (offset, piece) in enumerate(_pieces(text, start)):
        steps.append(_step(text, piece, offset, first=number == 0, known=known, families=families))
    if len(steps) < 2:
        raise _error(text, len(text.rstrip()), f"expected `then` and a second gesture after {steps[0].name!r}")
    return Sequence(tuple(steps), strictly)


def _pieces(text: str, start: int) -> list[tuple[int, str]]:
    """Return the parts between the words `then`, each with its place in the text."""
    pieces: list[tuple[int, str]] = []
    for match in _THEN.finditer(text, start):
        pieces.append((start, text[start : match.start()]))
        start = match.end()
    return [*pieces, (start, text[start:])]


def _step(
    text: str, piece: str, offset: int, *, first: bool, known: Collection[str], families: Mapping[str, tuple[str, ...]]
) -> Step:
    match = _WORD.match(piece.lstrip())
    place = offset + len(piece) - len(piece.lstrip())
    if match is None:
        found = f", got {piece.strip()!r}" if piece.strip() else ""
        raise _error(text, place, f"expected the name of a gesture{found}")
    name = match.group()
    if name not in families and name not in known:
        raise _error(text, place, f"{name!r} is no gesture; {near(name, sorted({*families, *known}), otherwise=_ALL)}")
    gestures = frozenset(families.get(name, (name,)))
    rest = piece.lstrip()[match.end() :]
    return Step(name, gestures, _within_s(text, rest, place + match.end(), first=first))


def _within_s(text: str, rest: str, offset: int, *, first: bool) -> float:
    """Return the time limit that follows a name, or the usual one."""
    place = offset + len(rest) - len(rest.lstrip())
    words = rest.strip()
    if not words:
        return DEFAULT_WITHIN_S
    head, *others = words.split(maxsplit=1)
    tail = others[0] if others else ""
    if head != "within":
        raise _error(text, place, f"expected `then` or `within`, got {head!r}")
    if first:
        raise _error(text, place, "the first gesture has no time limit; write `within` after a later one")
    match = _TIME.match(tail.strip())
    if match is None:
        raise _error(text, place, f"expected a time such as `within 2 s`, got {words!r}")
    value = float(match.group(1)) / (1000 if match.group(2) == "ms" else 1)
    if not 0 < value <= MAX_WITHIN_S:
        raise _error(text, place, f"expected a time above 0 and up to {MAX_WITHIN_S:g} s, got {tail.strip()!r}")
    return value


def _error(text: str, place: int, problem: str) -> SequenceError:
    return SequenceError(f"sequence {text!r}, character {place + 1}: {problem}")


class SequenceTracker:
    """Follows one sequence through the events of the recogniser.

    A step is done by the *start* of one of its gestures; the time for the next runs from when that gesture was last seen, so a
    pose may be held for as long as one likes, by either hand. All attempts are followed at once: of `a then a then b` the
    events a, a, a, b are one. When it fires it begins anew.
    """

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        self._seen_ns: list[int | None]
        """For each number of steps done: when the last of them was last seen, in the newest such attempt."""
        self._by: list[set[str]]
        """The gestures by which; while one of them goes on being made, the step is alive."""
        self._made: set[str]
        self._newest_ns: int | None
        self._fired_ns: int | None
        self.reset()

    def reset(self) -> None:
        """Forget all attempts: the stamps start afresh."""
        self._begin_anew()
        self._made = set()
        self._newest_ns = self._fired_ns = None

    def _begin_anew(self) -> None:
        count = len(self.sequence.steps)
        self._seen_ns, self._by = [None] * count, [set() for _ in range(count)]

    def push(self, gesture: Gesture) -> bool:
        """Take one event, in order of time but for a moment; True if with it the sequence is complete."""
        time_ns = gesture.stamp.captured_ns
        if self._newest_ns is not None and time_ns < self._newest_ns - _MOST_BACK_NS:  # the source began anew
            self.reset()
        self._newest_ns = max(time_ns, self._newest_ns or time_ns)
        if gesture.phase == "start":
            fired = self._starts(gesture.name, time_ns)
            self._made.add(gesture.name)
            return fired
        self._stays(gesture.name, time_ns)
        if gesture.phase == "end":
            self._made.discard(gesture.name)
        return False

    def progress(self, time_ns: int) -> float:
        """Return 0..1, the share of the steps that are done and not timed out at this time."""
        if self._fired_ns is not None and 0 <= time_ns - self._fired_ns <= SHOWN_S * 1e9:
            return 1.0
        count = len(self.sequence.steps)
        return max((done for done in range(1, count) if self._alive(done, time_ns)), default=0) / count

    def _alive(self, done: int, time_ns: int) -> bool:
        seen_ns = self._seen_ns[done]
        if seen_ns is None:
            return False
        within_ns = round(self.sequence.steps[done].within_s * 1e9)
        is_made = not self._made.isdisjoint(self._by[done])
        return time_ns - seen_ns <= (max(within_ns, _TOLD_WITHIN_NS) if is_made else within_ns)

    def _stays(self, name: str, time_ns: int) -> None:
        for done, by in enumerate(self._by):
            if name in by and self._alive(done, time_ns):
                self._seen_ns[done] = time_ns

    def _starts(self, name: str, time_ns: int) -> bool:
        count = len(self.sequence.steps)
        reached = [
            done + 1
            for done, step in enumerate(self.sequence.steps)
            if name in step.gestures and (done == 0 or self._alive(done, time_ns))
        ]
        if self.sequence.strictly or count in reached:
            self._begin_anew()
        if count in reached:
            self._fired_ns = time_ns
            return True
        for done in reached:
            self._seen_ns[done], self._by[done] = time_ns, {name} | (self._by[done] & self._made)
        return False
