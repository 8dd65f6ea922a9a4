"""Built-in poses judged on the labelled rows of `gesture_datasets`: one look at each, by itself.

Owns what counts as found and as wrong there: a pose is told of a row if its confidence reaches the `enter` of its spec. Time
has no part in it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from export.gesture_datasets import BODY_IGNORED, BODY_LABELS, HAND_IGNORED, HAND_LABELS, Row
from export.gesture_scores import Score, Scores
from trackers.gestures.body_poses import SPECS as BODY_SPECS
from trackers.gestures.body_poses import BodyPoses
from trackers.gestures.hand_poses import SPECS as HAND_SPECS
from trackers.gestures.hand_poses import HandPoses
from trackers.gestures.types import SIDES, Detector, Spec

Labels = Mapping[str, tuple[str, ...]]

_HANDS: Final[dict[str, tuple[str, ...]]] = {f"{side}_{name}": kit for name, kit in HAND_LABELS.items() for side in SIDES}
_IGNORED: Final[dict[str, tuple[str, ...]]] = {f"{side}_{name}": kit for name, kit in HAND_IGNORED.items() for side in SIDES}


def score_hands(rows: Iterable[Row]) -> Scores:
    """Return the counts of every pose of one hand."""
    return score_rows(rows, HandPoses(), HAND_SPECS, _HANDS, _IGNORED)


def score_bodies(rows: Iterable[Row]) -> Scores:
    """Return the counts of every pose of the body; those that no class of the kit shows can only be wrong."""
    return score_rows(rows, BodyPoses(), BODY_SPECS, BODY_LABELS, BODY_IGNORED)


def score_rows(rows: Iterable[Row], detector: Detector, specs: tuple[Spec, ...], labels: Labels, ignored: Labels) -> Scores:
    """Return the counts of these poses; a class in `ignored` is neither right nor wrong."""
    scores = {spec.name: Score() for spec in specs}
    for row in rows:
        detector.reset()
        readings = detector.push(row.look)
        for spec in specs:
            reading = readings.get(spec.name)
            told = reading is not None and reading.confidence >= spec.enter
            _count(scores[spec.name], row, told, spec.name, labels, ignored)
    return scores


def _count(score: Score, row: Row, told: bool, name: str, labels: Labels, ignored: Labels) -> None:
    if row.side is not None and not name.startswith(row.side):
        return
    if row.label in labels.get(name, ()):
        score.made += 1
        score.found += told
    elif row.label not in ignored.get(name, ()):
        score.wrong += told
