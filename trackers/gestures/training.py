"""Learns gestures from a few takes: which parts they are about, whether they are held or moved, and how near is near enough.

Owns every choice that is made at training. What it learns is a `TrainedSet`; what came of it, and what gets in the way of what,
is told by `training_report`. Pure and quick (no files, no clock). Knows nothing of how takes are recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.gestures.features import (
    SIZES,
    Array,
    Columns,
    distances,
    judgeable,
    legs_stand,
    other_profile,
    part_features,
    telling_columns,
    without_legs,
)
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
_STEADY: Final = 0.75  # the share of a take that is nearest to its middle: between the first and the last of it, a pose is held
_EXAMPLES: Final = 16  # of each take
_BACKGROUND: Final = 160
_SLACK: Final = {"body": 1.5, "left_hand": 1.3, "right_hand": 1.3, "face": 1.6, "pair": 1.5}
"""On the distance between the takes: another person is further away than another take of the same."""
_LIMITS: Final = {
    "body": (0.8, 1.0),
    "left_hand": (1.2, 1.4),
    "right_hand": (1.2, 1.4),
    "face": (0.5, 1.1),
    "pair": (0.8, 1.5),
}
_UPPER_BODY: Final = 18  # numbers of a body without legs: for these its limits are; more numbers are further apart
_PLAIN: Final = 0.6  # arms that are so near to ordinary ones tell a pose only together with the legs
_FAR: Final = 10.0
_CLEARLY, _NO_LESS = 1.5, 0.5  # a hand sets a pose apart, by itself and in comparison with the face
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
    gestures = tuple(
        _learn(lesson, ordinary, apart_from=[other for other in lessons if other is not lesson]) for lesson in lessons
    )
    used = {model.part for gesture in gestures if gesture.kind == "pose" for model in gesture.models}
    return TrainedSet(gestures, {part: rows for part, rows in ordinary.rows.items() if part in used and len(rows)})


def pose_rows(take: Sequence[Tracking], part: str) -> Array:
    """Return the vectors (N, D) of a part in the frames in which it was really looked at."""
    found = [part_features(tracking, part) for tracking in take if part not in tracking.predicted]
    return np.array([vector for vector in found if vector is not None]).reshape(-1, SIZES[part])


def _learn(lesson: Lesson, ordinary: Ordinary, *, apart_from: Sequence[Lesson]) -> TrainedGesture:
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
    found = {part: _pose_model(takes, part, ordinary.rows[part], apart_from=apart_from) for part in chosen}
    models = {part: model for part, model in found.items() if model is not None}
    if not models.keys() - {"pair"}:
        raise UserError(f"{lesson.name} cannot be learnt: too little is seen for long enough in its takes; record longer ones")
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


def _pose_model(
    takes: Sequence[Sequence[Tracking]], part: str, ordinary: Array, *, apart_from: Sequence[Lesson]
) -> tuple[PartModel, float] | None:
    """Return what a pose looks like in a part, and how well the part tells it from what is ordinary (1: just so).

    None if it was looked at too seldom in every take, or nothing of it is seen in most looks.
    """
    seen = [(take, rows) for take in takes if len(rows := pose_rows(take, part)) >= _LEAST_FRAMES]
    everything = np.concatenate([np.empty((0, SIZES[part])), *(rows for _, rows in seen)])
    if not len(everything) or not telling_columns(everything, part).any():
        return None
    columns, judged_by = _columns(everything, part, ordinary)
    examples = [rows[_held(rows[:, columns])] for _, rows in seen]
    if part == "body":
        others = _shown(apart_from)
        examples = [np.concatenate([rows, _turned(take, others)]) for rows, (take, _) in zip(examples, seen, strict=True)]
    everything = np.concatenate(examples)
    between = _between([rows[:, columns] for rows in examples])
    least, most = (limit * _wider(columns, part) for limit in _LIMITS[part])
    limit = float(np.clip(_SLACK[part] * between, least, most))
    rivals = ordinary[judgeable(ordinary, columns, part)]
    limit = min(limit, max(_APART * _away(everything, rivals, columns, otherwise=2 * most), 0.5 * least))
    sets_apart = _away(everything, ordinary, judged_by, otherwise=2 * most) / max(between, least / _SLACK[part])
    return PartModel(part, everything[:, columns], columns, limit), sets_apart


def _columns(rows: Array, part: str, ordinary: Array) -> tuple[Columns, Columns]:
    """Return the numbers by which a pose is told, and those by which it is judged whether it is about this part at all.

    Legs that just stand count only if the rest is as ordinary poses are; whether a pose is about the body, they do not say.
    """
    columns = telling_columns(rows, part)
    if part != "body" or not legs_stand(rows, columns):
        return columns, columns
    upper = without_legs(columns)
    is_plain = _away(rows[::4], ordinary, upper, otherwise=_FAR) <= _PLAIN
    return columns if is_plain else upper, upper


def _away(rows: Array, ordinary: Array, columns: Columns, *, otherwise: float) -> float:
    """Return how far `rows` are from nearly all that is ordinary; `otherwise` if there is nothing to compare."""
    if not len(ordinary):
        return otherwise
    nearest = distances(ordinary[:, columns], rows[:, columns]).min(axis=1)
    nearest = nearest[np.isfinite(nearest)]
    return float(np.quantile(nearest, 0.02)) if len(nearest) else otherwise


def _wider(columns: Columns, part: str) -> float:
    """Return how much further apart two bodies are by these numbers than by those without legs."""
    return float(np.sqrt(columns.sum() / _UPPER_BODY)) if part == "body" else 1.0


def _turned(take: Sequence[Tracking], others: Array) -> Array:
    """Return what is shown in one profile as it looks in the other, unless another gesture is made so."""
    frames = [take[index] for index in _spread(len(take), _EXAMPLES)]
    found = [vector for tracking in frames if (vector := other_profile(tracking)) is not None]
    rows = np.array(found).reshape(-1, SIZES["body"])
    return rows[distances(rows, others).min(axis=1, initial=np.inf) > _LIMITS["body"][1]] if len(found) else rows


def _shown(lessons: Sequence[Lesson]) -> Array:
    """Return some of the bodies (N, D) in the takes of `lessons`."""
    rows = [
        pose_rows([take[index] for index in _spread(len(take), _EXAMPLES)], "body") for one in lessons for take in one.takes
    ]
    return np.concatenate([np.empty((0, SIZES["body"])), *rows])


def _needed(models: dict[str, tuple[PartModel, float]]) -> dict[str, tuple[PartModel, float]]:
    """Return the parts that a pose is about: those that set it apart, one side's hand only if that is enough.

    A face that is not calibrated is always unlike the ordinary one (1.8 to 4.8 in pictures of people who make a sign with a
    hand, which was at 1.9 to 3.1, one at rest at 1.1): a hand that clearly sets the pose apart comes first.
    """
    apart = {part: sets_apart for part, (_, sets_apart) in models.items() if part != "pair"}
    best = max(apart, key=lambda part: apart[part])
    if best == "face":
        least = max(_CLEARLY, _NO_LESS * apart["face"])
        telling = {part: apart[part] for part in ("left_hand", "right_hand") if apart.get(part, 0.0) >= least}
        best = max(telling, key=lambda part: telling[part], default="face")
    if best.endswith("_hand"):
        other = "left_hand" if best == "right_hand" else "right_hand"
        both = apart.get(other, 0.0) > 0.8 * apart[best] and "pair" in models
        return {part: models[part] for part in ((best, other, "pair") if both else (best,))}
    return {best: models[best]}


def _background(background: Sequence[Sequence[Tracking]], part: str) -> Array:
    step = max(1, sum(len(take) for take in background) // _BACKGROUND)
    return np.concatenate([np.empty((0, SIZES[part])), *(pose_rows(take[::step], part) for take in background)])


def _held(rows: Array) -> NDArray[np.intp]:
    """Return which rows (N, D) of a take to keep: without getting there and going away, evenly spread over the rest."""
    if len(rows) < 2 * _LEAST_FRAMES:
        return _spread(len(rows), _EXAMPLES)
    apart = np.minimum(distances(rows, rows), _FAR)
    middle = int(np.median(apart, axis=1).argmin())
    near = np.flatnonzero(apart[middle] <= np.quantile(apart[middle], _STEADY))
    first, last = int(near[0]), int(near[-1])
    return np.asarray(first + _spread(last + 1 - first, _EXAMPLES))


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


def _spread(count: int, most: int) -> NDArray[np.intp]:
    """Return up to `most` indices, evenly spread over `count`."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.intp))
