"""Making takes of a gesture from a stream of trackings: countdown, recording, the next take; which takes are of use.

Owns what the person is told to do and when, and why a take is refused. Driven by the trackings' stamps alone: no clock, no
thread, no terminal. The command line and the panel both use it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from trackers.types import PARTS, Tracking

State = Literal["countdown", "recording", "done", "failed"]

TAKES: Final = 3
SECONDS: Final = 5.0
COUNTDOWN_S: Final = 3.0
LEAST_FRAMES: Final = 8
LEAST_LOOKS: Final = 5
"""At so many frames a part must really have been looked at: between them it rests where it was."""
_SEEN: Final = 0.5
_MOST_REFUSED: Final = 3


@dataclass(frozen=True, slots=True)
class TakeProgress:
    """How far it has come, for a bar and a sentence."""

    state: State
    take: int
    """Number of the take that is being made or waited for, from 1 on; at the end how many there are."""
    takes: int
    share: float
    """0..1 of the countdown or the take."""
    left_s: float
    seen: tuple[str, ...]
    """The parts of the newest tracking."""
    text: str
    """What to do now, or what came of it; one sentence."""


def refusal(take: Sequence[Tracking], *, name: str) -> str:
    """Return why a take is of no use, in one sentence; empty if it is of use."""
    if len(take) < LEAST_FRAMES:
        return f"this take of {name} holds {len(take)} frames, at least {LEAST_FRAMES} are needed; record a longer one"
    seen = parts_seen(take)
    if not seen:
        return f"no body, hand or face was seen in this take of {name}; step into the picture, in good light, and try again"
    looks = max(sum(getattr(one, part) is not None and part not in one.predicted for one in take) for part in seen)
    if looks < LEAST_LOOKS:
        return f"this take of {name} holds {looks} looks at you, at least {LEAST_LOOKS} are needed; record a longer one"
    return ""


def parts_seen(take: Sequence[Tracking]) -> tuple[str, ...]:
    """Return the parts that are there in at least half of a take."""
    return tuple(part for part in PARTS if sum(getattr(t, part) is not None for t in take) >= max(_SEEN * len(take), 1))


class Taking:
    """Makes the takes of one gesture.

    Args:
        takes: how many.
        seconds: how long each.
        countdown_s: how long the person has to get into position before each.
    """

    def __init__(self, name: str, *, takes: int = TAKES, seconds: float = SECONDS, countdown_s: float = COUNTDOWN_S) -> None:
        self._name = name
        self._takes = takes
        self._seconds = seconds
        self._countdown_s = countdown_s
        self._made = 0
        self._refused = 0
        self._since_s: float | None = None
        self._take: list[Tracking] | None = None
        self._why = ""
        self.progress = self._told("countdown", 0.0, countdown_s, ())

    def push(self, tracking: Tracking) -> tuple[Tracking, ...] | None:
        """Take one tracking; return a take when it is whole and of use, else None."""
        if self.progress.state in ("done", "failed"):
            return None
        now_s = tracking.stamp.captured_ns / 1e9
        if self._since_s is None or now_s < self._since_s:  # the first, or the source began anew: so does this take
            self._since_s, self._take = now_s, None
        seen = tuple(part for part in PARTS if getattr(tracking, part) is not None)
        if self._take is None:
            if now_s - self._since_s < self._countdown_s:
                self.progress = self._told("countdown", now_s - self._since_s, self._countdown_s, seen)
                return None
            self._since_s, self._take = now_s, []
        self._take.append(tracking)
        if now_s - self._since_s < self._seconds:
            self.progress = self._told("recording", now_s - self._since_s, self._seconds, seen)
            return None
        return self._finish(now_s, seen)

    def end(self) -> tuple[Tracking, ...] | None:
        """The source ended: return the take that was begun, if it is of use, and fail if there is none at all."""
        take = tuple(self._take or ())
        if self.progress.state in ("done", "failed"):
            return None
        if take and not (why := refusal(take, name=self._name)):
            self._made += 1
            self.progress = self._told("done", 1.0, 1.0, ())
            return take
        state: State = "done" if self._made else "failed"
        self._why = why if take else f"the source ended before the first take of {self._name} began; try a longer one"
        self.progress = self._told(state, 1.0, 1.0, ())
        return None

    def _finish(self, now_s: float, seen: tuple[str, ...]) -> tuple[Tracking, ...] | None:
        take = tuple(self._take or ())
        self._take, self._since_s = None, now_s
        self._why = refusal(take, name=self._name)
        if self._why:
            self._refused += 1
        else:
            self._made, self._refused = self._made + 1, 0
        over = self._made == self._takes
        state: State = "done" if over else "failed" if self._refused == _MOST_REFUSED else "countdown"
        self.progress = self._told(state, 1.0 if over else 0.0, 1.0 if over else self._countdown_s, seen)
        return None if self._why else take

    def _told(self, state: State, done_s: float, of_s: float, seen: tuple[str, ...]) -> TakeProgress:
        left_s = 0.0 if state in ("done", "failed") else max(of_s - done_s, 0.0)
        number = self._made + (state in ("countdown", "recording"))
        share = min(done_s / of_s, 1.0) if of_s > 0 else 1.0
        return TakeProgress(state, number, self._takes, share, left_s, seen, self._sentence(state, number, left_s))

    def _sentence(self, state: State, number: int, left_s: float) -> str:
        left = f"{math.ceil(left_s)} s"  # as the panel's big number counts: 3, 2, 1
        if state == "recording":
            return f"Take {number} of {self._takes}: make {self._name}, and turn and move a little; {left} left."
        if state == "failed":
            return self._why
        if state == "done":
            return f"{self._made} take{'' if self._made == 1 else 's'} of {self._name} recorded."
        ready = f"Take {number} of {self._takes} of {self._name} starts in {left}: get ready."
        return f"{self._why[0].upper()}{self._why[1:]}. {ready}" if self._why else ready
