"""Tests of `avatar.expressions`."""

import numpy as np
import pytest

from avatar.expressions import Face, Lids, RestingFace, expression_values, eyes_open
from trackers.skeleton import EXPRESSION_INDEX

LEFT, RIGHT = EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]
NEUTRAL = np.zeros(52, dtype=np.float32)


def values(neutral: np.ndarray = NEUTRAL, **measured: float) -> np.ndarray:
    """Return the avatar's coefficients for some measured ones, the rest zero."""
    raw = np.zeros(52, dtype=np.float32)
    for name, value in measured.items():
        raw[EXPRESSION_INDEX[name]] = value
    return expression_values(raw, neutral=neutral)


def test_rest_is_rest() -> None:
    """Small coefficients of a still face move nothing."""
    assert not values().any()
    assert values(eyeBlinkLeft=0.15, eyeBlinkRight=0.18, browInnerUp=0.05, mouthSmileLeft=0.03).max() == 0.0


def test_everything_open_stays_within_bounds() -> None:
    """Gains never pass 1, and one stays one."""
    got = expression_values(np.ones(52, dtype=np.float32), neutral=NEUTRAL)
    assert got.dtype == np.float32
    assert got.min() >= 0.0
    assert got.max() == 1.0
    assert got[EXPRESSION_INDEX["jawOpen"]] == 1.0


def lids_of(pairs: list[tuple[float, float]], *, yaw_deg: float = 0.0, fps: float = 30.0) -> np.ndarray:
    """Return (N, 2) what the lids do for measured pairs above rest, with the gain that lids have."""
    lids, out = Lids(), []
    for i, pair in enumerate(pairs):
        blink = np.clip(1.9 * np.array(pair), 0, 1)
        out.append(lids.update(blink, measured=np.array(pair), yaw_rad=np.radians(yaw_deg), time_ns=round(i * 1e9 / fps)))
    return np.array(out)


def test_a_lopsided_blink_closes_both_lids_alike() -> None:
    """One lid leads and closes further: both of the avatar's follow, and reach nearly the deeper one."""
    got = lids_of([(0.0, 0.0), (0.3, 0.15), (0.5, 0.3), (0.5, 0.3), (0.3, 0.15), (0.0, 0.0)])
    np.testing.assert_array_equal(got[:, 0], got[:, 1])
    assert got.max() > 0.85


@pytest.mark.parametrize("fps", [30.0, 60.0])
@pytest.mark.parametrize("side", [0, 1])
def test_a_wink_passes_within_150_ms(fps: float, side: int) -> None:
    """One eye shut and the other open is a wink soon after it is clear; the open eye hardly moves meanwhile."""
    ramp = np.clip(np.arange(round(0.6 * fps)) / (0.05 * fps), 0, 1)  # shut within 50 ms
    pairs = np.full((len(ramp), 2), 0.05)
    pairs[:, side] = np.maximum(0.55 * ramp, 0.05)
    got = lids_of([tuple(pair) for pair in pairs], fps=fps)
    clear = int(np.argmax(pairs[:, side] > 0.4))
    assert got[clear + round(0.15 * fps), side] > 0.9
    assert got[:, 1 - side].max() < 0.36
    assert got[-1, 1 - side] < 0.05


def test_a_wink_ends_later_than_it_begins() -> None:
    """Once it is a wink, a smaller difference keeps it one; when the eyes come together it is over."""
    winking = [(0.5, 0.05)] * 12
    kept = lids_of([*winking, *[(0.45, 0.2)] * 12])
    assert kept[-1, 0] - kept[-1, 1] > 0.3
    over = lids_of([*winking, *[(0.35, 0.25)] * 12])
    assert over[-1, 0] == over[-1, 1]
    never = lids_of([(0.0, 0.0), *[(0.45, 0.2)] * 24])
    np.testing.assert_array_equal(never[:, 0], never[:, 1])


def test_noise_never_winks() -> None:
    """A minute of lids that are read 0.2 apart, as behind glasses, with noise and blinks: both always alike."""
    rng = np.random.default_rng(7)
    base = np.stack([np.full(1800, 0.0), np.full(1800, 0.2)], axis=1)
    base[np.arange(1800) % 90 < 4] = (0.35, 0.5)
    got = lids_of([tuple(pair) for pair in np.clip(base + rng.normal(0, 0.04, base.shape), 0, 1)])
    np.testing.assert_array_equal(got[:, 0], got[:, 1])


@pytest.mark.parametrize(("yaw_deg", "near"), [(35.0, 1), (-35.0, 0)])
def test_the_far_eye_of_a_turned_head_follows_the_near_one(yaw_deg: float, near: int) -> None:
    """Turned to the own left, the left eye is the far one: whatever is read there, the right one counts."""
    pairs = [(0.5, 0.1) if near == 1 else (0.1, 0.5)] * 20
    np.testing.assert_allclose(lids_of(pairs, yaw_deg=yaw_deg), 0.19, atol=1e-6)
    blink = [(0.1, 0.5) if near == 1 else (0.5, 0.1)] * 20
    np.testing.assert_allclose(lids_of(blink, yaw_deg=yaw_deg), 0.95, atol=1e-6)


