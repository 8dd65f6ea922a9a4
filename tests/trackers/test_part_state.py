"""Tests of `trackers.part_state`: from one state to the next, by stamps alone."""

import pytest

from trackers.part_state import NEVER_SEEN, PartState, PartTimes, passed

TIMES = PartTimes(hold_s=0.25, decay_s=0.6)
MS = 1_000_000
TRACKED = PartState("tracked", 0, 1000 * MS)


def phases(state: PartState, *, found: bool | None, at_ms: int) -> list[str]:
    """What it goes through until then."""
    return [step.phase for step in passed(state, found=found, time_ns=at_ms * MS, times=TIMES)]


def test_found_is_tracked_at_once_whatever_it_was() -> None:
    """And stays so, with a newer sight of it."""
    for phase in ("idle", "holding", "decaying"):
        (state,) = passed(PartState(phase, 5, 5), found=True, time_ns=7, times=TIMES)
        assert state == PartState("tracked", 7, 7)
    assert passed(state, found=True, time_ns=9, times=TIMES) == (PartState("tracked", 7, 9),)


def test_a_lost_part_is_held_then_decays_then_idles() -> None:
    """Frame by frame at 30 a second, each state once, each for its time."""
    state, seen = TRACKED, []
    for frame in range(40):
        steps = passed(state, found=False, time_ns=1033 * MS + frame * 33 * MS, times=TIMES)
        seen += [step for step in steps if step != state]
        state = steps[-1]
    assert [step.phase for step in seen] == ["holding", "decaying", "idle"]
    assert [step.since_ns // MS for step in seen] == [1033, 1250, 1850]
    assert {step.seen_ns for step in seen} == {1000 * MS}


def test_a_long_gap_leaves_no_state_out() -> None:
    """The next frame comes three seconds later, without the part."""
    assert phases(TRACKED, found=False, at_ms=4000) == ["holding", "decaying", "idle"]


@pytest.mark.parametrize(("at_ms", "expected"), [(1200, "tracked"), (1250, "decaying"), (1849, "decaying"), (1850, "idle")])
def test_without_frames_a_part_is_lost_when_its_hold_is_over(at_ms: int, expected: str) -> None:
    """A late frame is no loss; a camera that is gone is."""
    assert phases(TRACKED, found=None, at_ms=at_ms)[-1] == expected


def test_what_was_never_seen_stays_idle() -> None:
    """No event for what nobody had."""
    assert passed(NEVER_SEEN, found=False, time_ns=10**12, times=TIMES) == (NEVER_SEEN,)


def test_time_that_runs_backwards_loses_nothing_early() -> None:
    """A source that begins anew, with older stamps."""
    assert phases(TRACKED, found=False, at_ms=10) == ["holding"]
    assert phases(TRACKED, found=None, at_ms=10) == ["tracked"]


def test_no_hold_and_no_decay_go_straight_to_idle() -> None:
    """All times may be zero."""
    times = PartTimes(hold_s=0, decay_s=0, return_s=0)
    steps = passed(TRACKED, found=False, time_ns=1033 * MS, times=times)
    assert [step.phase for step in steps] == ["holding", "decaying", "idle"]
