"""When a recorded motion truly shows a gesture: told by the angles of its joints, in space, before any camera.

Owns those definitions. The *first full frame* of a pose is the first in which all of its angles hold; of a wave it is the frame
in which its third half swing ends. Knows nothing of trackers and detectors.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.recorded_motions import Motion
from trackers.skeleton import BODY_INDEX

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_S: Final = 0.1
"""A pose that is passed through in less was not made."""
_HALF_SWINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A gesture that a motion shows."""

    name: str
    full_s: float
    """First full frame, seconds from the start of the motion."""
    end_s: float
    """Last frame."""
    begin_s: float
    """First frame of what belongs to it: of a wave, where its first half swing begins."""


def truth_of(motion: Motion) -> list[Made]:
    """Return everything that the motion shows, in order of time."""
    points = motion.points_m
    made = [
        Made(name, start * motion.frame_s, end * motion.frame_s, start * motion.frame_s)
        for name, judge in _POSES.items()
        for start, end in _runs(judge(points), least=LEAST_S / motion.frame_s)
    ]
    for side in ("left", "right"):
        made += _waves(motion, side)
    return sorted(made, key=lambda each: each.full_s)


def _at(points: Array, name: str) -> Array:
    return np.asarray(points[:, BODY_INDEX[name]])


def _raised_deg(points: Array, side: str) -> Array:
    """Return (T,) how far the upper arm is lifted: 0 hangs, 90 is level."""
    bone = _at(points, f"{side}_elbow") - _at(points, f"{side}_shoulder")
    return np.asarray(np.degrees(np.arccos(np.clip(-bone[:, 1] / np.linalg.norm(bone, axis=1), -1, 1))))


def _elbow_deg(points: Array, side: str) -> Array:
    """Return (T,) 180 where the arm is straight."""
    upper = _at(points, f"{side}_shoulder") - _at(points, f"{side}_elbow")
    fore = _at(points, f"{side}_wrist") - _at(points, f"{side}_elbow")
    cosine = (upper * fore).sum(axis=1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(fore, axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _t_pose(points: Array) -> Flags:
    """Both arms straight (over 150 degrees) and level (within 30), to the sides."""
    arms = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        across = sign * (_at(points, f"{side}_wrist") - _at(points, f"{side}_shoulder"))[:, 0]
        arms.append((_elbow_deg(points, side) > 150) & (np.abs(_raised_deg(points, side) - 90) < 30) & (across > 0.35))
    return np.asarray(arms[0] & arms[1])


def _arms_up(points: Array) -> Flags:
    """Both wrists over the crown, both upper arms lifted over 100 degrees."""
    crown = np.maximum(_at(points, "left_eye")[:, 1], _at(points, "right_eye")[:, 1]) + 0.08
    arms = [(_raised_deg(points, s) > 100) & (_at(points, f"{s}_wrist")[:, 1] > crown) for s in ("left", "right")]
    return np.asarray(arms[0] & arms[1])


def _dab(side: str) -> Callable[[Array], Flags]:
    other = "right" if side == "left" else "left"

    def judge(points: Array) -> Flags:
        """One arm straight (over 150 degrees) and lifted 85 to 150; the other bent under 80, its hand at the face."""
        straight = (_elbow_deg(points, side) > 150) & (np.abs(_raised_deg(points, side) - 117.5) < 32.5)
        away_m = np.linalg.norm(_at(points, f"{other}_index") - _at(points, "nose"), axis=1)
        return np.asarray(straight & (_elbow_deg(points, other) < 80) & (_raised_deg(points, other) > 70) & (away_m < 0.25))

    return judge


_POSES: Final[dict[str, Callable[[Array], Flags]]] = {
    "t_pose": _t_pose,
    "arms_up": _arms_up,
    "dab_left": _dab("left"),
    "dab_right": _dab("right"),
}


def _runs(flags: Flags, *, least: float) -> list[tuple[int, int]]:
    """Return first and last frame of every run of true ones that is long enough."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def _waves(motion: Motion, side: str) -> list[Made]:
    """Return the waves: the direction from elbow to knuckles swings to and fro by 12 degrees and more while the hand is up.

    The way up is no half swing, and the elbow stays where it is (within 0.3 m): who dances does not wave.
    """
    points = motion.points_m
    hand = _at(points, f"{side}_index") - _at(points, f"{side}_elbow")
    angle = np.degrees(np.unwrap(np.arctan2(hand[:, 0], hand[:, 1])))
    is_up = (hand[:, 1] > 0.1) & (np.abs(angle) < 80)
    made = []
    for start, end in _runs(is_up, least=0.5 / motion.frame_s):
        turns = _turns(angle[start : end + 1], least=12.0)[1:]
        quick = [turns[i + 1] - turns[i] <= 0.6 / motion.frame_s for i in range(len(turns) - 1)]
        for first, last in _runs(np.array(quick, dtype=bool), least=_HALF_SWINGS):
            frames = [start + turns[row] for row in (first, first + _HALF_SWINGS, last + 1)]
            elbow = _at(points, f"{side}_elbow")[frames[0] : frames[1] + 1]
            if np.linalg.norm(elbow.max(axis=0) - elbow.min(axis=0)) > 0.3:
                continue
            begin_s, full_s, end_s = (frame * motion.frame_s for frame in frames)
            made.append(Made(f"{side}_wave", full_s, end_s, begin_s))
    return made


def _turns(values: Array, *, least: float) -> list[int]:
    """Return the frames in which a value turns, once it has come back by `least`, and its last extreme."""
    turns, extreme, way = [], 0, 0.0
    for frame, value in enumerate(values):
        moved = float(value - values[extreme])
        if way == 0.0 and abs(moved) >= least:
            turns.append(extreme)
            extreme, way = frame, math.copysign(1.0, moved)
        elif way * moved > 0:
            extreme = frame
        elif way != 0.0 and abs(moved) >= least:
            turns.append(extreme)
            extreme, way = frame, -way
    return [*turns, extreme] if way else []
