"""Two looks at once: what each may use, what comes back, and what a failure leaves."""

import threading
import time
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


def test_a_look_alone_has_all_threads_and_each_of_two_its_share() -> None:
    assert [Threads(most).now for most in (1, 2, 4)] == [1, 2, 4]
    assert [Threads(most).choices for most in (1, 2, 3, 4)] == [(1,), (1, 2), (1, 3), (2, 4)]
    assert [Threads(most).allow_two for most in (1, 2, 4)] == [False, True, True]


def test_two_looks_run_beside_each_other_on_half_the_threads_each(threads: Threads) -> None:
    both_run = threading.Barrier(2, timeout=PATIENCE_S)

    def look() -> tuple[int, str]:
        both_run.wait()  # broken unless the other one runs too
        now = threads.now
        both_run.wait()
        return now, threading.current_thread().name

    first, second = threads.both(look, look)
    assert first.found[0] == second.found[0] == 1
    assert first.found[1].startswith("posecast-look")
    assert second.found[1] == threading.current_thread().name
    assert threads.now == 2


def test_what_is_left_of_a_look_has_all_threads_when_the_other_one_has_ended(threads: Threads) -> None:
    waiting = threading.Event()

    def short() -> str:
        assert waiting.wait(PATIENCE_S)
        return "short"

    def long() -> list[int]:
        before = threads.now
        waiting.set()
        until_s = time.monotonic() + PATIENCE_S
        while threads.now == before and time.monotonic() < until_s:
            time.sleep(0.001)
        return [before, threads.now]

    first, second = threads.both(short, long)
    assert (first.found, second.found) == ("short", [1, 2])


def test_each_look_is_timed_by_itself(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = threading.local()  # each thread's own
    monkeypatch.setattr(beside.time, "perf_counter", lambda: getattr(clock, "now_s", 0.0))

    def look(took_s: float) -> None:
        clock.now_s = took_s

    first, second = threads.both(lambda: look(3.0), lambda: look(5.0))
    assert (first.took_s, second.took_s) == (3.0, 5.0)


@pytest.mark.parametrize("failing", ["first", "second"])
def test_a_failure_is_told_when_both_have_ended(threads: Threads, failing: str) -> None:
    may_end, ended = threading.Event(), threading.Event()

    def fails() -> None:
        may_end.set()
        raise ValueError("no face model")

    def succeeds() -> None:
        assert may_end.wait(PATIENCE_S)
        ended.set()

    looks = (fails, succeeds) if failing == "first" else (succeeds, fails)
    with pytest.raises(ValueError, match="no face model"):
        threads.both(*looks)
    assert ended.is_set()
    assert threads.now == 2
    assert threads.both(lambda: 1, lambda: 2)[0].found == 1  # and the next looks run
