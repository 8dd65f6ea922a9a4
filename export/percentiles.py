"""Percentiles of measured values, the way every report of a benchmark gives them.

Owns which percentiles, how they are taken and how they are rounded. Knows nothing of what was measured.
"""

from collections.abc import Iterable, Sequence

import numpy as np


def percentiles(values: Iterable[float], *, wanted: Sequence[int] = (50, 95, 99), digits: int = 3) -> dict[str, float | None]:
    """Return {p50, p95, p99}, or those `wanted`, rounded to so many digits after the point; None without values."""
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    if not len(ordered):
        return {f"p{p}": None for p in wanted}
    return {f"p{p}": round(float(np.percentile(ordered, p, method="inverted_cdf")), digits) for p in wanted}
