"""Tests of `avatar.motion`: a bone is driven along a known course at the camera's rate and watched at the output's."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from avatar import idle
from avatar import rotations as rot
from avatar.motion import Motion
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.part_state import PartTimes
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp

ARM, BLINK = BONE_INDEX["rightLowerArm"], EXPRESSION_INDEX["eyeBlinkLeft"]
LATENCY_S = 0.045
TIMES = PartTimes()
Course = Callable[[float], float]


def pose(seq: int, time_s: float, *, angle: float = 0.0, lid: float = 0.0, confidence: float = 1.0) -> RigPose:
    """A pose with one bent arm and one lid; the legs are not seen."""
    rotations = np.tile(np.array([0, 0, 0, 1], dtype=np.float32), (BONE_COUNT, 1))
    rotations[ARM] = rot.about(rot.Y, angle)
    seen = np.full(BONE_COUNT, confidence, dtype=np.float32)
    seen[BONE_INDEX["leftUpperLeg"]] = 0.0
    expression = np.zeros(52, dtype=np.float32)
    expression[BLINK] = lid
    stamp = Stamp(seq, round(time_s * 1e9))
    return RigPose(stamp, rotations, np.zeros(3, dtype=np.float32), expression, seen, confidence)


def bend(shown: RigPose) -> float:
    """Return the driven arm's angle."""
    return float(quat.log(shown.rotations[ARM].astype(np.float64))[1])


def play(
    course: Course, *, seconds: float = 3.0, lid: Course = lambda t: 0.0, motion: Motion | None = None
) -> dict[str, np.ndarray]:
    """Push at 30 Hz, each pose `LATENCY_S` late, and sample at 60 Hz; return times, angles and lids shown."""
    motion = motion or Motion()
    out: dict[str, list[float]] = {"time": [], "angle": [], "lid": []}
    pushed = 0
    for k in range(round(seconds * 60)):
        now = 10.0 + k / 60
        while 10.0 + pushed / 30 + LATENCY_S <= now:
            at = 10.0 + pushed / 30
            motion.push(pose(pushed, at, angle=course(at - 10.0), lid=lid(at - 10.0)))
            pushed += 1
        shown = motion.sample(round(now * 1e9))
        for key, value in (("time", now - 10.0), ("angle", bend(shown)), ("lid", float(shown.expression[BLINK]))):
            out[key].append(value)
    return {key: np.array(values) for key, values in out.items()}


def lag_s(course: Course, shown: dict[str, np.ndarray], *, after_s: float) -> tuple[float, float]:
    """Return the delay that fits best, and the RMS difference that is left."""
    rows = shown["time"] > after_s
    delays = np.arange(0.0, 0.2, 0.002)
    rms = [np.sqrt(np.mean((shown["angle"][rows] - [course(t - delay) for t in shown["time"][rows]]) ** 2)) for delay in delays]
    return float(delays[np.argmin(rms)]), float(min(rms))


def reach(t: float) -> float:
    """A quick natural reach: one radian in a quarter of a second, from t = 1."""
    u = min(max((t - 1.0) / 0.25, 0.0), 1.0)
    return u**3 * (10 - 15 * u + 6 * u * u)


def test_nothing_tracked_is_idle() -> None:
    """Before the first push a sample is the idle pose of that time."""
    motion = Motion()
    shown = motion.sample(5_000_000_000)
    assert shown.rotations.tobytes() == idle.idle_pose(5.0, stamp=Stamp(0, 0)).rotations.tobytes()
    assert shown.rotations.tobytes() == motion.idle(5_000_000_000).rotations.tobytes()
    assert not shown.confidence.any()


def test_constant_in_constant_out() -> None:
    """A person who keeps still gives an avatar that keeps still, in the same pose."""
    shown = play(lambda t: 0.7)
    np.testing.assert_allclose(shown["angle"][60:], 0.7, atol=1e-5)


