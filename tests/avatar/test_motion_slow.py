"""`avatar.motion` behind a slow tracker: the avatar follows, late but steadily, and still notices who is gone."""

import numpy as np
import pytest

from avatar import rotations as rot
from avatar.motion import Motion
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.part_state import PartTimes
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp

ARM, JAW = BONE_INDEX["rightLowerArm"], EXPRESSION_INDEX["jawOpen"]
SLOW = [(0.15, 0.17), (0.2, 0.22), (0.3, 0.35), (0.4, 0.43), (0.6, 0.63), (0.8, 0.83)]
START_S = 10.0


def course(time_s: float) -> float:
    """A slow swing, between -1 and 1."""
    return float(np.sin(2 * np.pi * 0.2 * time_s))


def pose(seq: int, at_s: float, *, confidence: float = 1.0) -> RigPose:
    """A pose with one bent arm and an open mouth, as they are `at_s` after the start."""
    rotations = np.tile(np.array([0, 0, 0, 1], dtype=np.float32), (BONE_COUNT, 1))
    rotations[ARM] = rot.about(rot.Y, 0.8 * course(at_s))
    expression = np.zeros(52, dtype=np.float32)
    expression[JAW] = 0.5 + 0.4 * course(at_s)
    seen = np.full(BONE_COUNT, confidence, dtype=np.float32)
    stamp = Stamp(seq, round((START_S + at_s) * 1e9))
    return RigPose(stamp, rotations, np.zeros(3, dtype=np.float32), expression, seen, 1.0)


def play(period_s: float, late_s: float, *, seconds: float = 20.0, lost_s: float = 99.0, gone_s: float = 99.0) -> np.ndarray:
    """Push a pose every `period_s`, each `late_s` late; the body is lost and the camera gone from those times on.

    Return (T, 5): of each sample at 60 Hz, from the first push on, its time, the arm's angle, the jaw, and what is tracked
    of arm and face.
    """
    motion, pushed, rows = Motion(), 0, []
    for k in range(round(seconds * 60)):
        now_s = k / 60
        while pushed * period_s + late_s <= now_s and pushed * period_s < gone_s:
            at_s = pushed * period_s
            motion.push(pose(pushed, at_s, confidence=float(at_s < lost_s)))
            pushed += 1
        if pushed:
            shown = motion.sample(round((START_S + now_s) * 1e9))
            angle = float(quat.log(shown.rotations[ARM].astype(np.float64))[1])
            rows.append([now_s, angle, float(shown.expression[JAW]), float(shown.confidence[ARM]), shown.face_confidence])
    return np.array(rows)


@pytest.mark.parametrize(("period_s", "late_s"), SLOW)
def test_who_is_in_every_tracking_is_shown_however_slow_the_tracker(period_s: float, late_s: float) -> None:
    """From the first pose on the avatar never goes to idle."""
    shown = play(period_s, late_s)
    assert shown[:, 3:].min() == 1.0


@pytest.mark.parametrize(("period_s", "late_s"), SLOW)
def test_a_slow_tracker_is_followed_late_but_steadily(period_s: float, late_s: float) -> None:
    """A slow swing is shown a period or so after it arrived, and not in leaps of a whole measurement."""
    shown = play(period_s, late_s)
    shown = shown[shown[:, 0] > 8]
    delays_s = np.arange(0.0, 2.5, 0.01)
    rms = [np.sqrt(np.mean([(row[1] - 0.8 * course(row[0] - delay_s)) ** 2 for row in shown])) for delay_s in delays_s]
    assert delays_s[int(np.argmin(rms))] < late_s + 1.1 * period_s
    assert min(rms) < 0.12 * period_s / 0.8 + 0.01
    leap = 0.8 * 2 * np.pi * 0.2 * period_s
    assert np.abs(np.diff(shown[:, 1])).max() < max(0.15 * leap, 0.022)
    assert np.abs(np.diff(shown[:, 2])).max() < 0.05


@pytest.mark.parametrize(("period_s", "late_s"), SLOW)
def test_a_part_that_a_slow_tracker_no_longer_finds_idles(period_s: float, late_s: float) -> None:
    """A tracking without the body says so: it is let go once what is shown has held it for its time; the face stays."""
    times = PartTimes()
    shown = play(period_s, late_s, lost_s=8.0)
    known_s = 8.0 + late_s + 2 * period_s
    later = shown[shown[:, 0] > known_s + times.hold_s + times.decay_s]
    assert later[:, 3].max() == 0.0
    assert later[:, 4].min() == 1.0


@pytest.mark.parametrize(("period_s", "late_s"), SLOW)
def test_a_slow_camera_that_is_gone_leads_to_idle(period_s: float, late_s: float) -> None:
    """When no pose comes for longer than is usual, everything eases to idle."""
    times = PartTimes()
    shown = play(period_s, late_s, gone_s=8.0)
    later = shown[shown[:, 0] > 8.0 + late_s + period_s + times.hold_s + times.decay_s]
    assert later[:, 3:].max() == 0.0


def test_one_pause_of_a_quick_camera_is_a_pause() -> None:
    """Nothing comes for a second: the avatar goes to idle as ever, and afterwards runs no later than before."""
    motion = Motion()
    delays_s = []
    for frame in [*range(60), *range(90, 150)]:
        motion.push(pose(frame, frame / 30))
        delays_s.append(motion.delay_s)
        for beat in range(2):
            motion.sample(round((START_S + frame / 30 + 0.045 + beat / 60) * 1e9))
        if frame == 59:
            held = [motion.sample(round((START_S + 2.1 + k / 60) * 1e9)) for k in range(50)]
            assert held[-1].confidence[ARM] < 0.5
    assert max(delays_s[60:]) == pytest.approx(delays_s[59], abs=0.003)
