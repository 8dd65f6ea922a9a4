"""The dispatcher with clients of the test's own: order, rate, merging, time-outs, reconnecting, bringing back, panic."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from wall import WALLS, Paint, Shout, Wall, WallConnection, desk, ready, until

from stream.actions import link, outbox
from stream.actions.base import Refused, Tools, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.link import PATIENCE_S
from stream.actions.outbox import Rate
from trackers.errors import UserError


def test_orders_are_done_in_order_and_told() -> None:
    """Every order is done, the first first, and reported with the latency from its frame."""
    with desk() as told:
        told.do(Shout(text="a"), captured_ns=time.perf_counter_ns())
        told.do(Shout(text="b"))
        until(lambda: len(told.reports) == 2)
    assert WALLS["wall"].done == ["a", "b"]
    assert told.outcomes() == ["done", "done"]
    assert told.reports[0].latency_ms is not None
    assert told.reports[1].latency_ms is None


def test_sixty_a_second_become_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm of triggers goes out at the client's rate in any second, the newest state last, none unreported."""
    sent_s: list[float] = []

    class Noted(Rate):
        def take(self, now_s: float) -> None:
            sent_s.append(now_s)
            super().take(now_s)

    monkeypatch.setattr(outbox, "Rate", Noted)
    with desk(rate_hz=10) as told:
        ready(told)
        for number in range(60):
            told.do(Paint(color=f"c{number}"))
            time.sleep(1 / 60)
        until(lambda: len(told.reports) == 60)
        wall = WALLS["wall"]
        assert wall.colors["north"] == "c59"
    assert len(sent_s) == wall.calls
    assert all(later - first >= 1.0 for first, later in zip(sent_s, sent_s[10:], strict=False))
    assert set(told.outcomes()) == {"done", "replaced"}


def test_a_wrong_password_is_told_once_and_not_tried_again() -> None:
    """A rejected connection fails its orders with the client's own sentence."""
    with desk(secret="wrong") as told:
        until(lambda: told.dispatcher.status[0].state == "rejected")
        told.do(Shout())
        until(lambda: bool(told.reports))
        assert WALLS["wall"].connects == 1
    assert told.told == [("connection.rejected", "wall: wrong password; run python run.py secret set wall")]
    assert told.reports[0].text == "wall: wrong password; run python run.py secret set wall"


def test_a_lost_connection_comes_back_and_the_order_is_done() -> None:
    """The far end goes away under an order: it is connected again and the order done, once."""
    with desk() as told:
        ready(told)
        WALLS["wall"].next_error = [Unreachable("it went away")]
        told.do(Shout(text="again"))
        until(lambda: bool(told.reports))
        assert WALLS["wall"].connects == 2
    assert told.outcomes() == ["done"]
    assert [name for name, _ in told.told] == ["connection.ready", "connection.retrying", "connection.ready"]


def test_an_order_that_breaks_every_connection_fails() -> None:
    """It is tried a second time, not for ever."""
    with desk() as told:
        ready(told)
        WALLS["wall"].next_error = [Unreachable("it went away"), Unreachable("it went away")]
        told.do(Shout())
        until(lambda: bool(told.reports))
    assert (told.outcomes(), told.reports[0].text) == (["failed"], "wall: it went away")


def test_a_loss_is_noticed_without_an_order() -> None:
    """`wait_lost` alone brings the connection back."""
    with desk() as told:
        ready(told)
        wall = WALLS["wall"]
        told.dispatcher.call(lambda: _set(wall.lost))
        until(lambda: wall.connects == 2)


async def _set(event: asyncio.Event) -> None:
    event.set()


def test_a_time_out_fails_and_connects_again() -> None:
    """What may have been done is not repeated."""
    with desk(timeout_s=0.5) as told:
        ready(told)
        WALLS["wall"].slow_s = 60.0
        told.do(Shout())
        until(lambda: bool(told.reports))
        assert (told.outcomes(), told.reports[0].text) == (["failed"], "wall: did not answer within 0.5 s")
        WALLS["wall"].slow_s = 0.0
        told.do(Shout(text="now"))
        until(lambda: len(told.reports) == 2)
    assert told.outcomes() == ["failed", "done"]


def test_a_refused_order_keeps_the_connection() -> None:
    """No such scene is no reason to connect again."""
    with desk() as told:
        ready(told)
        WALLS["wall"].next_error = [Refused("there is no wall 'north'; did you mean south?")]
        told.do(Shout())
        until(lambda: bool(told.reports))
        assert WALLS["wall"].connects == 1
    assert (told.outcomes(), told.reports[0].text) == (["refused"], "there is no wall 'north'; did you mean south?")


