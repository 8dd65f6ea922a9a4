"""Learns gestures from a few takes: which parts they are about, whether they are held or moved, and how near is near enough.

Owns every choice that is made at training. What it learns is a `TrainedSet`; what came of it, and what gets in the way of what,
is told by `training_report`. Pure and quick (no files, no clock). Knows nothing of how takes are recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers.errors import UserError
from trackers.gestures.features import SIZES, Array, distances, part_features, telling_columns
from trackers.gestures.trained import Kind, PartModel, TrainedGesture, TrainedSet
from trackers.gestures.training_motion import learn_motion, moves
from trackers.types import Tracking

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "hands": ("left_hand", "right_hand", "pair"),
    "left_hand": ("left_hand",),
    "right_hand": ("right_hand",),
    "body": ("body",),
    "face": ("face",),
}
"""What the user may say a gesture is about -> the vectors that this means."""

_PRESENT: Final = 0.6  # a part that is there in less of the takes is not what they are about
_LEAST_FRAMES: Final = 5
_STEADY: Final = 0.75  # the share of a take that counts: people get into a pose late and out of it early
_EXAMPLES: Final = 16  # of each take
_BACKGROUND: Final = 160
_SLACK: Final = {"body": 2.0, "left_hand": 1.3, "right_hand": 1.3, "face": 1.6, "pair": 1.5}
"""On the distance between the takes: another person is further away than another take of the same."""
_LIMITS: Final = {
    "body": (0.55, 1.15),
    "left_hand": (1.2, 1.4),
    "right_hand": (1.2, 1.4),
    "face": (0.5, 1.1),
    "pair": (0.8, 1.5),
}
_FAR: Final = 10.0
_APART: Final = 0.75  # of the way to the most similar ordinary poses


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What the user has shown of one gesture."""

    name: str
    """snake_case, as rules will call it."""
    takes: tuple[tuple[Tracking, ...], ...]
    """Each a few seconds in order of time. Three are good; one is possible."""
    about: str | None = None
    """One of `CHOICES`; None: found out from the takes."""
    kind: Kind | None = None
    """`pose` or `motion`; None: found out from the takes."""
    created: str = ""
    """When, ISO 8601."""


@dataclass(frozen=True, slots=True, eq=False)
class Ordinary:
    """What is not a gesture, prepared once: `ordinary_of` makes it."""

    takes: tuple[tuple[Tracking, ...], ...]
    rows: Mapping[str, Array]
    """Of each of `features.SIZES` (M, D) poses."""


def ordinary_of(background: Sequence[Sequence[Tracking]]) -> Ordinary:
    """Prepare ordinary behaviour, each sequence in order of time."""
    takes = tuple(tuple(take) for take in background)
    return Ordinary(takes, {part: _background(takes, part) for part in SIZES})


def train(lessons: Sequence[Lesson], *, background: Sequence[Sequence[Tracking]] | Ordinary = ()) -> TrainedSet:
    """Learn all gestures together.

    Args:
        background: ordinary behaviour in which none of them is made, each in order of time; the built-in performance is one.

    Raises:
        UserError: a gesture cannot be learnt from its takes: too little was seen, or never the part that it is to be about.
    """
    ordinary = background if isinstance(background, Ordinary) else ordinary_of(background)
    gestures = tuple(_learn(lesson, ordinary) for lesson in lessons)
    used = {model.part for gesture in gestures if gesture.kind == "pose" for model in gesture.models}
    return TrainedSet(gestures, {part: rows for part, rows in ordinary.rows.items() if part in used and len(rows)})


def pose_rows(take: Sequence[Tracking], part: str) -> Array:
    """Return the vectors (N, D) of a part in the frames in which it was really looked at."""
    found = [part_features(tracking, part) for tracking in take if part not in tracking.predicted]
    return np.array([vector for vector in found if vector is not None]).reshape(-1, SIZES[part])


def _learn(lesson: Lesson, ordinary: Ordinary) -> TrainedGesture:
    takes = [take for take in lesson.takes if len(take) >= _LEAST_FRAMES]
    if not takes:
        raise UserError(f"{lesson.name} cannot be learnt: none of its takes holds anything; record it again")
    present = [part for part in SIZES if _is_present(takes, part)]
    kind = lesson.kind or ("motion" if moves(takes, [part for part in present if part != "pair"]) else "pose")
    chosen = _chosen(lesson, present)
    if kind == "motion":
        try:
            return learn_motion(lesson.name, takes, chosen, background=ordinary.takes, created=lesson.created)
        except UserError:
            if lesson.kind is not None:
                raise  # it was asked for; else a pose may be made of it
    models = {part: _pose_model(takes, part, ordinary.rows[part]) for part in chosen}
    if lesson.about is None:
        models = _needed(models)
    return TrainedGesture(lesson.name, "pose", tuple(model for model, _ in models.values()), lesson.created, len(takes))


