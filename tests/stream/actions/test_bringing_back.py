"""What rules changed comes back: whatever they changed together, whatever fails meanwhile, and whatever comes between."""

import time

import pytest
from wall import WALLS, Desk, Paint, Shout, Wall, desk, ready, until

from stream.actions import link
from stream.actions.base import Action, Order, Refused, Unreachable
from stream.actions.light import Light
from stream.actions.outbox import CAPACITY, Outbox, Undo
from stream.actions.undo_log import UndoLog

RED, BLUE, WHITE = Paint(color="red"), Paint(color="blue"), Paint(color="white")


def order(action: Action, rule: str) -> Order:
    return Order(action, rule, "test", remember=True)


def ended(kept: UndoLog, *rules: str) -> list[list[str]]:
    """End rules one after the other; return the colours that come back after each, and let them come back."""
    told = []
    for rule in rules:
        kept.end(rule, now_s=0.0)
        due = kept.due(now_s=0.0)
        told.append([back.action.color for back in due])  # type: ignore[attr-defined]
        for back in due:
            kept.settle(back, is_back=True)
    return told


def two_on_one_wall() -> UndoLog:
    """A painted the white wall red, then B blue."""
    kept = UndoLog()
    kept.keep(order(RED, "A"), WHITE)
    kept.keep(order(BLUE, "B"), RED)
    return kept


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (("A", "B"), [[], ["white"]]),  # B goes on when A ends; then the red of A is nothing to come back to
        (("B", "A"), [["red"], ["white"]]),
        ((None,), [["white"]]),
    ],
)
def test_of_two_that_changed_the_same_the_first_state_comes_back_last(rules: tuple[str, ...], told: list[list[str]]) -> None:
    """In whichever order they end, the wall is white when both have."""
    kept = two_on_one_wall()
    assert ended(kept, *rules) == told
    assert not len(kept)


def test_different_things_do_not_wait_for_each_other() -> None:
    """Another wall comes back at once; a part waits for the whole, and the whole for its part."""
    kept = UndoLog()
    kept.keep(order(RED, "A"), WHITE)
    kept.keep(order(Paint(color="blue", wall="south"), "B"), Paint(color="grey", wall="south"))
    assert ended(kept, "A") == [["white"]]
    for first, second in ((Light(light="desk"), Light()), (Light(), Light(light="desk"))):
        kept = UndoLog()
        kept.keep(order(first, "A"), WHITE)
        kept.keep(order(second, "B"), RED)
        assert ended(kept, "A") == [[]]


def test_nothing_is_forgotten_until_it_is_back() -> None:
    """An order to bring back that fails is made again; what was never done has nothing to come back."""
    kept, first = UndoLog(), order(RED, "A")
    kept.keep(first, WHITE)
    assert kept.knows(first)
    assert kept.holds("A")
    kept.end("A", now_s=0.0)
    (back,) = kept.due(now_s=1.0)
    assert not kept.due(now_s=1.0)  # it is under way
    kept.settle(back, is_back=False)
    assert not kept.due(now_s=100.0, fresh_s=60.0)
    assert [again.action for again in kept.due(now_s=100.0)] == [WHITE]
    kept.forget(first)
    assert not len(kept)


def paint(told: Desk, color: str, rule: str) -> Wall:
    """Let a rule paint the wall, and wait for it."""
    wall = WALLS["wall"]
    told.do(Paint(color=color), rule=rule, remember=True)
    until(lambda: wall.colors["north"] == color)
    return wall


@pytest.mark.parametrize("how", ["one after the other", "panic", "end"])
def test_two_rules_on_one_lamp_leave_it_as_it_was(how: str) -> None:
    """However it ends."""
    with desk() as told:
        ready(told)
        paint(told, "red", "A")
        wall = paint(told, "blue", "B")
        if how == "one after the other":
            told.dispatcher.restore("A")
            told.do(Shout())
            until(lambda: wall.done[-1] == "hey")
            assert wall.colors["north"] == "blue"
            told.dispatcher.restore("B")
        elif how == "panic":
            told.dispatcher.panic()
        if how != "end":
            until(lambda: wall.colors["north"] == "white")
    assert wall.colors["north"] == "white"
    assert "red" not in wall.done[1:]  # nothing flashes up between


def test_a_panic_does_not_stop_what_is_being_brought_back() -> None:
    """The gesture has ended and the lamp waits for its rate when the panic comes."""
    with desk(rate_hz=2) as told:
        ready(told)
        wall = paint(told, "purple", "pose")
        told.do(Shout())
        told.dispatcher.restore("pose")
        until(lambda: len(told.reports) == 2)
        told.dispatcher.panic()
        until(lambda: wall.colors["north"] == "white")


