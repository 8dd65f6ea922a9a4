"""Trackings as `track` writes them: without what a body cannot have done, and smoothed for those who want that.

Owns the order of the two. Knows nothing of where trackings come from, nor of what is made of them.
"""

from trackers.smoothing import TrackingSmoother
from trackers.steady import Steady
from trackers.types import Tracking


class Mended:
    """Mends the trackings of one scene, in their order.

    Args:
        smooth: keypoints, head and expression are smoothed over time, too.
    """

    def __init__(self, *, smooth: bool) -> None:
        self._guard = Steady()
        self._smooth = TrackingSmoother() if smooth else None

    def reset(self) -> None:
        """Another scene begins."""
        self._guard.reset()
        if self._smooth is not None:
            self._smooth.reset()

    def __call__(self, tracking: Tracking) -> Tracking:
        """Return the tracking, mended."""
        steady = self._guard(tracking)
        return steady if self._smooth is None else self._smooth(steady)
