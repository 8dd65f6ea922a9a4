"""Tests of `stream.part_watch`: one event for each change of state, and the metrics' view of it."""

import golden_messages

from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.part_watch import PartWatch
from trackers.part_state import PartTimes
from trackers.types import Stamp, Tracking

MS = 1_000_000


def watch() -> tuple[PartWatch, Metrics, list[str], EventLog]:
    """A watch, and the names and texts of all it tells once they are delivered."""
    events, metrics, told = EventLog(), Metrics(), []

    def hear(event: Event) -> None:
        assert event.level == "info"
        told.append(f"{event.name}: {event.text}")

    events.listen(hear)
    return PartWatch(times=PartTimes(), events=events, metrics=metrics), metrics, told, events


def seen(at_ms: int, *, body: bool = True) -> Tracking:
    """A frame with a body, or with nothing."""
    stamp = Stamp(at_ms, at_ms * MS)
    person = golden_messages.tracking().body if body else None
    return Tracking(stamp, 640, 480, body=person, left_hand=None, right_hand=None, face=None)


def test_each_change_is_told_once() -> None:
    """Found, out of sight, lost, at rest, found: and nothing of the parts that never were."""
    parts, metrics, told, events = watch()
    for at_ms in range(0, 1600, 33):
        parts.push(seen(at_ms, body=at_ms < 200 or at_ms > 1500))
    events.deliver()
    assert told == [
        "tracking.found: body found",
        "tracking.holding: body out of sight",
        "tracking.lost: body lost",
        "tracking.idle: body at rest",
        "tracking.found: body found",
    ]
    assert metrics.snapshot()["parts"] == {"body": "tracked", "left_hand": "idle", "right_hand": "idle", "face": "idle"}


def test_a_frame_missed_is_held_and_not_lost() -> None:
    """One frame without the part: two events, neither of them a loss."""
    parts, _, told, events = watch()
    for at_ms in range(0, 330, 33):
        parts.push(seen(at_ms, body=at_ms != 99))
    events.deliver()
    assert [text.split(":")[0] for text in told] == ["tracking.found", "tracking.holding", "tracking.found"]


def test_a_camera_that_is_gone_lets_the_parts_go() -> None:
    """No frame comes, only time passes."""
    parts, metrics, told, events = watch()
    parts.push(seen(0))
    parts.advance(200 * MS)
    assert parts.states["body"].phase == "tracked"
    parts.advance(400 * MS)
    assert metrics.part_phases["body"] == "decaying"
    parts.advance(5000 * MS)
    events.deliver()
    assert [text.split(":")[0] for text in told][1:] == ["tracking.holding", "tracking.lost", "tracking.idle"]
