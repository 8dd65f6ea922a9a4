"""Tests of `avatar.expressions`."""

import numpy as np
import pytest

from avatar.expressions import RestingFace, expression_values, eyes_open
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


def test_eyes_close_together_unless_it_is_a_wink() -> None:
    """A lopsided blink closes both lids alike; one eye shut and the other open stays a wink."""
    blink = values(eyeBlinkLeft=0.65, eyeBlinkRight=0.55)
    assert blink[LEFT] == pytest.approx(blink[RIGHT])
    assert blink[LEFT] > 0.7
    wink = values(eyeBlinkLeft=0.75, eyeBlinkRight=0.1)
    assert wink[LEFT] > 0.95
    assert wink[RIGHT] < 0.1


def test_a_wink_comes_without_a_step() -> None:
    """Between coupled and winking there is no jump."""
    got = np.array([values(eyeBlinkLeft=0.8, eyeBlinkRight=float(x))[[LEFT, RIGHT]] for x in np.linspace(0.1, 0.8, 200)])
    assert np.abs(np.diff(got, axis=0)).max() < 0.08


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