def test_what_a_rule_changed_is_brought_back() -> None:
    """`restore` gives the state from before the first of the rule's remembered orders, and nothing of other rules."""
    with desk() as told:
        ready(told)
        wall = WALLS["wall"]
        wall.colors["south"] = "grey"
        for count, (color, side, rule) in enumerate(
            [("purple", "north", "pose"), ("green", "north", "pose"), ("blue", "south", "other")], start=1
        ):
            told.do(Paint(color=color, wall=side), rule=rule, remember=rule == "pose")
            until(lambda count=count: len(told.reports) == count)  # type: ignore[misc]
        told.dispatcher.restore("pose")
        until(lambda: wall.colors == {"north": "white", "south": "blue"})


def test_what_is_held_at_the_end_is_brought_back() -> None:
    """Ending the program under a held pose leaves the lamp as it was before."""
    with desk() as told:
        ready(told)
        told.do(Paint(color="purple"), rule="pose", remember=True)
        until(lambda: WALLS["wall"].colors["north"] == "purple")
    assert WALLS["wall"].colors["north"] == "white"


def test_panic_drops_what_waits_and_brings_back() -> None:
    """After a panic nothing that waited is done, what goes on is stopped, and the lamp is as before."""
    with desk(timeout_s=60) as told:
        ready(told)
        wall = WALLS["wall"]
        told.do(Paint(color="purple"), rule="pose", remember=True)
        until(lambda: wall.colors["north"] == "purple")
        wall.slow_s = 60.0
        for number in range(10):
            told.do(Shout(text=str(number)))
        until(lambda: wall.calls == 2)
        wall.slow_s = 0.0
        told.dispatcher.panic()
        until(lambda: wall.colors["north"] == "white")
        assert wall.halted
    assert wall.done == ["purple", "white"]
    assert told.outcomes().count("dropped") == 10


def test_rules_are_checked_when_connected() -> None:
    """What the far end does not have is told before it is needed."""
    with desk(wanted=(Paint(wall="nort"), Paint())) as told:
        ready(told)
    assert ("action.problem", "wall: there is no wall 'nort'") in told.told


class Ahead:
    """The clock of the links, which can be put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_s = 0.0
        self.looks = 0
        monkeypatch.setattr(link, "time", SimpleNamespace(monotonic=self._now_s, perf_counter_ns=time.perf_counter_ns))

    def _now_s(self) -> float:
        self.looks += 1
        return asyncio.get_running_loop().time() + self.by_s

    def put(self, by_s: float) -> None:
        """Put it forward, and wait until it was looked at again and again."""
        self.by_s += by_s
        looks = self.looks
        until(lambda: self.looks > looks + 4)


def test_old_orders_are_given_up_while_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done long after its time; the sentence says why."""
    clock = Ahead(monkeypatch)
    with desk() as told:
        ready(told)
        wall = WALLS["wall"]
        wall.open.clear()
        told.dispatcher.call(lambda: _set(wall.lost))
        until(lambda: told.dispatcher.status[0].state == "retrying")
        told.do(Shout())
        clock.put(PATIENCE_S - 3)
        assert told.reports == []
        clock.put(3)
        until(lambda: bool(told.reports))
    assert (told.outcomes(), told.reports[0].text) == (["failed"], "wall: nobody is there")


def test_a_dry_run_touches_nothing() -> None:
    """Orders are only written down."""
    WALLS.clear()
    with desk(dry_run=True) as told:
        told.do(Shout())
        assert told.dispatcher.status[0].detail == "dry run"
    assert (told.outcomes(), WALLS) == (["dry"], {})


def test_facts_are_known_by_their_connection() -> None:
    """As `obs.scene`: several may have a scene."""
    with desk() as told:
        ready(told)
        assert told.dispatcher.facts == {"wall.paint": "dry"}


def test_closing_twice_is_fine() -> None:
    """And an order after the end is told to be dropped."""
    with desk() as told:
        ready(told)
    told.dispatcher.close()
    told.do(Shout())
    assert told.outcomes() == ["dropped"]


def test_a_name_that_is_being_resolved_does_not_hold_up_the_end() -> None:
    """Ctrl-C while a lamp's name is looked up: the program ends, and tells nothing of it."""
    with desk(resolve_s=30) as told:
        until(lambda: WALLS["wall"].connects == 1)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 20  # far from the 30 s that nobody can break off
    assert told.told == []


