"""Tests of `avatar.calibration`."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_person import Person

from avatar import rotations as rot
from avatar.calibration import LEAST_FACES, Calibration, Calibrator
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp

BLINK = EXPRESSION_INDEX["eyeBlinkLeft"]


def test_collects_for_a_second_or_two_and_takes_the_median() -> None:
    """It answers after 1.2 s of faces, with the person's usual face: a blink meanwhile does not count."""
    person = Person(gaze_rad=(0.1, -0.05), expression={BLINK: 0.2}).turn("head", rot.X, 12)
    blinking = Person(gaze_rad=(0.1, 0.3), expression={BLINK: 0.9}).turn("head", rot.X, 12)
    calibrator, result = Calibrator(), None
    frames = {False: person.tracking(), True: blinking.tracking()}
    for i in range(90):
        tracking = replace(frames[i % 9 == 4], stamp=Stamp(i, i * 33_333_333))
        result = calibrator.add(tracking)
        if result is not None:
            break
    assert i == pytest.approx(37, abs=1)
    assert result is not None
    assert result.expression[BLINK] == pytest.approx(0.2)
    np.testing.assert_allclose(result.gaze_rad, [0.1, -0.05], atol=1e-6)
    pitch = rot.yaw_pitch_roll(rot.from_matrix(result.head_offset))[1]
    assert np.degrees(pitch) == pytest.approx(12, abs=0.1)


def test_frames_without_a_face_do_not_count() -> None:
    """A person who is away is not calibrated, however long it takes."""
    person = Person(with_face=False).tracking()
    calibrator = Calibrator()
    assert all(calibrator.add(replace(person, stamp=Stamp(i, i * 10**8))) is None for i in range(60))


def test_a_slow_tracker_needs_enough_faces() -> None:
    """At five frames a second it waits for its number of faces."""
    person = Person().tracking()
    calibrator = Calibrator()
    answers = [calibrator.add(replace(person, stamp=Stamp(i, i * 200_000_000))) for i in range(LEAST_FACES)]
    assert all(answer is None for answer in answers[:-1])
    assert answers[-1] is not None


def test_shapes_are_checked() -> None:
    """A wrong array is refused by name."""
    with pytest.raises(ValueError, match=r"Calibration.expression must have shape \(52\), got \(51,\)"):
        Calibration(expression=np.zeros(51, dtype=np.float32))
