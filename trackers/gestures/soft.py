"""Soft yes and no: how far a measured number lies on the right side of a line, 0..1.

A condition is "undecided", 0.5, in the middle of its ramp, so that the least of several conditions is a confidence that means
something: how well the worst of them is kept. Knows nothing of what is measured.
"""


def ramp(value: float, zero: float, one: float) -> float:
    """Return 0..1, where `value` lies on the way from `zero` to `one` (which may be the smaller); 0 of what is no number."""
    return min(1.0, max(0.0, (value - zero) / (one - zero)))


def rising(value: float, low: float, high: float) -> float:
    """Return 0 up to `low`, 1 from `high` on, and a straight line in between."""
    return ramp(value, low, high)


def falling(value: float, low: float, high: float) -> float:
    """Return 1 up to `low`, 0 from `high` on."""
    return 1.0 - rising(value, low, high)


def between(value: float, low: float, high: float, *, soft: float) -> float:
    """Return 1 from `low` to `high`, falling to 0 within `soft` outside of them."""
    return min(rising(value, low - soft, low), falling(value, high, high + soft))
