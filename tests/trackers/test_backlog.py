"""How late a frame is taken up, by its stamp and the clock; and which looks must wait for a sooner one."""

import pytest

from trackers.backlog import Backlog, Room

PERIOD_MS = 20.0
MS = 1_000_000


def rooms(*taken_up: tuple[float, float], backlog: Backlog | None = None) -> list[Room]:
    """Note frames by when each was captured and when it was taken up, in milliseconds."""
    told = backlog or Backlog()
    return [
        told.note(captured_ns=round(captured * MS), now_ns=round(now * MS), period_ms=PERIOD_MS) for captured, now in taken_up
    ]


def test_a_frame_that_is_taken_up_at_once_is_not_late() -> None:
    """Whatever the source's own delay, which is the same for all, and however its stamps waver."""
    assert [room.late_ms for room in rooms((0, 7), (20, 27), (40, 50), (60, 67))] == [0, 0, 0, 0]
    assert [room.late_ms for room in rooms((9000, 1), (9020, 21))] == [0, 0]


def test_a_frame_that_waited_is_late_by_as_much() -> None:
    """The look before it took 35 ms."""
    room = rooms((0, 1), (20, 36))[1]
    assert room.late_ms == pytest.approx(15)
    assert room.ms == 2 * PERIOD_MS
    assert 0 < room.reserve_ms < PERIOD_MS


def test_no_frame_waits_longer_than_since_the_last_one_was_taken_up() -> None:
    """A source that hands over a frame long after its stamp has not kept the tracker waiting."""
    assert rooms((0, 1), (20, 321), (40, 326))[2].late_ms == pytest.approx(5)


def test_a_source_that_falls_behind_for_good_is_believed_after_a_while() -> None:
    """Every frame is 15 ms older from now on."""
    backlog = Backlog()
    rooms(*((20.0 * k, 20.0 * k + 1) for k in range(5)), backlog=backlog)
    late = [room.late_ms for room in rooms(*((20.0 * k, 20.0 * k + 16) for k in range(5, 60)), backlog=backlog)]
    assert late[0] == pytest.approx(15)
    assert late[-20:] == [0] * 20


@pytest.mark.parametrize(
    ("late_ms", "taken_ms", "cost_ms", "waits"),
    [
        pytest.param(0, 0, 35, False, id="taken up at once: whatever it takes"),
        pytest.param(12, 0, 12, False, id="late, but short"),
        pytest.param(12, 0, 13, True, id="late, and too long"),
        pytest.param(0, 12, 13, True, id="after other looks"),
        pytest.param(12, 0, 40, True, id="as long as a frame that did not wait may be"),
        pytest.param(12, 0, 41, False, id="too long for any frame"),
    ],
)
def test_what_must_wait(late_ms: float, taken_ms: float, cost_ms: float, waits: bool) -> None:
    """Of 40 ms 16 are kept free."""
    room = Room(ms=40, reserve_ms=16, late_ms=late_ms)
    assert room.is_short_of(cost_ms, taken_ms=taken_ms) is waits
    assert not Room().is_short_of(cost_ms, taken_ms=taken_ms)
