"""The recogniser: what may be judged, and that nothing fires by what was not just seen."""

from collections.abc import Iterable, Mapping
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


def seen_at(time_s: float, *, left: bool = True, right: bool = False, rests: str = "") -> Tracking:
    """Hands at a time; the one of these names rests."""
    hands = HAND if left else None, HAND if right else None
    stamp = Stamp(0, round(time_s * 1e9))
    return Tracking(stamp, 640, 480, None, *hands, None, frozenset({rests} if rests else ()))


def pushed(judge: GestureRecogniser, times_s: Iterable[float], *, hand: bool = True) -> list[tuple[str, float, float]]:
    """Return phase, time and how long of every start and end."""
    told = []
    for time_s in times_s:
        for gesture in judge.push(seen_at(time_s, left=hand)):
            if gesture.phase != "hold":
                told.append((gesture.phase, round(gesture.stamp.captured_ns / 1e9, 2), round(gesture.held_s, 2)))
    return told


def test_a_gap_in_time_is_not_held() -> None:
    """A hold is not added up over a minute without frames; what was being made ends, held for as long as it was seen."""
    spec = Spec("left_fist", "", ("left_hand",), hold_s=1.0)
    judge = GestureRecogniser([Always()], [spec])
    assert pushed(judge, np.arange(0, 0.3, 0.05)) == []
    assert [one[:2] for one in pushed(judge, np.arange(60, 61.5, 0.05))] == [("start", 61.15)]
    assert pushed(judge, [120.0]) == [("end", 120.0, 1.3)]


def test_what_is_being_made_ends_when_the_source_begins_anew() -> None:
    """Each start has its end: the stamps go back, and nobody is left with a held fist."""
    judge = recogniser()
    assert [phase for phase, *_ in pushed(judge, np.arange(10, 11, 0.05))] == ["start"]
    assert pushed(judge, [0.0, 0.05], hand=False)[0] == ("end", 0.0, 0.8)
    assert not judge.states["left_fist"].active


def test_at_15_looks_a_second_a_flicker_is_one_frame_and_a_loss_two() -> None:
    """How long a part may be away is measured in looks as well as in time."""
    for away, is_fresh in ((1, True), (2, False)):
        freshness = Freshness()
        for index in range(20):
            look = freshness.look(seen_at(index / 15, left=not 10 <= index < 10 + away))
            if index == 10 + away:
                assert bool(look.fresh) is is_fresh


class Both:
    """Says yes to two hands whenever it may."""

    names = ("heart",)

    def push(self, look: Look) -> Mapping[str, Reading]:
        return {"heart": Reading(1.0)}

    def reset(self) -> None:
        pass


def test_hands_that_are_looked_at_in_turn_make_one_gesture() -> None:
    """A busy computer looks at one hand a frame, the other was looked at just before; one that rests longer does not count."""
    spec = Spec("heart", "", ("left_hand", "right_hand"))
    for in_turn, phases in ((True, ["start"]), (False, [])):
        judge = GestureRecogniser([Both()], [spec])
        told = []
        for index in range(60):
            rests = "left_hand" if index % 2 and in_turn or index > 8 and not in_turn else "right_hand"
            told += judge.push(seen_at(index / 30, right=True, rests=rests))
        starts = [gesture for gesture in told if gesture.phase != "hold"]
        assert [gesture.phase for gesture in starts if gesture.stamp.captured_ns > 0.5e9 or in_turn] == phases


def test_what_is_known_anew_leaves_the_rest_as_it_is() -> None:
    """A detector that stays forgets nothing, a gesture that stays goes on; one that is gone ends, one that changed too."""
    stays = Always()
    specs = [Spec(name, "", ("left_hand",), hold_s=0.0) for name in ("left_fist", "mine")]

    class Mine(Always):
        names = ("mine",)

        def push(self, look: Look) -> Mapping[str, Reading]:
            return {"mine": Reading(1.0)}

    judge = GestureRecogniser([stays, Mine()], specs)
    assert [phase for phase, *_ in pushed(judge, np.arange(0, 1, 0.05))] == ["start", "start"]
    assert judge.know([stays, Mine()], specs) == ()
    assert pushed(judge, np.arange(1, 1.5, 0.05)) == []
    (end,) = judge.know([stays], specs[:1])
    assert (end.name, end.phase, end.stamp.captured_ns) == ("mine", "end", 1_450_000_000)
    assert judge.names == ("left_fist",)
    assert pushed(judge, np.arange(1.5, 2, 0.05)) == []
    (end,) = judge.know([stays], [replace(specs[0], hold_s=1.0)])
    assert (end.name, end.phase) == ("left_fist", "end")
    assert stays.resets == 0


def test_one_of_several_parts_may_be_enough() -> None:
    """A gesture by any of two hands is told by one of them, and goes on while one is there."""
    judge = GestureRecogniser([Both()], [Spec("heart", "", ("left_hand", "right_hand"), is_by_any=True)])
    assert [phase for phase, *_ in pushed(judge, np.arange(0, 2, 0.05))] == ["start"]
    told = judge.advance(round(2.5e9))
    assert [gesture.phase for gesture in told] == ["end"]