def test_lids_come_without_a_step() -> None:
    """From coupled over apart to a wink and back, slowly: never more than a small step from picture to picture."""
    way = np.concatenate([np.linspace(0.05, 0.55, 120), np.full(30, 0.55), np.linspace(0.55, 0.05, 120)])
    got = lids_of([(float(x), 0.05) for x in way], fps=60)
    assert np.abs(np.diff(got, axis=0)).max() < 0.36  # the blend into a wink takes 50 ms


def test_a_range_pass_sets_the_ones() -> None:
    """Who opens the mouth only to 0.4 opens the avatar's wide; where no range was measured the usual gain stays."""
    most = np.zeros(52, dtype=np.float32)
    jaw, smile = EXPRESSION_INDEX["jawOpen"], EXPRESSION_INDEX["mouthSmileLeft"]
    most[jaw] = 0.4
    measured = face(jawOpen=0.4, mouthSmileLeft=0.4)
    plain, ranged = (expression_values(measured, neutral=NEUTRAL, most=m) for m in (None, most))
    assert plain[jaw] < 0.65
    assert ranged[jaw] == 1.0
    assert ranged[smile] == plain[smile]


def test_a_bad_range_pass_cannot_break_the_avatar() -> None:
    """Gains stay within bounds, whatever the range: rest is rest, and the widest opens at least halfway."""
    for most_value in (0.01, 0.16, 1.0):
        most = np.full(52, most_value, dtype=np.float32)
        assert not expression_values(face(jawOpen=0.02, eyeBlinkLeft=0.15), neutral=NEUTRAL, most=most).any()
        small = expression_values(face(jawOpen=0.1), neutral=NEUTRAL, most=most)
        assert small[EXPRESSION_INDEX["jawOpen"]] < 0.25
        wide = expression_values(np.ones(52, dtype=np.float32), neutral=NEUTRAL, most=most)
        assert wide.min() >= 0.5


def test_opening_the_eyes_wide_ends_with_a_blink() -> None:
    """A shut eye is not wide open too."""
    person = Face()
    for i in range(6):
        got = person.update(
            face(eyeBlinkLeft=0.9, eyeBlinkRight=0.9, eyeWideLeft=0.8, eyeWideRight=0.8),
            neutral=NEUTRAL,
            most=None,
            yaw_rad=0.0,
            time_ns=i * 33_333_333,
        )
    assert got[LEFT] == got[RIGHT] == 1.0
    assert got[EXPRESSION_INDEX["eyeWideLeft"]] == 0.0


def test_looking_down_is_not_half_a_blink() -> None:
    """The tracker counts a lowered gaze as a half closed lid; most of that is taken back."""
    down = values(eyeBlinkLeft=0.4, eyeBlinkRight=0.4, eyeLookDownLeft=0.6, eyeLookDownRight=0.6)
    assert down[LEFT] < 0.1
    assert eyes_open(down) > 0.9


def test_a_calibrated_neutral_is_taken_off() -> None:
    """A person whose lids or brows rest high is at rest, and still reaches the full range."""
    neutral = np.zeros(52, dtype=np.float32)
    neutral[[LEFT, RIGHT]] = 0.3
    neutral[EXPRESSION_INDEX["browInnerUp"]] = 0.4
    rest = values(neutral, eyeBlinkLeft=0.32, eyeBlinkRight=0.3, browInnerUp=0.41)
    assert rest.max() < 0.02
    assert values(neutral, eyeBlinkLeft=0.8, eyeBlinkRight=0.8)[LEFT] > 0.9
    assert values(neutral, browInnerUp=0.95)[EXPRESSION_INDEX["browInnerUp"]] > 0.9


def face(**measured: float) -> np.ndarray:
    """Return measured coefficients, the rest zero."""
    raw = np.zeros(52, dtype=np.float32)
    for name, value in measured.items():
        raw[EXPRESSION_INDEX[name]] = value
    return raw


def test_a_running_rest_learns_lids_and_brows_within_seconds() -> None:
    """A person whose lids and brows rest half way looks awake and calm after three seconds, in spite of blinks."""
    resting = RestingFace()
    still = face(
        eyeBlinkLeft=0.42, eyeBlinkRight=0.40, browDownLeft=0.3, browDownRight=0.3, eyeLookDownLeft=0.7, eyeLookDownRight=0.7
    )
    for i in range(90):
        blinking = i % 45 in (20, 21, 22)
        neutral = resting.update(face(eyeBlinkLeft=0.8, eyeBlinkRight=0.8) if blinking else still, time_ns=i * 33_333_333)
    got = expression_values(still, neutral=neutral)
    assert got[LEFT] < 0.15
    assert got[EXPRESSION_INDEX["browDownLeft"]] < 0.1
    closed = face(eyeBlinkLeft=0.8, eyeBlinkRight=0.8, eyeLookDownLeft=0.7, eyeLookDownRight=0.7)
    assert expression_values(closed, neutral=neutral)[LEFT] > 0.9


def test_a_smile_held_for_a_minute_stays_a_smile() -> None:
    """What is held beyond a resting face's range is an expression, however long."""
    resting = RestingFace()
    smile = face(mouthSmileLeft=0.8, mouthSmileRight=0.8)
    for i in range(1800):
        neutral = resting.update(smile, time_ns=i * 33_333_333)
    assert expression_values(smile, neutral=neutral)[EXPRESSION_INDEX["mouthSmileLeft"]] > 0.9
