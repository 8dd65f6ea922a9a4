"""Tests of the percentiles in constant memory."""

import numpy as np

from stream.histogram import Histogram


def test_percentiles_agree_with_numpy_to_one_per_cent() -> None:
    """On a long-tailed sample every percentile lies within 1 % of the exact one."""
    values = np.random.default_rng(3).lognormal(2, 1, 20_000)
    histogram = Histogram()
    for value in values:
        histogram.add(float(value))
    for percent in (1, 50, 95, 99, 99.9):
        exact = float(np.percentile(values, percent, method="inverted_cdf"))
        found = histogram.percentile(percent)
        assert found is not None
        assert abs(found - exact) <= 0.0101 * exact


def test_the_largest_value_is_exact() -> None:
    """The maximum is kept as it was given."""
    histogram = Histogram()
    histogram.add(1.25)
    histogram.add(33.333)
    assert histogram.summary((50,), with_max=True) == {"p50": histogram.summary((50,))["p50"], "max": 33.33}
    assert histogram.largest == 33.333


def test_an_empty_histogram_says_nothing() -> None:
    """Without values there is no percentile, not a zero."""
    assert Histogram().summary((50, 95), with_max=True) == {"p50": None, "p95": None, "max": None}


def test_values_out_of_range_go_to_the_nearest_end() -> None:
    """Nothing raises, nothing is lost from the count."""
    histogram = Histogram()
    histogram.add(-1)
    histogram.add(1e12)
    assert histogram.count == 2
