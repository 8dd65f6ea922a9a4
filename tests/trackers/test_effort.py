"""Tests of the ladder of efforts and its governor."""

import pytest

from trackers.effort import FIRST_RETRY_FRAMES, WINDOW_FRAMES, Budget, Governor, ladder


def drive(governor: Governor, times_ms: list[float], frames: int) -> list[int]:
    """Give frames that take as long as their rung says; return the rung after each."""
    rungs = []
    for _ in range(frames):
        governor.note(times_ms[governor.rung])
        rungs.append(governor.rung)
    return rungs


def test_the_ladder_begins_with_what_was_asked_for_and_gets_lighter() -> None:
    """Hands first, then the body; the face is never eased."""
    rungs = ladder(body_model="heavy", hand_model="full", hands=True)
    assert [(r.body_model, r.hand_model) for r in rungs] == [
        ("heavy", "full"),
        ("heavy", "lite"),
        ("full", "lite"),
        ("lite", "lite"),
    ]
    assert [r.body_model for r in ladder(body_model="full", hand_model="full", hands=False)] == ["full", "lite"]
    assert len(ladder(body_model="lite", hand_model="lite", hands=True)) == 1


def test_without_a_budget_nothing_is_eased() -> None:
    """However long frames take, the effort stays."""
    governor = Governor(5, budget_ms=None)
    assert set(drive(governor, [1000.0] * 5, 500)) == {0}


def test_it_steps_down_until_frames_fit() -> None:
    """One rung for each window that took too long, and then no further."""
    governor = Governor(5, budget_ms=25)
    rungs = drive(governor, [50, 38, 32, 22, 15], 10 * WINDOW_FRAMES)
    assert rungs[-1] == 3
    assert rungs[WINDOW_FRAMES - 1] == 1
    assert rungs == sorted(rungs)


def test_it_comes_back_when_there_is_room() -> None:
    """A computer that was busy for a while gets full tracking again."""
    governor = Governor(3, budget_ms=25)
    drive(governor, [40, 30, 20], 5 * WINDOW_FRAMES)
    assert governor.rung == 2
    rungs = drive(governor, [9, 8, 7], 3 * FIRST_RETRY_FRAMES + 10)
    assert rungs[-1] == 0


def test_a_rung_that_is_too_much_is_tried_more_and_more_seldom() -> None:
    """A rung that never fits is tried again after pauses that double: the tracker does not swing."""
    governor = Governor(2, budget_ms=25)
    rungs = drive(governor, [60, 10], 10_000)
    tries = [n for n in range(1, len(rungs)) if rungs[n - 1] == 1 and rungs[n] == 0]
    pauses = [b - a for a, b in zip(tries, tries[1:], strict=False)]
    assert len(tries) <= 5
    assert all(later > 1.8 * earlier for earlier, later in zip(pauses, pauses[1:], strict=False))


def test_climbs_that_hold_do_not_slow_the_next_ones() -> None:
    """After a short overload each rung is climbed after the same pause, and a later overload is undone as fast."""
    governor = Governor(6, budget_ms=25)
    for _ in range(2):
        drive(governor, [60] * 6, 6 * WINDOW_FRAMES)
        assert governor.rung == 5
        drive(governor, [8] * 6, 6 * FIRST_RETRY_FRAMES + 10)
        assert governor.rung == 0


@pytest.mark.parametrize("hiccup_ms", [200.0])
def test_a_hiccup_changes_nothing(hiccup_ms: float) -> None:
    """A single slow frame in a window is not a slow computer."""
    governor = Governor(3, budget_ms=25)
    for number in range(20 * WINDOW_FRAMES):
        governor.note(hiccup_ms if number % 20 == 0 else 15)
    assert governor.rung == 0


def test_the_budget_follows_the_camera() -> None:
    """A camera of 60 Hz leaves half the time, whatever was expected; frames dropped on the way change nothing."""
    budget = Budget(0.6, fps=30)
    assert budget.ms == pytest.approx(20.0)
    for seq in range(0, 300, 3):
        budget.note(seq, seq * 16_666_667)
    assert budget.ms == pytest.approx(10.0, rel=0.01)


@pytest.mark.parametrize("fps", [5, 2])
def test_the_budget_follows_a_slow_camera_too(fps: int) -> None:
    """Five frames a second and fewer leave as much time as they take; a single pause still says nothing."""
    budget = Budget(0.6, fps=30)
    for seq in range(100):
        budget.note(seq, seq * 1_000_000_000 // fps)
    assert budget.ms == pytest.approx(600 / fps, rel=0.01)
    quick = Budget(0.6, fps=30)
    for seq, captured_ms in enumerate((0, 33, 66, 666, 700)):
        quick.note(seq, captured_ms * 1_000_000)
    assert quick.ms == pytest.approx(20.0, rel=0.05)


def test_a_pause_is_no_slow_camera() -> None:
    """A source that was lost for a second, or began anew, leaves the budget as it was."""
    budget = Budget(0.6, fps=30)
    for seq, captured_ns in ((0, 0), (1, 1_000_000_000), (0, 0), (0, 5)):
        assert budget.note(seq, captured_ns) == pytest.approx(20.0)
    assert Budget(None, fps=30).note(0, 0) is None
