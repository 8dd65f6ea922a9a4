"""Sequences of gestures: how they are read from text, and how events drive them."""

import pytest

from trackers.gestures.sequences import SequenceError, SequenceTracker, is_sequence, parse_sequence
from trackers.gestures.types import Gesture, Phase
from trackers.types import Stamp

KNOWN = ("dab_left", "dab_right", "t_pose", "clap", "fist_pump", "nod", "my_move")
FAMILIES = {"dab": ("dab_left", "dab_right")}


def follow(text: str) -> SequenceTracker:
    """Return a tracker of the sequence that the text says."""
    return SequenceTracker(parse_sequence(text, known=KNOWN, families=FAMILIES))


def event(name: str, time_s: float, phase: Phase = "start") -> Gesture:
    """Return an event of the recogniser."""
    return Gesture(name, phase, 0.9, Stamp(0, round(time_s * 1e9)), 0.0)


def play(tracker: SequenceTracker, *events: tuple[str, float]) -> list[bool]:
    """Push starts of gestures and return what each of them answered."""
    return [tracker.push(event(name, time_s)) for name, time_s in events]


def test_text_becomes_steps_with_their_times_and_families() -> None:
    """Every step has its gestures and its limit; a step without a limit has the usual one."""
    sequence = parse_sequence("dab then t_pose within 2.5 s then clap within 800ms then nod", known=KNOWN, families=FAMILIES)
    assert [step.name for step in sequence.steps] == ["dab", "t_pose", "clap", "nod"]
    assert [step.within_s for step in sequence.steps[1:]] == [2.5, 0.8, 2.0]
    assert sequence.steps[0].gestures == {"dab_left", "dab_right"}
    assert not sequence.strictly


def test_the_text_of_a_sequence_is_read_back_as_itself() -> None:
    """`str` of a sequence is a text that means the same."""
    sequence = parse_sequence(" strictly dab then  t_pose within 2s", known=KNOWN, families=FAMILIES)
    assert str(sequence) == "strictly dab then t_pose within 2 s"
    assert parse_sequence(str(sequence), known=KNOWN, families=FAMILIES) == sequence
    assert parse_sequence("strictly\tdab then\tt_pose within\t 2 s", known=KNOWN, families=FAMILIES) == sequence


def test_what_is_a_sequence() -> None:
    """`then` as a word of its own makes one."""
    assert is_sequence("dab then t_pose")
    assert not is_sequence("my_then_move")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dab then t_posse", "sequence 'dab then t_posse', character 10: 't_posse' is no gesture; did you mean t_pose?"),
        ("zzz then dab", "sequence 'zzz then dab', character 1: 'zzz' is no gesture; `python run.py gesture list` shows all"),
        ("dab", "sequence 'dab', character 4: expected `then` and a second gesture after 'dab'"),
        ("", "sequence '', character 1: expected the name of a gesture"),
        ("dab then", "sequence 'dab then', character 9: expected the name of a gesture"),
        ("dab then , nod", "sequence 'dab then , nod', character 10: expected the name of a gesture, got ', nod'"),
        (
            "dab then t_pose in 2 s",
            "sequence 'dab then t_pose in 2 s', character 17: expected `then` or `within`, got 'in'",
        ),
        (
            "dab then nod within two s",
            "sequence 'dab then nod within two s', character 14: expected a time such as `within 2 s`, got 'within two s'",
        ),
        (
            "dab then nod within 0 s",
            "sequence 'dab then nod within 0 s', character 14: expected a time above 0 and up to 3600 s, got '0 s'",
        ),
        (
            "dab within 2 s then nod",
            "sequence 'dab within 2 s then nod', character 5: the first gesture has no time limit; "
            "write `within` after a later one",
        ),
    ],
)
def test_a_text_that_cannot_be_read_is_told_in_one_sentence(text: str, message: str) -> None:
    """The sentence names the place, what was expected and what is near."""
    with pytest.raises(SequenceError) as error:
        parse_sequence(text, known=KNOWN, families=FAMILIES)
    assert str(error.value) == message


def test_it_fires_with_the_last_step() -> None:
    """Only the start of the last gesture completes it, and only once."""
    tracker = follow("dab then t_pose within 2 s then clap within 1 s")
    assert play(tracker, ("dab_right", 0.0), ("t_pose", 1.5), ("clap", 2.4), ("clap", 2.5)) == [False, False, True, False]


