"""Gestures in the live program: which are told and when, as configured; from perception to whoever listens.

Owns the recogniser, its thread, and the settings laid over the built-in specs. Live it has a thread of its own, so that no
picture waits for a gesture. Knows nothing of rules.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from avatar.calibration import Calibration
from avatar.types import RigPose
from stream.config import GesturesConfig, GestureTune
from stream.events import EventLog
from stream.gestures.calibrated import calibrated
from stream.slot import Slot
from stream.worker import Stop, Worker
from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES, built_in_detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.types import Detector, Gesture, GestureState, Look, Spec
from trackers.skeleton import EXPRESSION_MIRROR
from trackers.spelling import near
from trackers.types import Tracking

log = logging.getLogger(__name__)

_BEHIND_THE_BEAT: Final = 3
_PATIENCE_S: Final = 0.4
_JOIN_S: Final = 2.0

Trained = Iterable[tuple[Detector, tuple[Spec, ...]]]
"""The user's own gestures: detectors and their specs."""

Listener = Callable[[Look | None, tuple[Gesture, ...], Mapping[str, GestureState]], None]
"""Told of every look (its face calibrated; None if gestures ended because no frame comes), what gestures did in it, and
what each is doing. Called on the thread of the gestures. One that raises is told of once and called again all the same."""


class Gesturing:
    """Recognises gestures while the program runs. `with` starts and ends its thread.

    Args:
        calibration: returns the calibration in use.
        is_mirrored: tells whether poses come mirrored.
        is_wanted: tells whether anybody wants gestures just now; if not, no time is spent on them.
        is_live: False where every frame counts and nobody waits: gestures are then recognised in the caller's thread.
    """

    def __init__(
        self,
        config: GesturesConfig,
        *,
        trained: Trained = (),
        calibration: Callable[[], Calibration],
        is_mirrored: Callable[[], bool],
        is_wanted: Callable[[], bool],
        events: EventLog,
        is_live: bool,
    ) -> None:
        self._config = config
        self._built_in = built_in_detectors()
        self._known = self._with(trained)
        self._recogniser = GestureRecogniser(*self._known, settle_s=config.settle_s)
        self._is_new = False
        self._calibration = calibration
        self._is_mirrored = is_mirrored
        self._is_wanted = is_wanted
        self._events = events
        self._failing = False
        self._seen: Slot[tuple[Tracking, RigPose]] | None = Slot() if is_live else None
        self._stop = Stop()
        self._worker = Worker("gestures", self._step, stop=self._stop, niceness=_BEHIND_THE_BEAT)
        self._listeners: list[tuple[str, Listener]] = []
        self._deaf: set[str] = set()

    def listen(self, name: str, listener: Listener) -> None:
        """Tell `listener` of every look from now on; before the first frame.

        Args:
            name: what it is, for the sentence when it fails: `the rules`.
        """
        self._listeners.append((name, listener))

    @property
    def names(self) -> tuple[str, ...]:
        """Every gesture that may be told."""
        return tuple(spec.name for spec in self._known[1])

    def parts_of(self, names: Collection[str]) -> frozenset[str]:
        """Return the parts by which any of these gestures is judged."""
        return frozenset(part for spec in self._known[1] if spec.name in names for part in spec.parts)

    def __enter__(self) -> Self:
        if self._seen is not None:
            self._worker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.request()
        if self._seen is not None:
            self._seen.close()
        self._worker.join(_JOIN_S)

    def know(self, trained: Trained) -> None:
        """From the next look on recognise these gestures of the user's beside the built-in ones. Any thread.

        What is being made goes on, but for the user's own gestures that are gone or learnt otherwise: they end.

        Raises:
            UserError: the settings do not go together with them.
        """
        self._known = self._with(trained)
        self._is_new = True  # in this order: the thread of the gestures takes it off before it reads what is known

    def _with(self, trained: Trained) -> tuple[tuple[Detector, ...], tuple[Spec, ...]]:
        own = tuple(trained)
        specs = told_specs((*BUILT_IN, *(spec for _, its in own for spec in its)), self._config)
        return (*self._built_in, *(detector for detector, _ in own)), specs

    def __call__(self, tracking: Tracking, pose: RigPose) -> None:
        """Take what perception saw: a listener of it."""
        if not self._is_wanted():
            return
        if self._seen is not None:
            self._seen.put((tracking, pose))
        else:
            self._take((tracking, pose))

    def _step(self) -> None:
        assert self._seen is not None
        self._take(self._seen.get(_PATIENCE_S))

    def _take(self, item: tuple[Tracking, RigPose] | None) -> None:
        """Recognise in one frame (None: none came; the camera may be gone, and what was being made ends) and tell of it."""
        recogniser, look = self._recogniser, None
        try:
            told = self._known_anew()
            if item is None:
                told += recogniser.advance(time.perf_counter_ns())
            else:
                told += recogniser.push(self._calibrated(*item))
                look = recogniser.look
            states = recogniser.states
        except Exception as error:  # the avatar goes on without gestures
            self._fail(error)
            return
        self._failing = False
        if look is not None or told:
            self._tell(look, told, states)

    def _known_anew(self) -> tuple[Gesture, ...]:
        """Put what was learnt meanwhile in force; return what ends by it."""
        if not self._is_new:
            return ()
        self._is_new = False
        return self._recogniser.know(*self._known)

    def _fail(self, error: Exception) -> None:
        log.debug("recognising gestures failed", exc_info=error)
        if not self._failing:
            self._events.tell("gestures.failed", f"recognising gestures failed ({error}); trying again", "error")
        self._failing = True
        try:
            ended = self._recogniser.begin_anew()
        except Exception:  # then the next look is tried with what there is
            log.debug("gestures could not be forgotten", exc_info=True)
        else:
            if ended:  # nobody is left with what was being made
                self._tell(None, ended, self._recogniser.states)

    def _tell(self, look: Look | None, gestures: tuple[Gesture, ...], states: Mapping[str, GestureState]) -> None:
        for name, listener in self._listeners:
            try:
                listener(look, gestures, states)
            except Exception as error:  # its own fault: neither the gestures' nor the other listeners'
                log.debug("%s failed on gestures", name, exc_info=True)
                if name not in self._deaf:
                    self._deaf.add(name)
                    text = f"{name} could not take what gestures were made ({error}); trying again with each"
                    self._events.tell("gestures.listener_failed", text, "error")

    def _calibrated(self, tracking: Tracking, pose: RigPose) -> Tracking:
        expression = pose.expression[EXPRESSION_MIRROR] if self._is_mirrored() else pose.expression
        return calibrated(tracking, self._calibration(), expression=expression)


