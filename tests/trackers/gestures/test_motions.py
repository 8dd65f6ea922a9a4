"""Motions of hands and head, made at 5 to 60 looks a second: what is told, when, and what is not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from people import DESK, Arm, Build, Pose, body_of, face_of, touching

from trackers.gestures.motions import SPECS, motion_detectors
from trackers.gestures.motions_hands import HandMotions
from trackers.gestures.recogniser import Freshness, GestureRecogniser
from trackers.gestures.types import Gesture, Look
from trackers.types import Stamp, Tracking

RATES_HZ = (5.0, 12.0, 30.0, 60.0)
WIDE = replace(DESK, away_m=1.4)
Motion = Callable[[float], Pose]
"""Pose at a time in seconds."""


def shown(
    motion: Motion,
    *,
    seconds: float,
    hz: float,
    noise: float = 0.01,
    face: bool = False,
    predicted: frozenset[str] = frozenset(),
) -> list[Gesture]:
    """Show a motion to the motion detectors and return every start."""
    recogniser = GestureRecogniser(motion_detectors(), SPECS)
    rng = np.random.default_rng(1)
    told = []
    for seq in range(round(seconds * hz)):
        pose = motion(seq / hz)
        body = body_of(pose, build=Build(), camera=WIDE, noise=noise, rng=rng)
        head = face_of(pose, body, expression={}) if face else None
        stamp = Stamp(seq, round(seq / hz * 1e9))
        told += recogniser.push(Tracking(stamp, WIDE.width_px, WIDE.height_px, body, None, None, head, predicted))
    return [gesture for gesture in told if gesture.phase == "start"]


def names(gestures: list[Gesture]) -> list[str]:
    """Return what was told, in order."""
    return [gesture.name for gesture in gestures]


def at_s(gesture: Gesture) -> float:
    """Return when it was told."""
    return gesture.stamp.captured_ns / 1e9


def waving(time_s: float, *, hz: float = 1.6, deg: float = 22, start_s: float = 1.0, stop_s: float = 9.0) -> Pose:
    """A raised right forearm goes to and fro."""
    swing = deg * np.sin(2 * np.pi * hz * max(min(time_s, stop_s) - start_s, 0.0))
    return Pose(right=Arm(50, 60, 180 + swing, 0.0))


def eased(time_s: float, start_s: float, lasts_s: float) -> float:
    """Return 0..1 of a movement that starts and ends gently."""
    share = min(max((time_s - start_s) / lasts_s, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def swiping(time_s: float, *, lasts_s: float = 0.35, back_s: float = 1.8) -> Pose:
    """The right hand sweeps 0.6 m to the person's left and comes back."""
    share = eased(time_s, 1.0, lasts_s) - eased(time_s, back_s, lasts_s)
    return touching(right=(-0.35 + 0.6 * share, -0.12, 0.35))


def clapping(time_s: float, *, hz: float = 2.0, start_s: float = 1.0, claps: int = 3) -> Pose:
    """The hands meet before the chest `hz` times a second."""
    phase = hz * (time_s - start_s)
    apart = 0.5 - 0.5 * np.cos(2 * np.pi * phase) if 0 <= phase <= claps else 0.0
    x = 0.19 - 0.16 * apart
    return touching(left=(x, -0.15, 0.3), right=(-x, -0.15, 0.3))


def circling(time_s: float, *, turns: float = 1.0, lasts_s: float = 1.0, way: float = 1.0, radius_m: float = 0.12) -> Pose:
    """The left hand draws a circle beside the head."""
    angle = way * 2 * np.pi * turns * min(max(time_s - 1.0, 0.0) / (lasts_s * turns), 1.0)
    return touching(left=(0.3 + radius_m * np.sin(angle), -0.05 + radius_m * np.cos(angle), 0.3))


def nodding(time_s: float, *, hz: float = 2.0, deg: float = 8.0, cycles: float = 2.0, yaw: bool = False) -> Pose:
    """The head goes down (or aside) and up again."""
    phase = hz * (time_s - 1.0)
    angle = deg * (1 - np.cos(2 * np.pi * phase)) if 0 <= phase <= cycles else 0.0
    return Pose(head_yaw_deg=angle - deg) if yaw else Pose(head_pitch_deg=angle)


@pytest.mark.parametrize("hz", RATES_HZ)
def test_a_wave_is_told_of_its_hand(hz: float) -> None:
    """At any rate of looks, once, and about as soon as three half swings are done."""
    told = shown(lambda time_s: waving(time_s, hz=1.25), seconds=4, hz=hz)
    assert names(told) == ["right_wave"]
    assert 1.7 < at_s(told[0]) < 2.6  # three half swings of 0.4 s begin half a swing after 1 s


@pytest.mark.parametrize("hz", RATES_HZ)
@pytest.mark.parametrize("lasts_s", [0.25, 0.4])
def test_a_swipe_is_told_and_its_way_back_is_not(hz: float, lasts_s: float) -> None:
    """By the hand and the person's own direction, before the sweep has come to rest."""
    told = shown(lambda time_s: swiping(time_s, lasts_s=lasts_s), seconds=4, hz=hz)
    assert names(told) == ["right_swipe_left"]
    assert at_s(told[0]) < 1.0 + lasts_s + 1.01 / hz


def test_a_slow_move_to_the_side_is_no_swipe() -> None:
    """It must be done within half a second."""
    assert shown(lambda time_s: swiping(time_s, lasts_s=1.8, back_s=4), seconds=7, hz=30) == []