def test_a_slow_swing_is_followed_smoothly_and_soon() -> None:
    """One swing a second: what is shown lags by the latency and little more, and fits the true course closely."""

    def course(t: float) -> float:
        return 0.8 * float(np.sin(2 * np.pi * t))

    delay, rms = lag_s(course, play(course), after_s=1.0)
    assert delay < LATENCY_S + 0.045
    assert rms < 0.03


@pytest.mark.parametrize(("wave_hz", "size_rad", "least"), [(1.0, 0.6, 0.9), (2.0, 0.3, 0.85), (3.0, 0.3, 0.8)])
def test_waving_is_not_smoothed_away(wave_hz: float, size_rad: float, least: float) -> None:
    """A hand that waves to and fro keeps nearly all of its swing, and gains none that would be seen."""
    shown = play(lambda t: size_rad * float(np.sin(2 * np.pi * wave_hz * t)))
    swing = shown["angle"][shown["time"] > 1.0].std() * np.sqrt(2) / size_rad
    assert least < swing < 1.25


def test_thirty_in_sixty_out_has_no_stutter() -> None:
    """At constant speed every output step is about the same: a 30 Hz camera does not show as pairs of steps."""
    steps = np.diff(play(lambda t: 0.8 * t, seconds=2.0)["angle"][60:])
    np.testing.assert_allclose(steps, 0.8 / 60, rtol=0.05)


def test_a_quick_reach_does_not_overshoot() -> None:
    """Looking ahead stays bounded: a hand that stops, stops."""
    shown = play(reach, seconds=2.5)
    assert shown["angle"].max() < 1.04
    assert shown["angle"][-1] == pytest.approx(1.0, abs=0.01)
    assert lag_s(reach, shown, after_s=0.5)[0] < LATENCY_S + 0.045


def test_a_short_blink_closes_the_lid() -> None:
    """100 ms from open to closed to open arrives as a closed lid, and soon opens again."""

    def lid(t: float) -> float:
        return max(0.0, 1.0 - abs((t - 1.0) / 0.05))

    shown = play(lambda t: 0.0, lid=lid)
    assert shown["lid"].max() > 0.8
    closed = shown["time"][(shown["lid"] > 0.3) & (shown["time"] > 0.5)]
    assert closed.max() - closed.min() < 0.12
    assert shown["lid"][shown["time"] > 1.25].max() < 0.05


def test_noise_at_rest_is_calmed() -> None:
    """One degree of noise becomes less than half, and a fifth of a degree from picture to picture."""
    noise = iter(np.random.default_rng(1).normal(scale=np.radians(1.0), size=200))
    angles = np.degrees(play(lambda t: 0.5 + next(noise), seconds=4.0)["angle"][60:])
    assert angles.std() < 0.5
    assert np.abs(np.diff(angles)).mean() < 0.2


