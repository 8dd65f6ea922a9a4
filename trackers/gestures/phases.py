"""When a gesture starts, goes on and ends: one `Watch` for each, driven by confidences and stamps.

Owns hysteresis, the least hold, cool-down and what losing sight of a part means. Pure; knows nothing of how confidences come
about.
"""

from typing import Final

from trackers.gestures.types import Gesture, GestureState, Phase, Reading, Spec
from trackers.types import Stamp

_RELEASE_S: Final = 0.1  # a single look that says no, among many that say yes, ends nothing
_GRACE_S: Final = 0.3  # nor does a part that is out of sight for so long
_TOLD_EVERY_S: Final = 0.25  # that it goes on


class Watch:
    """Follows one gesture from look to look."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._reading: Reading | None = None
        self._since_s: float | None = None  # first look above `enter`
        self._above_s = 0.0  # last look above `leave`
        self._seen_s = 0.0  # last look in which the parts were there at all
        self._told_s = 0.0
        self._free_s = float("-inf")
        self._active = False
        self._now_s = 0.0

    @property
    def state(self) -> GestureState:
        """What the gesture is doing now."""
        held_s = self._now_s - self._since_s if self._active and self._since_s is not None else 0.0
        reading = self._reading or Reading(0.0)
        return GestureState(reading.confidence, self._active, held_s, reading.value, float(self._active))

    def push(self, reading: Reading | None, *, is_seen: bool, stamp: Stamp) -> Gesture | None:
        """Take one look; return what is to be told.

        Args:
            reading: None if it could not be judged in this look: its parts rest where they were, or are lost.
            is_seen: False if a part that it is judged by is lost.
        """
        self._now_s = stamp.captured_ns / 1e9
        if not is_seen:
            return self._unseen(stamp)
        self._seen_s = self._now_s
        if reading is None:
            return None
        before, self._reading = self._reading, reading
        if reading.confidence >= self.spec.leave:
            self._above_s = self._now_s
        return self._going_on(reading, before, stamp) if self._active else self._waiting(reading, stamp)

    def _unseen(self, stamp: Stamp) -> Gesture | None:
        last, self._reading = self._reading, None
        if not self._active:
            self._since_s = None
            return None
        self._reading = last  # nobody knows better yet
        return self._end(last, stamp) if self._now_s - self._seen_s > _GRACE_S else None

    def _waiting(self, reading: Reading, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            self._since_s = None
        if reading.confidence < self.spec.enter:
            return None
        if self._since_s is None:
            self._since_s = self._now_s
        if self._now_s - self._since_s < self.spec.hold_s or self._now_s < self._free_s:
            return None
        self._active = True
        return self._tell("start", reading, stamp)

    def _going_on(self, reading: Reading, before: Reading | None, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            return self._end(before, stamp) if self._now_s - self._above_s >= _RELEASE_S else None
        if self._now_s - self._told_s >= _TOLD_EVERY_S:
            return self._tell("hold", reading, stamp)
        return None

    def _end(self, last: Reading | None, stamp: Stamp) -> Gesture:
        told = self._tell("end", last or Reading(0.0), stamp)
        self._active, self._since_s, self._reading = False, None, None
        self._free_s = self._now_s + self.spec.cooldown_s
        return told

    def _tell(self, phase: Phase, reading: Reading, stamp: Stamp) -> Gesture:
        self._told_s = self._now_s
        held_s = self._now_s - self._since_s if self._since_s is not None else 0.0
        return Gesture(self.spec.name, phase, reading.confidence, stamp, held_s, reading.value)
