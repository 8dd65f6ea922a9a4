"""Circle and clap, judged on the paths of the hands.

Owns what makes each. Paths come in shoulder widths and in stamps' time, so that 5 or 60 looks a second give the same answer.
Figures were chosen on made motions, signing and walking (docs/gestures.md).
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.gestures.motion_paths import HandPath
from trackers.gestures.motion_sweeps import SURE
from trackers.gestures.soft import ramp


class CircleJudge:
    """One hand goes once around, either way."""

    RADIUS: Final = 0.2
    """Shoulder widths, at least."""
    _SHORTEST_S, _LONGEST_S = 0.4, 2.4
    _SPACING_S = 0.04
    _LOWEST = -1.2

    def __init__(self) -> None:
        self._points: list[tuple[float, float, float]] = []

    def reset(self) -> None:
        """Forget what was seen."""
        self._points = []

    def push(self, path: HandPath) -> float:
        """Take the newest place; return 0..1."""
        place = path.places[-1]
        if len(path.places) == 1 or place.y < self._LOWEST:
            self._points = []
        if self._points and place.time_s - self._points[-1][0] < self._SPACING_S - 0.008:
            return self._judge([*self._points, (place.time_s, place.x, place.y)])
        self._points = [point for point in self._points if place.time_s - point[0] <= self._LONGEST_S]
        self._points.append((place.time_s, place.x, place.y))
        return self._judge(self._points)

    def _judge(self, points: Sequence[tuple[float, float, float]]) -> float:
        if len(points) < 5:
            return 0.0
        track = np.array(points)
        spans = track[:, 1:].max(axis=0) - track[:, 1:].min(axis=0)
        if spans.min() < 1.4 * self.RADIUS:
            return 0.0
        away = np.hypot(track[:, 1] - track[-1, 1], track[:, 2] - track[-1, 2])
        old_enough = int(np.searchsorted(track[:, 0], track[-1, 0] - self._SHORTEST_S, side="right"))
        starts = _nearest(away[: min(old_enough + 1, len(track) - 3)], limit=0.6 * float(spans.mean()))
        return max((_roundness(track[row:, 1:], radius=self.RADIUS) for row in starts), default=0.0)


def _nearest(away: NDArray[np.float64], *, limit: float) -> list[int]:
    """Return the newest few rows at which the hand was as near as it got to where it is now: a circle may begin there."""
    inner = away[1:-1]
    rows = np.flatnonzero((inner <= away[:-2]) & (inner < away[2:]) & (inner < limit)) + 1
    first = [0] if len(away) > 1 and away[0] < min(float(away[1]), limit) else []
    return [*first, *rows.tolist()][-3:]


def _roundness(track: NDArray[np.float64], *, radius: float) -> float:
    """Return 0..1, how much the points (N, 2) are one full turn about their middle."""
    low, high = track.min(axis=0), track.max(axis=0)
    sides = high - low
    if sides.min() < 1.4 * radius or sides.min() < 0.45 * sides.max():
        return 0.0
    around = (track - (low + high) / 2) / (sides / 2)  # an ellipse counts as a circle
    distances = np.hypot(around[:, 0], around[:, 1])
    angles = np.unwrap(np.arctan2(around[:, 1], around[:, 0]))
    steps = np.diff(angles)
    turned = abs(float(angles[-1] - angles[0]))
    gap = float(np.hypot(*(track[-1] - track[0]))) / float(sides.mean())
    one_way = turned / max(float(np.abs(steps).sum()), 1e-6)
    if turned > math.radians(450):
        return 0.0
    return min(
        ramp(turned, math.radians(270), math.radians(350)),
        ramp(one_way, 0.8, 0.95),
        ramp(float(distances.std() / max(float(distances.mean()), 1e-6)), 0.4, 0.15),
        ramp(gap, 0.6, 0.3),
        ramp(float(sides.min()) / 2, 0.7 * radius, 1.2 * radius),
    )


class ClapJudge:
    """Both hands meet fast and part again."""

    NEAR: Final = 0.55
    """Shoulder widths between the wrists where palms can touch,"""
    APART: Final = 0.25
    """and by which they must have come nearer and part again."""
    APART_BY_BODY: Final = 0.4
    FAST: Final = 2.5
    """Shoulder widths a second at which they come together, at least."""
    _MEETS_S, _PARTS_S = 0.4, 0.4

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._gaps: list[tuple[float, float]] = []
        self._by_body_s = float("-inf")

    def push(self, left: HandPath, right: HandPath) -> float:
        """Take the newest places; return 0..1, above 0 once for each clap."""
        if not left.places or not right.places or abs(left.places[-1].time_s - right.places[-1].time_s) > 0.1:
            return 0.0
        a, b = left.places[-1], right.places[-1]
        now_s = max(a.time_s, b.time_s)
        if self._gaps and now_s <= self._gaps[-1][0]:
            return 0.0
        if not (a.by_hand and b.by_hand):
            self._by_body_s = now_s
        self._gaps = [gap for gap in self._gaps if now_s - gap[0] <= self._MEETS_S + self._PARTS_S]
        self._gaps.append((now_s, math.hypot(a.x - b.x, a.y - b.y)))
        sure = self._judge()
        if sure >= SURE:
            self._gaps = self._gaps[-1:]  # this clap is told
        return sure

    def _judge(self) -> float:
        row = min(range(len(self._gaps)), key=lambda index: self._gaps[index][1])
        met_s, near = self._gaps[row]
        before = [gap for gap in self._gaps[:row] if met_s - gap[0] <= self._MEETS_S]
        parted = self._gaps[-1][1] - near
        if not before or row == len(self._gaps) - 1 or self._gaps[-1][0] - met_s > self._PARTS_S:
            return 0.0
        farthest = max(gap for _, gap in before)
        speed = max((a[1] - b[1]) / (b[0] - a[0]) for a, b in zip(self._gaps[:row], self._gaps[1 : row + 1], strict=True))
        apart = self.APART_BY_BODY if self._by_body_s >= before[0][0] else self.APART
        return min(
            ramp(near, self.NEAR + 0.2, self.NEAR - 0.15),
            ramp(farthest - near, 0.5 * apart, 1.3 * apart),
            ramp(parted, 0.3 * apart, 1.1 * apart),
            ramp(speed, 0.5 * self.FAST, 1.3 * self.FAST),
        )