def lose_and_find(motion: Motion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Track for 1 s, lose all for 2 s while poses without confidence come in, find again; return times, distances, steps."""
    times, rotations, pushed = [], [], 0
    for k in range(4 * 60):
        now = k / 60
        while pushed / 30 + LATENCY_S <= now:
            at = pushed / 30
            seen = not 1.0 <= at < 3.0
            angle = 1.5 if at < 1.0 else -0.5
            motion.push(pose(pushed, at + 10, angle=angle if seen else 3.0, confidence=float(seen)))
            pushed += 1
        times.append(now)
        rotations.append(motion.sample(round((now + 10) * 1e9)).rotations[ARM].astype(np.float64))
    turned = np.array(rotations)
    at_rest = np.array([idle.idle_rotations(t + 10)[ARM] for t in times])
    away = np.linalg.norm(quat.difference(at_rest, turned), axis=1)
    steps = np.linalg.norm(quat.difference(turned[:-1], turned[1:]), axis=1)
    return np.array(times), away, steps


def test_a_lost_part_holds_then_eases_to_idle_and_comes_back_without_a_jump() -> None:
    """Held for a quarter of a second, idle after 0.6 s more, back within about 0.2 s; never a step that would be a jump."""
    times, away, steps = lose_and_find(Motion())
    last_seen = 1.0
    held = (times > last_seen) & (times < last_seen + TIMES.hold_s - 0.05)
    assert np.ptp(away[held]) < 0.02
    rested = (times > last_seen + TIMES.hold_s + TIMES.decay_s + 0.2) & (times < 3.0)
    assert away[rested].max() < 0.02
    back = times > 3.0 + LATENCY_S + TIMES.return_s + 0.15
    assert np.ptp(away[back]) < 0.06
    assert np.degrees(steps[30:].max()) < 12


@pytest.mark.parametrize("is_silent", [False, True])
@pytest.mark.parametrize("speed_rad_s", [2.0, 4.0, -6.0])
def test_the_motion_of_a_lost_part_runs_out(speed_rad_s: float, is_silent: bool) -> None:
    """It goes on ever more slowly, never back, and stands within 0.1 s; so it does when no pose comes any more."""
    motion, shown, pushed = Motion(), [], 0
    for k in range(45):  # until what is held begins to ease to idle
        now = 10.0 + k / 60
        while 10.0 + pushed / 30 + LATENCY_S <= now:
            is_there = pushed < 15
            if is_there or not is_silent:
                angle = speed_rad_s * (pushed / 30 - 0.25) if is_there else 0.0
                motion.push(pose(pushed, 10.0 + pushed / 30, angle=angle, confidence=float(is_there)))
            pushed += 1
        shown.append(bend(motion.sample(round(now * 1e9))))
    steps = np.diff(shown) * np.sign(speed_rad_s)
    np.testing.assert_allclose(steps[20:28], abs(speed_rad_s) / 60, rtol=0.05)  # still there, as it is shown
    out = steps[28:42]
    assert (out > -1e-4).all()
    assert (np.diff(out) < 1e-3).all()
    assert out[2] > 0.0  # it does not stop dead
    assert np.abs(out[9:]).max() < 1e-3


@pytest.mark.parametrize(("lost_frames", "is_silent"), [*((n, False) for n in (3, 6, 9, 12, 30)), (18, True), (30, True)])
def test_who_comes_back_elsewhere_is_eased_in(lost_frames: int, is_silent: bool) -> None:
    """Hips 120 mm aside, another face, another bend of the arm: there within some 0.2 s, and no step is a jump."""
    there, back = replace(pose(0, 0.0), root_m=np.zeros(3, np.float32)), pose(0, 0.0, angle=1.0, lid=0.8)
    back = replace(back, root_m=np.array([0.12, 0, 0], np.float32))
    motion, rows, pushed = Motion(), [], 0
    for k in range(240):
        now = 10.0 + k / 60
        while 10.0 + pushed / 30 + LATENCY_S <= now:
            is_away = 30 <= pushed < 30 + lost_frames
            made = pose(0, 0.0, confidence=0.0) if is_away else there if pushed < 30 else back
            if not (is_away and is_silent):  # a camera that hangs gives nothing
                motion.push(replace(made, stamp=Stamp(pushed, round((10.0 + pushed / 30) * 1e9))))
            pushed += 1
        one = motion.sample(round(now * 1e9))
        rows.append((*one.root_m, one.expression[BLINK], bend(one)))
    found = 1 + int((30 + lost_frames) * 2 + LATENCY_S * 60)
    seen = np.array(rows)[found - 1 :]
    np.testing.assert_allclose(seen[16, [0, 3, 4]], (0.12, 0.8, 1.0), atol=0.02)
    root, lid, arm = np.abs(np.diff(seen[:, [0, 3, 4]], axis=0))[:20].T
    assert root.max() < 0.025
    assert lid.max() < 0.15
    assert arm.max() < 0.2
    assert max(np.abs(np.diff(root)).max() / 0.12, np.abs(np.diff(lid)).max() / 0.8, np.abs(np.diff(arm)).max()) < 0.1


def test_a_silent_tracker_leads_to_idle_too() -> None:
    """When no pose comes any more, everything eases to idle by the sample times alone."""
    motion = Motion()
    for i in range(30):
        motion.push(pose(i, 1 + i / 30, angle=1.0))
        motion.sample(round((1 + i / 30 + 0.04) * 1e9))
    shown = [motion.sample(round((2.0 + k / 60) * 1e9)) for k in range(90)]
    assert shown[0].confidence[ARM] == pytest.approx(1.0)
    assert shown[-1].confidence[ARM] == 0.0
    assert shown[-1].stamp == Stamp(29, round((1 + 29 / 30) * 1e9))
    rest = idle.idle_rotations(2.0 + 89 / 60)
    np.testing.assert_allclose(np.abs(np.sum(shown[-1].rotations * rest, axis=1)), 1.0, atol=1e-4)


def test_confidence_flickering_around_the_threshold_does_not_flicker() -> None:
    """A part counts as found from 0.5 up and as lost below 0.3: values in between change nothing."""
    motion = Motion()
    for i in range(60):
        motion.push(pose(i, i / 30 + 1, angle=0.5, confidence=0.9 if i < 5 else 0.35 + 0.1 * (i % 2)))
        shown = motion.sample(round((i / 30 + 1.04) * 1e9))
    assert shown.confidence[ARM] == 1.0
    assert shown.face_confidence == 1.0


def test_first_sample_after_a_push_shows_what_was_tracked() -> None:
    """With nothing on the screen before, there is nothing to blend from: a still picture is posed at once."""
    motion = Motion()
    motion.push(pose(0, 1.0, angle=0.9, lid=0.6))
    shown = motion.sample(1_050_000_000)
    assert bend(shown) == pytest.approx(0.9, abs=1e-5)
    assert shown.expression[BLINK] == pytest.approx(0.6, abs=1e-5)
    assert shown.confidence[BONE_INDEX["leftUpperLeg"]] == 0.0


def test_stamp_is_that_of_the_newest_push() -> None:
    """Latency can be told from any sample; a pose that comes late and old is dropped."""
    motion = Motion()
    motion.push(pose(4, 1.0, angle=0.3))
    motion.push(pose(3, 0.9, angle=2.0))
    shown = motion.sample(1_040_000_000)
    assert shown.stamp == Stamp(4, 1_000_000_000)
    assert bend(shown) == pytest.approx(0.3, abs=1e-5)


def test_same_calls_give_the_same_bytes_and_reset_is_a_new_start() -> None:
    """Nothing but stamps and sample times counts, neither the wall clock nor what was before a reset."""
    used = Motion()
    play(reach, motion=used)
    used.reset()
    runs = []
    for motion in (used, Motion()):
        samples = []
        for i in range(40):
            motion.push(pose(i, 1 + i / 30, angle=0.02 * i * i, lid=(i % 5) / 5))
            samples += [motion.sample(round((1.04 + i / 30 + j / 60) * 1e9)) for j in range(2)]
        runs.append(b"".join(s.rotations.tobytes() + s.expression.tobytes() + s.root_m.tobytes() for s in samples))
    assert runs[0] == runs[1]


def test_time_does_not_run_backwards() -> None:
    """A time that is not later than the last gives the last pose again."""
    motion = Motion()
    motion.push(pose(0, 1.0, angle=0.9))
    shown = motion.sample(1_050_000_000)
    assert motion.sample(1_050_000_000) is shown
    assert motion.sample(1_000_000_000) is shown


def test_a_part_that_was_not_looked_at_is_no_measurement() -> None:
    """A predicted part stays believed, and what its bones say is not taken for a measurement."""
    motion = Motion()
    for i in range(20):
        motion.push(pose(i, i / 30, angle=0.4))
        before = motion.sample(round(i / 30 * 1e9))
    motion.push(replace(pose(20, 20 / 30, angle=1.5), predicted=frozenset({"body"})))
    after = motion.sample(round(20 / 30 * 1e9))
    assert bend(after) == pytest.approx(bend(before), abs=0.01)
    assert after.confidence[ARM] == 1.0


def resting(course: Course, *, every: int, frames: int = 90, noise_rad: float = 0.0) -> np.ndarray:
    """Return the angle shown at 60 Hz of an arm that is looked at in every `every`-th frame only."""
    motion, shown, pushed, noise = Motion(), [], 0, np.random.default_rng(2)
    held = 0.0
    for k in range(2 * frames):
        now = 10.0 + k / 60
        while 10.0 + pushed / 30 + LATENCY_S <= now:
            at = 10.0 + pushed / 30
            looked = pushed % every == 0
            held = course(at - 10.0) + noise.normal(scale=noise_rad) if looked else held
            part = frozenset() if looked else frozenset({"body"})
            motion.push(replace(pose(pushed, at, angle=held), predicted=part))
            pushed += 1
        shown.append(bend(motion.sample(round(now * 1e9))))
    return np.array(shown)


@pytest.mark.parametrize("every", [2, 3])
@pytest.mark.parametrize("speed_rad_s", [0.1, 0.5])
def test_a_part_that_rests_between_looks_does_not_step(every: int, speed_rad_s: float) -> None:
    """Moving slowly, a part looked at in every second or third frame runs on between: no stepping at the rate of its looks."""

    def course(t: float) -> float:
        return speed_rad_s * t

    full = np.diff(resting(course, every=1)[90:])
    seldom = np.diff(resting(course, every=every)[90:])
    assert seldom.mean() == pytest.approx(full.mean(), rel=0.05)
    assert np.abs(seldom - seldom.mean()).max() < (0.15 if every == 2 else 0.4) * seldom.mean()


def test_a_slow_swing_looked_at_every_second_frame_is_as_smooth_as_at_full_rate() -> None:
    """The second differences, where stepping shows, are no more than a little larger than of the same swing at full rate."""

    def course(t: float) -> float:
        return 0.15 * float(np.sin(2 * np.pi * 0.4 * t))

    full, seldom = (np.diff(resting(course, every=every)[60:], 2).std() for every in (1, 2))
    held = np.diff(np.repeat([course(k / 15) for k in range(30)], 4), 2).std()
    assert seldom < 0.25 * held
    assert seldom < 4 * full


def test_a_part_that_rests_while_still_does_not_shake_more() -> None:
    """Nearly still, with the tracker's noise in each look: fewer looks must not look rougher from picture to picture."""
    full, seldom = (np.diff(resting(lambda t: 0.5, every=every, noise_rad=0.01)[60:], 2).std() for every in (1, 3))
    assert seldom < 1.2 * full


def test_a_flip_does_not_snap() -> None:
    """A joint measured back to front for two frames turns no faster than an arm can, and returns."""
    shown = play(lambda t: 2.8 if 1.0 <= t < 1.06 else 0.0)
    rate = np.degrees(np.abs(np.diff(shown["angle"]))) * 60
    assert rate.max() <= 1101
    assert np.degrees(shown["angle"].max()) < 130
    assert shown["angle"][-1] == pytest.approx(0.0, abs=1e-3)


def test_a_clock_that_starts_at_zero_is_a_clock() -> None:
    """What was never seen is idle from the first sample on, also in the first quarter of a second of a file."""
    motion = Motion()
    for i in range(6):
        motion.push(pose(i, i / 30, angle=0.4))
        shown = motion.sample(round(i / 30 * 1e9) + 20_000_000)
    legs = BONE_INDEX["leftUpperLeg"]
    assert shown.confidence[legs] == 0.0
    np.testing.assert_allclose(shown.rotations[legs], idle.idle_rotations(5 / 30 + 0.02)[legs], atol=1e-5)
    assert bend(shown) == pytest.approx(0.4, abs=1e-3)
