"""Tests of the threads that cannot die unseen."""

import threading

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
