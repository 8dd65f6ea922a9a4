"""Teaching from the panel: the order of it, and what is told when it fails."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from stream.gestures.desk import GestureDesk
from stream.gestures.store import GestureStore, ordinary_takes
from trackers.errors import UserError
from trackers.types import Stamp, Tracking

DEMO = ordinary_takes()[0]


class Told:
    """What was told, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def __call__(self, name: str, text: str, level: str) -> None:
        self.events.append((name, text, level))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def desk(tmp_path: Path, told: Told) -> GestureDesk:
    return GestureDesk(GestureStore(tmp_path / "gestures"), tell=told)


def at(seconds: float, *, empty: bool = False) -> Tracking:
    tracking = replace(DEMO[60 + round(seconds * 30) % 40], stamp=Stamp(round(seconds * 30), round(seconds * 1e9)))
    return replace(tracking, body=None, left_hand=None, right_hand=None, face=None) if empty else tracking


def run(desk: GestureDesk, *, seconds: float, empty: bool = False) -> list[str]:
    """Let trackings come until it wants to train; return the states that the panel saw."""
    states: list[str] = []
    for number in range(round(seconds * 30)):
        wants = desk.take(at(number / 30, empty=empty))
        if not states or states[-1] != desk.status.state:
            states.append(desk.status.state)
        if wants:
            break
    return states


def test_from_the_button_to_the_trained_gesture(desk: GestureDesk, told: Told) -> None:
    """Countdown, take, countdown, take, training, done; the takes lie in the store."""
    assert (desk.status.state, desk.take(at(0.0))) == ("idle", False)
    desk.start("hello", takes=2, seconds=1.0, countdown_s=0.5)
    assert desk.status.text == "Take 1 of 2 of hello starts in 1 s: get ready."
    assert run(desk, seconds=6.0) == ["countdown", "recording", "countdown", "recording"]
    desk.learning()
    assert desk.status.text == "Learning …"
    desk.learnt(1)
    assert (desk.status.state, desk.status.text) == ("training", "1 gesture learnt. Now trying how well …")
    desk.judged(("hello has one take",))
    assert (desk.status.notes, desk.status.name) == (("hello has one take",), "hello")
    assert (desk.status.state, desk.status.text, desk.status.gestures) == ("done", "1 gesture learnt.", ("hello",))
    assert [name for name, _, _ in told.events] == ["gesture.teaching", "gesture.trained"]
    assert json.loads(json.dumps(asdict(desk.status)))["gestures"] == ["hello"]


def test_stopping_keeps_the_takes(desk: GestureDesk, told: Told) -> None:
    """One of two takes is made, then stop: it is kept, nothing is being taught."""
    desk.start("hello", takes=2, seconds=1.0, countdown_s=0.0)
    run(desk, seconds=1.5)
    desk.stop()
    assert (desk.status.state, desk.status.gestures) == ("idle", ("hello",))
    assert told.events[-1][1] == "Teaching hello stopped; the takes made so far stay."
    assert desk.take(at(3.0)) is False


def test_an_empty_room_fails_with_a_sentence(desk: GestureDesk, told: Told) -> None:
    """After three takes without anybody it gives up."""
    desk.start("hello", takes=1, seconds=1.0, countdown_s=0.0)
    states = run(desk, seconds=5.0, empty=True)
    assert states[-1] == "failed"
    assert desk.status.text.startswith("no body, hand or face was seen in this take of hello;")
    assert told.events[-1][0::2] == ("gesture.failed", "warning")
    desk.failed("there is nothing to train")
    assert desk.status.text == "there is nothing to train"


def test_what_cannot_be_begun(desk: GestureDesk) -> None:
    """A built-in gesture's name, and a part that does not exist."""
    with pytest.raises(UserError, match="fist is a built-in gesture"):
        desk.start("fist")
    with pytest.raises(UserError) as error:
        desk.start("hello", about="tail")
    assert str(error.value) == (
        "a gesture can be about hands, left_hand, right_hand, body, face, got tail; leave it away to find out"
    )
    assert desk.status.state == "idle"


def test_removing(desk: GestureDesk) -> None:
    """The gesture is gone from the list; one that is not there is a sentence."""
    desk.start("hello", takes=1, seconds=1.0, countdown_s=0.0)
    run(desk, seconds=2.0)
    desk.remove("hello")
    assert desk.status.gestures == ()
    with pytest.raises(UserError, match="there is no gesture hello, for there is none"):
        desk.remove("hello")


def test_another_gesture_may_be_removed_while_one_is_taught(desk: GestureDesk, tmp_path: Path) -> None:
    """The teaching goes on, and the panel shows it."""
    GestureStore(tmp_path / "gestures").add_take("other", DEMO[60:90], source="test")
    desk.start("hello", takes=1, seconds=1.0, countdown_s=0.5)
    desk.remove("other")
    assert desk.status.state == "countdown"
    assert run(desk, seconds=3.0) == ["countdown", "recording"]


@pytest.mark.parametrize("word", ["start", "during", "after", "strictly", "holds"])
def test_a_word_of_rules_is_no_gesture(desk: GestureDesk, word: str) -> None:
    """`when = "start"` would go live when the program starts."""
    with pytest.raises(UserError, match=f"no word of rules and no name that .* devices, got '{word}'; try my_gesture"):
        desk.start(word, takes=1, seconds=1.0, countdown_s=0.5)
