"""The heights at which shoulders rest in the picture, and the step from one to the next.

Owns what is a rest (hardly any movement for 0.7 s) and what is a step: one that ends soon after it began and changes
the height, not the distance to the lens; hips, where they are seen, go along. Knows nothing of what a step is called.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers.gestures.body_view import BodyView

_REST_S: Final = 0.7
_WINDOW_S: Final = 0.9
_STILL: Final = 0.15  # shoulder widths: rests move by less
_SAME: Final = 0.3  # rests that differ by less are one that drifts
_LONGEST_STEP_S: Final = 4.0
_MOST_ZOOM: Final = 0.25  # of the width's logarithm: more, and the person came nearer or went away


@dataclass(frozen=True, slots=True)
class _Rest:
    shoulders_px: float
    hips_px: float
    """NaN where they are not seen."""
    width_px: float
    last_s: float


class Levels:
    """Follows one person's shoulders."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float, float, float]] = deque()  # time, y of shoulders and of hips, width
        self._rest: _Rest | None = None

    def push(self, now_s: float, view: BodyView) -> float:
        """Take one look; return the step just ended, in shoulder widths, + upwards; 0 where none did."""
        hips_px = view.hips_px[1] if view.hips_seen >= 0.5 else math.nan
        self._recent.append((now_s, view.shoulders_px[1], hips_px, view.width_px))
        while now_s - self._recent[0][0] > _WINDOW_S:
            self._recent.popleft()
        if now_s - self._recent[0][0] < _REST_S or len(self._recent) < 3:
            return 0.0
        _, shoulders, hips, widths = np.array(self._recent).T
        width_px = float(np.median(widths))
        if float(np.ptp(shoulders)) > _STILL * width_px:
            return 0.0
        before, self._rest = self._rest, _Rest(float(np.median(shoulders)), float(np.median(hips)), width_px, now_s)
        return 0.0 if before is None else _step(before, self._rest)


def _step(before: _Rest, after: _Rest) -> float:
    width_px = math.sqrt(before.width_px * after.width_px)
    rise = (before.shoulders_px - after.shoulders_px) / width_px
    hips = (before.hips_px - after.hips_px) / width_px
    if math.isfinite(hips) and abs(hips) < abs(rise):  # whoever bows or slumps keeps the hips where they were
        rise = math.copysign(abs(hips), rise) if hips * rise > 0 else 0.0
    if abs(rise) < _SAME or after.last_s - before.last_s > _LONGEST_STEP_S:
        return 0.0
    return rise if abs(math.log(after.width_px / before.width_px)) < _MOST_ZOOM else 0.0
