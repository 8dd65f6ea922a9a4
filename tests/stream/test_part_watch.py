"""Tests of `stream.part_watch`: one event for each change of state, and the metrics' view of it."""

import golden_messages
import pytest

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
    parts.advance(45 * MS)
    parts.advance(200 * MS)
    assert parts.states["body"].phase == "tracked"
    parts.advance(400 * MS)
    assert metrics.part_phases["body"] == "decaying"
    parts.advance(5000 * MS)
    events.deliver()
    assert [text.split(":")[0] for text in told][1:] == ["tracking.holding", "tracking.lost", "tracking.idle"]


def follow(parts: PartWatch, *, period_ms: int, late_ms: int, until_ms: int, gone_ms: int = 10**9) -> None:
    """Bring a tracking with a body every so often, each so late, until the camera is gone; let time pass ten times a second."""
    for now_ms in range(0, until_ms, 10):
        at_ms = now_ms - late_ms
        if at_ms >= 0 and at_ms // period_ms > (at_ms - 10) // period_ms and now_ms < gone_ms:
            parts.push(seen(at_ms // period_ms * period_ms))
        if now_ms % 100 == 0:
            parts.advance(now_ms * MS)


@pytest.mark.parametrize(("period_ms", "late_ms"), [(33, 60), (100, 120), (150, 170), (300, 350), (400, 430), (800, 850)])
def test_a_slow_tracker_loses_nobody(period_ms: int, late_ms: int) -> None:
    """However far apart trackings come, a body that is in each of them is found once, and nothing more is told."""
    parts, _, told, events = watch()
    follow(parts, period_ms=period_ms, late_ms=late_ms, until_ms=12_000)
    events.deliver()
    assert told == ["tracking.found: body found"]


@pytest.mark.parametrize(("period_ms", "late_ms"), [(33, 60), (150, 170), (400, 430), (800, 850)])
def test_a_camera_that_is_gone_is_noticed_however_slow_the_tracker(period_ms: int, late_ms: int) -> None:
    """The loss is told once, after the hold and what was usual until then."""
    parts, _, told, events = watch()
    follow(parts, period_ms=period_ms, late_ms=late_ms, until_ms=8700, gone_ms=8000)
    events.deliver()
    assert [text.split(":")[0] for text in told] == ["tracking.found", "tracking.holding", "tracking.lost"]


def test_a_frame_that_a_slow_tracker_misses_is_no_loss_before_the_next_is_due() -> None:
    """Six trackings a second, one of them without the body: held, and found again by the next."""
    parts, _, told, events = watch()
    for now_ms in range(0, 3000, 10):
        at_ms = now_ms - 170
        if at_ms >= 0 and at_ms % 150 == 0:
            parts.push(seen(at_ms, body=at_ms != 1500))
        if now_ms % 100 == 0:
            parts.advance(now_ms * MS)
    events.deliver()
    assert [text.split(":")[0] for text in told] == ["tracking.found", "tracking.holding", "tracking.found"]


def test_one_pause_makes_nobody_wait_for_long() -> None:
    """A second's pause of a quick camera is a loss, and half a second later a loss is noticed as soon as ever."""
    parts, metrics, _, _ = watch()
    for at_ms in [*range(0, 1000, 33), *range(2000, 2500, 33)]:
        parts.advance((at_ms + 40) * MS)
        parts.push(seen(at_ms))
        parts.advance((at_ms + 60) * MS)
    parts.advance(2900 * MS)
    assert metrics.part_phases["body"] == "decaying"
