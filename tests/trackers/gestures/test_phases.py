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
