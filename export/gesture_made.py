"""Made motions: a standing person whose hands or head are moved along curves, for gestures of which nobody was recorded.

Owns the curves, their variety and when each gesture is complete. They show that a detector keeps to its definition in time, at
many sizes and speeds and under a tracker's noise; they do not show that people move so. Knows nothing of detectors.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.gesture_truth import Made
from trackers.recorded_motions import Motion
from trackers.skeleton import BODY_INDEX

Array = NDArray[np.float64]

FRAME_S: Final = 1 / 60
BEGIN_S: Final = 1.0
SECONDS: Final = 3.4
VARIANTS: Final = 4
_UPPER_M, _FORE_M, _HAND_M = 0.28, 0.25, 0.09
_ARM: Final = ("elbow", "wrist", "index", "pinky", "thumb")
_HEAD: Final = ("nose", "mouth", "ear", "eye")

Curve = Callable[[float], Array]
"""From seconds since the gesture's begin to the place of a wrist (3,), metres: to the own left, up, to the front."""


@dataclass(frozen=True, slots=True, eq=False)
class MadeMotion:
    """A motion and the one gesture in it."""

    motion: Motion
    made: Made


def made_motions(standing: Array, *, seed: int = 0) -> Iterator[MadeMotion]:
    """Yield `VARIANTS` of every motion gesture.

    Args:
        standing: (33, 3) a person with hanging arms, as `Motion.points_m` has them.
    """
    rng = np.random.default_rng(seed)
    for _ in range(VARIANTS):
        for side, sign in (("left", 1.0), ("right", -1.0)):
            yield _wave(standing, side, sign, rng)
            yield _circle(standing, side, sign, rng)
            for way, to in (("left", 1.0), ("right", -1.0)):
                yield _swipe(standing, side, sign, way, to, rng)
        yield _clap(standing, rng)
        yield _nod(standing, "nod", rng)
        yield _nod(standing, "head_shake", rng)


