"""Gestures in the live program: which are told and when, as configured; from perception to whoever listens.

Owns the recogniser, the settings laid over the built-in specs, and the calibration taken off what gestures are judged by.
Called from perception's thread; `advance` also from whoever has a clock. Knows nothing of rules.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from avatar.calibration import Calibration
from avatar.types import RigPose
from stream.actions.base import near
from stream.config import GesturesConfig, GestureTune
from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES, built_in_detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.types import Detector, Gesture, GestureState, Spec
from trackers.skeleton import EXPRESSION_MIRROR
from trackers.types import Tracking

_FLIP = np.diag([1.0, -1.0, -1.0])  # head space to camera space at rest

Listener = Callable[[Tracking, tuple[Gesture, ...], Mapping[str, GestureState]], None]
"""Told of every tracking (its face calibrated), what gestures did in it, and what each is doing."""


class Gesturing:
    """Recognises gestures while the program runs.

    Args:
        trained: the user's own gestures: detectors and their specs.
        calibration: returns the calibration in use.
        is_mirrored: tells whether poses come mirrored.
    """

    def __init__(
        self,
        config: GesturesConfig,
        *,
        trained: Iterable[tuple[Detector, tuple[Spec, ...]]] = (),
        calibration: Callable[[], Calibration],
        is_mirrored: Callable[[], bool],
    ) -> None:
        own = tuple(trained)
        specs = told_specs((*BUILT_IN, *(spec for _, its in own for spec in its)), config)
        detectors = (*built_in_detectors(), *(detector for detector, _ in own))
        self._recogniser = GestureRecogniser(detectors, specs, settle_s=config.settle_s)
        self._calibration = calibration
        self._is_mirrored = is_mirrored
        self._lock = threading.Lock()
        self.listeners: list[Listener] = []
        """To be filled before the first frame."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every gesture that may be told."""
        return self._recogniser.names

    def __call__(self, tracking: Tracking, pose: RigPose) -> None:
        """Take what perception saw: a listener of it."""
        seen = self._calibrated(tracking, pose)
        with self._lock:
            gestures = self._recogniser.push(seen)
            states = self._recogniser.states
        for listener in self.listeners:
            listener(seen, gestures, states)

    def advance(self, time_ns: int) -> tuple[Gesture, ...]:
        """Let time pass without frames; return what ended by it."""
        with self._lock:
            return self._recogniser.advance(time_ns)

    def _calibrated(self, tracking: Tracking, pose: RigPose) -> Tracking:
        """Return the tracking with the person's own zeros and ones: a smile is then a smile of this face."""
        face = tracking.face
        if face is None:
            return tracking
        expression = pose.expression[EXPRESSION_MIRROR] if self._is_mirrored() else pose.expression
        straight = self._calibration().head_offset.T
        turned = (_FLIP @ straight @ _FLIP @ face.camera_from_head).astype(np.float32)
        return replace(tracking, face=replace(face, expression=expression, camera_from_head=turned))


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
