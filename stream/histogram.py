"""Percentiles of a stream of durations in constant memory.

Owns the buckets. Logarithmic, 1 % wide, so a run of any length costs the same and every percentile is right to 1 %; the largest
value is kept exactly. Knows nothing of what is measured.
"""

import math
import threading

import numpy as np

_SMALLEST = 1e-3
_STEP = math.log(1.01)
_BUCKETS = 1 + math.ceil(math.log(1e6 / _SMALLEST) / _STEP)


class Histogram:
    """Counts values between 0.001 and 1,000,000 (of whatever unit); safe to use from several threads."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BUCKETS, dtype=np.int64)
        self._lock = threading.Lock()
        self._largest = 0.0
        self._count = 0

    @property
    def count(self) -> int:
        """How many values were added."""
        return self._count

    @property
    def largest(self) -> float:
        """The largest value so far, exactly; 0 when there is none."""
        return self._largest

    def add(self, value: float) -> None:
        """Count one value; what lies outside the range goes to its nearest end."""
        bucket = 0 if value <= _SMALLEST else min(_BUCKETS - 1, math.ceil(math.log(value / _SMALLEST) / _STEP))
        with self._lock:
            self._counts[bucket] += 1
            self._count += 1
            self._largest = max(self._largest, value)

    def percentile(self, percent: float) -> float | None:
        """Return the smallest bucket's value that `percent` of all values do not exceed; None without values."""
        with self._lock:
            if self._count == 0:
                return None
            wanted = max(1, math.ceil(self._count * percent / 100))
            bucket = int(np.searchsorted(np.cumsum(self._counts), wanted))
            return min(self._largest, _SMALLEST * math.exp(bucket * _STEP))

    def summary(self, percents: tuple[int, ...] = (50, 95, 99), *, with_max: bool = False) -> dict[str, float | None]:
        """Return {"p50": …, …}, rounded to 0.01; None where nothing was counted."""
        found = {f"p{percent}": self.percentile(percent) for percent in percents}
        if with_max:
            found["max"] = self._largest if self._count else None
        return {name: None if value is None else round(value, 2) for name, value in found.items()}
