"""How much of a blink is shown: the depth that the shown lids reach, as a share of the measured one.

Owns what counts as a blink. Knows nothing of trackers or avatars: a signal is (T,) float64, how far the lids are shut in
hundredths, on the even time grid of `steadiness`, NaN where nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from export.steadiness import RATE_HZ
from trackers.quaternions import Array

_LEAST_DEPTH: Final = 25.0
"""Lids that fall by less are no blink: looking down has as much."""
_LONGEST_S: Final = 0.25
"""At half its depth; who shuts the eyes for longer does not blink."""
_APART: Final = round(0.2 * RATE_HZ)  # the lids were up before and are up again after
_EARLY, _LATE = round(0.05 * RATE_HZ), round(0.25 * RATE_HZ)  # when what is shown of a blink may be deepest


@dataclass(frozen=True, slots=True)
class Blink:
    """One blink as it was measured."""

    at: int
    """Index on the time grid at which the lids are lowest."""
    rest: float
    depth: float
    """Beyond the rest, in hundredths."""
    lasts_s: float
    """How long the lids are more than half way down."""


def blinks(measured: Array) -> list[Blink]:
    """Return the blinks of a signal (T,), in order of time."""
    if not np.isfinite(measured).any():
        return []
    rest = float(np.nanmedian(measured))
    found = []
    for at in range(_APART, len(measured) - _APART):
        near = measured[at - _APART : at + _APART + 1]
        depth = float(measured[at]) - rest
        if not np.isfinite(near).all() or depth < _LEAST_DEPTH or int(np.argmax(near)) != _APART:
            continue
        up = np.flatnonzero(near < rest + depth / 2)
        before, after = up[up < _APART], up[up > _APART]
        if len(before) and len(after):
            lasts_s = float(after[0] - before[-1] - 1) / RATE_HZ
            if lasts_s <= _LONGEST_S:
                found.append(Blink(at, rest, depth, lasts_s))
    return found


def shown_share(shown: Array, blink: Blink) -> float | None:
    """Return how deep a blink is shown, 1 being as deep as it was measured; None where not all of it is known."""
    near = shown[blink.at - _EARLY : blink.at + _LATE]
    return float((near.max() - blink.rest) / blink.depth) if np.isfinite(near).all() else None


def compare_blinks(takes: Sequence[tuple[Array, dict[str, Array]]]) -> dict[str, Any]:
    """Return the blinks of all clips and, of each way to show them, the shares of their depth: least, median and most.

    Args:
        takes: of each clip the measured signal, and what each way shows.
    """
    found = [(blink, shown) for measured, shown in takes for blink in blinks(measured)]
    ways: dict[str, dict[str, float]] = {}
    for way in found[0][1] if found else ():
        shares = [share for blink, shown in found if (share := shown_share(shown[way], blink)) is not None]
        if shares:
            least, median, most = (round(float(np.quantile(shares, q)), 2) for q in (0.0, 0.5, 1.0))
            ways[way] = {"count": len(shares), "least": least, "median": median, "most": most}
    return {"lasts_ms": sorted(round(1e3 * blink.lasts_s) for blink, _ in found), "depth_shown": ways}
