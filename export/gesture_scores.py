"""Counts of what was made and what was told, and the figures that follow from them.

Owns precision, recall and how delays are summed up. Knows nothing of where the counts come from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from export.percentiles import percentiles


@dataclass(slots=True)
class Score:
    """Of one gesture."""

    made: int = 0
    """How often it was made,"""
    found: int = 0
    """and told then;"""
    wrong: int = 0
    """how often it was told when it was not made."""
    latencies_ms: list[float] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Count the other one's too."""
        self.made += other.made
        self.found += other.found
        self.wrong += other.wrong
        self.latencies_ms += other.latencies_ms

    @property
    def figures(self) -> dict[str, Any]:
        """Return {precision, recall, n, wrong, latency_ms}; precision and recall are None where the gesture was never made."""
        told = percentiles(self.latencies_ms)
        return {
            "precision": _ratio(self.found, self.found + self.wrong) if self.made else None,
            "recall": _ratio(self.found, self.made),
            "n": self.made,
            "wrong": self.wrong,
            "latency_ms": {name: told[name] for name in ("p50", "p95")},
        }


Scores = dict[str, Score]
"""By the gesture's name."""


def summed(parts: Iterable[Mapping[str, Score]]) -> Scores:
    """Return all counts together."""
    out: Scores = {}
    for part in parts:
        for name, score in part.items():
            out.setdefault(name, Score()).add(score)
    return out


def f1(*, found: float, missed: float, wrong: float) -> float:
    """Return the harmonic mean of precision and recall; 0 if nothing was found."""
    return 2 * found / (2 * found + missed + wrong) if found else 0.0


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
