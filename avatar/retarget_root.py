"""Legs and root: how the person stands, sways and leans.

Owns leg bones when legs are in view, and the gentle sway of the whole figure from the shoulders' place in the picture against
a running neutral. Knows nothing of arms or faces. Avatar space throughout.
"""

import math
from dataclasses import dataclass
from typing import Final

from avatar import turns
from avatar.observation import BodyView
from avatar.turns import Turn, Vector, clamped, soft_limit

_NEUTRAL_TIME_S = 15.0  # how fast a new place in the chair becomes the neutral
_SCALE_TIME_S = 0.3
_SWAY_LIMIT_M, _RISE_LIMIT_M, _LEAN_LIMIT_RAD, _TILT_LIMIT_RAD = 0.14, 0.05, math.radians(12.0), math.radians(10.0)
_DOWN: Final[Vector] = (0.0, -1.0, 0.0)
_MAX_THIGH_TWIST_RAD, _THIGH_FOLD_RAD = math.radians(45.0), math.radians(110.0)
_MAX_FOOT_TURN_RAD = 0.6


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
        self._place: Vector | None = None  # x px, y px, log of px per metre
        self._scale = 0.0
        self._age_s = 0.0
        self._time_ns = 0

    def update(self, view: BodyView, *, time_ns: int) -> Sway:
        """Take in where the shoulders are and return the sway. The first call is the neutral."""
        left, right = view.pixel("left_shoulder"), view.pixel("right_shoulder")
        x, y = 0.5 * (left[0] + right[0]), 0.5 * (left[1] + right[1])
        scale = math.log(view.px_per_m)
        if self._place is None:
            self._place, self._scale, self._time_ns = (x, y, scale), scale, time_ns
            return Sway()
        dt_s = clamped((time_ns - self._time_ns) * 1e-9, 0.0, 0.5)
        self._time_ns = time_ns
        self._age_s += dt_s
        self._scale += (1 - math.exp(-dt_s / _SCALE_TIME_S)) * (scale - self._scale)
        now = (x, y, self._scale)
        moved = turns.scaled(turns.minus(now, self._place), math.exp(-dt_s / min(_NEUTRAL_TIME_S, 0.5 + self._age_s)))
        self._place = turns.minus(now, moved)
        return self._sway(*moved)

    def _sway(self, x_px: float, y_px: float, growth: float) -> Sway:
        per_px = math.exp(-self._scale)
        across = soft_limit(0.7 * x_px * per_px, _SWAY_LIMIT_M)
        return Sway(
            across_m=across,
            up_m=soft_limit(-0.5 * y_px * per_px, _RISE_LIMIT_M),
            lean_rad=soft_limit(0.5 * growth, _LEAN_LIMIT_RAD),
            tilt_rad=soft_limit(-0.6 * across / 0.5, _TILT_LIMIT_RAD),
        )


@dataclass(frozen=True, slots=True)
class LegPose:
    """Local rotations of one leg."""

    upper: Turn
    lower: Turn
    foot: Turn
    reach: float
    """How far down it reaches, of a leg of length one."""
    confidence: float


def leg_pose(view: BodyView, hips: Turn, *, side: str) -> LegPose:
    """Return one side's leg from hip, knee, ankle and foot keypoints; `hips` is avatar_from_hips."""
    names = [f"{side}_{part}" for part in ("hip", "knee", "ankle")]
    hip, knee, ankle = (view.point(name) for name in names)
    upper_way, lower_way = turns.unit(turns.minus(knee, hip)), turns.unit(turns.minus(ankle, knee))
    toes = turns.unit(turns.minus(view.point(f"{side}_foot_index"), view.point(f"{side}_heel")))
    from_avatar = turns.inverse(hips)
    upper = _thigh(turns.rotate(from_avatar, upper_way), turns.rotate(from_avatar, lower_way))
    upper_world = turns.multiply(hips, upper)
    across, up, forward = turns.rotate(turns.inverse(upper_world), lower_way)
    lower = turns.between(_DOWN, turns.unit((across, up, min(forward, 0.05))))  # a knee does not bend forward
    lower_world = turns.multiply(upper_world, lower)
    foot = turns.log(turns.between(turns.Z, turns.rotate(turns.inverse(lower_world), toes)))
    return LegPose(
        upper=upper,
        lower=lower,
        foot=_foot_limited(foot),
        reach=-0.5 * (upper_way[1] + lower_way[1]),
        confidence=view.believed(*names),
    )


def _thigh(way: Vector, shin_way: Vector) -> Turn:
    """Return the thigh's rotation in the hips' axes: swung from straight down, turned so that the knee bends its own way."""
    swing = turns.between(_DOWN, way)
    hinge = turns.rotate(swing, turns.X)  # a positive turn about +X bends the knee back
    plane = turns.cross(way, shin_way)
    bent = turns.smoothstep(math.hypot(*plane), 0.2, 0.6)
    angle = turns.angle_about(way, hinge, turns.unit(plane))
    twist = bent * turns.folded(angle, limit_rad=_MAX_THIGH_TWIST_RAD, fold_rad=_THIGH_FOLD_RAD)
    return turns.multiply(turns.about(way, twist), swing)


def _foot_limited(foot: Vector) -> Turn:
    """Return the turn of a foot's rotation vector, each axis within its limit."""
    x, y, z = (clamped(angle, -_MAX_FOOT_TURN_RAD, _MAX_FOOT_TURN_RAD) for angle in foot)
    return turns.exp((x, y, z))
