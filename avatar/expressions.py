"""Expressions: from the tracker's 52 coefficients to the avatar's.

Owns the resting face, dead zones, gains and the coupling of the two eyes. Knows nothing of drawing.

Figures are from webcam clips of nine people at rest: the tracker's blink rests at 0.05 to 0.45 and seldom passes 0.75 when
closed, the look down at 0.4 to 0.7, lowered brows at 0.0 to 0.3, raised inner brows at 0.0 to 0.4, each person's own. So a
person who never calibrates needs a resting face too, and gets a running one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.rotations import smoothstep
from trackers.quaternions import Array
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_NAMES
from trackers.types import FloatArray


@dataclass(frozen=True, slots=True)
class _Tuning:
    """How one kind of coefficient is read."""

    zone: float = 0.04
    """Dead zone above the resting face, less where the resting face already took it off."""
    gain: float = 1.15
    rest: float = 0.0
    """Usual value of a face at rest, before this person's is known."""
    most_rest: float = 0.10
    """A resting value above this is an expression held for long, and stays one."""


_TUNED: Final[dict[str, _Tuning]] = {  # by the beginning of the name
    "eyeBlink": _Tuning(zone=0.20, gain=1.9, rest=0.25, most_rest=0.50),
    "eyeSquint": _Tuning(zone=0.12, gain=1.0, rest=0.22, most_rest=0.40),
    "eyeWide": _Tuning(zone=0.06, gain=1.6),
    "eyeLookDown": _Tuning(gain=1.0, rest=0.60, most_rest=0.75),
    "eyeLook": _Tuning(gain=1.0),
    "browDown": _Tuning(zone=0.15, gain=1.1, rest=0.12, most_rest=0.40),
    "browInnerUp": _Tuning(zone=0.10, gain=1.3, rest=0.05, most_rest=0.45),
    "browOuterUp": _Tuning(zone=0.10, gain=1.3, rest=0.06, most_rest=0.30),
    "jawOpen": _Tuning(zone=0.03, gain=1.5, most_rest=0.05),
    "mouthSmile": _Tuning(zone=0.06, gain=1.3, most_rest=0.12),
    "mouthFrown": _Tuning(zone=0.06, gain=1.5),
    "mouthPucker": _Tuning(zone=0.12, gain=1.1, rest=0.08, most_rest=0.30),
    "mouthFunnel": _Tuning(zone=0.05, gain=1.5),
    "mouthPress": _Tuning(zone=0.10, gain=0.8, rest=0.06, most_rest=0.40),
    "mouthShrug": _Tuning(zone=0.12, gain=0.8, rest=0.06, most_rest=0.25),
    "noseSneer": _Tuning(zone=0.08, gain=1.2),
    "cheekPuff": _Tuning(zone=0.05, gain=2.0),
}
_TABLE: Final = [next((t for k, t in _TUNED.items() if name.startswith(k)), _Tuning()) for name in EXPRESSION_NAMES]
_ZONE: Final[Array] = np.array([tuning.zone for tuning in _TABLE])
_GAIN: Final[Array] = np.array([tuning.gain for tuning in _TABLE])
_REST: Final[Array] = np.array([tuning.rest for tuning in _TABLE])
_MOST_REST: Final[Array] = np.array([tuning.most_rest for tuning in _TABLE])
_LEAST_ZONE_SHARE = 0.5
_RISE_S, _FALL_S = 12.0, 1.5
_BLINK: Final = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]
_LOOK_DOWN: Final = [EXPRESSION_INDEX["eyeLookDownLeft"], EXPRESSION_INDEX["eyeLookDownRight"]]
_WIDE: Final = [EXPRESSION_INDEX["eyeWideLeft"], EXPRESSION_INDEX["eyeWideRight"]]
_LOWERED_LID = 0.35  # of looking down, which the tracker also counts as half a blink
_COUPLED_BELOW, _WINK_ABOVE = 0.35, 0.65  # difference of the two eyes


class RestingFace:
    """Finds a person's resting face while they move: follows low values soon and high ones slowly. Driven by stamps."""

    def __init__(self) -> None:
        self._rest = _REST.copy()
        self._age_s = 0.0
        self._time_ns = 0

    def update(self, measured: FloatArray, *, time_ns: int) -> FloatArray:
        """Take in measured coefficients (52,) and return the resting ones (52,)."""
        dt_s = min(max(time_ns - self._time_ns, 0) * 1e-9, 0.1)
        self._time_ns = time_ns
        self._age_s += dt_s
        # At first it rises sooner too, so that a person whose brows rest high does not look worried for long.
        rise_s = min(max(1.5 * self._age_s, 0.5), _RISE_S)
        way = np.minimum(measured, _MOST_REST) - self._rest
        self._rest += way * (1 - np.exp(-dt_s / np.where(way > 0, rise_s, _FALL_S)))
        return self._rest.astype(np.float32)


def expression_values(measured: FloatArray, *, neutral: FloatArray) -> FloatArray:
    """Return the avatar's coefficients (52,) 0..1 for the measured ones (52,), with the person's `neutral` (52,) taken off."""
    raw = measured.astype(np.float64)
    rest = np.minimum(neutral.astype(np.float64), 0.7)
    raw[_BLINK] -= _LOWERED_LID * np.maximum(raw[_LOOK_DOWN] - rest[_LOOK_DOWN], 0.0)
    raised = np.maximum(raw - rest, 0.0) / (1.0 - rest)
    # The resting face already took off a part of what the dead zone is there for.
    zone = _ZONE * np.clip(1.0 - rest / _ZONE, _LEAST_ZONE_SHARE, 1.0)
    values = np.clip((raised - zone) / (1.0 - zone) * _GAIN, 0.0, 1.0)
    values[_BLINK] = _coupled(values[_BLINK])
    values[_WIDE] *= 1.0 - values[_BLINK]
    return values.astype(np.float32)


def _coupled(blink: Array) -> Array:
    """Return the two lids (2,): equal, unless one is so much further closed that it must be a wink."""
    apart = float(smoothstep(abs(blink[0] - blink[1]), _COUPLED_BELOW, _WINK_ABOVE))
    # Lean to the more closed eye: the far eye of a turned head is seen badly, and reads as open.
    both = 0.65 * blink.max() + 0.35 * blink.min()
    wink = np.where(blink == blink.max(), blink, smoothstep(blink, 0.25, 1.0) * blink)
    return np.asarray(apart * wink + (1.0 - apart) * both)


def eyes_open(values: FloatArray) -> float:
    """Return 0..1: how far the eyes are open, from the avatar's coefficients."""
    return float(1.0 - values[_BLINK].mean())
