"""Learning all of the user's gestures from their takes: read, trained, judged, written.

Owns the order of it, and the figures for scripts. Prints nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream.gestures.store import GestureStore, ordinary_takes, without
from trackers.errors import UserError
from trackers.gestures.trained import TrainedSet
from trackers.gestures.training import ordinary_of, train
from trackers.gestures.training_report import TrainingReport, report


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of a training."""

    trained: TrainedSet
    report: TrainingReport
    path: Path
    train_s: float
    """How long the learning itself took, without reading the takes and judging them."""


def learn(store: GestureStore, *, on_trained: Callable[[TrainedSet], None] = lambda trained: None) -> Learnt:
    """Learn every gesture that has a take, keep what was learnt, and judge it: the judging takes by far the longest.

    A gesture that is removed meanwhile is not learnt; if none has a take, nothing that was learnt before stays.

    Args:
        on_trained: told as soon as what was learnt is kept, before it is judged.

    Raises:
        UserError: there is no take, one is damaged, a gesture cannot be learnt, or the result cannot be written.
    """
    lessons = store.lessons()
    if not lessons:
        raise _nothing(store)
    ordinary = ordinary_of(ordinary_takes())
    began = time.perf_counter()
    trained = train(lessons, background=ordinary)
    train_s = time.perf_counter() - began
    gone = {lesson.name for lesson in lessons} - {gesture.name for gesture in store.kept()}
    if gone:
        lessons, trained = tuple(lesson for lesson in lessons if lesson.name not in gone), without(trained, gone)
        if not lessons:
            raise _nothing(store)
    path = store.save_trained(trained)
    on_trained(trained)
    return Learnt(trained, report(lessons, trained, ordinary=ordinary), path, train_s)


def _nothing(store: GestureStore) -> UserError:
    """Return the sentence for a store without takes, and forget what was learnt of takes that are gone."""
    if store.has_trained:
        store.save_trained(TrainedSet(()))
    return UserError(f"there is nothing to train in {store.folder}; record a gesture: python run.py gesture record NAME")


def figures(learnt: Learnt) -> dict[str, Any]:
    """Return a training as plain values, for JSON."""
    gestures = {}
    for row in learnt.report.rows:
        gesture = row.gesture
        gestures[gesture.name] = {
            "kind": gesture.kind,
            "parts": list(gesture.parts),
            "takes": gesture.takes,
            "seconds": round(row.seconds, 1),
            "length_s": round(gesture.length_s, 2),
            "recognised": row.recognised,
            "tried": row.tried,
            "false_fires": row.false_fires,
        }
    return {
        "file": str(learnt.path),
        "train_s": round(learnt.train_s, 3),
        "gestures": gestures,
        "confusion": {name: dict(told) for name, told in learnt.report.confusion.items()},
        "conflicts": list(learnt.report.sentences),
    }
