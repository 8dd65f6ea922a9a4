"""Gestures that a user trains, judged on labelled rows: three takes of one recording learn, other recordings test.

Owns the split. A class of hands was recorded once with each hand: the takes are three times 20 rows of the one hand (2 s at 10
looks a second), the test is the other hand's recording, mirrored, against all other classes. Of bodies the takes are the first,
middle and last 20 rows of the even half of a class's rows; the test is its odd rows away from these, against the other classes.
Knows nothing of built-in gestures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from export.gesture_datasets import Row
from export.gesture_scores import f1
from trackers.gestures.trained import ENTER, TrainedDetector
from trackers.gestures.training import Lesson, Ordinary, train
from trackers.gestures.types import Look
from trackers.types import HandTracking, Tracking

TAKES: Final = 3
TAKE_ROWS: Final = 20
STEP: Final = 12
"""Of the rows that must be told as none, every so many are tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One class learnt and tested."""

    label: str
    found: float
    """Share of the other recording's rows in which it was told,"""
    wrong: float
    """and of the rows of all other classes."""

    @property
    def f1(self) -> float:
        """With as many rows that show it as rows that do not."""
        return f1(found=self.found, missed=1 - self.found, wrong=self.wrong)


def try_hands(rows: Sequence[Row], *, ordinary: Ordinary) -> list[Trial]:
    """Learn each class from its left hand and test on right hands, mirrored. Every class once."""
    lefts, rights = _by_label(rows, "left"), _by_label(rows, "right")
    mirrored = {label: [_mirrored(tracking) for tracking in found] for label, found in rights.items()}
    return [_trial(label, takes_of(lefts[label]), mirrored, ordinary) for label in sorted(lefts)]


def try_bodies(rows: Sequence[Row], *, ordinary: Ordinary) -> list[Trial]:
    """Learn each class of bodies from even rows and test on odd ones."""
    even = _by_label((row for row in rows if row.index % 2 == 0), None)
    odd = _by_label((row for row in rows if row.index % 2 == 1), None)
    trials = []
    for label, found in sorted(even.items()):
        starts = _take_starts(len(found))
        apart = [t for place, t in enumerate(odd[label]) if all(not -5 <= place - s < TAKE_ROWS + 5 for s in starts)]
        trials.append(_trial(label, takes_of(found), odd | {label: apart}, ordinary))
    return trials


def figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return the mean, the median and the worst F1, and each class's."""
    values = [trial.f1 for trial in trials]
    return {
        "mean": round(float(np.mean(values)), 4),
        "median": round(float(np.median(values)), 4),
        "worst": round(min(values), 4),
        "recall": round(float(np.mean([trial.found for trial in trials])), 4),
        "wrong": round(float(np.mean([trial.wrong for trial in trials])), 4),
        "by_class": {trial.label: round(trial.f1, 3) for trial in trials},
    }


def takes_of(trackings: Sequence[Tracking]) -> tuple[tuple[Tracking, ...], ...]:
    """Return three takes of 20 from the beginning, the middle and the end."""
    return tuple(tuple(trackings[start : start + TAKE_ROWS]) for start in _take_starts(len(trackings)))


def _take_starts(count: int) -> list[int]:
    return [round(take * (count - TAKE_ROWS) / (TAKES - 1)) for take in range(TAKES)]


def _by_label(rows: Iterable[Row], side: str | None) -> dict[str, list[Tracking]]:
    out: dict[str, list[Tracking]] = {}
    for row in rows:
        if row.side == side:
            out.setdefault(row.label, []).append(row.tracking)
    return out


def _trial(label: str, takes: tuple[tuple[Tracking, ...], ...], tests: dict[str, list[Tracking]], ordinary: Ordinary) -> Trial:
    detector = TrainedDetector(train([Lesson("shown", takes, kind="pose")], background=ordinary))
    others = [tracking for name, found in sorted(tests.items()) if name != label for tracking in found[::STEP]]
    return Trial(label, _share_told(detector, tests[label]), _share_told(detector, others))


def _share_told(detector: TrainedDetector, trackings: Sequence[Tracking]) -> float:
    told = 0
    for tracking in trackings:
        parts = frozenset(part for part in ("body", "left_hand", "right_hand") if getattr(tracking, part) is not None)
        reading = detector.push(Look(tracking, parts, parts)).get("shown")
        told += reading is not None and reading.confidence >= ENTER
    return told / max(len(trackings), 1)


def _mirrored(tracking: Tracking) -> Tracking:
    """Return a tracking of one right hand as one of a left hand."""
    hand = tracking.right_hand
    if hand is None:
        return tracking
    flip = np.array([-1, 1, 1], np.float32)
    px = hand.keypoints_px * flip + np.array([tracking.width_px, 0, 0], np.float32)
    return replace(tracking, left_hand=HandTracking(px, hand.world_m * flip, hand.score, 0.0), right_hand=None)
