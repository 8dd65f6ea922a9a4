"""Built-in gestures judged over time: on recorded motions seen by a made-up webcam, and on clips by our own tracker.

Owns when a start counts as found, late or wrong, and which gestures are judged on motions: those that `gesture_truth` can
tell. Default specs count events; specs with a hold of 0 measure the delay. Knows nothing of labelled rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from export.clips import find_clips, frames_of
from export.gesture_made import MadeMotion
from export.gesture_scores import Score, Scores
from export.gesture_truth import Made, truth_of
from trackers.engine import TrackerSettings, open_tracker
from trackers.gestures.catalogue import BUILT_IN, built_in_detectors
from trackers.gestures.motions import SPECS as MOTIONS
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.types import Detector, Gesture, Look, Reading
from trackers.recorded_motions import Motion, View, tracked
from trackers.sides import BODY_MIRROR
from trackers.types import Tracking

Step = Callable[[str], None]
"""Called with what has just been done."""

JUDGED: Final = ("t_pose", "arms_up", "dab_left", "dab_right", "left_wave", "right_wave")
VIEWS: Final = tuple(
    View(away_m=away_m, height_m=height_m, turn_deg=turn_deg, tempo=tempo)
    for away_m, height_m, turn_deg, tempo in (
        (2.0, 0.4, 0.0, 1.0), (2.0, 0.2, 10.0, 0.9), (2.4, 0.6, -10.0, 1.1), (2.4, 0.4, 0.0, 1.2),
        (2.8, 0.0, 10.0, 1.0), (2.8, 0.4, -5.0, 0.9), (3.4, 0.2, 0.0, 1.1), (3.4, 0.6, 5.0, 1.0),
    )
)  # fmt: skip
"""Distance, height above the hips, turn and tempo of the made-up recordings; each has noise of its own."""
POSES: Final = JUDGED[:4]
SIDED: Final = JUDGED[2:]
"""Gestures of one side: of a mirrored motion the others are those of the motion."""
_HOLDS_S: Final = {spec.name: spec.hold_s for spec in BUILT_IN}
_EARLY_S, _LATE_S = 0.3, 0.6
"""A start this long before the first full frame, or after the last, still belongs to the gesture."""
_SETTLED_S: Final = 0.5
"""What is made from the first frames on has no delay to measure: the recogniser waits until it knows the person."""


def starts(trackings: Iterable[Tracking]) -> list[Gesture]:
    """Return every start that the built-in gestures tell with their own holds."""
    return both_starts(trackings)[0]


def both_starts(trackings: Iterable[Tracking]) -> tuple[list[Gesture], list[Gesture]]:
    """Return every start with the gestures' own holds, and with none; what is seen is judged once."""
    heard = [_Heard(detector) for detector in built_in_detectors()]
    own = GestureRecogniser(heard, BUILT_IN)
    at_once = GestureRecogniser([_Echo(each) for each in heard], tuple(replace(spec, hold_s=0.0) for spec in BUILT_IN))
    told: tuple[list[Gesture], list[Gesture]] = ([], [])
    for tracking in trackings:
        for recogniser, out in zip((own, at_once), told, strict=True):
            out.extend(gesture for gesture in recogniser.push(tracking) if gesture.phase == "start")
    return told


