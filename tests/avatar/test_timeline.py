"""The delay between the trackers' clock and the output clock."""

import numpy as np
import pytest

from avatar.timeline import LOOK_AHEAD_S, RUN_ON_PERIODS, RUN_OUT_S, Ages, Timeline

MS = 1_000_000


def run(timeline: Timeline, *, late_ms: int, period_ms: int = 33, frames: int = 10) -> int:
    """Push frames that arrive late and sample about every 16 ms; return the newest stamp."""
    now, pushed, stamp = 0, 0, 1000
    while pushed < frames:
        while 1000 + pushed * period_ms + late_ms <= 1000 + now and pushed < frames:
            stamp = 1000 + pushed * period_ms
            timeline.push(stamp * MS)
            pushed += 1
        if pushed:
            timeline.note_sample((1000 + now) * MS)
        now += 16
    return stamp * MS


def at(timeline: Timeline, time_ns: int, *seen_ns: int, there: bool = True) -> np.ndarray:
    return timeline.reach_s(time_ns, np.array(seen_ns), there=np.full(len(seen_ns), there))


def test_the_look_ahead_is_bounded() -> None:
    """However old the newest measurement, no pose is carried further than the bound; towards it its motion runs out."""
    timeline = Timeline()
    newest = run(timeline, late_ms=50)
    horizons = np.array([at(timeline, newest + age * MS, newest)[0] for age in range(50, 1000, 10)])
    assert LOOK_AHEAD_S < max(horizons) <= LOOK_AHEAD_S + RUN_OUT_S + 1e-9 <= 0.040 + 1e-9
    steps = np.diff(horizons)
    assert (steps >= 0).all()
    assert (np.diff(steps) < 1e-9).all()  # ever more slowly, from full pace
    assert steps[0] == pytest.approx(0.010)
    assert 0.0 <= timeline.delay_s < 0.1


@pytest.mark.parametrize("late_ms", [5, 50, 90])
def test_the_delay_is_what_the_bound_leaves(late_ms: int) -> None:
    """The oldest measurement that is shown in the usual course is looked ahead by just the bound; late ones cost delay."""
    timeline = Timeline()
    run(timeline, late_ms=late_ms, frames=60)
    oldest_s = (late_ms + 33) * 1e-3
    assert max(0.0, oldest_s - 0.017 - LOOK_AHEAD_S) - 0.003 <= timeline.delay_s <= max(0.0, oldest_s - LOOK_AHEAD_S)


def test_a_part_that_was_not_looked_at_runs_on() -> None:
    """Its look ahead goes on from its own measurement, and ends some periods after that of the others."""
    timeline = Timeline()
    newest = run(timeline, late_ms=50, frames=60)
    before = newest - 33 * MS
    first = at(timeline, newest + 50 * MS, newest, before)
    assert first[1] - first[0] == pytest.approx(0.033)
    last = at(timeline, newest + 900 * MS, newest, before, np.iinfo(np.int64).min // 2)
    most_s = LOOK_AHEAD_S + RUN_OUT_S
    np.testing.assert_allclose(last, [most_s] + [most_s + 0.033 * RUN_ON_PERIODS] * 2, atol=1e-3)
    lost = at(timeline, newest + 900 * MS, newest, before, there=False)
    np.testing.assert_allclose(lost, most_s, atol=1e-3)  # what is lost does not run on


@pytest.mark.parametrize(("period_ms", "late_ms"), [(300, 350), (400, 430), (800, 850)])
def test_a_slow_tracker_has_its_own_delay(period_ms: int, late_ms: int) -> None:
    """Measurements that all come later than a pause would last cost delay as others do, and are looked between."""
    timeline = Timeline()
    newest = run(timeline, late_ms=late_ms, period_ms=period_ms, frames=8)
    oldest_s = (late_ms + period_ms) * 1e-3
    assert oldest_s - 0.03 - LOOK_AHEAD_S < timeline.delay_s <= oldest_s - LOOK_AHEAD_S
    assert timeline.silence_s >= timeline.delay_s
    assert at(timeline, newest + late_ms * MS, newest)[0] == pytest.approx(-period_ms * 1e-3, abs=0.05)
    assert timeline.slow_s == pytest.approx(period_ms * 1e-3 - 0.1)


def test_a_pause_changes_nothing_of_the_delay() -> None:
    """Two trackings in a row that take half a second are no pace."""
    usual, paused = Timeline(), Timeline()
    for timeline in (usual, paused):
        run(timeline, late_ms=50, frames=60)
    for stamp in (3500, 4000):
        paused.note_sample((stamp + 500) * MS)
        paused.push(stamp * MS)
    assert paused.delay_s == usual.delay_s
    assert paused.slow_s == 0.0


def test_who_was_slow_and_is_quick_again_is_shown_soon() -> None:
    """After three quick measurements the delay is that of quick ones."""
    timeline = Timeline()
    stamp = run(timeline, late_ms=430, period_ms=400) // MS
    for _ in range(4):
        stamp += 33
        timeline.push(stamp * MS)
        timeline.note_sample((stamp + 60) * MS)
    assert timeline.delay_s == pytest.approx(0.060 - LOOK_AHEAD_S)
    assert timeline.slow_s == 0.0


def test_ages_know_what_was_usual() -> None:
    """Of the first measurement only half is known; then the last few count, the longest never for more than 2 s."""
    ages = Ages()
    ages.look(5 * MS)
    assert ages.usual_s == ages.longest_s == 0.0
    ages.push(0)
    ages.look(100 * MS)
    assert ages.longest_s == pytest.approx(0.2)
    for stamp, seen_ms in ((200, 150), (400, 350), (600, 5000), (5000, 5050)):
        ages.look(seen_ms * MS)
        ages.push(stamp * MS)
    assert ages.longest_s == 2.0
    assert not ages.slow
