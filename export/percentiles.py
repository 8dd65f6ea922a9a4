"""Percentiles of measured values, the way every report of a benchmark gives them.

Owns which percentiles, how they are taken and how they are rounded. Knows nothing of what was measured.
"""

from collections.abc import Iterable

import numpy as np


def percentiles(values: Iterable[float]) -> dict[str, float | None]:
    """Return {p50, p95, p99} rounded to 0.001; None without values."""
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    if not len(ordered):
        return {"p50": None, "p95": None, "p99": None}
    return {f"p{p}": round(float(np.percentile(ordered, p, method="inverted_cdf")), 3) for p in (50, 95, 99)}
