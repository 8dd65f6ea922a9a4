"""The thread that makes batches ahead."""

import threading

import pytest

from avatar.training.feed import Feed


def test_what_was_asked_comes_in_order() -> None:
    """However long each takes."""
    gate = threading.Event()

    def slow() -> int:
        gate.wait(60)
        return 1

    with Feed[int]() as feed:
        feed.ask(slow)
        feed.ask(lambda: 2)
        assert len(feed) == 2
        gate.set()
        assert [feed.take(), feed.take()] == [1, 2]


def test_an_error_is_raised_where_it_is_taken() -> None:
    """A picture that cannot be read ends the training with its own words."""

    def broken() -> int:
        raise OSError("no such picture")

    with Feed[int]() as feed:
        feed.ask(broken)
        with pytest.raises(OSError, match="no such picture"):
            feed.take()


def test_closing_ends_the_thread() -> None:
    """Whatever was asked for and not taken."""
    feed = Feed[int]()
    for _ in range(20):
        feed.ask(lambda: 1)
    feed.close()
    assert not any(thread.name.startswith("feed") for thread in threading.enumerate())
