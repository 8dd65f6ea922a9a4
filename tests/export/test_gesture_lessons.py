"""How takes and tests are split, and what becomes of trials."""

from dataclasses import replace

import numpy as np
import pytest

from export.gesture_datasets import Row
from export.gesture_lessons import TAKE_ROWS, Trial, figures, takes_of, try_hands
from trackers.gestures.training import ordinary_of
from trackers.keypoint_hands import lift_hand
from trackers.types import Stamp, Tracking

OPEN = [(0, 0), (30, -10), (50, -30), (65, -50), (75, -65)] + [
    (x, y) for x in (25, 8, -8, -22) for y in (-90, -130, -155, -175)
]  # fmt: skip
FIST = [(0, 0), (30, -20), (40, -50), (30, -75), (12, -80)] + [
    (x, y) for x in (25, 8, -8, -22) for y in (-90, -110, -85, -65)
]  # fmt: skip


def rows(label: str, points: list[tuple[int, int]], side: str, rng: np.random.Generator) -> list[Row]:
    """Return a recording of one hand: sixty rows with a little jitter; the right hand is the left one's mirror."""
    found = []
    for index in range(60):
        px = np.array(points, np.float32) + rng.normal(0, 1.5, (21, 2)).astype(np.float32)
        px[:, 0] *= 1 if side == "right" else -1
        hand = lift_hand(np.hstack([px + 500, np.ones((21, 1), np.float32)]).astype(np.float32), side=side)
        tracking = Tracking(Stamp(index, index), 1000, 1000, None, None, None, None)
        found.append(Row(index, label, side, replace(tracking, **{f"{side}_hand": hand})))  # type: ignore[arg-type]
    return found


def test_three_takes_are_apart() -> None:
    """From the beginning, the middle and the end; 2 s each at 10 looks a second."""
    trackings = [Tracking(Stamp(seq, seq), 10, 10, None, None, None, None) for seq in range(100)]
    assert [[t.stamp.seq for t in take][:: TAKE_ROWS - 1] for take in takes_of(trackings)] == [[0, 19], [40, 59], [80, 99]]


def test_what_the_left_hand_shows_is_told_of_the_other_hand() -> None:
    """Two clear poses are learnt and told apart."""
    rng = np.random.default_rng(0)
    every = [
        row
        for label, points in (("open", OPEN), ("fist", FIST))
        for s in ("left", "right")
        for row in rows(label, points, s, rng)
    ]
    trials = try_hands(every, ordinary=ordinary_of([]))
    assert [trial.label for trial in trials] == ["fist", "open"]
    assert min(trial.f1 for trial in trials) > 0.95


def test_trials_are_summed_up() -> None:
    """F1 with as many rows that show it as rows that do not."""
    told = figures([Trial("a", 1.0, 0.0), Trial("b", 0.5, 0.5)])
    assert told["by_class"] == {"a": 1.0, "b": 0.5}
    assert told["mean"] == pytest.approx(0.75)
    assert told["worst"] == 0.5
