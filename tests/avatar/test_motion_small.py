"""Small things in `avatar.motion`: small gestures live, rest is rest, and slow turns neither stick nor slip."""

from collections.abc import Callable

import numpy as np
import pytest

from avatar import rotations as rot
from avatar.motion import Motion
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.types import Stamp

LATENCY_S = 0.045
BONES = ["head", "rightLowerArm", "rightHand", "rightIndexProximal"]


def play(bone: str, course_deg: Callable[[float], float], *, noise_deg: float = 0.0, seconds: float = 4.0) -> np.ndarray:
    """Drive one bone about an axis at 30 Hz, each pose `LATENCY_S` late; return its angle in degrees as shown at 60 Hz."""
    motion, pushed, shown, rng = Motion(), 0, [], np.random.default_rng(4)
    for k in range(round(seconds * 60)):
        now = 10.0 + k / 60
        while 10.0 + pushed / 30 + LATENCY_S <= now:
            at = pushed / 30
            rotations = np.tile(np.array([0, 0, 0, 1], dtype=np.float32), (BONE_COUNT, 1))
            turn = rot.about(rot.Y, np.radians(course_deg(at)))
            shaken = quat.multiply(turn, quat.exp(np.radians(noise_deg / np.sqrt(3)) * rng.normal(size=3)))
            rotations[BONE_INDEX[bone]] = shaken
            stamp = Stamp(pushed, round((10.0 + at) * 1e9))
            seen = np.ones(BONE_COUNT, dtype=np.float32)
            motion.push(RigPose(stamp, rotations, np.zeros(3, np.float32), np.zeros(52, np.float32), seen, 1.0))
            pushed += 1
        sample = motion.sample(round(now * 1e9)).rotations[BONE_INDEX[bone]].astype(np.float64)
        shown.append(np.degrees(quat.log(sample)[1]))
    return np.array(shown)


@pytest.mark.parametrize("bone", BONES)
@pytest.mark.parametrize(("wave_hz", "size_deg", "least"), [(2.0, 6.0, 0.9), (4.0, 9.0, 0.75)])
def test_small_quick_waves_live(bone: str, wave_hz: float, size_deg: float, least: float) -> None:
    """A nod of 6 degrees and a quick shake of 9 keep their swing, and gain none that would be seen, in noise too."""
    for noise_deg in (0.0, 0.3):
        shown = play(bone, lambda t: size_deg * float(np.sin(2 * np.pi * wave_hz * t)), noise_deg=noise_deg)
        times = np.arange(len(shown)) / 60
        swing = 2 * abs(np.mean(shown[60:] * np.exp(-2j * np.pi * wave_hz * times[60:]))) / size_deg
        assert least <= swing < 1.25


@pytest.mark.parametrize("bone", BONES)
def test_a_slow_turn_neither_sticks_nor_slips(bone: str) -> None:
    """At 5 degrees a second every output step is within 40 % of the turn's own speed, and it is not left behind."""
    shown = play(bone, lambda t: 5.0 * t)
    steps = np.diff(shown[60:]) * 60
    assert steps.min() > 0.6 * 5.0
    assert steps.max() < 1.4 * 5.0
    assert np.abs(np.diff(shown[60:], 2)).max() < 0.03  # degrees from picture to picture
    assert 5.0 * (len(shown) - 1) / 60 - shown[-1] < 3.5


@pytest.mark.parametrize("bone", BONES)
def test_a_slow_turn_in_noise_is_smoother_than_what_was_measured(bone: str) -> None:
    """With the tracker's noise in it, a slow turn's second differences are less than half of the measured ones."""
    noise_deg = 0.5
    measured = 5.0 * np.arange(120) / 30 + np.random.default_rng(5).normal(scale=noise_deg / np.sqrt(3), size=120)
    rough = np.diff(np.repeat(measured, 2), 2).std()
    assert np.diff(play(bone, lambda t: 5.0 * t, noise_deg=noise_deg)[60:], 2).std() < 0.5 * rough


@pytest.mark.parametrize("bone", BONES)
@pytest.mark.parametrize("noise_deg", [0.3, 0.6])
def test_rest_is_rest_at_any_noise(bone: str, noise_deg: float) -> None:
    """A quiet camera and one twice as noisy: less than a fifth of the noise is shown."""
    shown = play(bone, lambda t: 20.0, noise_deg=noise_deg)[90:]
    assert shown.std() < 0.2 * noise_deg / np.sqrt(3) + 0.02
    assert shown.mean() == pytest.approx(20.0, abs=0.5)


@pytest.mark.parametrize("bone", BONES)
def test_after_a_move_what_rests_is_where_it_was_measured(bone: str) -> None:
    """The dead band leaves nothing standing off: a second after a turn, what is left is less than a degree."""
    shown = play(bone, lambda t: 30.0 * min(max((t - 1.0) / 0.4, 0.0), 1.0))
    assert shown[round(2.5 * 60)] == pytest.approx(30.0, abs=1.0)
