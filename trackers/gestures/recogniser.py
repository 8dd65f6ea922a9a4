"""From trackings to gestures: which parts may be judged, what the detectors say, and what is told of it.

Owns the rule that nothing fires by a part that is lost, predicted or just reacquired. Pure: driven by the stamps of trackings.
Knows nothing of any particular gesture, nor of what gestures do.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from trackers.gestures.phases import Watch
from trackers.gestures.types import Detector, Gesture, GestureState, Look, Spec
from trackers.types import PARTS, Stamp, Tracking

SETTLE_S: Final = 0.15
_FLICKER_NS: Final = 120_000_000  # a part that is away for a frame or three was not lost
_STALL_NS: Final = 500_000_000  # nor one that nobody looked for meanwhile: at five looks a second they are 200 ms apart


class Freshness:
    """Tells which parts of a tracking may be judged.

    Args:
        settle_s: a part that was lost counts again after it has been seen for so long: its first looks are the worst.
    """

    def __init__(self, *, settle_s: float = SETTLE_S) -> None:
        self._settle_ns = round(settle_s * 1e9)
        self.reset()

    def reset(self) -> None:
        """Forget when parts were seen."""
        self._found_ns: dict[str, int] = {}
        self._last_ns: dict[str, int] = {}
        self._before_ns: int | None = None

    def look(self, tracking: Tracking) -> Look:
        """Return the tracking with the parts that may be judged by it."""
        now_ns = tracking.stamp.captured_ns
        seen = frozenset(part for part in PARTS if getattr(tracking, part) is not None)
        for part in seen:
            if self._was_lost(part, now_ns):
                self._found_ns[part] = now_ns
            self._last_ns[part] = now_ns
        self._before_ns = now_ns
        settled = frozenset(part for part in seen if now_ns - self._found_ns[part] >= self._settle_ns)
        return Look(tracking, settled - tracking.predicted, seen, settled)

    def _was_lost(self, part: str, now_ns: int) -> bool:
        last_ns = self._last_ns.get(part)
        if last_ns is None:
            return True
        return now_ns - last_ns > (_STALL_NS if last_ns == self._before_ns else _FLICKER_NS)


class GestureRecogniser:
    """Runs detectors over trackings. Used from one thread.

    Args:
        detectors: in the order in which they are asked.
        specs: one for each name that the detectors give; gestures without one are not told.
    """

    def __init__(self, detectors: Sequence[Detector], specs: Iterable[Spec], *, settle_s: float = SETTLE_S) -> None:
        self._detectors = tuple(detectors)
        self._watches = {spec.name: Watch(spec) for spec in specs}
        self._freshness = Freshness(settle_s=settle_s)
        self._newest: Stamp | None = None
        self._look: Look | None = None

    @property
    def look(self) -> Look | None:
        """The newest look, with what could be judged by it."""
        return self._look

    @property
    def names(self) -> tuple[str, ...]:
        """Every gesture that can be told."""
        return tuple(self._watches)

    def parts_of(self, names: Collection[str]) -> frozenset[str]:
        """Return the parts by which any of these gestures is judged."""
        return frozenset(part for name in names if name in self._watches for part in self._watches[name].spec.parts)

    @property
    def states(self) -> dict[str, GestureState]:
        """What every gesture is doing now."""
        return {name: watch.state for name, watch in self._watches.items()}

    def push(self, tracking: Tracking) -> tuple[Gesture, ...]:
        """Take one tracking; return what began, goes on or ended, in the order of the specs."""
        if self._newest is not None and tracking.stamp.captured_ns < self._newest.captured_ns:
            self.reset()  # the source began anew
        self._newest = tracking.stamp
        look = self._look = self._freshness.look(tracking)
        readings = {name: reading for detector in self._detectors for name, reading in detector.push(look).items()}
        told: list[Gesture] = []
        for name, watch in self._watches.items():
            parts = watch.spec.parts
            judged = readings.get(name) if look.fresh.issuperset(parts) else None
            gesture = watch.push(judged, is_seen=look.seen.issuperset(parts), stamp=tracking.stamp)
            if gesture is not None:
                told.append(gesture)
        return tuple(told)

    def advance(self, time_ns: int) -> tuple[Gesture, ...]:
        """Let time pass without a tracking (the camera may be gone): what is being made ends."""
        if self._newest is None or time_ns <= self._newest.captured_ns:
            return ()
        stamp = replace(self._newest, captured_ns=time_ns)
        ended = (watch.push(None, is_seen=False, stamp=stamp) for watch in self._watches.values() if watch.spec.parts)
        return tuple(gesture for gesture in ended if gesture is not None)

    def reset(self) -> None:
        """Forget everything that came before."""
        self._newest = None
        self._freshness.reset()
        for detector in self._detectors:
            detector.reset()
        for watch in self._watches.values():
            watch.reset()
