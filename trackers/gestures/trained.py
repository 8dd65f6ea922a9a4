"""Gestures that the user has trained: what was learnt of each, and the detector that recognises poses by it.

Owns the head: the nearest example's distance, judged against the gesture's own limit and against whatever else is nearer
(ordinary poses and the other trained gestures), so that what was never shown is none of them. Knows nothing of training.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import numpy as np

from trackers.gestures.features import Array, distances, judgeable, look_features
from trackers.gestures.trained_motion import MotionMatcher
from trackers.gestures.types import Look, Reading, Spec

Kind = Literal["pose", "motion"]

ENTER: Final = 0.55
LEAVE: Final = 0.4
_STEEP: Final = 6.0
_IN_DOUBT: Final = 0.8  # what is about as far from ordinary poses as from the examples is ordinary


@dataclass(frozen=True, slots=True, eq=False)
class PartModel:
    """What a gesture looks like in one part."""

    part: str
    """One of `features.SIZES`."""
    examples: Array
    """(N, D) vectors of poses, or (N, STEPS, D) tracks of motions; columns that do not count are left out."""
    columns: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """Which numbers of the part's whole vector count."""
    limit: float
    """The distance from the nearest example at which it is undecided."""


@dataclass(frozen=True, eq=False)
class TrainedGesture:
    """One trained gesture."""

    name: str
    kind: Kind
    models: tuple[PartModel, ...]
    created: str
    """When it was trained, ISO 8601; empty if nobody said so."""
    takes: int
    """From how many takes it was learnt."""
    length_s: float = 0.0
    """Of a motion: how long it takes."""

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of a tracking by which it is judged."""
        named = {part for model in self.models for part in _looked_at(model.part)}
        return tuple(part for part in ("body", "left_hand", "right_hand", "face") if part in named)

    @property
    def spec(self) -> Spec:
        """How the recogniser is to treat it."""
        about = f"Your own {self.kind}, learnt from {self.takes} take{'' if self.takes == 1 else 's'}."
        hold_s = 0.15 if self.kind == "pose" else 0.0
        return Spec(self.name, about, self.parts, enter=ENTER, leave=LEAVE, hold_s=hold_s, cooldown_s=0.5)


@dataclass(frozen=True, eq=False)
class TrainedSet:
    """Everything that was trained together."""

    gestures: tuple[TrainedGesture, ...]
    background: Mapping[str, Array] = field(default_factory=dict)
    """Of each part (M, D) ordinary poses, none of which is a trained gesture."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The gestures, in the order in which they were given."""
        return tuple(gesture.name for gesture in self.gestures)

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """A spec for each gesture."""
        return tuple(gesture.spec for gesture in self.gestures)


class TrainedDetector:
    """Judges the gestures of a set, as a `Detector`. Of poses it remembers nothing; of motions the last seconds."""

    def __init__(self, trained: TrainedSet) -> None:
        self._set = trained
        self._poses = tuple(gesture for gesture in trained.gestures if gesture.kind == "pose")
        self._rivals = {(g.name, place): self._rivals_of(g, m) for g in self._poses for place, m in enumerate(g.models)}
        self._track_parts = sorted({m.part for g in trained.gestures if g.kind == "motion" for m in g.models})
        self._motions = MotionMatcher(
            {g.name: (g.length_s, [(m.part, m.examples, m.columns, m.limit) for m in g.models])
             for g in trained.gestures if g.kind == "motion"}
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The trained gestures."""
        return self._set.names

    def push(self, look: Look) -> Mapping[str, Reading]:
        """Return a reading of each gesture whose parts were looked at."""
        vectors: dict[str, Array | None] = {}
        readings: dict[str, Reading] = {}
        for gesture in self._poses:
            if not look.can_judge(gesture.parts):
                continue
            for model in gesture.models:
                if model.part not in vectors:
                    vectors[model.part] = look_features(look, model.part)
            confidence = self._confidence(gesture, vectors)
            if confidence is not None:
                readings[gesture.name] = Reading(confidence)
        found = self._motions.push(look).items() if self._track_parts else ()
        return readings | {name: Reading(as_confidence(share)) for name, share in found}

    def reset(self) -> None:
        """Forget what came before."""
        self._motions.reset()

    def _rivals_of(self, gesture: TrainedGesture, model: PartModel) -> list[tuple[Array, float]]:
        """Return the poses that are another gesture or none, each set with what its distance counts."""
        others = [m for g in self._poses if g is not gesture and g.parts == gesture.parts for m in g.models]
        found = [(m.examples, 1.0) for m in others if m.part == model.part and np.array_equal(m.columns, model.columns)]
        ordinary = self._set.background.get(model.part)
        if ordinary is not None:
            found.append((ordinary[judgeable(ordinary, model.columns, model.part)][:, model.columns], _IN_DOUBT))
        return [(rows, weight) for rows, weight in found if len(rows)]

    def _confidence(self, gesture: TrainedGesture, vectors: Mapping[str, Array | None]) -> float | None:
        worst = 0.0
        for place, model in enumerate(gesture.models):
            vector = vectors[model.part]
            if vector is None:
                return None
            if not judgeable(vector[None], model.columns, model.part)[0]:
                return 0.0  # the legs that it needs are out of the picture: it does not go on being made, either
            kept = vector[model.columns][None]
            near = float(distances(kept, model.examples).min())
            if not np.isfinite(near):
                return 0.0
            rivals = self._rivals[gesture.name, place]
            nearest = min((weight * float(distances(kept, rows).min()) for rows, weight in rivals), default=np.inf)
            worst = max(worst, near / model.limit, near / max(nearest, 1e-6))
        return as_confidence(worst)


def as_confidence(share: float) -> float:
    """Return 0..1 of a distance in limits: 0.5 at the limit itself."""
    return float(1.0 / (1.0 + np.exp(np.clip(_STEEP * (share - 1.0), -50.0, 50.0))))


def _looked_at(part: str) -> tuple[str, ...]:
    return ("left_hand", "right_hand") if part == "pair" else (part,)
