"""Tests of the threads that cannot die unseen."""

import sys
import threading

import pytest

from stream.slot import SlotClosed
from stream.worker import Stop, Worker


def test_the_first_error_stops_everything_and_is_kept() -> None:
    """One worker raises; the other ends because of it, and the error can be asked for."""
    stop = Stop()
    first = ValueError("frame 21")
    turned = threading.Event()

    def fail() -> None:
        turned.wait(60)
        raise first

    workers = [Worker("fails", fail, stop=stop), Worker("turns", turned.set, stop=stop)]
    for worker in workers:
        worker.start()
    assert all(worker.join(60) for worker in workers)
    assert stop.error is first
    stop.request(ValueError("later"))
    assert stop.error is first


def test_a_closed_slot_ends_a_worker_quietly() -> None:
    """SlotClosed is how a worker learns of the end; it is no error."""
    stop = Stop()

    def step() -> None:
        raise SlotClosed

    worker = Worker("reads", step, stop=stop)
    worker.start()
    assert worker.join(60)
    assert stop.error is None
    assert not stop.requested


def test_joining_a_worker_that_never_started_is_no_error() -> None:
    """A start that failed half-way can be undone."""
    assert Worker("idle", lambda: None, stop=Stop()).join(0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one thread of a program go before others")
def test_a_program_that_is_nice_already_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started it with `nice` may not be allowed to take that back; only a thread that is less nice steps back."""
    asked: list[int] = []
    monkeypatch.setattr("os.getpriority", lambda *_: 10)
    monkeypatch.setattr("os.setpriority", lambda *arguments: asked.append(arguments[2]))
    stop, worked = Stop(), threading.Event()
    worker = Worker("works", lambda: (worked.set(), stop.request())[0], stop=stop, niceness=3)
    worker.start()
    assert worker.join(60)
    assert worked.is_set()
    assert asked == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one thread of a program go before others")
def test_a_worker_that_may_not_step_back_is_not_lost_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be the tracker, or the camera: its error ends the run and says why."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.setpriority", refuse)
    stop = Stop()
    worker = Worker("works", lambda: None, stop=stop, niceness=3)
    worker.start()
    assert worker.join(60)
    assert isinstance(stop.error, PermissionError)
