"""Tests of the event log."""

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
