"""Being there or not, standing up and sitting down: told once each, and only when it happened."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from people import DESK, FAR, Camera, Pose, look_at, nobody

from trackers.engine import TrackerSettings, open_tracker
from trackers.gestures.presence_gestures import AWAY_S, SPECS, Away, detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.types import Frame

HZ = 15
LOW_DESK = Camera(away_m=1.2, height_m=1.1)


def watch(pose_at: Callable[[float], Pose | None], seconds: float, *, camera: Camera = FAR) -> list[tuple[str, str, float]]:
    """Return (name, phase, time) of what is told while somebody moves; None is an empty room."""
    recogniser = GestureRecogniser(detectors(), SPECS)
    rng = np.random.default_rng(0)
    told = []
    for index in range(int(seconds * HZ)):
        time_s = index / HZ
        pose = pose_at(time_s)
        gone = pose is None
        look = nobody(time_s=time_s) if gone else look_at(pose, time_s=time_s, camera=camera, noise=0.01, rng=rng)
        told += [(g.name, g.phase, time_s) for g in recogniser.push(look.tracking) if g.phase != "hold"]
    return told


def started(told: list[tuple[str, str, float]]) -> list[str]:
    return [name for name, phase, _ in told if phase == "start"]


def share(time_s: float, begin_s: float, end_s: float) -> float:
    return float(np.clip((time_s - begin_s) / (end_s - begin_s), 0, 1))


def test_names_and_specs_agree() -> None:
    """What is judged by absence needs no part; the rest needs the body."""
    assert sorted(name for detector in detectors() for name in detector.names) == sorted(spec.name for spec in SPECS)
    assert {spec.name for spec in SPECS if not spec.parts} == {"away", "back"}


def test_away_and_back() -> None:
    """Nobody for three seconds is away; somebody again ends it and is told once."""
    told = watch(lambda t: None if 2 <= t < 7 else Pose(), 12)
    assert [(name, phase) for name, phase, _ in told] == [
        ("away", "start"), ("back", "start"), ("away", "end"), ("back", "end"),
    ]  # fmt: skip
    times = [time_s for *_, time_s in told]
    assert times[0] == pytest.approx(2 + AWAY_S, abs=0.1)
    assert times[1] == pytest.approx(7.3, abs=0.1)


def test_a_short_look_away_is_nothing() -> None:
    """Two and a half seconds without anybody are neither away nor back."""
    assert watch(lambda t: None if 2 < t < 4.5 else Pose(), 8) == []


def test_a_flicker_does_not_bring_anybody_back() -> None:
    """A body seen for a tenth of a second in an empty room is nobody."""
    told = watch(lambda t: Pose() if t < 1 or 6 < t < 6.1 else None, 9)
    assert started(told) == ["away"]


def test_an_empty_room_is_away_and_the_first_person_comes_back() -> None:
    """Also when nobody was there from the start."""
    assert started(watch(lambda t: None if t < 5 else Pose(), 8)) == ["away", "back"]


def test_reset_forgets_who_was_there() -> None:
    """The time without anybody is counted anew."""
    away = Away()
    away.push(nobody(time_s=0.0))
    assert away.push(nobody(time_s=10.0))["away"].confidence == 1.0
    away.reset()
    assert away.push(nobody(time_s=10.1))["away"].confidence == 0.0


def test_standing_up_and_sitting_down_at_a_desk() -> None:
    """Only the upper body is seen; it rises by 0.4 m, stays, and sinks again: one event each, within a second and a half."""
    told = watch(lambda t: Pose(at_m=(0, -0.35 + 0.4 * (share(t, 2, 2.8) - share(t, 6, 6.9)), 0)), 10, camera=LOW_DESK)
    assert started(told) == ["stand_up", "sit_down"]
    assert told[0][2] < 2.8 + 1.5


def test_standing_up_with_the_whole_body_in_view() -> None:
    """The hips go along."""
    assert started(watch(lambda t: Pose(sit_deg=90 * (1 - share(t, 2, 3))), 6)) == ["stand_up"]


@pytest.mark.parametrize(
    "pose_at",
    [
        lambda t: Pose(bow_deg=60 * share(t, 2, 2.6)),
        lambda t: Pose(lean_deg=30 * share(t, 2, 2.6)),
        lambda t: Pose(at_m=(0, -0.05 * share(t, 2, 2.4), 0)),
        lambda t: Pose(at_m=(0, 0, 0.9 * share(t, 2, 3))),
        lambda t: Pose(at_m=(0.5 * share(t, 2, 3), 0, 0)),
        lambda t: Pose(at_m=(0, 0.25 * abs(np.sin(3 * t)), 0)),
        lambda t: Pose(sit_deg=100 * np.sin(2 * t) ** 2),
    ],
    ids=["bow", "lean", "slump", "come nearer", "step aside", "jump", "squats"],
)
def test_other_movements_are_neither(pose_at: Callable[[float], Pose]) -> None:
    """Nobody stood up or sat down, nobody fell."""
    assert started(watch(pose_at, 6)) == []


def test_a_very_slow_rise_is_a_chair_that_is_turned_up() -> None:
    """Eighteen seconds for 0.4 m: nobody stands up so slowly."""
    assert started(watch(lambda t: Pose(at_m=(0, -0.35 + 0.4 * share(t, 2, 20), 0)), 23, camera=LOW_DESK)) == []


@pytest.mark.parametrize("camera", [DESK, replace(DESK, tilt_deg=8)])
def test_somebody_who_sits_and_moves_a_little_is_told_nothing(camera: Camera) -> None:
    """A quarter of a minute at a desk."""
    assert watch(lambda t: Pose(lean_deg=6 * np.sin(t), turn_deg=10 * np.sin(0.7 * t)), 15, camera=camera) == []


@pytest.mark.needs_data
def test_a_signer_is_told_nothing(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """A real clip: nobody goes, stands up, sits down or falls."""
    recogniser = GestureRecogniser(detectors(), SPECS)
    with open_tracker(TrackerSettings()) as tracker:
        assert [g for frame in read_clip("asl/book.mkv", step=6) for g in recogniser.push(tracker.track(frame))] == []
