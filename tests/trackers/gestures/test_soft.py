"""Soft conditions: their ends, their middle, and their slopes."""

from trackers.gestures.soft import between, falling, rising


def test_a_ramp_rises_from_no_to_yes() -> None:
    """Nothing below, everything above, half in the middle."""
    assert [rising(x, 1.0, 3.0) for x in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert [falling(x, 1.0, 3.0) for x in (0.0, 1.0, 2.0, 3.0, 9.0)] == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_a_range_is_soft_at_both_ends() -> None:
    """Inside is yes, a ramp outside is no, half a ramp is undecided."""
    assert [between(x, 1.0, 2.0, soft=0.5) for x in (0.5, 0.75, 1.0, 1.5, 2.0, 2.25, 2.5)] == [
        0.0,
        0.5,
        1.0,
        1.0,
        1.0,
        0.5,
        0.0,
    ]
