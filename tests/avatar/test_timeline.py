"""The delay between the trackers' clock and the output clock."""

import numpy as np
import pytest

from avatar.timeline import LOOK_AHEAD_S, RUN_ON_PERIODS, Timeline

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


def at(timeline: Timeline, time_ns: int, *seen_ns: int) -> np.ndarray:
    return timeline.reach_s(time_ns, np.array(seen_ns))


def test_the_look_ahead_is_bounded() -> None:
    """However old the newest measurement, no pose is carried further than the bound."""
    timeline = Timeline()
    newest = run(timeline, late_ms=50)
    horizons = [at(timeline, newest + age * MS, newest)[0] for age in range(50, 1000, 10)]
    assert max(horizons) == LOOK_AHEAD_S <= 0.040
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
    np.testing.assert_allclose(last, [LOOK_AHEAD_S] + [LOOK_AHEAD_S + 0.033 * RUN_ON_PERIODS] * 2, atol=1e-3)
