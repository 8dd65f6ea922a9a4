"""The mascot below the waist: shorts, legs, boots and the tail."""

from collections.abc import Callable, Sequence

import numpy as np

from avatar.mascot import folds
from avatar.mascot.head import INK_M
from avatar.mascot.level import Detail
from avatar.mascot.shapes import Part, Points, capped, capped_v, grid, ink, mirrored, profile, spline, tube, unit
from avatar.mascot.skeleton import TAIL, along
from avatar.rig import Rig

_TOE_RADIUS_M = (0.03, 0.058, 0.066, 0.068, 0.068, 0.064, 0.052, 0.026)
_TAIL_RADIUS = profile((0, 0.12, 0.4, 0.66, 0.84, 0.95, 1.0), (0.030, 0.052, 0.100, 0.118, 0.088, 0.040, 0.001))
_TAIL_FLAT = 0.86


def _limb(
    keys: Sequence[Sequence[float]],
    radius: Sequence[float],
    look: tuple[str, str],
    detail: Detail,
    fold: Callable[[Points, Points], Points],
) -> Part:
    """Return a tube through the keys; `look` names tile and material."""
    t, cols = np.linspace(0, 1, detail.of(6, 10)), detail.of(11, 24)
    r = profile(np.linspace(0, 1, len(radius)), radius)(t)
    if detail.fine:
        r = r[:, None] * fold(t, np.linspace(0, 2 * np.pi, cols, endpoint=False))
    rings = tube(spline(keys, len(t)), r, count=cols, up=(0, 0, 1))
    if look[1] == "sock":  # its ends are never seen
        return grid(rings, tile=look[0], material=look[1], closed=True)
    return grid(capped(rings), tile=look[0], material=look[1], closed=True, v=capped_v(t))


def _shoe(detail: Detail) -> Part:
    t = np.linspace(0, 1, detail.of(8, 16))
    toe = np.stack([0 * t + 0.087, 0 * t + 0.043, -0.07 + 0.185 * t], axis=1)
    radius = profile(np.linspace(0, 1, 8), _TOE_RADIUS_M)(t)
    rings = capped(tube(toe, radius, count=detail.of(10, 22), flat=0.66))
    foot = grid(rings, tile="shoeLeft", material="boot", closed=True, v=capped_v(t))
    foot.points[:, 1] = np.maximum(foot.points[:, 1], 0.0)
    return foot


def _leg(rig: Rig, side: str, detail: Detail) -> list[Part]:
    hip = [(0.066, 0.55, 0), (0.074, 0.45, 0), (0.08, 0.355, 0)]
    shin = [(0.078, 0.40, 0), (0.081, 0.28, 0), (0.084, 0.10, -0.008)]
    ankle = [(0.084, 0.205, -0.008), (0.084, 0.12, -0.005), (0.084, 0.03, 0.0)]
    lefts = [
        _limb(hip, (0.078, 0.094, 0.092), ("shortsLeft", "shorts"), detail, folds.shorts),
        _limb(shin, (0.058, 0.056, 0.05, 0.046), ("shinLeft", "sock"), detail, folds.sock),
        _limb(ankle, (0.066, 0.062, 0.066, 0.066), ("bootLeft", "boot"), detail, folds.boot),
        _shoe(detail),
    ]
    parts = []
    for left in lefts:
        part = ink(left if side == "left" else mirrored(left), INK_M)
        chain = [f"{side}{bone}" for bone in ("UpperLeg", "LowerLeg", "Foot")]
        part.weights = along(rig, -part.points[:, 1], ["hips", *chain], (-0.53, -0.31, -0.075), 0.04)
        parts.append(part)
    return parts


def _fluffed(t: Points, angle: Points) -> Points:
    """Return (R, C): by what factor the tail's fur stands up, in locks that lean toward the tip."""
    phase = 7 * angle[None] + 3.0 * np.sin(11 * t[:, None])
    locks = np.abs(np.sin(phase / 2)) ** 0.7 - 0.62
    factor: Points = 1 + 0.07 * np.sin(np.pi * t[:, None]) ** 0.7 * locks
    return factor


def _tail(detail: Detail) -> Part:
    rows, cols = detail.of(17, 44), detail.of(14, 32)
    t = np.linspace(0, 1, rows)
    radius = _TAIL_RADIUS(t)
    if detail.fine:
        radius = radius[:, None] * _fluffed(t, np.linspace(0, 2 * np.pi, cols, endpoint=False))
    points = tube(spline(TAIL, rows), radius, count=cols, flat=_TAIL_FLAT, up=(0.2, 0.1, 1))
    return grid(points, tile="tail", material="fur", closed=True)


def _tail_tufts(detail: Detail) -> list[Part]:
    """Return the locks that stand out of the tail where the colour changes, on the tail's own texture."""
    spine = spline(TAIL, 61)
    ahead = unit(np.gradient(spine, axis=0))
    side = unit(np.cross(np.broadcast_to((0.2, 0.1, 1.0), spine.shape), ahead))
    up = np.cross(ahead, side)
    parts = []
    for number in range(26 * detail.fine):
        angle, at = 2.39996 * number, 0.24 + 0.58 * ((number * 0.61803) % 1)  # the golden angle spreads them evenly
        steps = np.linspace(at, at + 0.16, 4)
        row = np.round(steps * 60).astype(int)
        rise = np.array([0.62, 0.88, 1.02, 1.05]) * np.array([1, 1, 1, 1.0 + 0.05 * (number % 3)])
        way = np.cos(angle) * side[row] + _TAIL_FLAT * np.sin(angle) * up[row]
        curve = spline(spine[row] + way * (_TAIL_RADIUS(steps) * rise)[:, None], 8)
        thick = 0.030 * np.array([0.6, 0.92, 1.0, 0.94, 0.8, 0.58, 0.3, 0.01])
        part = grid(tube(curve, thick, count=6, flat=0.45, up=way[1]), tile="tail", material="fur", closed=True)
        part.uv[:, 1] = at + 0.16 * part.uv[:, 1]
        part.uv[:, 0] = np.clip(angle / (2 * np.pi) % 1 + 0.05 * (part.uv[:, 0] - 0.5), 0, 1)
        parts.append(part)
    return parts


def tail(rig: Rig, detail: Detail) -> list[Part]:
    """Return the tail, bent by its five bones."""
    bones = ["hips", *(f"tail{k}" for k in range(1, 6))]
    parts = [_tail(detail), *_tail_tufts(detail)]
    for number, part in enumerate(parts):
        part.weights = along(rig, part.uv[:, 1], bones, (0.0, 0.2, 0.4, 0.6, 0.8), 0.09)
        ink(part, INK_M * (0.35 if number else 1.1))
    return parts


def legs(rig: Rig, detail: Detail) -> list[Part]:
    """Return shorts, legs and boots of both sides."""
    return [part for side in ("left", "right") for part in _leg(rig, side, detail)]
