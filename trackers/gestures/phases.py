"""When a gesture starts, goes on and ends: one `Watch` for each, driven by confidences and stamps.

Owns hysteresis, the least hold, cool-down and what losing sight of a part means. Pure; knows nothing of how confidences come
about.
"""

from typing import Final

from trackers.gestures.types import Gesture, GestureState, Phase, Reading, Spec
from trackers.types import Stamp

_RELEASE_NS: Final = 100_000_000  # a single look that says no, among many that say yes, ends nothing,
_RELEASE_LOOKS: Final = 2  # however far apart looks are
_UNREAD_NS: Final = 500_000_000  # what is looked at and cannot be read for so long is not known to go on
_TOLD_EVERY_NS: Final = 250_000_000  # that it goes on


class Watch:
    """Follows one gesture from look to look."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._grace_ns = round(spec.grace_s * 1e9)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._reading: Reading | None = None
        self._good: Reading | None = None  # the last above `leave`
        self._since_ns: int | None = None  # first look above `enter`
        self._above_ns = 0  # last look above `leave`
        self._below = 0  # looks since then that said no
        self._unread_ns: int | None = None  # since then it was looked at without a reading
        self._seen_ns = 0  # last look in which the parts were there at all
        self._told_ns = 0
        self._free_ns: int | None = None  # from then on it may start again
        self._active = False
        self._now_ns = 0

    @property
    def state(self) -> GestureState:
        """What the gesture is doing now."""
        reading = self._reading or Reading(0.0)
        if not self._active:
            return GestureState(reading.confidence, False, 0.0, reading.value)
        unseen_s = (self._now_ns - self._above_ns) / 1e9
        return GestureState(reading.confidence, True, self._held_s(self._now_ns), reading.value, unseen_s)

    def push(self, reading: Reading | None, *, is_seen: bool, stamp: Stamp, is_looked_at: bool = False) -> Gesture | None:
        """Take one look; return what is to be told.

        Args:
            reading: None if it could not be judged in this look: its parts rest where they were, are lost or cannot be read.
            is_seen: False if a part that it is judged by is lost.
            is_looked_at: without a reading: True if the parts were looked at and nothing could be read of them.
        """
        self._now_ns = stamp.captured_ns
        if not is_seen:
            return self._unseen(stamp)
        self._seen_ns = self._now_ns
        if reading is None:
            return self._unread(stamp) if is_looked_at else None
        self._reading, self._unread_ns = reading, None
        if reading.confidence >= self.spec.leave:
            self._good, self._above_ns, self._below = reading, self._now_ns, 0
        else:
            self._below += 1
        return self._going_on(reading, stamp) if self._active else self._waiting(reading, stamp)

    def give_up(self, stamp: Stamp) -> Gesture | None:
        """Nobody will judge it any more: forget what was begun, and end what is being made, held for as long as it was seen."""
        if self._active:
            return self._end(stamp, until_ns=self._seen_ns)
        self._since_ns = self._reading = None
        return None

    def _unseen(self, stamp: Stamp) -> Gesture | None:
        if self._active and self._now_ns - self._seen_ns <= self._grace_ns:
            return None  # nobody knows better yet
        return self.give_up(stamp)

    def _unread(self, stamp: Stamp) -> Gesture | None:
        if self._unread_ns is None:
            self._unread_ns = self._now_ns
        return self.give_up(stamp) if self._now_ns - self._unread_ns >= _UNREAD_NS else None

    def _waiting(self, reading: Reading, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            self._since_ns = None
        if reading.confidence < self.spec.enter:
            return None
        if self._since_ns is None:
            self._since_ns = self._now_ns
        if self._held_s(self._now_ns) < self.spec.hold_s or (self._free_ns is not None and self._now_ns < self._free_ns):
            return None
        self._active = True
        return self._tell("start", reading, stamp)

    def _going_on(self, reading: Reading, stamp: Stamp) -> Gesture | None:
        if reading.confidence < self.spec.leave:
            is_over = self._below >= _RELEASE_LOOKS and self._now_ns - self._above_ns >= _RELEASE_NS
            return self._end(stamp, until_ns=self._now_ns) if is_over else None
        if self._now_ns - self._told_ns >= _TOLD_EVERY_NS:
            return self._tell("hold", reading, stamp)
        return None

    def _end(self, stamp: Stamp, *, until_ns: int) -> Gesture:
        last = self._good or Reading(0.0)
        told = Gesture(self.spec.name, "end", last.confidence, stamp, self._held_s(until_ns), last.value)
        self._active, self._since_ns, self._reading, self._unread_ns = False, None, None, None
        self._free_ns = stamp.captured_ns + round(self.spec.cooldown_s * 1e9)
        return told

    def _tell(self, phase: Phase, reading: Reading, stamp: Stamp) -> Gesture:
        self._told_ns = self._now_ns
        return Gesture(self.spec.name, phase, reading.confidence, stamp, self._held_s(self._now_ns), reading.value)

    def _held_s(self, until_ns: int) -> float:
        return (until_ns - self._since_ns) / 1e9 if self._since_ns is not None else 0.0
