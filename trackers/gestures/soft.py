"""Soft yes and no: how far a measured number lies on the right side of a line, 0..1.

A condition is "undecided", 0.5, in the middle of its ramp, so that the least of several conditions is a confidence that means
something: how well the worst of them is kept. Knows nothing of what is measured.
"""


def rising(value: float, low: float, high: float) -> float:
    """Return 0 up to `low`, 1 from `high` on, and a straight line in between."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


def falling(value: float, low: float, high: float) -> float:
    """Return 1 up to `low`, 0 from `high` on."""
    return 1.0 - rising(value, low, high)


def between(value: float, low: float, high: float, *, ramp: float) -> float:
    """Return 1 from `low` to `high`, falling to 0 within `ramp` outside of them."""
    return min(rising(value, low - ramp, low), falling(value, high, high + ramp))
