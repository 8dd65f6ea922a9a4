"""Early looks: which thread does them, what each may use, what comes back, and what is dropped."""

import threading
from collections.abc import Iterator

import pytest

from trackers import beside
from trackers.beside import Threads

PATIENCE_S = 20.0
"""Longer than any of these waits for another thread; only a mistake takes so long."""


@pytest.fixture
def threads() -> Iterator[Threads]:
    shared = Threads(2)
    yield shared
    shared.close()


class Held:
    """A look that goes on until it may end."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.began.set()
        assert self.may_end.wait(PATIENCE_S)
        return threading.current_thread().name


def not_here() -> str:
    raise AssertionError("this look was to be done in the other thread")


def test_a_look_alone_has_all_threads_and_one_beside_another_its_share(threads: Threads) -> None:
    assert [(of.claim(), of.share, of.choices, of.allow_two) for of in map(Threads, (1, 2, 3, 4))] == [
        (1, 1, (1,), False),
        (2, 1, (1, 2), True),
        (3, 1, (1, 3), True),
        (4, 2, (2, 4), True),
    ]
    held = Held()
    begun = threads.begin("held", held)
    assert threads.claim() == 1
    held.may_end.set()
    assert begun.take(not_here).startswith("posecast-look")
    assert threads.claim() == 2


def test_what_the_second_thread_has_not_begun_is_done_by_who_needs_it_and_only_there(threads: Threads) -> None:
    held, done = Held(), []
    looks = {"first": held, "second": lambda: done.append("second"), "third": lambda: "third"}
    first, second, third = (threads.begin(name, look) for name, look in looks.items())
    assert held.began.wait(PATIENCE_S)
    second.take(lambda: done.append("here"))
    held.may_end.set()
    first.take(not_here)
    assert third.take(lambda: "third") == "third"
    assert done == ["here"]


def test_settling_waits_for_what_goes_on_and_drops_the_rest(threads: Threads) -> None:
    held, done = Held(), []
    threads.begin("held", held)
    threads.begin("dropped", lambda: done.append("dropped"))
    assert held.began.wait(PATIENCE_S)
    settling = threading.Thread(target=threads.settle)
    settling.start()
    assert settling.is_alive()
    held.may_end.set()
    settling.join(PATIENCE_S)
    assert not settling.is_alive()
    assert threads.claim() == 2
    assert threads.begin("next", lambda: "next").take(lambda: "next") == "next"
    assert done == []


def test_a_failure_is_told_to_who_takes_it(threads: Threads) -> None:
    def fails() -> str:
        raise ValueError("no face model")

    held = Held()
    threads.begin("held", held)
    failing = threads.begin("fails", fails)
    held.may_end.set()
    beside.wait([failing.future])
    with pytest.raises(ValueError, match="no face model"):
        failing.take(not_here)
    threads.begin("fails", fails)
    threads.settle()  # nobody wanted to know
    assert threads.begin("next", lambda: 1).take(lambda: 1) == 1


def test_a_look_is_timed_without_the_time_in_which_it_was_waited_for(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = threading.local()  # each thread's own
    monkeypatch.setattr(beside.time, "perf_counter", lambda: getattr(clock, "now_s", 0.0))

    def takes(seconds: float) -> None:
        clock.now_s = getattr(clock, "now_s", 0.0) + seconds

    begun = threads.begin("takes", lambda: takes(5.0))
    beside.wait([begun.future])
    waits = begun.future.result
    monkeypatch.setattr(begun.future, "result", lambda: (takes(2.0), waits())[1])
    begun.take(lambda: takes(100.0))
    assert begun.beside_s == 3.0


def test_a_look_that_nobody_begun_takes_no_time_beside(threads: Threads) -> None:
    held = Held()
    threads.begin("held", held)
    second = threads.begin("second", lambda: "second")
    assert held.began.wait(PATIENCE_S)
    assert second.take(lambda: "here") == "here"
    held.may_end.set()
    assert second.beside_s == 0.0


@pytest.mark.parametrize(
    ("so_far_s", "last", "threads_now"),
    [(5.0, True, 1), (7.0, True, 2), (7.0, False, 1)],
    ids=["half done", "nearly done", "nearly done, but another follows"],
)
def test_a_last_look_is_waited_for_when_it_is_nearly_done(
    threads: Threads, monkeypatch: pytest.MonkeyPatch, so_far_s: float, last: bool, threads_now: int
) -> None:
    """Its usual time is that of the frames before, 10 s here."""
    now, waited, really_wait = [0.0], [], beside.wait
    monkeypatch.setattr(beside.time, "perf_counter", lambda: now[0])
    really_wait([threads.begin("face", lambda: now.__setitem__(0, 10.0)).future])
    threads.settle()

    held = Held()
    threads.begin("face", held)
    if not last:
        threads.begin("left", lambda: None)
    assert held.began.wait(PATIENCE_S)
    now[0] += so_far_s
    monkeypatch.setattr(
        beside, "wait", lambda looks, timeout: (waited.append(timeout), held.may_end.set(), really_wait(looks, PATIENCE_S))
    )
    assert threads.claim() == threads_now
    assert waited == ([pytest.approx(4.0)] if threads_now == 2 else [])
    held.may_end.set()
    monkeypatch.undo()
