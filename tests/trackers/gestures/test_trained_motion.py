"""Tracks over time: resampling and warping."""

import numpy as np
import pytest
from made_takes import hand_held, held, waving
from people import Pose

from trackers.gestures.trained_motion import MOTION_SIZES, STEPS, motion_features, resampled, warped


def track_of(values: np.ndarray, *, seconds: float = 1.0) -> list[tuple[float, np.ndarray]]:
    times = np.linspace(0.0, seconds, len(values))
    return [(float(at), np.atleast_1d(value)) for at, value in zip(times, values, strict=True)]


def warp(first: np.ndarray, second: np.ndarray) -> float:
    return float(warped(first.reshape(1, STEPS, -1), second.reshape(1, STEPS, -1))[0])


def test_warping_forgives_an_uneven_pace_and_nothing_else() -> None:
    """The same way at an uneven pace is near; another way, and the way back, are not."""
    even = np.linspace(0.0, 1.0, STEPS)
    assert warp(even, even) == 0.0
    assert warp(even, even**1.3) < 0.03 < np.sqrt(np.mean((even - even**1.3) ** 2))
    assert warp(even, 1 - even) > 0.4


def test_warping_is_that_of_the_plain_rule() -> None:
    """The diagonals give what cell by cell gives."""
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, STEPS, 3))
    best = np.full((STEPS + 1, STEPS + 1), np.inf)
    best[0, 0] = 0.0
    for i in range(STEPS):
        for j in range(STEPS):
            if abs(i - j) <= 5:
                best[i + 1, j + 1] = ((first[i] - second[j]) ** 2).sum() + min(best[i, j], best[i, j + 1], best[i + 1, j])
    assert warp(first, second) == pytest.approx(np.sqrt(best[-1, -1] / STEPS))


def test_resampling_needs_a_track_without_holes() -> None:
    """Even steps in between; None for a hole, or if the track began too late."""
    track = track_of(np.linspace(0.0, 30.0, 31))
    found = resampled(track, start_s=0.5, end_s=1.0)
    assert found is not None
    assert found[:, 0] == pytest.approx(np.linspace(15.0, 30.0, STEPS))
    assert resampled([one for one in track if not 0.6 < one[0] < 0.9], start_s=0.5, end_s=1.0) is None
    assert resampled(track, start_s=-0.5, end_s=1.0) is None


def test_vectors_of_motion() -> None:
    """As long as the table says; an unseen wrist is not a number; what is absent has none."""
    body = motion_features(waving()[0], "body")
    hand = motion_features(hand_held("5", "left")[0], "left_hand")
    assert body is not None
    assert hand is not None
    assert (len(body), len(hand)) == (MOTION_SIZES["body"], MOTION_SIZES["left_hand"])
    assert motion_features(held(Pose())[0], "face") is None
