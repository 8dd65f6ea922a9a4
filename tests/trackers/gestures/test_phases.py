"""When a gesture starts, goes on and ends."""

from trackers.gestures.phases import Watch
from trackers.gestures.types import Gesture, Reading, Spec
from trackers.types import Stamp

SPEC = Spec("fist", "make a fist", ("left_hand",), enter=0.7, leave=0.4, hold_s=0.2, cooldown_s=0.5)


class Film:
    """Feeds a watch at 20 looks a second."""

    def __init__(self, spec: Spec = SPEC) -> None:
        self.watch = Watch(spec)
        self.seq = 0
        self.told: list[Gesture] = []

    def show(self, confidence: float | None, *, looks: int = 1, is_seen: bool = True) -> "Film":
        for _ in range(looks):
            reading = None if confidence is None else Reading(confidence)
            stamp = Stamp(self.seq, self.seq * 50_000_000)
            self.seq += 1
            if (gesture := self.watch.push(reading, is_seen=is_seen, stamp=stamp)) is not None:
                self.told.append(gesture)
        return self

    @property
    def phases(self) -> list[str]:
        return [gesture.phase for gesture in self.told]


def test_a_gesture_starts_after_its_hold_and_ends() -> None:
    """Start at the first look after the hold, told again while it goes on, ended once; stamps are those of the looks."""
    film = Film().show(0.9, looks=12).show(0.1, looks=4)
    assert film.phases == ["start", "hold", "end"]
    assert [gesture.stamp.seq for gesture in film.told] == [4, 9, 13]
    assert [round(gesture.held_s, 2) for gesture in film.told] == [0.2, 0.45, 0.65]


def test_without_a_hold_it_starts_at_the_first_look() -> None:
    """Hold 0 means at once."""
    film = Film(Spec("fist", "", ("left_hand",), hold_s=0)).show(0.9)
    assert film.phases == ["start"]


def test_between_the_thresholds_nothing_changes() -> None:
    """Hysteresis: what is undecided neither starts nor ends."""
    film = Film().show(0.6, looks=20)
    assert film.phases == []
    film.show(0.9, looks=5).show(0.5, looks=3)
    assert film.phases == ["start"]


def test_a_short_one_is_none() -> None:
    """What was made for less than the hold is not told."""
    assert Film().show(0.9, looks=3).show(0.1).show(0.9, looks=3).show(0.1).phases == []


def test_one_look_that_says_no_ends_nothing() -> None:
    """A single miss among hits is the tracker's, not the person's."""
    assert Film().show(0.9, looks=5).show(0.0).show(0.9, looks=4).phases == ["start", "hold"]


def test_it_does_not_start_again_while_cooling_down() -> None:
    """After its end it waits for the cool-down, however well it is made."""
    film = Film().show(0.9, looks=5).show(0.0, looks=3)
    assert film.phases == ["start", "end"]
    film.show(0.9, looks=8)
    assert film.phases == ["start", "end"]
    film.show(0.9)
    assert film.phases == ["start", "end", "start"]


def test_looks_that_cannot_be_judged_neither_start_nor_end() -> None:
    """A part that rests (predicted) keeps a gesture as it is; it starts only at a look that was really made."""
    film = Film().show(0.9).show(None, looks=10)
    assert film.phases == []
    film.show(0.9)
    assert film.phases == ["start"]
    assert Film().show(0.9, looks=5).show(None, looks=40).phases == ["start"]


def test_losing_the_part_ends_it_after_a_moment() -> None:
    """Out of sight for longer than the grace: an end, with the last confidence; for shorter: nothing."""
    film = Film().show(0.9, looks=5).show(None, looks=5, is_seen=False)
    assert film.phases == ["start"]
    film.show(None, looks=3, is_seen=False)
    assert film.phases == ["start", "end"]
    assert film.told[-1].confidence == 0.9


def test_losing_the_part_forgets_what_was_begun() -> None:
    """A hold is not added up over a loss."""
    assert Film().show(0.9, looks=4).show(None, is_seen=False).show(0.9, looks=3).phases == []


def test_the_state_says_what_it_does() -> None:
    """For bars and for rules: confidence, active, for how long."""
    film = Film().show(0.9, looks=7)
    state = film.watch.state
    assert (state.confidence, state.active, round(state.held_s, 2)) == (0.9, True, 0.3)
    assert Film().show(0.3).watch.state.active is False


def test_the_state_says_how_long_nothing_was_seen_of_it() -> None:
    """Whether its part rests, says no for a look, or is out of sight."""
    film = Film().show(0.9, looks=7)
    assert film.watch.state.unseen_s == 0.0
    film.show(None, looks=2).show(0.1).show(None, is_seen=False)
    state = film.watch.state
    assert (state.active, round(state.held_s, 2), round(state.unseen_s, 2)) == (True, 0.5, 0.2)
    assert film.show(0.9).watch.state.unseen_s == 0.0


def test_the_end_says_how_sure_it_was_while_it_was_made() -> None:
    """The last confidence above `leave`, however many looks below it there were; 30 looks a second make three of them."""
    watch = Watch(SPEC)
    told = []
    for seq in range(60):
        stamp = Stamp(seq, seq * 33_333_333)
        told.append(watch.push(Reading(0.9 if seq < 30 else 0.05, 0.5), is_seen=True, stamp=stamp))
    (end,) = [gesture for gesture in told if gesture is not None and gesture.phase == "end"]
    assert (end.confidence, end.value) == (0.9, 0.5)


def test_one_look_that_says_no_ends_nothing_at_few_looks_a_second() -> None:
    """At 8 looks a second one look is longer than the release; two in a row end it."""
    watch = Watch(SPEC)
    phases = []
    for seq in range(20):
        gesture = watch.push(Reading(0.0 if seq in (8, 14, 15) else 0.9), is_seen=True, stamp=Stamp(seq, seq * 125_000_000))
        phases += [(seq, gesture.phase)] if gesture is not None and gesture.phase != "hold" else []
    assert phases[:2] == [(2, "start"), (15, "end")]


def test_looks_of_which_nothing_can_be_read_end_it_after_a_moment() -> None:
    """A part that is looked at and not read is not known to go on being made; one that rests is."""
    watch = Watch(SPEC)
    told = [
        watch.push(Reading(0.9) if seq < 6 else None, is_seen=True, stamp=Stamp(seq, seq * 50_000_000), is_looked_at=True)
        for seq in range(40)
    ]
    ends = [gesture for gesture in told if gesture is not None and gesture.phase == "end"]
    assert [(end.stamp.seq, end.confidence) for end in ends] == [(16, 0.9)]


def test_an_end_by_loss_was_held_until_it_was_last_seen() -> None:
    """The time that passes until it is given up is not time in which it was made."""
    film = Film().show(0.9, looks=7).show(None, looks=10, is_seen=False)
    assert round(film.told[-1].held_s, 2) == 0.3


def test_a_gesture_may_have_a_longer_grace() -> None:
    """Of a fall: whoever lies is often lost for a moment."""
    film = Film(Spec("fall", "", ("body",), grace_s=2.0)).show(0.9, looks=5).show(None, looks=38, is_seen=False)
    assert film.phases == ["start"]
    assert film.show(None, looks=5, is_seen=False).phases == ["start", "end"]
