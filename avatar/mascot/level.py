"""How densely the mascot is made: `Level`, and `Detail`, which the part makers ask for their numbers.

Every part is a grid of rows and columns sampled from smooth curves, so a level is mainly how many of them there are. Knows
nothing of the parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from avatar.mascot.shapes import Points


class Level(StrEnum):
    """For whom the mascot is made. Rig, springs, texture and what drives the face are the same at every level."""

    DETAILED = "detailed"
    """The truth that a network learns, drawn slowly: some 60,000 triangles, with folds, strands and a shaggy tail."""
    PROXY = "proxy"
    """Drawn live, for a network to paint over or by itself: some 11,000 triangles."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What a part maker asks while it samples its curves."""

    level: Level

    @property
    def fine(self) -> bool:
        """Whether folds, strands and the tail's locks are made."""
        return self.level is Level.DETAILED

    def of(self, proxy: int, detailed: int) -> int:
        """Return the number of this level."""
        return detailed if self.fine else proxy

    def stations(self, proxy: Sequence[float], *, between: int) -> Points:
        """Return where along a part its rings stand: the proxy's, or some more between."""
        keys = np.asarray(proxy, float)
        if not self.fine:
            return keys
        at = np.arange(len(keys))
        dense: Points = np.interp(np.linspace(0, len(keys) - 1, (len(keys) - 1) * (between + 1) + 1), at, keys)
        return dense
