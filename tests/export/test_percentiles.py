"""Tests of the percentiles."""

from export.percentiles import percentiles


def test_percentiles_of_known_values() -> None:
    """On 1..100 the p-th percentile is p."""
    assert percentiles(float(n) for n in range(1, 101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None}
