"""Tests of `avatar.calibration`: the two passes on synthetic people, with all that goes wrong."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from synthetic_person import Person

from avatar import rotations as rot
from avatar.calibration import (
    FREE,
    LEAST_FACES,
    MOVEMENTS,
    NEUTRAL_PATIENCE_S,
    NEUTRAL_S,
    RANGE_PATIENCE_S,
    RANGE_STEP_S,
    Calibration,
    NeutralPass,
    Progress,
    RangePass,
)
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp, Tracking

BLINK, JAW = EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["jawOpen"]
BOTH = {BLINK: 0.2, EXPRESSION_INDEX["eyeBlinkRight"]: 0.25}


@cache
def quiet(**changes: object) -> Tracking:
    """Return a person who looks straight on, with lids at rest and the camera a little above."""
    return Person(gaze_rad=(0.1, -0.05), expression=BOTH, **changes).turn("head", rot.X, 12).tracking()  # type: ignore[arg-type]


def run(
    calibrating: NeutralPass | RangePass, picture: Callable[[int], Tracking], *, seconds: float, fps: float = 30.0
) -> list[Progress]:
    """Feed the pass until it ends or `seconds` are over."""
    told = []
    for i in range(round(seconds * fps)):
        told.append(calibrating.add(replace(picture(i), stamp=Stamp(i, round(i * 1e9 / fps)))))
        if told[-1].state in ("done", "failed"):
            break
    return told


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


def test_a_slow_tracker_needs_enough_faces() -> None:
    """At five frames a second it waits for its number of faces."""
    told = run(NeutralPass(Calibration()), lambda _: quiet(), seconds=10, fps=5)
    assert told[-1].state == "done"
    assert len(told) == LEAST_FACES


@cache
def showing(expression: tuple[tuple[int, float], ...]) -> Tracking:
    """Return a person who looks straight on with this expression."""
    return Person(expression=dict(expression)).tracking()


def moves(values: dict[str, float], *, rest: float = 0.1) -> Callable[[int], Tracking]:
    """Return someone who shows each movement in its own time, as far as `values` say, for a part of that time."""
    step = round(RANGE_STEP_S * 30)

    def picture(i: int) -> Tracking:
        movement = MOVEMENTS[min(i // step, len(MOVEMENTS) - 1)]
        up = 0.3 < (i % step) / step < 0.7
        names = movement.coefficients
        return showing(tuple((EXPRESSION_INDEX[name], values.get(name, rest) if up else rest) for name in names))

    return picture


def test_the_range_pass_sets_ones_for_what_moved() -> None:
    """Each coefficient that was shown gets its most; what hardly moved keeps the old one; the zeros stay."""
    base = replace(Calibration(), expression=np.full(52, 0.1, np.float32))
    calibrating = RangePass(base)
    told = run(calibrating, moves({"jawOpen": 0.55, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.12}), seconds=60)
    assert [text for i, text in enumerate(p.text for p in told) if i == 0 or told[i - 1].text != text] == [
        *(movement.text for movement in MOVEMENTS),
        "Calibrated: your own range is set for 2 of 18 expressions.",
    ]
    result = calibrating.result
    assert result is not None
    assert result.range_count == 2
    assert result.most[JAW] == pytest.approx(0.55)
    assert result.most[EXPRESSION_INDEX["mouthSmileLeft"]] == pytest.approx(0.8)
    np.testing.assert_array_equal(result.expression, base.expression)


def test_a_flash_is_not_a_range() -> None:
    """A value that stands for one or two frames is noise."""
    flash, rest = Person(expression={JAW: 1.0}).tracking(), Person(expression={JAW: 0.5}).tracking()
    calibrating = RangePass(Calibration(), movements=(FREE,), step_s=4.0)
    told = run(calibrating, lambda i: flash if i % 60 == 7 else rest, seconds=10)
    assert told[-1].state == "done"
    assert calibrating.result is not None
    assert calibrating.result.most[JAW] == pytest.approx(0.5)


def test_a_range_pass_waits_for_a_lost_face_and_gives_up() -> None:
    """Time without a face does not count; too much of it, or nothing shown, keeps the old calibration."""
    person, away = Person(expression={JAW: 0.6}).tracking(), quiet(with_face=False)
    calibrating = RangePass(Calibration(), movements=(FREE,), step_s=2.0)
    told = run(calibrating, lambda i: away if 30 <= i < 90 else person, seconds=20)
    assert told[60] == Progress("waiting", told[29].share, "Your face is not in the picture; the pass waits for it.")
    assert told[-1].state == "done"
    assert len(told) / 30 == pytest.approx(4.0, abs=0.2)

    lost = run(gone := RangePass(Calibration()), lambda i: person if i < 30 else away, seconds=60)
    assert len(lost) / 30 == pytest.approx(1.0 + RANGE_PATIENCE_S, abs=0.2)
    assert lost[-1].text.startswith("Calibration stopped: your face was not seen for 10 seconds; the old calibration stays;")
    assert gone.result is None

    still = run(stiff := RangePass(Calibration()), lambda _: quiet(), seconds=60)
    assert still[-1].state == "done" or "no movement was clear enough" in still[-1].text
    assert stiff.result is None or stiff.result.range_count <= 2


def test_a_range_pass_may_end_early() -> None:
    """A clip that is shorter than the pass gives what it showed."""
    calibrating = RangePass(Calibration())
    run(calibrating, moves({"jawOpen": 0.7}), seconds=3)
    assert calibrating.end().state == "done"
    assert calibrating.result is not None
    assert calibrating.result.range_count == 1
    empty = RangePass(Calibration())
    assert empty.end().text == (
        "Calibration stopped: no movement was clear enough; the old calibration stays; try again with wider ones."
    )


def test_shapes_are_checked() -> None:
    """A wrong array is refused by name."""
    with pytest.raises(ValueError, match=r"Calibration.expression must have shape \(52\), got \(51,\)"):
        Calibration(expression=np.zeros(51, dtype=np.float32))
