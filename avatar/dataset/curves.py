"""Curves over time from a seeded generator: sums of waves, and poses that are reached, held and left again.

Owns randomness and easing. Knows nothing of bones or faces. The same generator gives the same bytes.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers import quaternions as quat
from trackers.quaternions import Array

FPS: Final = 30
"""Rate of every motion, Hz."""

Span = tuple[float, float]


def generator(*names: object) -> np.random.Generator:
    """Return the generator that belongs to these names: the same on every run and machine."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def eased(share: Array) -> Array:
    """Return how far a movement of least jerk has come after this share of its time; held before 0 and after 1."""
    t = np.clip(share, 0.0, 1.0)
    return np.asarray(t**3 * (10 - 15 * t + 6 * t * t))


def waves(rng: np.random.Generator, times_s: Array, *, hz: Span, count: int = 3) -> Array:
    """Return a smooth signal (F,) within -1..1: `count` waves whose rates lie in `hz` and never meet again."""
    rates = np.exp(rng.uniform(np.log(hz[0]), np.log(hz[1]), count))
    heights = rng.uniform(0.5, 1.0, count)
    phases = rng.uniform(0, 2 * np.pi, count)
    total = np.sin(2 * np.pi * times_s[:, None] * rates + phases) @ heights
    return np.asarray(total / heights.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """K stations, one after the other; each is moved to, then held until the next one begins."""

    count: int
    """K, at least 1."""
    before: np.ndarray
    """(F,) the station that a frame comes from."""
    after: np.ndarray
    """(F,) the one that it goes to."""
    share: Array
    """(F,) 0..1 how far it has come."""

    def numbers(self, values: Array) -> Array:
        """Return (F, ...) numbers between those of the stations, (K, ...)."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(values[self.before] * (1 - share) + values[self.after] * share)

    def turns(self, values: Array) -> Array:
        """Return (F, ..., 4) rotations between those of the stations, (K, ..., 4)."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 2))
        return quat.slerp(values[self.before], values[self.after], share)


def schedule(rng: np.random.Generator, times_s: Array, *, hold_s: Span, move_s: Span, start_s: float = 0.0) -> Schedule:
    """Return stations for the whole time; each takes a time within `move_s` to reach and is held for one within `hold_s`."""
    starts, moves, at = [times_s[0] - 100.0], [1.0], times_s[0] + start_s
    while at < times_s[-1]:
        moves.append(float(rng.uniform(*move_s)))
        starts.append(at)
        at += moves[-1] + float(rng.uniform(*hold_s))
    begun, taken = np.array(starts), np.array(moves)
    after = np.searchsorted(begun, times_s, side="right") - 1
    return Schedule(
        count=len(starts),
        before=np.maximum(after - 1, 0),
        after=after,
        share=eased((times_s - begun[after]) / taken[after]),
    )


def bumps(times_s: Array, starts_s: Array, *, rise_s: Array, hold_s: Array, fall_s: Array) -> Array:
    """Return (F,) 0..1: the highest of the courses that rise from each start, hold, and fall."""
    since = times_s[:, None] - starts_s
    up = np.clip(since / rise_s, 0, 1)
    down = np.clip((since - rise_s - hold_s) / fall_s, 0, 1)
    course = up * up * (3 - 2 * up) - down * down * (3 - 2 * down)
    return np.asarray(course.max(axis=1, initial=0.0))
