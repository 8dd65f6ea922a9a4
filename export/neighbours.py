"""How much of this computer's cores other guests of its host took while something was measured.

Owns that question to the system. Knows nothing of what is measured.
"""

import time
from typing import Any, Final

import psutil

_WORTH_TELLING: Final = 0.005
"""Share of the cores' time from which on times are less sure for it."""


class Neighbours:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self._cores = psutil.cpu_count() or 1
        self._started_s, self._taken_s = time.perf_counter(), _taken_s()

    def figures(self) -> dict[str, Any]:
        """Return {seconds, taken_s}: of all cores together since then, and what others took of it; None if nothing tells."""
        seconds, now_s = self._cores * (time.perf_counter() - self._started_s), _taken_s()
        taken_s = None if now_s is None or self._taken_s is None else round(now_s - self._taken_s, 2)
        return {"seconds": round(seconds, 1), "taken_s": taken_s}


def told(figures: dict[str, Any]) -> str:
    """Return a sentence if others took so much that times are less sure for it; else nothing."""
    seconds, taken_s = figures["seconds"], figures["taken_s"]
    if taken_s is None or taken_s <= _WORTH_TELLING * seconds:
        return ""
    return f"Other guests of this computer's host took {taken_s:.1f} of its cores' {seconds:.0f} s: times are longer for it."


def _taken_s() -> float | None:
    """Return the seconds of all cores, since the computer started, in which they were given to others; Linux alone tells."""
    return getattr(psutil.cpu_times(), "steal", None)
