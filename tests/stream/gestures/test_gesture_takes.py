"""Making takes: what is told when, and which takes are refused."""

from dataclasses import replace

import pytest

from stream.gestures.store import ordinary_takes
from stream.gestures.takes import Taking, parts_seen, refusal
from trackers.types import Stamp, Tracking

DEMO = ordinary_takes()[0]


def at(seconds: float, *, empty: bool = False) -> Tracking:
    """A tracking of the built-in performance at that time, or of an empty room."""
    tracking = replace(DEMO[60], stamp=Stamp(round(seconds * 30), round(seconds * 1e9)))
    return replace(tracking, body=None, left_hand=None, right_hand=None, face=None) if empty else tracking


def frames(start_s: float, end_s: float) -> list[float]:
    return [start_s + number / 30 for number in range(round((end_s - start_s) * 30))]


def test_countdown_take_countdown_take() -> None:
    """Two takes of a second, two seconds to get ready before each."""
    taking = Taking("hello", takes=2, seconds=1.0, countdown_s=2.0)
    made, states = [], []
    for now_s in frames(5.0, 12.0):
        take = taking.push(at(now_s))
        if take is not None:
            made.append(take)
        if not states or states[-1] != taking.progress.state:
            states.append(taking.progress.state)
    assert states == ["countdown", "recording", "countdown", "recording", "done"]
    assert [len(take) for take in made] == [pytest.approx(31, abs=1)] * 2
    assert made[0][0].stamp.captured_ns / 1e9 == pytest.approx(7.0, abs=0.04)
    assert made[1][0].stamp.captured_ns / 1e9 == pytest.approx(10.0, abs=0.08)
    assert taking.progress.text == "2 takes of hello recorded."
    assert taking.push(at(20.0)) is None


def test_what_the_person_is_told() -> None:
    """The words of countdown and take, how far it is, and what is seen."""
    taking = Taking("hello", takes=3, seconds=4.0, countdown_s=3.0)
    taking.push(at(0.0))
    taking.push(at(1.0))
    progress = taking.progress
    assert progress.text == "Take 1 of 3 of hello starts in 2 s: get ready."
    assert (progress.share, progress.left_s) == (pytest.approx(1 / 3), pytest.approx(2.0))
    assert progress.seen == parts_seen((DEMO[60],))
    taking.push(at(1.4))
    assert taking.progress.text == "Take 1 of 3 of hello starts in 2 s: get ready.", (
        "1.6 s are counted as the panel counts them"
    )
    taking.push(at(3.0))
    taking.push(at(4.0))
    assert taking.progress.text == "Take 1 of 3: make hello, and turn and move a little; 3 s left."


def test_a_take_in_which_nobody_was_seen_is_refused() -> None:
    """It is said why, and the same take is made again; after three in a row it is over."""
    taking = Taking("hello", takes=1, seconds=1.0, countdown_s=1.0)
    told = []
    for now_s in frames(0.0, 7.5):
        assert taking.push(at(now_s, empty=True)) is None
        told.append(taking.progress.text)
    sentence = "no body, hand or face was seen in this take of hello; step into the picture, in good light, and try again"
    again = f"{sentence[0].upper()}{sentence[1:]}. Take 1 of 1 of hello starts in 1 s: get ready."
    assert again in told
    assert taking.progress.state == "failed"
    assert taking.progress.text == sentence


def test_a_take_that_is_too_short_is_refused() -> None:
    """The wording; a few frames teach nothing."""
    assert refusal([at(0.0)] * 3, name="x") == "this take of x holds 3 frames, at least 8 are needed; record a longer one"
    assert refusal([at(0.0)] * 8, name="x") == ""


def test_the_end_of_the_source_ends_the_take() -> None:
    """What was begun counts; without anything there is a sentence."""
    taking = Taking("hello", takes=3, seconds=5.0, countdown_s=0.0)
    for now_s in frames(0.0, 1.0):
        taking.push(at(now_s))
    take = taking.end()
    assert take is not None
    assert (len(take), taking.progress.state) == (30, "done")
    empty = Taking("hello", countdown_s=1.0)
    empty.push(at(0.0))
    assert empty.end() is None
    assert empty.progress.text == "the source ended before the first take of hello began; try a longer one"


def test_a_source_that_begins_anew_begins_the_take_anew() -> None:
    """A looped file goes back in time: no take holds both ends of it."""
    taking = Taking("hello", takes=1, seconds=1.0, countdown_s=0.0)
    for now_s in (*frames(5.0, 5.5), *frames(0.0, 1.2)):
        take = taking.push(at(now_s))
        if take is not None:
            assert take[0].stamp.captured_ns == 0
            return
    pytest.fail("no take was made")


def test_a_take_in_which_nothing_was_looked_at_is_of_no_use() -> None:
    """On a busy computer half a second may hold four looks; the rest is carried over."""
    parts = frozenset({"body", "left_hand", "right_hand", "face"})
    take = [at(number / 30) if number % 5 == 0 else replace(at(number / 30), predicted=parts) for number in range(20)]
    assert refusal(take, name="hello") == "this take of hello holds 4 looks at you, at least 5 are needed; record a longer one"
    assert refusal([*take, at(0.7)], name="hello") == ""