def told_specs(specs: Collection[Spec], config: GesturesConfig) -> tuple[Spec, ...]:
    """Return the specs as the settings want them.

    Raises:
        UserError: the settings name a gesture that there is not, or thresholds that exclude each other.
    """
    names = {spec.name for spec in specs}
    off = {name for word in config.off for name in named(word, names, "gestures.off")}
    tunes = {name: tune for word, tune in config.tune.items() for name in named(word, names, "gestures.tune")}
    return tuple(_tuned(spec, tunes.get(spec.name)) for spec in specs if spec.name not in off)


def named(word: str, names: Collection[str], setting: str) -> tuple[str, ...]:
    """Return the gestures that a word of the settings means."""
    if word in names:
        return (word,)
    found = tuple(name for name in FAMILIES.get(word, ()) if name in names)
    if not found:
        raise UserError(f"{setting} names the gesture {word!r}, which is not known; {near(word, [*names, *FAMILIES])}")
    return found


def _tuned(spec: Spec, tune: GestureTune | None) -> Spec:
    changed = replace(spec, **tune.model_dump(exclude_none=True)) if tune else spec
    if changed.leave > changed.enter:
        raise UserError(
            f"gestures.tune.{spec.name} has leave {changed.leave:g} above enter {changed.enter:g}; "
            "a gesture must end at a lower confidence than it begins"
        )
    return changed