@pytest.mark.parametrize("hz", [15.0, 30.0, 60.0])
def test_every_clap_counts(hz: float) -> None:
    """Three claps are three starts, each within 150 ms of the hands' meeting; five looks a second are too few for it."""
    told = shown(clapping, seconds=4, hz=hz)
    assert names(told) == ["clap"] * 3
    for number, gesture in enumerate(told):
        assert 0 < at_s(gesture) - (1.25 + 0.5 * number) <= 0.15 + 1 / hz


def test_hands_that_meet_and_stay_are_no_clap() -> None:
    """They must part again, soon."""
    assert shown(lambda time_s: clapping(min(time_s, 1.25)), seconds=4, hz=30) == []


@pytest.mark.parametrize("hz", [8.0, 15.0, 30.0, 60.0])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_circle_is_told_either_way_round(hz: float, way: float) -> None:
    """As soon as it is closed."""
    told = shown(lambda time_s: circling(time_s, way=way), seconds=3, hz=hz)
    assert names(told) == ["left_circle"]
    assert 1.75 < at_s(told[0]) < 2.02 + 1 / hz


def test_half_a_circle_is_none() -> None:
    """Nor is a third more than half."""
    assert shown(lambda time_s: circling(min(time_s, 1.65)), seconds=3, hz=30) == []


@pytest.mark.parametrize("hz", [8.0, 15.0, 30.0, 60.0])
@pytest.mark.parametrize(("yaw", "name"), [(False, "nod"), (True, "head_shake")])
def test_a_nod_and_a_shake_are_told_by_the_face(hz: float, yaw: bool, name: str) -> None:
    """Twice down, or to and fro; nothing else is told."""
    told = shown(lambda time_s: nodding(time_s, yaw=yaw, hz=1.5), seconds=4, hz=hz, face=True)
    assert names(told) == [name]


@pytest.mark.parametrize(("yaw", "name"), [(False, "nod"), (True, "head_shake")])
def test_without_a_face_nose_and_ears_tell(yaw: bool, name: str) -> None:
    """The body alone will do, if the head moves clearly."""
    told = shown(lambda time_s: nodding(time_s, yaw=yaw, deg=14, hz=1.5), seconds=4, hz=30, noise=0.003)
    assert names(told) == [name]


def test_looking_aside_and_back_is_no_shake() -> None:
    """Nor is one look down a nod."""
    for yaw in (False, True):
        assert shown(lambda time_s, yaw=yaw: nodding(time_s, yaw=yaw, cycles=1, hz=1), seconds=4, hz=30, face=True) == []


def test_rest_with_noise_tells_nothing() -> None:
    """Ten seconds of a person with jittering points."""
    assert shown(lambda time_s: Pose(right=Arm(50, 60, 170, 0)), seconds=10, hz=30, noise=0.02, face=True) == []


def test_predicted_parts_add_nothing() -> None:
    """A wave that was only carried on was not seen."""
    assert shown(waving, seconds=4, hz=30, predicted=frozenset({"body"})) == []


def test_a_pause_ends_what_was_begun() -> None:
    """Two half swings before a second of rest and two after are no wave."""

    def with_pause(time_s: float) -> Pose:
        return waving(time_s if time_s < 4 else time_s - 3, hz=1.25, stop_s=1.5)

    assert shown(with_pause, seconds=7, hz=30) == []


def test_whatever_comes_is_answered_with_finite_readings() -> None:
    """Broken numbers, an empty room and stamps that repeat raise nothing."""
    detector = HandMotions()
    body = body_of(Pose(), build=Build(), camera=WIDE)
    broken = replace(body, keypoints_px=np.full_like(body.keypoints_px, np.nan))
    for each in (body, broken, None, body, body):
        tracking = Tracking(Stamp(0, 0), 640, 480, each, None, None, None)
        parts = frozenset() if each is None else frozenset({"body"})
        readings = detector.push(Look(tracking, parts, parts))
        assert set(readings) == set(detector.names)
        assert all(np.isfinite(reading.confidence) for reading in readings.values())


@pytest.mark.parametrize(("yaw", "name"), [(False, "nod"), (True, "head_shake")])
def test_a_face_alone_nods_and_shakes(yaw: bool, name: str) -> None:
    """Close to the camera there is no body to be found; the face says it all."""
    recogniser = GestureRecogniser(motion_detectors(), SPECS)
    told = []
    for seq in range(120):
        pose = nodding(seq / 30, yaw=yaw, hz=1.5)
        face = face_of(pose, body_of(pose, build=Build(), camera=WIDE), expression={})
        told += recogniser.push(Tracking(Stamp(seq, round(seq / 30 * 1e9)), 640, 480, None, None, None, face))
    assert names([gesture for gesture in told if gesture.phase == "start"]) == [name]


def test_a_motion_that_is_over_stays_told_for_a_moment_only() -> None:
    """A circle, and then the hand is gone: 0.2 s, as when it stays."""
    detector, freshness = HandMotions(), Freshness()
    sure_s = []
    for seq in range(120):
        hidden = ("left_wrist", "left_elbow") if sure_s else ()
        body = body_of(circling(seq / 30), build=Build(), camera=WIDE, hidden=hidden)
        look = freshness.look(Tracking(Stamp(seq, round(seq / 30 * 1e9)), 640, 480, body, None, None, None))
        sure_s += [seq / 30] if detector.push(look)["left_circle"].confidence >= 0.6 else []
    assert sure_s[-1] - sure_s[0] == pytest.approx(0.2, abs=0.035)
