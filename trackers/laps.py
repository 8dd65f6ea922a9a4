"""What the parts of a frame took.

Owns the laps of one frame's work. Knows nothing of what is done in them.
"""

import time
from collections.abc import Mapping


class Laps:
    """Laps of the time that goes by; the first begins at once. Besides, what is done in another thread meanwhile."""

    def __init__(self) -> None:
        self._work_ms: dict[str, float] = {}
        self._gone_by_ms = 0.0
        self._from_s = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a lap; the next one begins."""
        before_s, self._from_s = self._from_s, time.perf_counter()
        lap_ms = (self._from_s - before_s) * 1e3
        self._gone_by_ms += lap_ms
        self._add(name, lap_ms)

    def beside(self, name: str, took_s: float) -> None:
        """Add what was done meanwhile in another thread."""
        self._add(name, took_s * 1e3)

    @property
    def ms(self) -> Mapping[str, float]:
        """Each name's share of the time that went by, by the work that was done for it: together they are the frame's time."""
        share = self._gone_by_ms / (sum(self._work_ms.values()) or 1.0)
        return {name: work_ms * share for name, work_ms in self._work_ms.items()}

    def _add(self, name: str, work_ms: float) -> None:
        self._work_ms[name] = self._work_ms.get(name, 0.0) + work_ms
