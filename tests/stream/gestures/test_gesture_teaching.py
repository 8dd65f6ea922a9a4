"""Teaching in the live program: nobody waits for learning, what is learnt is recognised, and closing ends it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stream.events import Event, EventLog
from stream.gestures.store import GestureStore, ordinary_takes
from stream.gestures.teaching import Teaching
from trackers.errors import UserError
from trackers.gestures.trained import TrainedSet
from trackers.gestures.types import Look
from trackers.types import Stamp

DEMO = ordinary_takes()[0]


class Stage:
    """A desk with gestures that have takes, and what came of it, in order."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.store = GestureStore(folder)
        for number, name in enumerate(names):
            self.store.add_take(name, DEMO[60 + 90 * number : 100 + 90 * number], source="test")
        self.log = EventLog()
        self.events: list[Event] = []
        self.log.listen(self.events.append)
        self.known: list[tuple[str, ...]] = []
        self.known_at: list[str] = []
        self.teaching = Teaching(self.store, events=self.log, on_learnt=self._know)

    def _know(self, trained: TrainedSet | None) -> None:
        self.known.append(() if trained is None else trained.names)
        self.known_at.append(self.teaching.status.state)

    def texts(self) -> list[str]:
        self.log.deliver()
        return [event.text for event in self.events]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(*names: str) -> Stage:
        made.append(Stage(tmp_path / "gestures", *names))
        return made[-1]

    yield make
    for one in made:
        one.teaching.close()


def wait(until: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end_s, "it did not come to pass"
        time.sleep(0.01)


def test_nobody_waits_for_learning(stage: Callable[..., Stage]) -> None:
    """`train` only begins it; the gestures work before it is known how well."""
    here = stage("salute", "greet")
    here.teaching.carry_out("train", name="")
    assert (here.teaching.status.state, here.known) == ("training", [])
    wait(lambda: here.teaching.status.state == "done")
    assert (here.known, here.known_at) == ([("greet", "salute")], ["training"])
    assert here.teaching.status.text == "2 gestures learnt."
    assert any("greet has one take" in note for note in here.teaching.status.notes)
    assert here.texts() == ["2 gestures learnt."]


def test_after_the_last_take_it_learns(stage: Callable[..., Stage]) -> None:
    """Frame by frame; the frame that ends the last take is not held up either."""
    here = stage()
    here.teaching._desk.start("salute", takes=2, seconds=0.5, countdown_s=0.1)
    number = 0
    while here.teaching.is_busy:
        stamp = Stamp(number, number * 33_000_000)
        tracking = replace(DEMO[60 + number % 40], stamp=stamp)
        here.teaching.look(Look(tracking, frozenset(), frozenset()), (), {})
        number += 1
    assert (here.teaching.status.state, here.known) == ("training", [])
    wait(lambda: here.teaching.status.state == "done")
    assert here.known == [("salute",)]


def test_what_is_removed_is_told_no_more(stage: Callable[..., Stage]) -> None:
    """At once; the others are learnt without it. The last one leaves nothing."""
    here = stage("salute", "greet")
    here.teaching.carry_out("train", name="")
    wait(lambda: here.teaching.status.state == "done")
    here.teaching.carry_out("remove", name="greet")
    assert (here.known[-1], here.teaching.status.state) == (("salute",), "training")
    wait(lambda: here.teaching.status.state == "done")
    assert here.known[-1] == ("salute",)
    here.teaching.carry_out("remove", name="salute")
    assert here.known == [("greet", "salute"), ("salute",), ("salute",), ()]
    assert here.teaching.status.text == ""
    with pytest.raises(UserError, match="there is no gesture salute"):
        here.teaching.carry_out("remove", name="salute")


def test_a_gesture_that_is_removed_while_it_is_learnt_does_not_come_back(stage: Callable[..., Stage]) -> None:
    """The learning that would bring it is broken off."""
    here = stage("salute", "greet")
    here.teaching.carry_out("train", name="")
    here.teaching.carry_out("remove", name="greet")
    wait(lambda: here.teaching.status.state == "done")
    assert ("greet", "salute") not in here.known
    trained = here.store.load_trained()
    assert trained is not None
    assert trained.names == ("salute",)


@pytest.mark.parametrize("end", ["stop", "close"])
def test_learning_can_be_broken_off(stage: Callable[..., Stage], end: str) -> None:
    """By the panel, or by the program's end: no thread and no process is left, and nothing comes of it."""
    here = stage("salute", "greet")
    here.teaching.carry_out("train", name="")
    learner = here.teaching._learner
    assert learner is not None
    wait(lambda: learner._process is not None)
    if end == "stop":
        here.teaching.carry_out("stop", name="")
        assert here.teaching.status.state == "idle"
        assert here.texts() == ["Learning stopped; what was learnt so far stays."]
    here.teaching.close()
    assert learner._process is not None
    assert learner._process.poll() is not None
    assert not learner.is_alive
    assert here.known == []
    here.teaching.carry_out("train", name="")
    assert here.teaching._learner is None


def test_why_nothing_was_learnt(stage: Callable[..., Stage]) -> None:
    """A damaged take is one sentence, for the panel and as an event; what was known stays."""
    here = stage("salute")
    here.store.get("salute").takes[0].write_bytes(b"nothing")
    here.teaching.carry_out("train", name="")
    wait(lambda: here.teaching.status.state == "failed")
    assert "take-1.pcast" in here.teaching.status.text
    assert here.texts() == [here.teaching.status.text]
    assert here.known == []


def test_another_gesture_can_be_recorded_while_it_learns(stage: Callable[..., Stage]) -> None:
    """The countdown stays on the panel; what was learnt is recognised all the same."""
    here = stage("salute")
    here.teaching.carry_out("train", name="")
    here.teaching.carry_out("record", name="greet")
    wait(lambda: here.known == [("salute",)])
    wait(lambda: here.teaching._learner is not None and not here.teaching._learner.is_alive)
    assert here.teaching.status.state == "countdown"
