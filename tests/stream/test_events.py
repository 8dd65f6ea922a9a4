"""Tests of the event log."""

import pytest

from stream.events import Event, EventLog


def test_events_arrive_in_order_and_once() -> None:
    """Two deliveries give each event exactly once."""
    log, seen = EventLog(), list[Event]()
    log.listen(seen.append)
    log.tell("a", "first")
    log.tell("b", "second", "warning")
    log.deliver()
    log.deliver()
    assert [(event.name, event.level) for event in seen] == [("a", "info"), ("b", "warning")]


def test_an_overflow_is_told() -> None:
    """What had no room is counted in an event of its own; it is never silent."""
    log, seen = EventLog(), list[Event]()
    log.listen(seen.append)
    for number in range(300):
        log.tell("n", str(number))
    log.deliver()
    assert seen[-1].text == "44 events came faster than they could be told and are lost"
    assert seen[-1].level == "error"


def test_a_listener_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A terminal that is gone is logged; the other listeners, and later events, are heard."""
    log, seen = EventLog(), list[str]()

    def fail(event: Event) -> None:
        raise OSError("the terminal is gone")

    log.listen(fail)
    log.listen(lambda event: seen.append(event.name))
    log.tell("a", "first")
    log.tell("b", "second")
    log.deliver()
    assert seen == ["a", "b"]
    assert caplog.messages == [f"{name} could not be shown (the terminal is gone)" for name in seen]
