"""The recogniser: what may be judged, and that nothing fires by what was not just seen."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from trackers.gestures.recogniser import Freshness, GestureRecogniser
from trackers.gestures.types import Look, Reading, Spec
from trackers.types import HandTracking, Stamp, Tracking

HAND = HandTracking(np.zeros((21, 3), np.float32), np.zeros((21, 3), np.float32), 1.0, 0.0)


def at(seq: int, *, hand: bool = True, predicted: bool = False) -> Tracking:
    return Tracking(
        stamp=Stamp(seq, seq * 33_000_000),
        width_px=640,
        height_px=480,
        body=None,
        left_hand=HAND if hand else None,
        right_hand=None,
        face=None,
        predicted=frozenset({"left_hand"}) if predicted else frozenset(),
    )


class Always:
    """Says yes to whatever it sees."""

    names = ("left_fist", "away")

    def __init__(self) -> None:
        self.resets = 0

    def push(self, look: Look) -> Mapping[str, Reading]:
        return {"left_fist": Reading(1.0), "away": Reading(1.0 if not look.seen else 0.0)}

    def reset(self) -> None:
        self.resets += 1


def recogniser(detector: Always | None = None) -> GestureRecogniser:
    specs = (Spec("left_fist", "", ("left_hand",), hold_s=0.0, cooldown_s=0), Spec("away", "", (), hold_s=0.0, cooldown_s=0))
    return GestureRecogniser([detector or Always()], specs)


def test_nothing_fires_by_a_part_that_was_just_found() -> None:
    """A hand counts once it has been seen for the settling time."""
    judge = recogniser()
    fired = [seq for seq in range(10) if any(g.name == "left_fist" and g.phase == "start" for g in judge.push(at(seq)))]
    assert fired == [5]  # 5 * 33 ms is the first look at least 150 ms after the first


def test_nothing_fires_by_a_predicted_part() -> None:
    """A part that rests where it was is not judged, however long."""
    judge = recogniser()
    assert not any(judge.push(at(seq, predicted=True)) for seq in range(30))


def test_nothing_fires_by_a_lost_part() -> None:
    """Whatever a detector claims of a part that is not there is dropped."""
    judge = recogniser()
    names = {gesture.name for seq in range(30) for gesture in judge.push(at(seq, hand=False))}
    assert names == {"away"}


def test_a_part_that_comes_back_settles_again() -> None:
    """After a loss the first looks do not count."""
    freshness = Freshness()
    for seq in range(10):
        freshness.look(at(seq))
    assert freshness.look(at(10)).fresh == {"left_hand"}
    assert freshness.look(at(11, hand=False)).seen == frozenset()
    looks = [freshness.look(at(seq)) for seq in range(20, 26)]
    assert [bool(look.fresh) for look in looks] == [False] * 5 + [True]


def test_a_flicker_is_no_loss() -> None:
    """A part that is missing for one frame goes on as before."""
    freshness = Freshness()
    for seq in range(10):
        freshness.look(at(seq))
    freshness.look(at(10, hand=False))
    assert freshness.look(at(11)).fresh == {"left_hand"}


def test_time_without_frames_ends_what_is_made() -> None:
    """The camera is gone: the fist ends by itself, with the time at which it was given up."""
    judge = recogniser()
    for seq in range(8):
        judge.push(at(seq))
    assert judge.states["left_fist"].active
    assert judge.advance(7 * 33_000_000 + 200_000_000) == ()
    (end,) = judge.advance(7 * 33_000_000 + 400_000_000)
    assert (end.name, end.phase, end.stamp.captured_ns) == ("left_fist", "end", 7 * 33_000_000 + 400_000_000)


def test_a_source_that_begins_anew_resets_all() -> None:
    """Stamps that go back are a new film: detectors forget, nothing fires by what was before."""
    detector = Always()
    judge = recogniser(detector)
    for seq in range(8):
        judge.push(at(seq))
    judge.push(at(0))
    assert detector.resets == 1
    assert not judge.states["left_fist"].active


def test_gestures_without_a_spec_are_not_told() -> None:
    """A detector may know more than is wanted."""
    judge = GestureRecogniser([Always()], ())
    assert not any(judge.push(at(seq)) for seq in range(30))
    assert judge.names == ()


def test_the_stamp_is_that_of_the_frame() -> None:
    """A gesture carries the stamp of the frame in which it was seen: latency can be told anywhere."""
    judge = recogniser()
    for seq in range(5):
        judge.push(at(seq))
    tracking = replace(at(5), stamp=Stamp(5, 170_000_000))
    (start,) = [gesture for gesture in judge.push(tracking) if gesture.name == "left_fist"]
    assert start.stamp is tracking.stamp
