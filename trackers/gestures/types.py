"""What flows in gesture recognition: a `Look` goes in, a `Reading` per gesture comes out of a detector, a `Gesture` is told.

Owns these values and the `Detector` contract. Knows nothing of any particular gesture.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from trackers.types import Stamp, Tracking

Phase = Literal["start", "hold", "end"]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One tracking, and which of its parts gestures may be judged by."""

    tracking: Tracking
    fresh: frozenset[str]
    """Those of `trackers.types.PARTS` that were looked at in this very frame and are not just reacquired."""
    seen: frozenset[str]
    """Those that the tracking holds at all, fresh or not: a predicted part rests where it was last seen."""
    settled: frozenset[str] = frozenset()
    """Those that are not just reacquired, whether they were looked at in this frame or rest."""
    rested: frozenset[str] = frozenset()
    """Those of `settled` that rest in this frame, but were looked at a moment ago: beside a fresh part they may be judged."""

    @property
    def time_s(self) -> float:
        """The frame's stamp, seconds; only differences mean something."""
        return self.tracking.stamp.captured_ns / 1e9

    def can_judge(self, parts: Collection[str]) -> bool:
        """Tell whether all of `parts` were looked at: of several at least one in this frame, the others a moment ago."""
        return not parts or (not self.fresh.isdisjoint(parts) and (self.fresh | self.rested).issuperset(parts))

    def settled_tracking(self) -> Tracking:
        """Return the tracking without the parts that are just reacquired."""
        return self._with(self.settled)

    def fresh_tracking(self) -> Tracking:
        """Return the tracking with those parts alone that were looked at, in this frame or, beside them, a moment ago."""
        return self._with(self.fresh | self.rested if self.fresh else frozenset())

    def _with(self, parts: frozenset[str]) -> Tracking:
        absent = dict.fromkeys(self.seen - parts)
        return replace(self.tracking, **absent) if absent else self.tracking  # type: ignore[arg-type]  # names of its parts


@dataclass(frozen=True, slots=True)
class Reading:
    """What a detector says of one gesture in one look."""

    confidence: float
    """0..1: how sure it is that the gesture is being made; about 0.5 is undecided."""
    value: float | None = None
    """Of gestures with a strength, 0..1 (how far a pinch is closed); else None."""


class Detector(Protocol):
    """Judges one or several gestures, look by look. May remember; `reset` makes it forget."""

    @property
    def names(self) -> tuple[str, ...]:
        """The gestures that it judges, in the order of the catalogue."""

    def push(self, look: Look) -> Mapping[str, Reading]:
        """Return a reading of each gesture that can be judged by this look; the others are left out.

        Called with every look in order of time, also when nothing is fresh. Whatever comes is answered: a detector never
        raises, and readings are finite.
        """

    def reset(self) -> None:
        """Forget what came before: the stamps start afresh."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One gesture: what it is, which parts it is judged by, and when it is told."""

    name: str
    """snake_case; gestures of one hand begin with its side: `left_fist`."""
    about: str
    """For people: how to make it, one short sentence."""
    parts: tuple[str, ...]
    """Parts (`trackers.types.PARTS`) that must all be looked at (`Look.can_judge`) for a reading to count; none: it is judged
    by what is absent."""
    enter: float = 0.7
    """Confidence from which on it is being made,"""
    leave: float = 0.45
    """and below which it is not any more."""
    hold_s: float = 0.2
    """It is told to start once it has been made for so long, seen so at both ends; 0: at the first look."""
    cooldown_s: float = 0.5
    """After its end it does not start again for so long."""
    is_by_any: bool = False
    """True: one of `parts` is enough; it is lost when all of them are."""
    grace_s: float = 0.3
    """It goes on while its parts are out of sight for up to so long."""

    def is_judged(self, look: Look) -> bool:
        """Tell whether a reading of this look counts."""
        return not look.fresh.isdisjoint(self.parts) if self.is_by_any else look.can_judge(self.parts)

    def is_seen(self, look: Look) -> bool:
        """Tell whether the parts that it needs are there, looked at or resting."""
        return not look.seen.isdisjoint(self.parts) if self.is_by_any else look.seen.issuperset(self.parts)


@dataclass(frozen=True, slots=True)
class Gesture:
    """A gesture began, goes on or ended."""

    name: str
    phase: Phase
    confidence: float
    """0..1; at the end, the last one above `Spec.leave`."""
    stamp: Stamp
    """Of the frame in which this was seen (for an end by loss: of the frame in which it was given up)."""
    held_s: float
    """For how long it has been made, from the first look above `Spec.enter`; at an end by loss, up to when it was last seen."""
    value: float | None = None
    """See `Reading.value`."""


@dataclass(frozen=True, slots=True)
class GestureState:
    """What one gesture is doing now, for bars on a screen and for rules that ask whether it is held."""

    confidence: float
    """Of the newest reading; 0 if its parts are lost."""
    active: bool
    """Between start and end."""
    held_s: float
    value: float | None
    """See `Reading.value`."""
    unseen_s: float = 0.0
    """Of `held_s` the last part, in which no look showed the gesture: its parts rest, or are out of sight."""
