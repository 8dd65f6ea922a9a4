"""Follows the state of each part through a run and tells of every change.

Owns which state each part is in now, and the names of the events: `tracking.found`, `tracking.holding`, `tracking.lost` and
`tracking.idle`. Knows nothing of who tracks or listens. Perception brings trackings; whoever has a clock lets time pass when
no frames come; both may call at once.

A tracking tells of a moment that is over, so the states run behind the clock: by as much as the newest tracking has lately aged
before the next one came (`avatar.timeline.Ages`), at most 2 s. So a slow tracker loses nobody, and a camera that is gone is
noticed.
"""

import threading
from typing import Final

from avatar.timeline import Ages
from stream.events import EventLog
from stream.metrics import Metrics
from trackers.part_state import NEVER_SEEN, PartState, PartTimes, Phase, passed
from trackers.types import PARTS, Tracking

EVENTS: Final[dict[Phase, tuple[str, str]]] = {
    "tracked": ("tracking.found", "found"),
    "holding": ("tracking.holding", "out of sight"),
    "decaying": ("tracking.lost", "lost"),
    "idle": ("tracking.idle", "at rest"),
}
"""State to the name of the event and the word for people."""


class PartWatch:
    """Keeps one `PartState` for each part."""

    def __init__(self, *, times: PartTimes, events: EventLog, metrics: Metrics) -> None:
        self._times = times
        self._events = events
        self._metrics = metrics
        self._lock = threading.Lock()
        self._states: dict[str, PartState] = dict.fromkeys(PARTS, NEVER_SEEN)
        self._ages = Ages()

    @property
    def states(self) -> dict[str, PartState]:
        """The state of each part."""
        with self._lock:
            return dict(self._states)

    def push(self, tracking: Tracking) -> None:
        """Note which parts a frame holds."""
        with self._lock:
            self._ages.push(tracking.stamp.captured_ns)
        for part in PARTS:
            self._move(part, found=getattr(tracking, part) is not None, time_ns=tracking.stamp.captured_ns)

    def advance(self, time_ns: int) -> None:
        """Let time pass without a frame: the camera may be gone, or the tracker slow."""
        with self._lock:
            self._ages.look(time_ns)
            passed_ns = time_ns - round(self._ages.longest_s * 1e9)
        for part in PARTS:
            self._move(part, found=None, time_ns=passed_ns)

    def _move(self, part: str, *, found: bool | None, time_ns: int) -> None:
        with self._lock:
            before = self._states[part]
            steps = passed(before, found=found, time_ns=time_ns, times=self._times)
            self._states[part] = steps[-1]
            for step in steps:  # told under the lock: else two callers' news could pass each other
                if step.phase != before.phase:
                    name, word = EVENTS[step.phase]
                    self._events.tell(name, f"{part.replace('_', ' ')} {word}")
            self._metrics.part_phases[part] = steps[-1].phase
