"""Tests of `avatar.calibration_range`: the range pass on synthetic people, with all that goes wrong."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from calibration_people import BLINK, JAW, quiet, run
from synthetic_person import Person

from avatar.calibration import Calibration, Progress
from avatar.calibration_range import FREE, MOVEMENTS, RANGE_PATIENCE_S, RANGE_STEP_S, RangePass
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp, Tracking


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


SHOWN = {"jawOpen": 0.55, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.6, "eyeBlinkLeft": 0.9, "browInnerUp": 0.2}


def test_the_range_pass_sets_ones_for_what_moved() -> None:
    """Each coefficient that was shown gets its most; what hardly moved keeps the old one; the zeros stay."""
    base = replace(Calibration(), expression=np.full(52, 0.1, np.float32))
    calibrating = RangePass(base)
    told = run(calibrating, moves(SHOWN), seconds=60)
    assert [text for i, text in enumerate(p.text for p in told) if i == 0 or told[i - 1].text != text] == [
        *(movement.text for movement in MOVEMENTS),
        "Calibrated: your own range is set for 3 of 26 expressions.",
    ]
    result = calibrating.result
    assert result is not None
    assert result.range_count == 3
    assert result.most[JAW] == pytest.approx(0.55)
    assert result.most[EXPRESSION_INDEX["mouthSmileLeft"]] == pytest.approx(0.8)
    assert result.most[EXPRESSION_INDEX["mouthSmileRight"]] == pytest.approx(0.6)
    assert result.most[BLINK] == 0.0  # one lid alone would make a lopsided face
    np.testing.assert_array_equal(result.expression, base.expression)


def test_a_flash_is_not_a_range() -> None:
    """A value that stands for one or two frames is noise."""
    flash, rest = Person(expression={JAW: 1.0}).tracking(), Person(expression={JAW: 0.5}).tracking()
    calibrating = RangePass(Calibration(), movements=(FREE,), step_s=4.0)
    open_ = Person(expression={JAW: 0.7}).tracking()
    told = run(calibrating, lambda i: flash if i % 60 == 7 else open_ if 40 < i < 60 else rest, seconds=10)
    assert told[-1].state == "done"
    assert calibrating.result is not None
    assert calibrating.result.most[JAW] == pytest.approx(0.7)


def test_a_range_pass_waits_for_a_lost_face_and_gives_up() -> None:
    """Time without a face does not count; too much of it, or nothing shown, keeps the old calibration."""
    person, away = Person(expression={JAW: 0.6}).tracking(), quiet(with_face=False)
    calibrating = RangePass(Calibration(), movements=(FREE,), step_s=2.0)
    told = run(calibrating, lambda i: away if 30 <= i < 90 else person if i < 20 else quiet(), seconds=20)
    assert told[60] == Progress("waiting", told[29].share, "Your face is not in the picture; the pass waits for it.")
    assert told[-1].state == "done"
    assert len(told) / 30 == pytest.approx(4.0, abs=0.2)

    lost = run(gone := RangePass(Calibration()), lambda i: person if i < 30 else away, seconds=60)
    assert len(lost) / 30 == pytest.approx(1.0 + RANGE_PATIENCE_S, abs=0.2)
    assert lost[-1].text.startswith("Calibration stopped: your face was not seen for 10 seconds; the old calibration stays;")
    assert gone.result is None

    still = run(stiff := RangePass(Calibration()), lambda _: quiet(), seconds=60)
    assert "no movement was clear enough" in still[-1].text
    assert stiff.result is None


def test_a_range_pass_goes_on_while_the_tracker_rests_the_face() -> None:
    """A face that is carried on between looks is not gone: the pass takes as long as with a look at every frame."""
    usual = quiet()
    resting = replace(usual, predicted=frozenset({"face"}))
    every, some = (
        run(RangePass(Calibration()), show, seconds=60) for show in (lambda _: usual, lambda i: resting if i % 4 else usual)
    )
    assert "waiting" not in {progress.state for progress in some}
    assert len(some) == pytest.approx(len(every), abs=4)


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


def test_time_that_goes_back_takes_nothing_off() -> None:
    """A clip that begins anew: the pass goes on where it was."""
    calibrating, shares = RangePass(Calibration()), []
    for i in range(60):
        stamp = Stamp(i, (10_000_000_000 if i < 30 else 0) + i * 33_333_333)
        shares.append(calibrating.add(replace(quiet(), stamp=stamp)).share)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(58 / 30 / (RANGE_STEP_S * len(MOVEMENTS)), rel=0.01)
