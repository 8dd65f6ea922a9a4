"""When a gesture starts, goes on and ends: one `Watch` for each, driven by confidences and stamps.

Owns hysteresis, the least hold, cool-down and what losing sight of a part means. Pure; knows nothing of how confidences come
about.
"""

from typing import Final

from trackers.gestures.types import Gesture, GestureState, Phase, Reading, Spec
from trackers.types import Stamp

_RELEASE_NS: Final = 100_000_000  # a single look that says no, among many that say yes, ends nothing
_GRACE_NS: Final = 300_000_000  # nor does a part that is out of sight for so long
_TOLD_EVERY_NS: Final = 250_000_000  # that it goes on


class Watch:
    """Follows one gesture from look to look."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._reading: Reading | None = None
        self._since_ns: int | None = None  # first look above `enter`
        self._above_ns = 0  # last look above `leave`
        self._seen_ns = 0  # last look in which the parts were there at all
        self._told_ns = 0
        self._free_ns: int | None = None  # from then on it may start again
        self._active = False
        self._now_ns = 0

    @property
    def state(self) -> GestureState:
        """What the gesture is doing now."""
        reading = self._reading or Reading(0.0)
        held_s = self._held_s() if self._active else 0.0
        return GestureState(reading.confidence, self._active, held_s, reading.value)

    def push(self, reading: Reading | None, *, is_seen: bool, stamp: Stamp) -> Gesture | None:
        """Take one look; return what is to be told.

        Args:
            reading: None if it could not be judged in this look: its parts rest where they were, or are lost.
            is_seen: False if a part that it is judged by is lost.
        """
        self._now_ns = stamp.captured_ns
        if not is_seen:
            return self._unseen(stamp)
        self._seen_ns = self._now_ns
        if reading is None:
            return None
        before, self._reading = self._reading, reading
        if reading.confidence >= self.spec.leave:
            self._above_ns = self._now_ns
        return self._going_on(reading, before, stamp) if self._active else self._waiting(reading, stamp)

    def _unseen(self, stamp: Stamp) -> Gesture | None:
        last, self._reading = self._reading, None
        if not self._active:
            self._since_ns = None
            return None
        self._reading = last  # nobody knows better yet
        return self._end(last, stamp) if self._now_ns - self._seen_ns > _GRACE_NS else None

    def _waiting(self, reading: Reading, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            self._since_ns = None
        if reading.confidence < self.spec.enter:
            return None
        if self._since_ns is None:
            self._since_ns = self._now_ns
        if self._held_s() < self.spec.hold_s or (self._free_ns is not None and self._now_ns < self._free_ns):
            return None
        self._active = True
        return self._tell("start", reading, stamp)

    def _going_on(self, reading: Reading, before: Reading | None, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            return self._end(before, stamp) if self._now_ns - self._above_ns >= _RELEASE_NS else None
        if self._now_ns - self._told_ns >= _TOLD_EVERY_NS:
            return self._tell("hold", reading, stamp)
        return None

    def _end(self, last: Reading | None, stamp: Stamp) -> Gesture:
        told = self._tell("end", last or Reading(0.0), stamp)
        self._active, self._since_ns, self._reading = False, None, None
        self._free_ns = self._now_ns + round(self.spec.cooldown_s * 1e9)
        return told

    def _tell(self, phase: Phase, reading: Reading, stamp: Stamp) -> Gesture:
        self._told_ns = self._now_ns
        return Gesture(self.spec.name, phase, reading.confidence, stamp, self._held_s(), reading.value)

    def _held_s(self) -> float:
        return (self._now_ns - self._since_ns) / 1e9 if self._since_ns is not None else 0.0