class _Heard:
    """A detector that remembers its last readings."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.readings: Mapping[str, Reading] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return self._detector.names

    def push(self, look: Look) -> Mapping[str, Reading]:
        self.readings = self._detector.push(look)
        return self.readings

    def reset(self) -> None:
        self._detector.reset()


class _Echo:
    """Says again what another detector has just said of the same look."""

    def __init__(self, heard: _Heard) -> None:
        self._heard = heard

    @property
    def names(self) -> tuple[str, ...]:
        return self._heard.names

    def push(self, _look: Look) -> Mapping[str, Reading]:
        return self._heard.readings

    def reset(self) -> None:
        pass


def score_motions(
    motions: Sequence[Motion], *, names: Sequence[str] = JUDGED, views: Sequence[View] = VIEWS, on_step: Step
) -> Scores:
    """Return the counts and delays of these gestures over these views of all motions."""
    scores = {name: Score() for name in names}
    for motion in motions:
        truth = [made for made in truth_of(motion) if made.name in scores]
        for seed, view in enumerate(views):
            told, told_at_once = both_starts(tracked(motion, view, seed=seed))
            at_tempo = [_faster(made, view.tempo) for made in truth]
            _count(scores, at_tempo, told)
            _delays(scores, at_tempo, told_at_once)
        on_step(motion.name)
    return scores


def score_made(motions: Iterable[MadeMotion], *, on_step: Step) -> Scores:
    """Return the counts and delays of motion gestures on made motions; each one is no other gesture."""
    scores = {spec.name: Score() for spec in MOTIONS}
    for seed, made in enumerate(motions):
        told, _ = both_starts(tracked(made.motion, VIEWS[seed % len(VIEWS)], seed=seed))
        truth = [_faster(made.made, VIEWS[seed % len(VIEWS)].tempo)]
        _count(scores, truth, told)
        _delays(scores, truth, told)
    on_step("made motions")
    return scores


def backwards(motion: Motion) -> Motion:
    """Return the motion from its end to its start, so that a pose held at its start is come to from elsewhere."""
    return Motion(f"{motion.name} backwards", motion.frame_s, motion.points_m[::-1])


def mirrored(motion: Motion) -> Motion:
    """Return the motion as a mirror shows it: what the left side did the right one does, so that both are judged."""
    return Motion(f"{motion.name} mirrored", motion.frame_s, motion.points_m[:, BODY_MIRROR] * (-1.0, 1.0, 1.0))


def _faster(made: Made, tempo: float) -> Made:
    return Made(made.name, made.full_s / tempo, made.end_s / tempo, made.begin_s / tempo)


def _when_s(gesture: Gesture) -> float:
    return gesture.stamp.captured_ns / 1e9


def _belongs(gesture: Gesture, made: Made) -> bool:
    return gesture.name == made.name and made.begin_s - _EARLY_S <= _when_s(gesture) <= made.end_s + _LATE_S


def _count(scores: Scores, truth: Sequence[Made], told: Sequence[Gesture]) -> None:
    """Count; a pose that was made for less than its hold need not be told, and may. What is told twice of one is wrong once."""
    told_of = _told_of(truth, told)
    for made in truth:
        if made.end_s - made.full_s < _HOLDS_S[made.name] and made.name in POSES:
            continue
        scores[made.name].made += 1
        scores[made.name].found += made in told_of or _goes_on(made, truth, told)
    right = {id(gesture) for gesture in told_of.values()}
    for gesture in told:
        if gesture.name in scores:
            scores[gesture.name].wrong += id(gesture) not in right


def _told_of(truth: Sequence[Made], told: Sequence[Gesture]) -> dict[Made, Gesture]:
    """Return which start is of which made gesture, each of one at most, in order of time."""
    found: dict[Made, Gesture] = {}
    for gesture in sorted(told, key=_when_s):
        mine = [made for made in truth if made not in found and _belongs(gesture, made)]
        if mine:
            found[min(mine, key=lambda made: made.begin_s)] = gesture
    return found


def _goes_on(made: Made, truth: Sequence[Made], told: Sequence[Gesture]) -> bool:
    """Tell whether it was told shortly before as the same gesture, which was never left in between."""
    earlier = [other for other in truth if other.name == made.name and 0 < made.begin_s - other.end_s < _LATE_S]
    return any(_belongs(gesture, other) for other in earlier for gesture in told)


def _delays(scores: Scores, truth: Sequence[Made], told: Sequence[Gesture]) -> None:
    for made, first in _told_of(truth, told).items():
        if made.full_s > _SETTLED_S:
            scores[made.name].latencies_ms.append(1000 * (_when_s(first) - made.full_s))


@dataclass(frozen=True, slots=True)
class Film:
    """What our tracker and recogniser made of one clip."""

    name: str
    seconds: float
    told: tuple[Gesture, ...]

    @property
    def figures(self) -> dict[str, Any]:
        """Return what was told when, for reports."""
        told = [{"gesture": gesture.name, "at_s": round(_when_s(gesture), 2)} for gesture in self.told]
        return {"clip": self.name, "seconds": round(self.seconds, 2), "told": told}


def watch_clips(sources: Sequence[Path], *, on_step: Step) -> list[Film]:
    """Track every clip or picture with our own tracker, every part in every frame, and tell what starts in each."""
    films = []
    for clip in find_clips(sources) if sources else []:
        with open_tracker(TrackerSettings(mode="accurate", precision="fp32")) as tracker:
            trackings = [tracker.track(frame) for frame in frames_of(clip)]
        stamps = [tracking.stamp.captured_ns / 1e9 for tracking in trackings]
        seconds = (stamps[-1] - stamps[0]) * len(stamps) / max(len(stamps) - 1, 1)
        films.append(Film(clip.name, seconds, tuple(starts(trackings))))
        on_step(clip.name)
    return films


def watch_motion(motion: Motion, *, views: Sequence[View] = VIEWS) -> list[Film]:
    """Return what is told of a recorded motion in every view."""
    return [
        Film(motion.name, motion.seconds / view.tempo, tuple(starts(tracked(motion, view, seed=seed))))
        for seed, view in enumerate(views)
    ]


def false_fires(films: Sequence[Film]) -> dict[str, Any]:
    """Return how often anything starts in an hour of films in which no gesture is meant, in all and by name."""
    hours = sum(film.seconds for film in films) / 3600
    names = sorted({gesture.name for film in films for gesture in film.told})
    counts = {name: sum(gesture.name == name for film in films for gesture in film.told) for name in names}
    return {
        "per_hour": round(sum(counts.values()) / hours, 1) if hours else None,
        "by_name": {name: round(count / hours, 1) for name, count in counts.items()},
        "counts": counts,
        "footage_s": round(3600 * hours, 1),
        "clips": [film.figures for film in films],
    }


def score_films(films: Sequence[Film], families: dict[str, tuple[str, ...]]) -> dict[str, dict[str, int]]:
    """Return, for clips whose names begin with what they show (`call_1.jpg`), how many were told rightly and wrongly.

    Args:
        families: first word of the file's name -> gestures that are right there; a word that is missing shows none.
    """
    out: dict[str, dict[str, int]] = {}
    for film in films:
        label = film.name.partition("_")[0]
        told = {gesture.name for gesture in film.told}
        right = set(families.get(label, ()))
        counts = out.setdefault(label, {"clips": 0, "right": 0, "wrong": 0})
        counts["clips"] += 1
        counts["right"] += bool(told & right)
        counts["wrong"] += len(told - right)
    return out
