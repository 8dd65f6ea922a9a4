"""The user is told when parts are looked at too seldom for gestures."""

import numpy as np

from stream.events import Event, EventLog
from stream.gestures.look_rate import LookRate
from trackers.gestures.types import Look
from trackers.types import HandTracking, Stamp, Tracking

HAND = HandTracking(np.zeros((21, 3), np.float32), np.zeros((21, 3), np.float32), 1.0, 0.0)


def told(*, every: int, seconds: float, seen: bool = True, parts: tuple[str, ...] = ("left_hand",)) -> list[str]:
    """Return what is told of a film at 30 frames a second in which the hand is looked at in every so manieth frame."""
    events, news = EventLog(), list[Event]()
    events.listen(news.append)
    rate = LookRate(parts, events=events)
    for seq in range(int(seconds * 30)):
        predicted = frozenset() if seq % every == 0 else frozenset({"left_hand"})
        hand = HAND if seen else None
        tracking = Tracking(Stamp(seq, seq * 33_333_333), 640, 480, None, hand, None, None, predicted=predicted)
        rate.look(Look(tracking, frozenset(), frozenset({"left_hand"} if seen else ())), (), {})
    events.deliver()
    return [event.text for event in news]


def test_too_few_looks_are_told_once() -> None:
    """One sentence with what helps, and not again for two minutes."""
    (text,) = told(every=30, seconds=30)
    assert text.startswith("the left hand is looked at only 1.")
    assert "times a second, so gestures may be missed: this computer is busy;" in text


def test_looks_of_a_resting_hand_are_enough() -> None:
    """A hand that does not move rests between looks by design."""
    assert told(every=10, seconds=30) == []


def test_a_part_that_is_not_there_is_not_missed() -> None:
    """Nobody waits for looks at a hand that is out of sight, or that no rule asks about."""
    assert told(every=30, seconds=30, seen=False) == []
    assert told(every=30, seconds=30, parts=("body",)) == []
