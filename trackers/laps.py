"""What the parts of a frame took.

Owns the laps of one frame's work. Knows nothing of what is done in them.
"""

import time
from collections.abc import Mapping


class Laps:
    """Laps in milliseconds; the first begins at once."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._from_s = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a lap; the next one begins."""
        self.ms[name] = self._since_last_ms()

    def lap_shared(self, took_s: Mapping[str, float]) -> None:
        """End a lap in which several things were done beside each other.

        Each is charged its share of the lap, so that all laps add up to the frame's time.

        Args:
            took_s: what each took by itself, seconds, by name.
        """
        lap_ms, all_s = self._since_last_ms(), sum(took_s.values())
        self.ms |= {name: lap_ms * alone_s / all_s for name, alone_s in took_s.items()}

    def _since_last_ms(self) -> float:
        before_s, self._from_s = self._from_s, time.perf_counter()
        return (self._from_s - before_s) * 1e3
