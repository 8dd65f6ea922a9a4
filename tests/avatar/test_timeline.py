"""The delay between the trackers' clock and the output clock."""

from avatar.timeline import LOOK_AHEAD_S, Timeline


def test_the_look_ahead_is_bounded() -> None:
    """However old the newest measurement, no pose is carried further than the bound."""
    timeline = Timeline()
    for i in range(10):
        timeline.push(1_000_000_000 + i * 33_000_000)
        timeline.horizon_s(1_000_000_000 + i * 33_000_000 + 50_000_000)
    newest = 1_000_000_000 + 9 * 33_000_000
    horizons = [timeline.horizon_s(newest + age * 1_000_000) for age in range(50, 1000, 10)]
    assert max(horizons) == LOOK_AHEAD_S <= 0.040
    assert 0.0 <= timeline.delay_s < 0.1
