"""Tells when parts are looked at too seldom for gestures to be seen: the computer is busy, and the user should know.

Owns the window and the words. A listener of `Gesturing`; knows nothing of what the tracker does about it.
"""

from collections.abc import Collection, Mapping
from typing import Final

from stream.events import EventLog
from trackers.gestures.types import Gesture, GestureState, Look
from trackers.types import PARTS

WINDOW_S: Final = 8.0
"""A part must be in sight for so long before anything is said of it."""
ENOUGH_HZ: Final = 2.5
"""Even a part that rests is looked at ten times a second; one that is looked at so seldom waits for the computer."""
_AGAIN_S: Final = 120.0


class LookRate:
    """Counts looks at the parts that rules ask about.

    Args:
        parts: those of `trackers.types.PARTS` that matter.
    """

    def __init__(self, parts: Collection[str], *, events: EventLog) -> None:
        self._parts = tuple(part for part in PARTS if part in parts)
        self._events = events
        self._since_s: dict[str, float] = {}
        self._looks: dict[str, int] = {}
        self._told_s = float("-inf")

    def look(self, look: Look | None, _gestures: Collection[Gesture], _states: Mapping[str, GestureState]) -> None:
        """Take one look."""
        if look is None:
            return
        slow = {part: rate for part in self._parts if (rate := self._rate(part, look)) is not None and rate < ENOUGH_HZ}
        if slow and look.time_s - self._told_s >= _AGAIN_S:
            self._told_s = look.time_s
            part, rate = min(slow.items(), key=lambda item: item[1])
            self._events.tell(
                "gestures.slow",
                f"the {part.replace('_', ' ')} is looked at only {rate:.1f} times a second, so gestures may be missed: this "
                "computer is busy; --tracking fast, a smaller camera picture, or --tracker.face false help",
                "warning",
            )

    def _rate(self, part: str, look: Look) -> float | None:
        """Return the looks a second of a whole window in which a part was in sight; None while it is not over."""
        now_s = look.time_s
        if part not in look.seen:
            self._since_s.pop(part, None)
            return None
        if part not in self._since_s or now_s < self._since_s[part]:
            self._since_s[part], self._looks[part] = now_s, 0
        self._looks[part] += part not in look.tracking.predicted
        passed_s = now_s - self._since_s[part]
        if passed_s < WINDOW_S:
            return None
        rate = self._looks[part] / passed_s
        self._since_s[part], self._looks[part] = now_s, 0
        return rate
