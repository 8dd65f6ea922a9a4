"""The detector of trained gestures: the contract, and who wins."""

import numpy as np
from made_takes import ONE_OUT, REST, SALUTE, hand_held, held, look, waving
from people import nobody

from trackers.gestures.trained import ENTER, LEAVE, TrainedDetector, TrainedSet, as_confidence
from trackers.gestures.training import Lesson, train
from trackers.gestures.types import Look


def taught() -> TrainedSet:
    lessons = [
        Lesson("salute", (held(SALUTE), held(SALUTE, seed=1))),
        Lesson("hello", (waving(), waving(seed=1)), kind="motion"),
        Lesson("rock", (hand_held("Horns", "right"),)),
    ]
    return train(lessons, background=[held(REST, seconds=5)])


def test_whatever_comes_is_answered() -> None:
    """Nobody, only a hand, only a body, times that stand still: no error, finite confidences, known names."""
    detector = TrainedDetector(taught())
    takes = (hand_held("Ok", "left")[:5], held(ONE_OUT)[:5], waving()[:40], (waving()[0],) * 8)
    looks = [nobody(time_s=0.0), *(look(tracking) for take in takes for tracking in take), nobody(time_s=90.0)]
    for one in looks:
        for name, reading in detector.push(one).items():
            assert name in detector.names
            assert 0.0 <= reading.confidence <= 1.0
            assert np.isfinite(reading.confidence)


def test_what_was_not_looked_at_is_not_judged() -> None:
    """A predicted hand gives no reading."""
    detector = TrainedDetector(taught())
    one = look(hand_held("Horns", "right")[0])
    assert "rock" in detector.push(one)
    assert "rock" not in detector.push(Look(one.tracking, frozenset(), one.seen))


def test_reset_forgets_the_motion_so_far() -> None:
    """Half a wave before the reset does not count after it."""
    detector = TrainedDetector(taught())
    take = waving()
    for tracking in take[:-1]:
        detector.push(look(tracking))
    detector.reset()
    assert "hello" not in detector.push(look(take[-1]))


def test_specs() -> None:
    """Each gesture has a spec with its parts; a motion is told at once, a pose after a short hold."""
    specs = {spec.name: spec for spec in taught().specs}
    assert specs["rock"].parts == ("right_hand",)
    assert specs["rock"].about == "Your own pose, learnt from 1 take."
    assert specs["salute"].about == "Your own pose, learnt from 2 takes."
    assert (specs["salute"].hold_s, specs["hello"].hold_s) == (0.15, 0.0)
    assert all(spec.enter == ENTER and spec.leave == LEAVE for spec in specs.values())


def test_confidence_falls_with_the_distance() -> None:
    """1 at no distance, undecided at the limit, 0 far away."""
    assert as_confidence(0.0) > 0.99
    assert as_confidence(1.0) == 0.5
    assert as_confidence(np.inf) < 1e-6
