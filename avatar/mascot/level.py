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
    """The truth that a network learns, drawn slowly: some 50,000 triangles, with folds, strands and fluff."""
    PUPPET = "puppet"
    """Drawn live without a network: some 11,000 triangles."""
    PROXY = "proxy"
    """What a network is conditioned on: fewer than 3,000 triangles that keep the silhouette, the lids and the lips."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What a part maker asks while it samples its curves."""

    level: Level

    @property
    def fine(self) -> bool:
        """Whether folds, strands and fluff are made."""
        return self.level is Level.DETAILED

    def swell(self, share: float) -> float:
        """Return by what factor a part grows that few corners would make too slim: 1 plus this share in the proxy."""
        return 1 + share * (self.level is Level.PROXY)

    def of(self, proxy: int, puppet: int, detailed: int) -> int:
        """Return the number of this level."""
        return {Level.PROXY: proxy, Level.PUPPET: puppet, Level.DETAILED: detailed}[self.level]

    def stations(self, puppet: Sequence[float], *, proxy: Sequence[int], between: int) -> Points:
        """Return where along a part its rings stand: the puppet's, those of them that the proxy keeps, or some more between."""
        keys = np.asarray(puppet, float)
        if self.level is Level.PROXY:
            return keys[list(proxy)]
        if self.level is Level.PUPPET:
            return keys
        at = np.arange(len(keys))
        dense: Points = np.interp(np.linspace(0, len(keys) - 1, (len(keys) - 1) * (between + 1) + 1), at, keys)
        return dense
