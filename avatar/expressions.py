"""Expressions: from the tracker's 52 coefficients to the avatar's.

Owns the neutral face, dead zones, gains and the coupling of the two eyes. Pure functions; knows nothing of time or drawing.
Gains and zones are measured on webcam clips: the tracker's blink rests at 0.05 to 0.3 and seldom passes 0.75, a talking jaw
seldom passes 0.6.
"""

from typing import Final

import numpy as np

from avatar.rotations import smoothstep
from trackers.quaternions import Array
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_NAMES
from trackers.types import EXPRESSION_COUNT, FloatArray

_DEFAULT_ZONE, _DEFAULT_GAIN = 0.04, 1.15
_TUNED: Final[dict[str, tuple[float, float]]] = {  # prefix of the name: (dead zone, gain after it)
    "eyeBlink": (0.20, 1.9),
    "eyeSquint": (0.20, 1.0),
    "eyeWide": (0.06, 1.6),
    "eyeLook": (0.0, 1.0),
    "browDown": (0.08, 1.3),
    "browInnerUp": (0.10, 1.3),
    "browOuterUp": (0.10, 1.3),
    "jawOpen": (0.03, 1.5),
    "mouthSmile": (0.06, 1.3),
    "mouthFrown": (0.06, 1.5),
    "mouthPucker": (0.12, 1.1),
    "mouthFunnel": (0.05, 1.5),
    "mouthPress": (0.10, 0.8),
    "mouthShrug": (0.12, 0.8),
    "noseSneer": (0.08, 1.2),
    "cheekPuff": (0.05, 2.0),
}


def _table(which: int, default: float) -> Array:
    found = [next((v[which] for k, v in _TUNED.items() if name.startswith(k)), default) for name in EXPRESSION_NAMES]
    return np.array(found)


_ZONE: Final[Array] = _table(0, _DEFAULT_ZONE)
_GAIN: Final[Array] = _table(1, _DEFAULT_GAIN)
_BLINK: Final = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]
_LOOK_DOWN: Final = [EXPRESSION_INDEX["eyeLookDownLeft"], EXPRESSION_INDEX["eyeLookDownRight"]]
_WIDE: Final = [EXPRESSION_INDEX["eyeWideLeft"], EXPRESSION_INDEX["eyeWideRight"]]
_LOWERED_LID = 0.35  # of looking down, which the tracker also counts as half a blink
_COUPLED_BELOW, _WINK_ABOVE = 0.35, 0.65  # difference of the two eyes


def expression_values(measured: FloatArray, *, neutral: FloatArray) -> FloatArray:
    """Return the avatar's coefficients (52,) 0..1 for the measured ones (52,), with the person's `neutral` (52,) taken off."""
    raw = measured.astype(np.float64)
    rest = np.minimum(neutral.astype(np.float64), 0.7)
    raw[_BLINK] -= _LOWERED_LID * np.maximum(raw[_LOOK_DOWN] - rest[_LOOK_DOWN], 0.0)
    raised = np.maximum(raw - rest, 0.0) / (1.0 - rest)
    # A calibrated neutral already took off most of what the dead zone is there for.
    zone = _ZONE * np.clip(1.0 - rest / np.maximum(_ZONE, 1e-6), 0.25, 1.0)
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


assert len(_ZONE) == EXPRESSION_COUNT
