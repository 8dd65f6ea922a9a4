"""Tests of `avatar.calibration`: the neutral pass on synthetic people, with all that goes wrong."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_people import BLINK, BOTH, JAW, quiet, run
from synthetic_person import Person

from avatar import rotations as rot
from avatar.calibration import LEAST_FACES, NEUTRAL_PATIENCE_S, NEUTRAL_S, Calibration, NeutralPass, Progress
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp


def test_two_seconds_of_a_quiet_face_set_the_zeros() -> None:
    """Expression, head and gaze are the person's usual ones: blinks and glances aside meanwhile do not count."""
    usual = quiet()
    blink = Person(gaze_rad=(0.1, 0.3), expression=BOTH | {BLINK: 0.9}).turn("head", rot.X, 12).tracking()
    aside = Person(gaze_rad=(0.5, -0.05), expression=BOTH).turn("head", rot.X, 12).turn("head", rot.Y, 30).tracking()
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda i: blink if i % 12 == 4 else aside if 20 <= i < 35 else usual, seconds=5)
    assert len(told) / 30 == pytest.approx(NEUTRAL_S, abs=0.1)
    shares = [progress.share for progress in told]
    assert shares == sorted(shares)
    assert told[-1] == Progress("done", 1.0, "Calibrated: this is your neutral face now.")
    result = calibrating.result
    assert result is not None
    assert result.expression[BLINK] == pytest.approx(0.2)
    np.testing.assert_allclose(result.gaze_rad, [0.1, -0.05], atol=1e-6)
    assert np.degrees(rot.yaw_pitch_roll(rot.from_matrix(result.head_offset))) == pytest.approx((0, 12, 0), abs=0.1)


def test_a_lost_face_stops_the_progress_and_says_so() -> None:
    """Time without a face does not count, nor does a face that was only predicted."""
    usual, away = quiet(), quiet(with_face=False)
    guessed = replace(usual, predicted=frozenset({"face"}))
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda i: (away if i < 45 else guessed) if 30 <= i < 60 else usual, seconds=6)
    assert {progress.share for progress in told[30:60]} == {told[29].share}
    assert told[40] == Progress("waiting", told[29].share, "Your face is not in the picture; look at the camera.")
    assert told[-1].state == "done"
    assert len(told) / 30 == pytest.approx(NEUTRAL_S + 1.0, abs=0.15)


def test_a_face_that_was_carried_on_is_not_gone() -> None:
    """The tracker rests a face that hardly moves: nobody is told that it is gone, and its time counts once it was looked at."""
    usual = quiet()
    resting = replace(usual, predicted=frozenset({"face"}))
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda i: usual if i % 4 == 0 else resting, seconds=12)
    assert {progress.state for progress in told} == {"collecting", "done"}
    assert len(told) / 30 == pytest.approx(max(NEUTRAL_S, 4 * LEAST_FACES / 30), abs=0.15)


def test_without_a_face_it_gives_up_in_one_sentence() -> None:
    """After a bounded time the pass fails, and there is no result."""
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda _: quiet(with_face=False), seconds=60)
    assert len(told) / 30 == pytest.approx(NEUTRAL_PATIENCE_S, abs=0.1)
    assert told[-1].text == (
        "Calibration stopped: 2 seconds of a quiet, neutral face did not come within 12; the old calibration stays; "
        "look at the camera with a neutral face and try again."
    )
    assert calibrating.result is None
    assert calibrating.add(quiet()).state == "failed"


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (Person().turn("head", rot.Y, 50), "Turn your head to the camera."),
        (Person(expression={BLINK: 0.8, EXPRESSION_INDEX["eyeBlinkRight"]: 0.8}), "Open your eyes."),
        (Person(expression={JAW: 0.8}), "Close your mouth."),
        (Person(gaze_rad=(1.05, 0.0)), "Look at the camera."),
        (Person(expression={EXPRESSION_INDEX[f"mouthSmile{side}"]: 0.9 for side in ("Left", "Right")}), "Do not smile."),
    ],
)
def test_what_cannot_be_neutral_is_not_taken(person: Person, text: str) -> None:
    """A head turned far away, shut eyes or an open mouth must not become the zero."""
    tracking = person.tracking()
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda _: tracking, seconds=60)
    assert text in {progress.text for progress in told}
    assert told[-1].text.endswith(f"the old calibration stays; {text[0].lower()}{text[1:-1]} and try again.")
    assert calibrating.result is None


def test_a_restless_head_is_asked_to_hold_still() -> None:
    """Someone who keeps looking round is told to stop, and calibrated when they do."""
    turned = [Person().turn("head", rot.Y, yaw).tracking() for yaw in range(-30, 31, 4)]
    straight = Person().tracking()
    calibrating = NeutralPass(Calibration())
    told = run(calibrating, lambda i: turned[i % len(turned)] if i < 75 else straight, seconds=10)
    assert "Hold still, and look at the camera." in {progress.text for progress in told}
    assert told[-1].state == "done"
    assert calibrating.result is not None
    assert np.abs(np.degrees(rot.yaw_pitch_roll(rot.from_matrix(calibrating.result.head_offset)))).max() < 1


def test_time_that_goes_back_takes_nothing_off() -> None:
    """A clip that begins anew after a second: what was collected counts on."""
    usual, calibrating = quiet(), NeutralPass(Calibration())
    for i in range(80):
        stamp = Stamp(i, (10_000_000_000 if i < 30 else 0) + i * 33_333_333)
        told = calibrating.add(replace(usual, stamp=stamp))
    assert told.state == "done"


def test_a_slow_tracker_needs_enough_faces() -> None:
    """At five frames a second it waits for its number of faces."""
    told = run(NeutralPass(Calibration()), lambda _: quiet(), seconds=10, fps=5)
    assert told[-1].state == "done"
    assert len(told) == LEAST_FACES


def test_shapes_are_checked() -> None:
    """A wrong array is refused by name."""
    with pytest.raises(ValueError, match=r"Calibration.expression must have shape \(52\), got \(51,\)"):
        Calibration(expression=np.zeros(51, dtype=np.float32))
