"""From trackings to gestures: which parts may be judged, what the detectors say, and what is told of it.

Owns the rule that nothing fires by a part that is lost, predicted or just reacquired. Pure: driven by the stamps of trackings.
Knows nothing of any particular gesture, nor of what gestures do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from trackers.gestures.phases import Watch
from trackers.gestures.types import Detector, Gesture, GestureState, Look, Spec
from trackers.types import PARTS, Stamp, Tracking

SETTLE_S: Final = 0.15
_FLICKER_NS: Final = 120_000_000  # a part that is away for so short was not lost,
_FLICKER_LOOKS: Final = 2  # nor one that misses fewer looks than that: at 15 a second a single one makes 133 ms,
_AT_ONCE: Final = 3  # unless the next look is late: a single one makes twice the time between two,
_STALL_NS: Final = 500_000_000  # nor one that nobody looked for meanwhile: at five looks a second they are 200 ms apart
_RECENT_NS: Final = 150_000_000  # a busy computer looks at one part a frame: each hand of two after 70 to 130 ms


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
        self._missed_ns: dict[str, list[int]] = {part: [] for part in PARTS}  # looks without it since then
        self._fresh_ns: dict[str, int] = {}

    def look(self, tracking: Tracking) -> Look:
        """Return the tracking with the parts that may be judged by it."""
        now_ns = tracking.stamp.captured_ns
        seen = frozenset(part for part in PARTS if getattr(tracking, part) is not None)
        for part in seen:
            if self._was_lost(part, now_ns):
                self._found_ns[part] = now_ns
            self._last_ns[part] = now_ns
        for part in PARTS:
            self._missed_ns[part] = [] if part in seen else [*self._missed_ns[part], now_ns][:_FLICKER_LOOKS]
        settled = frozenset(part for part in seen if now_ns - self._found_ns[part] >= self._settle_ns)
        fresh = settled - tracking.predicted
        self._fresh_ns |= dict.fromkeys(fresh, now_ns)
        resting = settled - fresh
        rested = frozenset(part for part in resting if now_ns - self._fresh_ns.get(part, -_RECENT_NS) < _RECENT_NS)
        return Look(tracking, fresh, seen, settled, rested)

    def _was_lost(self, part: str, now_ns: int) -> bool:
        last_ns = self._last_ns.get(part)
        if last_ns is None:
            return True
        missed_ns = self._missed_ns[part]
        if not missed_ns:
            return now_ns - last_ns > _STALL_NS
        is_flicker = len(missed_ns) < _FLICKER_LOOKS and now_ns - last_ns <= _AT_ONCE * (missed_ns[0] - last_ns)
        return not is_flicker and now_ns - last_ns > _FLICKER_NS


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

    @property
    def states(self) -> dict[str, GestureState]:
        """What every gesture is doing now."""
        return {name: watch.state for name, watch in self._watches.items()}

    def push(self, tracking: Tracking) -> tuple[Gesture, ...]:
        """Take one tracking; return what began, goes on or ended, in the order of the specs: first what a gap in time ended."""
        told = list(self._after_gap(tracking.stamp))
        self._newest = tracking.stamp
        look = self._look = self._freshness.look(tracking)
        readings = {name: reading for detector in self._detectors for name, reading in detector.push(look).items()}
        for name, watch in self._watches.items():
            is_judged = watch.spec.is_judged(look)
            gesture = watch.push(
                readings.get(name) if is_judged else None,
                is_seen=watch.spec.is_seen(look),
                stamp=tracking.stamp,
                is_looked_at=is_judged,
            )
            if gesture is not None:
                told.append(gesture)
        return tuple(told)

    def _after_gap(self, now: Stamp) -> tuple[Gesture, ...]:
        """Return what ends because nobody looked since the last frame, or because the source began anew."""
        if self._newest is None:
            return ()
        passed_ns = now.captured_ns - self._newest.captured_ns
        if passed_ns > _STALL_NS:
            return self._lost(now)
        if passed_ns >= 0:
            return ()
        return self.begin_anew(now)

    def know(self, detectors: Sequence[Detector], specs: Iterable[Spec]) -> tuple[Gesture, ...]:
        """Judge by these detectors and specs from now on; return what ends by it.

        A detector that stays remembers what it does, and a gesture that is told as before goes on, though its takes may be
        others now. What else was being made ends.
        """
        self._detectors = tuple(detectors)
        before, self._watches = self._watches, {}
        for spec in specs:
            kept = before.get(spec.name)
            if kept is not None and replace(kept.spec, about=spec.about) == spec:
                self._watches[spec.name] = before.pop(spec.name)
                kept.spec = spec
            else:
                self._watches[spec.name] = Watch(spec)
        if self._newest is None:
            return ()
        ended = (watch.give_up(self._newest) for watch in before.values())
        return tuple(gesture for gesture in ended if gesture is not None)

    def advance(self, time_ns: int) -> tuple[Gesture, ...]:
        """Let time pass without a tracking (the camera may be gone): what is being made ends."""
        if self._newest is None or time_ns <= self._newest.captured_ns:
            return ()
        return self._lost(replace(self._newest, captured_ns=time_ns))

    def _lost(self, stamp: Stamp) -> tuple[Gesture, ...]:
        ended = (watch.push(None, is_seen=False, stamp=stamp) for watch in self._watches.values() if watch.spec.parts)
        return tuple(gesture for gesture in ended if gesture is not None)

    def begin_anew(self, now: Stamp | None = None) -> tuple[Gesture, ...]:
        """Forget everything that came before; return what ends by it, with the newest frame's stamp if none is given."""
        stamp = now or self._newest
        ended = [watch.give_up(stamp) for watch in self._watches.values()] if stamp is not None else []
        self.reset()
        return tuple(gesture for gesture in ended if gesture is not None)

    def reset(self) -> None:
        """Forget everything that came before, and tell nothing of it."""
        self._newest = None
        self._freshness.reset()
        for detector in self._detectors:
            detector.reset()
        for watch in self._watches.values():
            watch.reset()
