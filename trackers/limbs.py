"""Bones keep their length: a person's own are learnt over time, and a limb that is suddenly another length is put right.

Owns the table of bones and the learning of their lengths. Knows nothing of pictures or filters: world landmarks in metres go
in, and come out with bones of a length that is possible. Each points from where its upper end was put to where its lower end
was seen: a wrist stays where it was seen as far as its bone's length allows, also where the elbow was moved.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX, HAND_NAMES, SIDES
from trackers.types import BODY_COUNT, HAND_COUNT

TOLERANCE: Final = 0.20
"""Share of its length by which a bone may suddenly be longer, or shorter, than it ever is or was lately; more is put right."""
BODY_SLACK_M: Final = 0.02
"""What a body's bone may differ by besides: the models cannot tell it."""
HAND_SLACK_M: Final = 0.005
"""The same of a hand's."""
_LATELY: Final = 0.25
"""Share of a new length in what a bone measured lately: depth is guessed, so a bone that turns may keep a new length."""
_LEARN_FIRST: Final = 10
"""Measurements before a median is believed."""
_STEP: Final = 0.02
"""Share of its length by which a median moves at a time."""
_EVERY: Final = 4
"""Of so many measurements of a bone that is known, one moves its median."""

LEFT_HAND: Final = slice(BODY_COUNT, BODY_COUNT + HAND_COUNT)
"""Rows of the left hand's keypoints; the body's come first, the right hand's last."""
RIGHT_HAND: Final = slice(BODY_COUNT + HAND_COUNT, BODY_COUNT + 2 * HAND_COUNT)
BODY: Final = slice(0, BODY_COUNT)
POINT_COUNT: Final = BODY_COUNT + 2 * HAND_COUNT

_FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")


def _levels() -> list[NDArray[np.intp]]:
    """Return (n, 2) parents and children from the trunk outwards; a level's parents stand in the levels before."""
    body = (("shoulder", "elbow"), ("hip", "knee")), (("elbow", "wrist"), ("knee", "ankle"))
    levels = [np.array([[BODY_INDEX[f"{side}_{part}"] for part in bone] for side in SIDES for bone in level]) for level in body]
    chains = np.array([[0, *(i for i, name in enumerate(HAND_NAMES) if name.startswith(finger))] for finger in _FINGERS])
    both = np.concatenate([chains + LEFT_HAND.start, chains + RIGHT_HAND.start])  # (10, 5) from each wrist to the tips
    return levels + [np.ascontiguousarray(both[:, [joint, joint + 1]]) for joint in range(4)]


_LEVELS: Final = _levels()
_PARENTS, _CHILDREN = np.concatenate(_LEVELS).T.copy()
_SLACK_M: Final = np.where(_PARENTS < BODY_COUNT, BODY_SLACK_M, HAND_SLACK_M)


class BoneLengths:
    """The lengths of one person's arms, legs and fingers, learnt from the frames."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget: another person."""
        count = len(_PARENTS)
        self._first = np.empty((_LEARN_FIRST, count))
        self._count = np.zeros(count, dtype=np.intp)
        self._median = np.full(count, np.nan)  # NaN until known
        self._lately = np.full(count, np.nan)
        self._looks = np.zeros(count, dtype=np.intp)

    def lose(self, rows: slice) -> None:
        """Forget what was measured lately of a part that is not there: it may come back otherwise. Its medians stay."""
        self._lately[(rows.start <= _CHILDREN) & (rows.stop > _CHILDREN)] = np.nan

    def __call__(self, points: Array, seen: NDArray[np.bool_]) -> Array:
        """Return (75, 3) points with impossible bones put right; learns from bones whose ends are both `seen` (75,).

        Points that were not measured now are NaN: what is known of their bones stays as it is. With nothing to put right,
        `points` itself is returned.
        """
        way = points[_CHILDREN] - points[_PARENTS]  # (n, 3)
        length = np.sqrt(np.einsum("ni,ni->n", way, way))
        is_measured = ~np.isnan(length)
        self._looks += is_measured
        is_due = (self._looks <= 3 * _LEARN_FIRST) | (self._looks % _EVERY == 0)
        self._learn(length, seen[_PARENTS] & seen[_CHILDREN] & is_measured & is_due)
        # NaN where nothing is known yet, or nothing is measured, and then nothing is wrong
        longest = np.maximum(self._median, self._lately) * (1.0 + TOLERANCE) + _SLACK_M
        shortest = np.minimum(self._median, self._lately) * (1.0 / (1.0 + TOLERANCE)) - _SLACK_M
        wrong = (length > longest) | (length < shortest)
        lately = np.where(np.isnan(self._lately), length, self._lately + _LATELY * (length - self._lately))
        self._lately = np.where(is_measured, lately, self._lately)
        return self._mended(points, longest, shortest) if wrong.any() else points

    def _learn(self, length: Array, sure: NDArray[np.bool_]) -> None:
        """Take the median of the first measurements, then move it by small steps: a wrong frame weighs as little as any."""
        new = sure & (self._count < _LEARN_FIRST)
        if new.any():
            self._first[self._count[new], new] = length[new]
            self._count[new] += 1
            ready = new & (self._count == _LEARN_FIRST)
            if ready.any():
                self._median[ready] = np.median(self._first[:, ready], axis=0)
        way = np.where(sure, length - self._median, 0.0)
        self._median *= 1.0 + _STEP * np.sign(way)

    def _mended(self, points: Array, longest: Array, shortest: Array) -> Array:
        """Move each child, from the trunk outwards, so that its bone's length is possible.

        It moves along the way from its mended parent to where it was measured, not along the bone as measured: what was seen
        right keeps its place, whatever was wrong above it.
        """
        out, first = points.copy(), 0
        for level in _LEVELS:
            row = slice(first, first + len(level))
            first += len(level)
            way = points[level[:, 1]] - out[level[:, 0]]
            length = np.maximum(np.sqrt(np.einsum("ni,ni->n", way, way)), 1e-9)
            allowed = np.minimum(np.maximum(length, shortest[row]), longest[row])
            share = np.where(np.isfinite(allowed), allowed / length, 1.0)
            out[level[:, 1]] = out[level[:, 0]] + way * share[:, None]
        return out