def _chosen(lesson: Lesson, present: list[str]) -> list[str]:
    wanted = CHOICES[lesson.about] if lesson.about else tuple(SIZES)
    chosen = [part for part in wanted if part in present]
    missed = [part for part in wanted if part not in present] if lesson.about else []
    if not chosen or missed:
        thing = missed[0].replace("_", " ").replace("pair", "second hand") if missed else "person"
        raise UserError(f"{lesson.name} cannot be learnt: no {thing} was seen in most of its takes; record it again")
    return chosen


def _is_present(takes: Sequence[Sequence[Tracking]], part: str) -> bool:
    needed = ("left_hand", "right_hand") if part == "pair" else (part,)
    shares = [np.mean([all(getattr(tracking, one) is not None for one in needed) for tracking in take]) for take in takes]
    return float(np.median(shares)) >= _PRESENT


def _pose_model(takes: Sequence[Sequence[Tracking]], part: str, ordinary: Array) -> tuple[PartModel, float]:
    """Return what a pose looks like in a part, and how well the part tells it from what is ordinary (1: just so)."""
    seen = [rows for take in takes if len(rows := pose_rows(take, part)) >= _LEAST_FRAMES]
    columns = telling_columns(np.concatenate(seen), part)
    steady = [_steady(rows[:, columns]) for rows in seen]
    examples = [rows[_spread(len(rows), _EXAMPLES)] for rows in steady]
    everything = np.concatenate(examples)
    between = _between(examples)
    least, most = _LIMITS[part]
    limit = float(np.clip(_SLACK[part] * between, least, most))
    nearest = distances(ordinary[:, columns], everything).min(axis=1) if len(ordinary) else np.empty(0)
    nearest = nearest[np.isfinite(nearest)]
    away = float(np.quantile(nearest, 0.02)) if len(nearest) else 2 * most
    limit = min(limit, max(_APART * away, 0.5 * least))
    return PartModel(part, everything, columns, limit), away / max(between, least / _SLACK[part])


def _needed(models: dict[str, tuple[PartModel, float]]) -> dict[str, tuple[PartModel, float]]:
    """Return the parts that a pose is about: those that set it apart, one side's hand only if that is enough."""
    apart = {part: sets_apart for part, (_, sets_apart) in models.items() if part != "pair"}
    best = max(apart, key=lambda part: apart[part])
    if best.endswith("_hand"):
        other = "left_hand" if best == "right_hand" else "right_hand"
        both = apart.get(other, 0.0) > 0.8 * apart[best] and "pair" in models
        return {part: models[part] for part in ((best, other, "pair") if both else (best,))}
    return {best: models[best]}


def _background(background: Sequence[Sequence[Tracking]], part: str) -> Array:
    step = max(1, sum(len(take) for take in background) // _BACKGROUND)
    return np.concatenate([np.empty((0, SIZES[part])), *(pose_rows(take[::step], part) for take in background)])


def _steady(rows: Array) -> Array:
    """Return the rows near the middle of the take: without getting there and going away."""
    if len(rows) < 2 * _LEAST_FRAMES:
        return rows
    apart = np.minimum(distances(rows, rows), _FAR)
    middle = int(np.median(apart, axis=1).argmin())
    near = apart[middle]
    return np.asarray(rows[near <= np.quantile(near, _STEADY)])


def _between(examples: Sequence[Array]) -> float:
    """Return how far a take is from the others, at most of its frames; of a single take, its first half from its second."""
    if len(examples) == 1:
        half = len(examples[0]) // 2
        examples = [examples[0][:half], examples[0][half:]]
    nearest = []
    for number, rows in enumerate(examples):
        others = np.concatenate([*examples[:number], *examples[number + 1 :]])
        nearest.append(distances(rows, others).min(axis=1))
    return float(np.quantile(np.minimum(np.concatenate(nearest), _FAR), 0.8))


def _spread(count: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return up to `most` indices, evenly spread over `count`."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.intp))
