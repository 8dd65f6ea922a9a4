"""Expressions: from the tracker's 52 coefficients to the avatar's.

Owns the resting face, dead zones, gains and what the two lids do together. Knows nothing of drawing.

Figures are from webcam clips of nine people at rest: the tracker's blink rests at 0.05 to 0.45 and seldom passes 0.75 when
closed, the look down at 0.4 to 0.7, lowered brows at 0.0 to 0.3, raised inner brows at 0.0 to 0.4, each person's own. So a
person who never calibrates needs a resting face too, and gets a running one.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import rotations as rot
from trackers.quaternions import Array
from trackers.skeleton import BLINK, EXPRESSION_INDEX, EXPRESSION_NAMES
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
    "mouthLeft": _Tuning(zone=0.15),
    "mouthRight": _Tuning(zone=0.15),
    "mouthPucker": _Tuning(zone=0.18, gain=1.15, rest=0.08, most_rest=0.30),
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
_LOOK_DOWN: Final = [EXPRESSION_INDEX["eyeLookDownLeft"], EXPRESSION_INDEX["eyeLookDownRight"]]
_WIDE: Final = [EXPRESSION_INDEX["eyeWideLeft"], EXPRESSION_INDEX["eyeWideRight"]]
_LOWERED_LID = 0.35  # of looking down, which the tracker also counts as half a blink
_MOST_NEUTRAL = 0.7
_LEAST_GAIN, _MOST_GAIN = 0.8, 3.0  # of a range pass, so that a bad one cannot break the avatar
_EASY: Final = 0.95  # of the most that was measured is enough for all of the avatar's

# Of the measured lids, above their rest. In ten webcam clips without a wink they are at most 0.27 apart.
_WINK_BEGINS, _WINK_ENDS = 0.32, 0.15
_UNCLEAR: Final = (0.22, 0.34)  # in between it may become a wink, and the open eye waits
_WINK_SHUT = 0.5  # what the winking lid is at least, of the avatar's
_WINK_AFTER_S = 0.08  # blinks are seldom lopsided for so long
_WINK_BLEND_S = 0.05
_LEAN = 0.75  # to the more closed one: in a blink of both, the other one is the worse seen
_FAR_RAD: Final = (math.radians(20.0), math.radians(30.0))  # yaw over which the far eye comes to follow the near one


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


class Lids:
    """Closes both eyes alike, unless it is clear that one of them winks. Driven by stamps; used from one thread.

    The tracker reads the two lids of a person with glasses, or in light from one side, far apart.
    """

    def __init__(self) -> None:
        self._winking = False
        self._apart_s = 0.0
        self._share = 0.0  # of the wink in what is shown
        self._time_ns: int | None = None

    def update(self, blink: Array, *, measured: Array, yaw_rad: float, time_ns: int) -> Array:
        """Return the avatar's lids (2,) left and right, 0 open to 1 shut.

        Args:
            blink: (2,) what the avatar's lids would do each by itself.
            measured: (2,) the measured coefficients above their rest; `blink` has gains, which spread a small difference.
            yaw_rad: the head's turn against the lens: from some 25 degrees on the far eye is hardly seen, and follows.
        """
        dt_s = 0.0 if self._time_ns is None else min(max(time_ns - self._time_ns, 0) * 1e-9, 0.1)
        self._time_ns = time_ns
        far = float(rot.smoothstep(abs(yaw_rad), *_FAR_RAD))
        near = 1 if yaw_rad > 0.0 else 0  # +yaw turns the left eye away
        blink = blink + far * (blink[near] - blink)
        apart = (1.0 - far) * abs(float(measured[0] - measured[1]))
        shut = int(blink[1] > blink[0])
        may_begin = apart > _WINK_BEGINS and blink[shut] > _WINK_SHUT
        self._apart_s = self._apart_s + dt_s if may_begin else 0.0
        self._winking = apart > _WINK_ENDS and (self._winking or self._apart_s >= _WINK_AFTER_S)
        step = dt_s / _WINK_BLEND_S
        self._share = min(max(float(self._winking), self._share - step), self._share + step)
        # Lean to the more closed one, but not when they are so far apart that it may become a wink.
        lean = _LEAN * float(rot.smoothstep(apart, *reversed(_UNCLEAR)))
        both = blink[1 - shut] + lean * (blink[shut] - blink[1 - shut])
        wink = blink.copy()
        wink[1 - shut] *= rot.smoothstep(blink[1 - shut], 0.25, 1.0)  # it squints along
        return np.asarray((1.0 - self._share) * both + self._share * wink)


class Face:
    """One person's face, from measured coefficients to the avatar's. Driven by stamps; used from one thread."""

    def __init__(self) -> None:
        self._resting = RestingFace()
        self._lids = Lids()

    def update(
        self, measured: FloatArray, *, neutral: FloatArray | None, most: FloatArray | None, yaw_rad: float, time_ns: int
    ) -> FloatArray:
        """Return the avatar's coefficients (52,) 0..1 for the measured ones (52,).

        Args:
            neutral: (52,) this person's calibrated resting face; None to go by the running one.
            most: (52,) the most of each coefficient in this person's range pass, 0 where it was not measured; or None.
            yaw_rad: the head's turn against the lens.
        """
        running = self._resting.update(measured, time_ns=time_ns)
        rest = running if neutral is None else neutral
        values = expression_values(measured, neutral=rest, most=most)
        above = (measured[BLINK] - rest[BLINK]).astype(np.float64)
        lids = self._lids.update(values[BLINK].astype(np.float64), measured=above, yaw_rad=yaw_rad, time_ns=time_ns)
        values[BLINK] = lids
        values[_WIDE] *= (1.0 - lids).astype(np.float32)
        return values


def expression_values(measured: FloatArray, *, neutral: FloatArray, most: FloatArray | None = None) -> FloatArray:
    """Return coefficients (52,) 0..1 for the measured ones (52,), each by itself: rest is 0, the person's most is 1.

    Args:
        neutral: (52,) the person's resting face.
        most: as in `Face.update`.
    """
    raw = measured.astype(np.float64)
    rest = np.minimum(neutral.astype(np.float64), _MOST_NEUTRAL)
    raw[BLINK] -= _LOWERED_LID * np.maximum(raw[_LOOK_DOWN] - rest[_LOOK_DOWN], 0.0)
    raised = np.maximum(raw - rest, 0.0) / (1.0 - rest)
    # The resting face already took off a part of what the dead zone is there for.
    zone = _ZONE * np.clip(1.0 - rest / _ZONE, _LEAST_ZONE_SHARE, 1.0)
    gain = _GAIN if most is None else _gains(most.astype(np.float64), rest=rest, zone=zone)
    return np.clip((raised - zone) / (1.0 - zone) * gain, 0.0, 1.0).astype(np.float32)


def _gains(most: Array, *, rest: Array, zone: Array) -> Array:
    """Return the gains (52,) with which the person's most is 1: the usual ones where none was measured, within bounds."""
    reach = np.maximum((_EASY * most - rest) / (1.0 - rest) - zone, 1e-3)
    return np.where(most > 0.0, np.clip((1.0 - zone) / reach, _LEAST_GAIN, _MOST_GAIN), _GAIN)


def eyes_open(values: FloatArray) -> float:
    """Return 0..1: how far the eyes are open, from the avatar's coefficients; in a wink, the open one."""
    return float(1.0 - values[BLINK].min())
