"""What came of a training: how well takes are recognised that were not learnt from, and which gestures get in each other's way.

Owns the confusion table and its sentences. Every figure comes from running the real recogniser over the takes. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, built_in_detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.trained import TrainedDetector, TrainedGesture, TrainedSet
from trackers.gestures.training import Lesson, Ordinary, train
from trackers.types import Stamp, Tracking

_MOST_WEAK: Final = 0.67
_PAUSE_NS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class GestureReport:
    """What came of one gesture."""

    gesture: TrainedGesture
    recognised: int
    """Of its takes, each judged by what was learnt from the others: in how many it was told."""
    tried: int
    """How many takes were judged so; 0 if there is only one."""
    seconds: float
    """Length of all takes."""
    false_fires: int
    """How often it was told in ordinary behaviour that it had not learnt from."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came of a training."""

    rows: tuple[GestureReport, ...]
    confusion: Mapping[str, Mapping[str, int]]
    """Gesture whose takes were shown -> gesture that was told -> in how many takes; built-in ones too."""
    sentences: tuple[str, ...]
    """What should be known before it is used; one sentence for each conflict."""


def report(lessons: Sequence[Lesson], trained: TrainedSet, *, ordinary: Ordinary) -> TrainingReport:
    """Judge a training: each take by what all the other takes teach, and what is ordinary by everything."""
    false_fires = _false_fires(lessons, trained, ordinary)
    shown = _held_out(lessons, trained, ordinary)
    confusion = {name: _totals(told) for name, told in shown.items()}
    rows = [
        GestureReport(
            gesture,
            recognised=confusion[lesson.name].get(lesson.name, 0) if len(lesson.takes) > 1 else 0,
            tried=len(lesson.takes) if len(lesson.takes) > 1 else 0,
            seconds=sum(_seconds(take) for take in lesson.takes),
            false_fires=false_fires[gesture.name],
        )
        for lesson, gesture in zip(lessons, trained.gestures, strict=True)
    ]
    return TrainingReport(tuple(rows), confusion, (*_weak(rows), *_conflicts(lessons, confusion)))


def _held_out(lessons: Sequence[Lesson], trained: TrainedSet, ordinary: Ordinary) -> dict[str, list[set[str]]]:
    """Return of each gesture what was told in each of its takes, by a training without that take (if there are others)."""
    told: dict[str, list[set[str]]] = {lesson.name: [] for lesson in lessons}
    for number in range(max((len(lesson.takes) for lesson in lessons), default=0)):
        rest = [replace(lesson, takes=_without(lesson.takes, number)) for lesson in lessons]
        try:
            judge = train(rest, background=ordinary)
        except UserError:  # of some gesture the others alone hold too little
            judge = trained
        for lesson in lessons:
            if number < len(lesson.takes):
                told[lesson.name].append(_told(lesson.takes[number], judge))
    return told


def _without(takes: tuple[tuple[Tracking, ...], ...], number: int) -> tuple[tuple[Tracking, ...], ...]:
    return takes if len(takes) == 1 else (*takes[:number], *takes[number + 1 :])


def _told(take: Sequence[Tracking], trained: TrainedSet) -> set[str]:
    """Return which gestures begin in a take, built-in ones too, from its first look on."""
    detectors = (*built_in_detectors(), TrainedDetector(trained))
    recogniser = GestureRecogniser(detectors, (*BUILT_IN, *trained.specs), settle_s=0.0)
    return {gesture.name for tracking in take for gesture in recogniser.push(tracking) if gesture.phase == "start"}


def _false_fires(lessons: Sequence[Lesson], trained: TrainedSet, ordinary: Ordinary) -> Counter[str]:
    """Return how often each is told in the ordinary behaviour, half of it by a training that knows the other half alone."""
    takes = ordinary.takes
    halves = [tuple(take[: len(take) // 2] for take in takes), tuple(take[len(take) // 2 :] for take in takes)]
    told = Counter[str]()
    for shown, known in (halves, halves[::-1]):
        try:
            judge = train(lessons, background=known)
        except UserError:  # with less that is ordinary, a motion is not to be told from it
            judge = trained
        told.update(_counted(shown, judge))
    return told


def _counted(takes: Sequence[Sequence[Tracking]], trained: TrainedSet) -> dict[str, int]:
    recogniser = GestureRecogniser((TrainedDetector(trained),), trained.specs)
    told = [gesture.name for tracking in _joined(takes) for gesture in recogniser.push(tracking) if gesture.phase == "start"]
    return {name: told.count(name) for name in set(told)}


def _joined(takes: Sequence[Sequence[Tracking]]) -> Sequence[Tracking]:
    """Return all takes as one, with a pause between them."""
    joined: list[Tracking] = []
    for take in takes:
        shift_ns = joined[-1].stamp.captured_ns + _PAUSE_NS - take[0].stamp.captured_ns if joined and take else 0
        for tracking in take:
            stamp = Stamp(tracking.stamp.seq, tracking.stamp.captured_ns + shift_ns)
            joined.append(replace(tracking, stamp=stamp) if shift_ns else tracking)
    return joined


def _totals(told: Sequence[set[str]]) -> dict[str, int]:
    names = sorted({name for names in told for name in names})
    return {name: sum(name in names for names in told) for name in names}


def _weak(rows: Sequence[GestureReport]) -> list[str]:
    said = []
    for row in rows:
        name = row.gesture.name
        if row.tried and row.recognised < _MOST_WEAK * row.tried:
            said.append(
                f"{name} was recognised in only {row.recognised} of {row.tried} takes that it had not learnt from; "
                f"make it more alike in each take, or record more takes of it"
            )
        if not row.tried:
            said.append(f"{name} has one take, so nothing can be said of how well it is recognised; record two more")
        if row.false_fires:
            said.append(
                f"{name} was told {row.false_fires} time{'' if row.false_fires == 1 else 's'} in ordinary behaviour, "
                "where nobody made it; choose something that people do less often"
            )
    return said


def _conflicts(lessons: Sequence[Lesson], confusion: Mapping[str, Mapping[str, int]]) -> list[str]:
    own = {lesson.name: len(lesson.takes) for lesson in lessons}
    said = []
    for name, told in confusion.items():
        for other, count in told.items():
            takes = f"{count} of {own[name]} take{'' if own[name] == 1 else 's'}"
            if other == name:
                continue
            if other in own:
                said.append(f"{name} is taken for {other} in {takes}; make them less alike, or remove one of them")
            else:
                said.append(
                    f"{name} also makes the built-in {other} fire in {takes}; do not use both in rules, "
                    f'or say while = ["not {name}"] in the rule of {other}'
                )
    return said


def _seconds(take: Sequence[Tracking]) -> float:
    return (take[-1].stamp.captured_ns - take[0].stamp.captured_ns) / 1e9 if take else 0.0