def test_a_change_that_waits_at_the_end_is_not_begun() -> None:
    """What would have to be undone at once is dropped; nothing is left changed."""
    with desk(rate_hz=0.02) as told:
        ready(told)
        told.do(Shout())
        until(lambda: len(told.reports) == 1)
        told.do(Paint(color="purple"), rule="pose", remember=True)
    assert WALLS["wall"].colors["north"] == "white"
    assert told.outcomes() == ["done", "dropped"]


def test_a_panic_breaks_off_what_is_being_done() -> None:
    """An order in hand is dropped, and what it may have changed is brought back."""
    with desk(timeout_s=30) as told:
        ready(told)
        WALLS["wall"].slow_s = 20.0
        told.do(Paint(color="purple"), rule="pose", remember=True)
        until(lambda: bool(WALLS["wall"].calls))
        WALLS["wall"].slow_s = 0.0
        told.dispatcher.panic()
        until(lambda: "dropped" in told.outcomes())
        until(lambda: WALLS["wall"].done == ["white"])


def test_what_is_brought_back_is_not_replaced_while_it_waits() -> None:
    """A later change keeps its place behind the undo, so that it is undone to the right state."""
    with desk(rate_hz=2) as told:
        ready(told)
        wall = WALLS["wall"]
        told.do(Paint(color="purple"), rule="first", remember=True)
        told.do(Shout())
        until(lambda: len(told.reports) == 2)
        told.dispatcher.restore("first")  # it waits for the rate
        told.do(Paint(color="blue"), rule="second", remember=True)
        until(lambda: wall.colors["north"] == "blue")
        told.dispatcher.restore("second")
        until(lambda: wall.colors["north"] == "white")


def test_a_fresh_order_is_as_young_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing an old one, it is not given up with the age of that."""
    clock = Ahead(monkeypatch)
    with desk() as told:
        ready(told)
        wall = WALLS["wall"]
        wall.open.clear()
        told.dispatcher.call(lambda: _set(wall.lost))
        until(lambda: told.dispatcher.status[0].state == "retrying")
        for number in range(4):
            told.do(Paint(color=f"c{number}"))
            clock.put(PATIENCE_S - 3)
        wall.open.set()
        until(lambda: wall.colors["north"] == "c3")
    assert "failed" not in told.outcomes()


def test_undoing_what_was_never_done_costs_nothing() -> None:
    """A rule that changed nothing here leaves nothing in the line."""
    with desk() as told:
        ready(told)
        for _ in range(100):
            told.dispatcher.restore("unknown")
        told.do(Shout())
        until(lambda: told.outcomes() == ["done"])
        assert len(told.dispatcher._links["wall"]._outbox) == 0


def test_a_client_that_fails_in_its_own_ways_is_connected_again() -> None:
    """Whatever a check or a close raises, the link lives on and says what happened."""
    with desk(wanted=(Shout(),)) as told:
        ready(told)
        wall = WALLS["wall"]
        wall.check_error, wall.close_error = [RuntimeError("a bug")], [RuntimeError("another")]
        told.dispatcher.call(lambda: _set(wall.lost))
        until(lambda: wall.connects >= 3)
        ready(told)
        told.do(Shout())
        until(lambda: told.outcomes() == ["done"])
    assert ("connection.retrying", "wall: failed (RuntimeError('a bug'))") in told.told


def test_a_client_that_cannot_be_made_is_told_at_the_start() -> None:
    """And no thread is left."""

    class Broken(WallConnection):
        def client(self, name: str, *, tools: Tools) -> Wall:
            raise UserError("a wall needs bricks; buy some")

    tools = Tools(secret=lambda name: None, store_secret=lambda name, value: None)
    with pytest.raises(UserError, match="a wall needs bricks; buy some"), Dispatcher({"wall": Broken()}, tools=tools):
        pass
    assert not any(thread.name == "posecast-actions" for thread in threading.enumerate())


def test_a_connection_that_had_given_up_can_be_tried_again() -> None:
    """After the password is mended, `retry` is enough."""
    with desk(secret="wrong") as told:
        until(lambda: told.dispatcher.status[0].state == "rejected")
        told.dispatcher.retry("wall")
        until(lambda: WALLS["wall"].connects == 2)
        until(lambda: told.dispatcher.status[0].state == "rejected")
