"""Tracks over time: resampling and warping."""

import numpy as np
import pytest
from made_takes import hand_held, held, look, waving
from people import Pose

from trackers.gestures.trained_motion import MOTION_SIZES, STEPS, MotionMatcher, centred, motion_features, resampled, warped
from trackers.types import Tracking


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


def matcher(tracks: np.ndarray, *, limit: float = 0.5) -> MotionMatcher:
    """Of one motion of the body, a second long."""
    return MotionMatcher({"hello": (1.0, [("body", tracks, np.ones(6, np.bool_), limit)])})


def shares(judge: MotionMatcher, take: tuple[Tracking, ...]) -> list[float | None]:
    """Return how far each look is from the motion."""
    return [judge.push(look(tracking)).get("hello") for tracking in take]


def learnt_tracks(take: tuple[Tracking, ...], count: int = 4) -> np.ndarray:
    """Return tracks (N, STEPS, 6) of a second at different beats of a take."""
    track = [(one.stamp.captured_ns / 1e9, motion_features(one, "body")) for one in take]
    begin_s = track[0][0]
    found = [resampled(track, start_s=begin_s + 0.3 * n, end_s=begin_s + 0.3 * n + 1.0) for n in range(count)]  # type: ignore[arg-type]
    return np.stack([centred(one) for one in found if one is not None])


def test_what_is_not_seen_is_no_motion() -> None:
    """Hidden wrists are near nothing: far away, so that what is being made ends; and not unknown, for it was looked at."""
    judge = matcher(learnt_tracks(waving()))
    told = shares(judge, held(Pose(), seconds=4, hidden=("left_wrist", "right_wrist")))
    assert all(share is None or share > 5.0 for share in told)
    assert told[-1] is not None
    one_hidden = shares(matcher(learnt_tracks(waving())), held(Pose(), seconds=4, hidden=("right_wrist",)))
    assert min(share for share in one_hidden if share is not None) > 5.0


def test_tracks_that_are_left_out_would_not_have_been_near() -> None:
    """The nearest track within reach is found, and nothing is told nearer than it is, against the plain comparison of all."""
    tracks = learnt_tracks(waving())
    for take in (waving(seed=5, pace=1.2), held(Pose(), seconds=3)):
        judge, followed = matcher(tracks), []
        for tracking in take[::3]:
            followed.append((tracking.stamp.captured_ns / 1e9, motion_features(tracking, "body")))
            share = judge.push(look(tracking)).get("hello")
        now_s = followed[-1][0]
        windows = [resampled(followed, start_s=now_s - pace, end_s=now_s) for pace in (0.75, 1.0, 1.33)]  # type: ignore[arg-type]
        plain = min(
            float(warped(np.repeat(centred(one)[None], len(tracks), axis=0), tracks).min()) / 0.5
            for one in windows
            if one is not None
        )
        assert share is not None
        assert share == pytest.approx(plain) if plain < 1.5 else 1.5 <= share <= plain + 1e-9


def test_looks_that_come_thick_and_fast_are_answered_as_the_one_before() -> None:
    """At 30 looks a second every second one is compared, after a reset the next one."""
    judge = matcher(learnt_tracks(waving()))
    told = [share for share in shares(judge, waving(seed=3)) if share is not None]
    changes = sum(one != other for one, other in zip(told[:-1], told[1:], strict=True))
    assert 0.4 * len(told) <= changes <= 0.55 * len(told)
    judge.reset()
    assert judge.push(look(waving()[0])) == {}
