"""What is done beside the stream a few times a second: one thing that fails ends nothing and holds up nothing."""

from stream.events import Event, EventLog
from stream.ticks import Ticks


def test_one_that_fails_holds_up_no_other() -> None:
    """All are called each time, in their order; a failure is told once, and again after it has worked."""
    events, told, made = EventLog(), list[Event](), list[str]()
    events.listen(told.append)
    ticks, broken = Ticks(events), {"is": True}

    def rules() -> None:
        made.append("rules")
        if broken["is"]:
            raise PermissionError("no entry")

    ticks.add("the rules' clock", rules)
    ticks.add("the panel's news", lambda: made.append("panel"))
    for is_broken in (True, True, False, True):
        broken["is"] = is_broken
        ticks()
    events.deliver()
    assert made == ["rules", "panel"] * 4
    assert [event.text for event in told] == ["the rules' clock failed (no entry) and is tried again; all else goes on"] * 2


def test_what_is_due_more_seldom_is_made_more_seldom() -> None:
    """The status line is written twice a second, however often the rest is looked at."""
    ticks, made = Ticks(EventLog()), list[str]()
    ticks.add("often", lambda: made.append("often"))
    ticks.add("seldom", lambda: made.append("seldom"), every_s=3600.0)
    for _ in range(3):
        ticks()
    assert made == ["often", "seldom", "often", "often"]
