"""Poses of the face, from its expression coefficients: winks, mouth open, smile, brows up, tongue out.

Owns what makes each and what a face at rest looks like: eyes differ and brows sit high by nature, so both are judged against
the person's own rest, which is learnt slowly. In clips of people who do not wink (they sign, look down, blink) the
coefficients of the eyes differ by up to 0.32; a wink must differ by 0.45. Knows nothing of bodies, nor of how long a pose must
be held.
"""

import math
from collections.abc import Mapping
from typing import Final

from trackers.geometry import head_angles
from trackers.gestures.soft import falling, rising
from trackers.gestures.types import Look, Reading, Spec
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FaceTracking

_FACE: Final = ("face",)
_NAMES: Final = ("wink_left", "wink_right", "mouth_open", "smile", "brows_up", "tongue_out")

SPECS: Final[tuple[Spec, ...]] = (
    Spec("wink_left", "Close your left eye for a moment and keep the right one open.", _FACE, hold_s=0.25),
    Spec("wink_right", "Close your right eye for a moment and keep the left one open.", _FACE, hold_s=0.25),
    Spec("mouth_open", "Open your mouth wide.", _FACE, hold_s=0.2),
    Spec("smile", "Smile broadly.", _FACE, hold_s=0.4),
    Spec("brows_up", "Lift both brows.", _FACE, hold_s=0.2),
    Spec(
        "tongue_out",
        "Stick your tongue out. The built-in tracker does not see tongues (tongueOut), so this never fires with it.",
        _FACE,
    ),
)

_REST_S: Final = 8.0  # a face's rest is learnt over about so long,
_REST_UP_S: Final = 60.0  # but while the brows are up hardly: they would not be up any more, though they are held
_MOST_PASSED_S: Final = 0.25  # after a pause one look is no rest
_UP, _DOWN = 0.7, 0.45  # confidences between which brows that are up stay so
_USUAL_BROWS: Final = 0.15
_MOST_BIAS: Final = 0.2  # eyes that differ by more are no rest
_AFTER_BLINK_S: Final = 0.25  # one lid may open later than the other
_BLINK: Final = 0.55  # the less closed eye


class FacePoses:
    """Judges every face pose; remembers the person's rest and the last blink."""

    def __init__(self) -> None:
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        return _NAMES

    def reset(self) -> None:
        """Forget the person's rest."""
        self._bias = 0.0
        self._brows = _USUAL_BROWS
        self._brows_are_up = False
        self._seen_s: float | None = None
        self._blink_s = -math.inf

    def push(self, look: Look) -> Mapping[str, Reading]:
        face = look.tracking.face
        if face is None:
            return {}
        left, right = (_value(face, f"eyeBlink{side}") for side in ("Left", "Right"))
        brows = 0.5 * _value(face, "browInnerUp") + 0.25 * (_value(face, "browOuterUpLeft") + _value(face, "browOuterUpRight"))
        if "face" in look.fresh:
            self._learn(look.time_s, left=left, right=right, brows=brows)
        yaw_deg = abs(math.degrees(head_angles(face.camera_from_head)[0]))
        frontal, half = falling(yaw_deg, 20.0, 35.0), falling(yaw_deg, 35.0, 50.0)
        quiet = float(look.time_s - self._blink_s > _AFTER_BLINK_S)
        bias = self._bias
        smile = (_value(face, "mouthSmileLeft") + _value(face, "mouthSmileRight")) / 2
        confidences = (
            min(quiet, frontal, _winks(left - bias / 2, right + bias / 2)),
            min(quiet, frontal, _winks(right + bias / 2, left - bias / 2)),
            min(half, rising(_value(face, "jawOpen"), 0.3, 0.6)),
            min(half, rising(smile, 0.45, 0.75)),
            min(half, self._lifted(brows)),
            min(half, rising(_value(face, "tongueOut"), 0.3, 0.6)),
        )
        return {name: Reading(confidence) for name, confidence in zip(_NAMES, confidences, strict=True)}

    def _learn(self, now_s: float, *, left: float, right: float, brows: float) -> None:
        """Move the rest a little towards this look."""
        passed_s = 0.0 if self._seen_s is None else min(max(0.0, now_s - self._seen_s), _MOST_PASSED_S)
        self._seen_s = now_s
        if min(left, right) > _BLINK:
            self._blink_s = now_s
        share = passed_s / _REST_S
        if abs(left - right) < 2 * _MOST_BIAS:
            self._bias += share * (min(_MOST_BIAS, max(-_MOST_BIAS, left - right)) - self._bias)
        self._brows_are_up = self._lifted(brows) >= (_DOWN if self._brows_are_up else _UP)
        self._brows += passed_s / (_REST_UP_S if self._brows_are_up else _REST_S) * (brows - self._brows)

    def _lifted(self, brows: float) -> float:
        return min(rising(brows, 0.25, 0.5), rising(brows - self._brows, 0.1, 0.3))


def _winks(closed: float, other: float) -> float:
    """Return how surely one eye is shut while the other is not; eyes squint together, so the difference counts most."""
    return min(rising(closed, 0.4, 0.6), falling(other, 0.35, 0.55), rising(closed - other, 0.28, 0.53))


def _value(face: FaceTracking, name: str) -> float:
    value = float(face.expression[EXPRESSION_INDEX[name]])
    return value if math.isfinite(value) else 0.0