def test_progress_counts_steps_until_their_time_is_over() -> None:
    """A third, two thirds, all for a moment, then nothing; and nothing when time ran out."""
    tracker = follow("dab then t_pose within 2 s then clap within 1 s")
    assert tracker.progress(0) == 0.0
    play(tracker, ("dab_left", 1.0))
    assert tracker.progress(round(2.9e9)) == pytest.approx(1 / 3)
    assert tracker.progress(round(3.1e9)) == 0.0
    play(tracker, ("t_pose", 2.0))
    assert tracker.progress(round(2.1e9)) == pytest.approx(2 / 3)
    play(tracker, ("clap", 2.5))
    assert tracker.progress(round(2.6e9)) == 1.0
    assert tracker.progress(round(3.6e9)) == 0.0


def test_a_step_too_late_does_not_count() -> None:
    """After the limit the sequence begins anew."""
    tracker = follow("dab then t_pose within 2 s")
    assert play(tracker, ("dab_left", 0.0), ("t_pose", 2.1), ("dab_left", 3.0), ("t_pose", 4.9)) == [False, False, False, True]


def test_a_pose_held_long_counts_from_its_end() -> None:
    """Holding the first pose keeps the sequence alive: the limit runs from when it was last seen."""
    tracker = follow("dab then t_pose within 1 s")
    tracker.push(event("dab_left", 0.0))
    for time_s in (0.3, 0.9, 1.5, 2.1):
        assert not tracker.push(event("dab_left", time_s, "hold"))
    tracker.push(event("dab_left", 2.8, "end"))
    assert tracker.push(event("t_pose", 3.7))


def test_a_pose_that_is_held_waits_for_the_next_step() -> None:
    """It is told to go on only every 250 ms; a shorter limit runs from its end all the same."""
    for clap_s, fires in ((0.85, True), (1.15, True), (1.25, False)):
        tracker = follow("t_pose then clap within 200 ms")
        tracker.push(event("t_pose", 0.0))
        tracker.push(event("t_pose", 0.5, "hold"))
        if clap_s > 1.0:
            tracker.push(event("t_pose", 1.0, "end"))
        assert tracker.progress(round(0.99e9)) == 0.5
        assert tracker.push(event("clap", clap_s)) is fires


def test_either_hand_that_goes_on_holds_the_step() -> None:
    """Both made it, the later one ended: the other is still being made."""
    tracker = follow("dab then clap")
    for one in (event("dab_left", 0.0), event("dab_right", 0.1), event("dab_right", 1.0, "end")):
        tracker.push(one)
    for number in range(6, 24):
        tracker.push(event("dab_left", number / 4, "hold"))
    assert tracker.push(event("clap", 6.0))
    tracker = follow("dab then clap")
    for one in (event("dab_left", 0.0), event("dab_right", 0.1), event("dab_left", 1.0, "end"), event("dab_right", 1.5, "end")):
        tracker.push(one)
    assert not tracker.push(event("clap", 6.0))


def test_an_end_that_is_told_late_undoes_nothing() -> None:
    """No frame came for a moment, so an end was told by the clock; the next frame was captured before that."""
    tracker = follow("dab then clap")
    tracker.push(event("dab_left", 0.0))
    tracker.push(event("dab_left", 0.75, "end"))
    assert tracker.push(event("clap", 0.7))


def test_another_gesture_in_between_does_not_break_it_unless_strictly() -> None:
    """Only the strict form minds."""
    events = (("dab_left", 0.0), ("nod", 0.5), ("t_pose", 1.0))
    assert play(follow("dab then t_pose within 2 s"), *events)[-1]
    assert not play(follow("strictly dab then t_pose within 2 s"), *events)[-1]
    assert play(follow("strictly dab then t_pose within 2 s"), events[0], events[2])[-1]


def test_all_attempts_are_followed_at_once() -> None:
    """A gesture that repeats a step does not lose the attempt that could still succeed."""
    tracker = follow("clap then clap within 1 s then nod within 1 s")
    assert play(tracker, ("clap", 0.0), ("clap", 0.8), ("clap", 1.6), ("nod", 2.5)) == [False, False, False, True]
    late = follow("dab then nod within 1 s")
    assert play(late, ("dab_left", 0.0), ("dab_right", 0.9), ("nod", 1.8))[-1]


def test_stamps_that_go_back_begin_it_anew() -> None:
    """A source that starts again is no continuation."""
    tracker = follow("dab then t_pose within 2 s")
    assert play(tracker, ("dab_left", 5.0), ("t_pose", 0.0)) == [False, False]
    tracker.push(event("dab_left", 1.0))
    tracker.reset()
    assert not tracker.push(event("t_pose", 1.5))