def test_a_panic_lets_what_undoes_be_done() -> None:
    """Orders of a rule's own `undo` are done, also if one is being done just then."""
    with desk(timeout_s=60) as told:
        ready(told)
        wall = WALLS["wall"]
        wall.slow_s = 60.0
        for text in ("first", "second"):
            told.do(Shout(text=text), undoing=True)
        told.do(Shout(text="third"))
        until(lambda: wall.calls == 1)
        wall.slow_s = 0.0
        told.dispatcher.panic()
        until(lambda: wall.done == ["first", "second"])
    assert wall.done == ["first", "second"]


def test_a_refused_order_leaves_nothing_to_bring_back() -> None:
    """What somebody does by hand afterwards stays, to the end."""
    with desk() as told:
        ready(told)
        wall = WALLS["wall"]
        wall.next_error = [Refused("no such colour")]
        told.do(Paint(color="grue"), rule="pose", remember=True)
        until(lambda: told.outcomes() == ["refused"])
        wall.colors["north"] = "black"
    assert wall.colors["north"] == "black"


def test_an_order_that_answers_too_late_may_be_done() -> None:
    """It is told so, and what was before comes back when the rule ends."""
    with desk(timeout_s=0.2) as told:
        ready(told)
        wall = WALLS["wall"]
        wall.slow_s = 5.0
        told.do(Paint(color="purple"), rule="pose", remember=True)
        until(lambda: told.outcomes() == ["failed"])
        assert told.reports[0].may_be_done
        wall.slow_s = 0.0
        wall.colors["north"] = "purple"
        told.dispatcher.restore("pose")
        until(lambda: wall.colors["north"] == "white")


def test_what_could_not_be_brought_back_comes_back_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lamp is away for longer than orders wait; the one that brings back is made again."""
    monkeypatch.setattr(link, "PATIENCE_S", 0.2)
    with desk() as told:
        ready(told)
        wall = paint(told, "purple", "pose")
        wall.open.clear()
        wall.next_error = [Unreachable("gone")]
        told.dispatcher.restore("pose")
        until(lambda: "failed" in told.outcomes())
        wall.open.set()
        until(lambda: wall.colors["north"] == "white")


def test_a_connection_that_never_lasts_is_tried_ever_less_often_and_told_twice() -> None:
    """It connects well and goes at once, again and again."""
    with desk(stays=False) as told:
        began_s = time.monotonic()
        until(lambda: WALLS["wall"].connects >= 4)
        assert time.monotonic() - began_s > 0.9 * sum(link.PAUSES_S[:3])
    names = [name for name, _ in told.told]
    assert names.count("connection.ready") == 2
    assert names.count("connection.retrying") == 2


def actions_left(*actions: Action) -> list[Action]:
    """Return what is left in line of one rule's actions that come at once."""
    line = Outbox(rate_hz=10, stream_rate_hz=10)
    for action in actions:
        line.put(Order(action, "rule", "test"), now_s=0.0)
    left = []
    while (item := line.take(1e9 * (len(left) + 1))) is not None:
        assert isinstance(item, Order)
        left.append(item.action)
    return left


def test_undoing_does_not_pile_up_while_a_lamp_is_away() -> None:
    """A gesture that is made again and again meanwhile: one undo behind each order that waits, and no more."""
    line = Outbox(rate_hz=10, stream_rate_hz=10)
    for _ in range(5000):
        line.put(Undo("rule"), now_s=0.0)
        line.put(Order(RED, "rule", "test", remember=True), now_s=0.0)
    assert len(line) <= 2 * CAPACITY
    line.put(Undo("another"), now_s=0.0)
    line.put(Undo(None), now_s=0.0)
    length = len(line)
    line.put(Undo(None), now_s=0.0)
    assert len(line) == length
    line.take_out(lambda order: True)
    line.put(Undo("rule"), now_s=0.0)
    assert len(line) == length - CAPACITY // 2


def test_a_newer_order_does_not_overtake_what_comes_before_it() -> None:
    """Another property of the same lamp, or something that happens, keeps its place; else the newest is enough."""
    red, off, blue = Light(color="red"), Light(power=False), Light(color="blue")
    assert actions_left(red, off, blue) == [red, off, blue]
    assert actions_left(red, blue) == [blue]
    assert actions_left(RED, Shout(), BLUE) == [RED, Shout(), BLUE]
    south = Paint(wall="south")
    assert actions_left(RED, south, BLUE) == [BLUE, south]
