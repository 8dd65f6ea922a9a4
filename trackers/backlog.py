"""How late a frame is taken up, and how long a look at it may take before other frames are missed.

Owns that reckoning. Only the newest frame waits for the tracker, so one is missed when two come while another is looked at: a
look that is somewhat too long costs nothing by itself, but a frame of rest must follow before the next long one. Knows nothing
of parts and models; driven by the times it is given.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

_LATELY: Final = 30
"""Frames whose least age is that of a frame which did not wait: cameras and clips hand theirs over more or less late."""
_SOON: Final = 0.2
"""Share of the time between two frames by which any may be late; then all is as if it had not waited."""
_RESERVE: Final = 0.8
"""Share of that time that is kept free, for looks are now and then held up (docs/tracking.md)."""


@dataclass(frozen=True, slots=True)
class Room:
    """The time that a frame may take, so that no other is missed."""

    ms: float = float("inf")
    """Until the next but one comes, if this one had not waited."""
    reserve_ms: float = 0.0
    """Of that, what is kept free."""
    late_ms: float = 0.0
    """How long the frame has waited."""

    def is_short_of(self, cost_ms: float, *, taken_ms: float) -> bool:
        """Tell whether a look should wait for a frame that is taken up sooner. What is too long for any frame does not wait.

        Args:
            cost_ms: what the look takes, and `taken_ms` what the looks before it take.
        """
        gone_ms = self.late_ms + taken_ms
        return gone_ms > 0 and self.ms - self.reserve_ms - gone_ms < cost_ms <= self.ms


class Backlog:
    """Told of each frame as it is taken up."""

    def __init__(self) -> None:
        self._ages_ms: deque[float] = deque(maxlen=_LATELY)
        self._now_ns: int | None = None

    def note(self, *, captured_ns: int, now_ns: int, period_ms: float) -> Room:
        """Return what a frame may take.

        Args:
            captured_ns: its stamp, and `now_ns` when it is taken up; of any two clocks of the same pace.
            period_ms: time between two frames.
        """
        age_ms = (now_ns - captured_ns) / 1e6
        self._ages_ms.append(age_ms)
        late_ms = age_ms - min(self._ages_ms)
        if self._now_ns is not None:  # it came after the one before was taken up
            late_ms = min(late_ms, (now_ns - self._now_ns) / 1e6)
        self._now_ns = now_ns
        return Room(2 * period_ms, _RESERVE * period_ms, late_ms if late_ms > _SOON * period_ms else 0.0)