def _smooth(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _wave(standing: Array, side: str, sign: float, rng: np.random.Generator) -> MadeMotion:
    """Two and a half cycles of 1.2 to 2.5 Hz beside the head."""
    hz, extent_m = rng.uniform(1.2, 2.5), rng.uniform(0.09, 0.16)
    start = np.array([sign * rng.uniform(0.3, 0.4), rng.uniform(0.5, 0.65), 0.2])

    def place(time_s: float) -> Array:
        swing = np.cos(2 * np.pi * hz * min(max(time_s, 0.0), 2.5 / hz))
        return np.asarray(start + np.array([extent_m * swing, 0.0, 0.0]))

    full_s = BEGIN_S + 1.5 / hz
    return _of_hands(standing, {side: place}, Made(f"{side}_wave", full_s, BEGIN_S + 2.5 / hz, BEGIN_S))


def _circle(standing: Array, side: str, sign: float, rng: np.random.Generator) -> MadeMotion:
    """One turn in 0.7 to 1.6 s, 10 to 18 cm of radius, either way, before the shoulder."""
    lasts_s, radius_m, way = rng.uniform(0.7, 1.6), rng.uniform(0.1, 0.18), rng.choice([-1.0, 1.0])
    middle = np.array([sign * rng.uniform(0.25, 0.35), rng.uniform(0.4, 0.5), 0.3])
    first = rng.uniform(0, 2 * np.pi)

    def place(time_s: float) -> Array:
        angle = first + way * 2 * np.pi * min(max(time_s / lasts_s, 0.0), 1.0)
        return np.asarray(middle + radius_m * np.array([np.cos(angle), np.sin(angle), 0.0]))

    return _of_hands(standing, {side: place}, Made(f"{side}_circle", BEGIN_S + lasts_s, BEGIN_S + lasts_s, BEGIN_S))


def _swipe(standing: Array, side: str, sign: float, way: str, to: float, rng: np.random.Generator) -> MadeMotion:
    """0.5 to 0.65 m in 0.25 to 0.4 s, and slowly back a second later."""
    lasts_s, far_m = rng.uniform(0.25, 0.4), rng.uniform(0.5, 0.65)
    middle = np.array([sign * 0.12, rng.uniform(0.25, 0.4), 0.35])

    def place(time_s: float) -> Array:
        share = _smooth(time_s / lasts_s) - _smooth((time_s - lasts_s - 0.4) / 0.5)
        return np.asarray(middle + np.array([to * far_m * (share - 0.5), 0.0, 0.0]))

    name = f"{side}_swipe_{way}"
    return _of_hands(standing, {side: place}, Made(name, BEGIN_S + lasts_s, BEGIN_S + lasts_s, BEGIN_S))


def _clap(standing: Array, rng: np.random.Generator) -> MadeMotion:
    """The hands meet once before the chest within 0.12 to 0.2 s and part again."""
    meets_s, apart_m = rng.uniform(0.12, 0.2), rng.uniform(0.14, 0.22)
    height_m = rng.uniform(0.3, 0.4)

    def place(sign: float) -> Curve:
        def at(time_s: float) -> Array:
            closed = 0.5 - 0.5 * np.cos(2 * np.pi * min(max(time_s / (2 * meets_s), 0.0), 1.0))
            return np.array([sign * (apart_m - (apart_m - 0.035) * closed), height_m, 0.32])

        return at

    made = Made("clap", BEGIN_S + meets_s, BEGIN_S + 2 * meets_s, BEGIN_S)
    return _of_hands(standing, {"left": place(1.0), "right": place(-1.0)}, made)


def _nod(standing: Array, name: str, rng: np.random.Generator) -> MadeMotion:
    """Two cycles of 1.2 to 2.2 Hz, 26 to 44 degrees from turn to turn, seen by nose and ears alone."""
    hz, extent_deg = rng.uniform(1.2, 2.2), rng.uniform(13, 22)

    def turn(time_s: float) -> tuple[float, float]:
        angle = extent_deg * np.sin(2 * np.pi * hz * min(max(time_s, 0.0), 2 / hz))
        return (angle, 0.0) if name == "head_shake" else (0.0, angle)

    points = np.repeat(standing[None], round(SECONDS / FRAME_S), axis=0)
    rows = [row for part, row in BODY_INDEX.items() if any(word in part for word in _HEAD)]
    middle = (standing[BODY_INDEX["left_ear"]] + standing[BODY_INDEX["right_ear"]]) / 2
    for frame in range(len(points)):
        yaw, pitch = np.radians(turn(frame * FRAME_S - BEGIN_S))
        points[frame, rows] = middle + (standing[rows] - middle) @ _head_turn(yaw, pitch).T
    made = Made(name, BEGIN_S + 1.25 / hz, BEGIN_S + 2 / hz, BEGIN_S)
    return MadeMotion(Motion(name, FRAME_S, points), made)


def _head_turn(yaw_rad: float, pitch_rad: float) -> Array:
    """Return (3, 3): + yaw to the own left, + pitch chin down."""
    c, s, d, t = np.cos(yaw_rad), np.sin(yaw_rad), np.cos(pitch_rad), np.sin(pitch_rad)
    yaw = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.asarray(yaw @ np.array([[1, 0, 0], [0, d, -t], [0, t, d]]))


def _of_hands(standing: Array, hands: dict[str, Curve], made: Made) -> MadeMotion:
    """Return the person with these hands along their curves; fingers point up."""
    points = np.repeat(standing[None], round(SECONDS / FRAME_S), axis=0)
    for side, place in hands.items():
        shoulder = standing[BODY_INDEX[f"{side}_shoulder"]]
        for frame in range(len(points)):
            elbow, wrist = _reach(shoulder, place(frame * FRAME_S - BEGIN_S))
            fingers = wrist + _HAND_M * np.array([0.0, 1.0, 0.0])
            for part, where in zip(_ARM, (elbow, wrist, fingers, fingers, fingers), strict=True):
                points[frame, BODY_INDEX[f"{side}_{part}"]] = where
    return MadeMotion(Motion(made.name, FRAME_S, points), made)


def _reach(shoulder: Array, target: Array) -> tuple[Array, Array]:
    """Return elbow and wrist of an arm that reaches for a place, its elbow down."""
    line = target - shoulder
    far_m = float(np.clip(np.linalg.norm(line), 0.05, _UPPER_M + _FORE_M - 0.001))
    along = line / max(float(np.linalg.norm(line)), 1e-6)
    share_m = (_UPPER_M**2 - _FORE_M**2 + far_m**2) / (2 * far_m)
    down = np.array([0.0, -1.0, -0.2])
    down -= (down @ along) * along
    bend_m = np.sqrt(max(_UPPER_M**2 - share_m**2, 0.0))
    return shoulder + share_m * along + bend_m * down / np.linalg.norm(down), shoulder + far_m * along
