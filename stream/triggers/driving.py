"""A mapping at work: a value comes, and now and then an order for it goes out.

Owns smoothing, the dead band and the rate. Knows nothing of conditions, or of what the order does.
"""

import math
from dataclasses import dataclass

from stream.triggers.rule_types import MappingRule

_LONG_AGO_NS = 1_000_000_000  # without a value for so long, the next one is taken as it is
_THERE = 0.002  # share of the way: what is smoothed comes nearer for ever, and "0 %" would leave a lamp on


@dataclass(slots=True)
class Drive:
    """Follows the value of one mapping."""

    rule: MappingRule
    _smooth: float | None = None
    _seen_ns: int = 0
    _sent_share: float | None = None
    _sent_ns: int | None = None

    def rest(self) -> None:
        """The value is not followed any more; the next is taken as it is, and sent."""
        self._smooth = self._sent_share = None

    def repeat(self) -> None:
        """What was sent is forgotten there: the value is sent again, from where it is on its way."""
        self._sent_share = None

    def push(self, value: float, *, at_ns: int) -> float | None:
        """Take a value; return the place of the way (0..1) that is to be sent, or None."""
        share, end = (self.rule.curve.share(each) for each in (self._smoothed(value, at_ns), value))
        if abs(end - share) < _THERE:
            self._smooth, share = value, end
        if self._sent_ns is not None and 0 <= at_ns - self._sent_ns < 1e9 / self.rule.rate_hz - 1e6:  # a frame comes 1 ms early
            return None
        if self._sent_share is not None and not self._moved(share, self._sent_share):
            return None
        self._sent_share, self._sent_ns = share, at_ns
        return share

    def _smoothed(self, value: float, at_ns: int) -> float:
        gap_ns = at_ns - self._seen_ns
        self._seen_ns = at_ns
        if self._smooth is None or self.rule.smooth_s == 0 or not 0 <= gap_ns < _LONG_AGO_NS:
            self._smooth = value
        else:
            self._smooth += (value - self._smooth) * (1 - math.exp(-gap_ns / 1e9 / self.rule.smooth_s))
        return self._smooth

    def _moved(self, share: float, before: float) -> bool:
        """Tell whether it is worth sending: a change as large as the dead band, or the arrival at an end."""
        apart = abs(share - before)
        if self.rule.curve.wrap:
            apart = min(apart, 1 - apart)
        return apart > 0 and (apart >= self.rule.dead_band or share in (0.0, 1.0))
