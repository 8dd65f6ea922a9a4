"""Legs and root: how the person stands, sways and leans.

Owns leg bones when legs are in view, and the gentle sway of the whole figure from the shoulders' place in the picture against
a running neutral. Knows nothing of arms or faces. Avatar space throughout.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.observation import SHOULDERS, BodyView
from trackers import quaternions as quat
from trackers.quaternions import Array

_NEUTRAL_TIME_S = 15.0  # how fast a new place in the chair becomes the neutral
_SCALE_TIME_S = 0.3
_SWAY_LIMIT_M, _RISE_LIMIT_M, _LEAN_LIMIT_RAD, _TILT_LIMIT_RAD = 0.14, 0.05, np.radians(12.0), np.radians(10.0)
_DOWN: Final[Array] = -np.stack([rot.Y, rot.Y])


@dataclass(frozen=True, slots=True)
class Sway:
    """How the upper body has moved against its neutral."""

    across_m: float = 0.0
    up_m: float = 0.0
    lean_rad: float = 0.0
    """Forward, from the person growing in the picture."""
    tilt_rad: float = 0.0
    """Sideways, + to the own right: who sways on a chair turns about the hips."""


class RunningNeutral:
    """Follows the shoulders' place and size in the picture slowly; what differs from it is sway. Driven by stamps."""

    def __init__(self) -> None:
        self._place: Array | None = None  # x px, y px, log of px per metre
        self._scale = 0.0
        self._age_s = 0.0
        self._time_ns = 0

    def update(self, view: BodyView, *, time_ns: int) -> Sway:
        """Take in where the shoulders are and return the sway. The first call is the neutral."""
        centre = 0.5 * (view.pixels[SHOULDERS[0]] + view.pixels[SHOULDERS[1]])
        scale = float(np.log(view.px_per_m))
        if self._place is None:
            self._place, self._scale, self._time_ns = np.array([*centre, scale]), scale, time_ns
            return Sway()
        dt_s = min(max(time_ns - self._time_ns, 0) * 1e-9, 0.5)
        self._time_ns = time_ns
        self._age_s += dt_s
        self._scale += (1 - np.exp(-dt_s / _SCALE_TIME_S)) * (scale - self._scale)
        now = np.array([*centre, self._scale])
        self._place += (1 - np.exp(-dt_s / min(_NEUTRAL_TIME_S, 0.5 + self._age_s))) * (now - self._place)
        return self._sway(now - self._place)

    def _sway(self, moved: Array) -> Sway:
        per_px = float(np.exp(-self._scale))
        across = rot.soft_limit(0.7 * float(moved[0]) * per_px, _SWAY_LIMIT_M)
        return Sway(
            across_m=across,
            up_m=rot.soft_limit(-0.5 * float(moved[1]) * per_px, _RISE_LIMIT_M),
            lean_rad=rot.soft_limit(0.5 * float(moved[2]), _LEAN_LIMIT_RAD),
            tilt_rad=rot.soft_limit(-0.6 * across / 0.5, _TILT_LIMIT_RAD),
        )


@dataclass(frozen=True, slots=True, eq=False)
class LegsPose:
    """Local rotations of both legs, (2, 4) each, left first."""

    upper: Array
    lower: Array
    foot: Array
    drop_m: float
    """How far the hips sink below their rest, of legs of length one."""
    confidence: Array
    """(2,)"""


def legs_pose(view: BodyView, hips: Array) -> LegsPose:
    """Return both legs from hip, knee, ankle and foot keypoints; `hips` is avatar_from_hips (4,)."""
    hip, knee, ankle = view.pair("hip"), view.pair("knee"), view.pair("ankle")
    upper_way, lower_way = rot.unit(knee - hip), rot.unit(ankle - knee)
    toes = rot.unit(view.pair("foot_index") - view.pair("heel"))
    from_avatar = quat.inverse(hips)[None]
    upper = _thigh(rot.rotate(from_avatar, upper_way), rot.rotate(from_avatar, lower_way))
    upper_world = quat.multiply(hips[None], upper)
    shin = rot.rotate(quat.inverse(upper_world), lower_way)
    shin[:, 2] = np.minimum(shin[:, 2], 0.05)  # a knee does not bend forward
    lower = rot.between(_DOWN, rot.unit(shin))
    lower_world = quat.multiply(upper_world, lower)
    foot = quat.log(rot.between(np.stack([rot.Z, rot.Z]), rot.rotate(quat.inverse(lower_world), toes)))
    foot = quat.exp(np.clip(foot, -0.6, 0.6))
    reach = 0.5 * -upper_way[:, 1] + 0.5 * -lower_way[:, 1]
    seen = np.minimum(np.minimum(view.pair_seen("hip"), view.pair_seen("knee")), view.pair_seen("ankle"))
    return LegsPose(upper=upper, lower=lower, foot=foot, drop_m=float(np.clip(1 - reach.max(), 0.0, 0.7)), confidence=seen)


def _thigh(way: Array, shin_way: Array) -> Array:
    """Return (2, 4) thigh rotations in the hips' axes: swung from straight down, turned so that the knee bends its own way."""
    swing = rot.between(_DOWN, way)
    hinge = rot.rotate(swing, np.stack([rot.X, rot.X]))  # a positive turn about +X bends the knee back
    plane = rot.cross(way, shin_way)
    bent = rot.smoothstep(np.sqrt(np.einsum("ni,ni->n", plane, plane)), 0.2, 0.6)
    plane = rot.unit(plane)
    angle = np.arctan2(np.einsum("ni,ni->n", rot.cross(hinge, plane), way), np.einsum("ni,ni->n", hinge, plane))
    twist = bent * rot.folded(angle, limit_rad=np.radians(45.0), fold_rad=np.radians(110.0))
    return quat.multiply(rot.about(way, twist), swing)
