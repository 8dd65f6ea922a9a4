"""The mascot's clothes above the waist: the jacket with its hood, sleeves, cuffs, hem, zip and cords."""

import numpy as np

from avatar.mascot import folds
from avatar.mascot.head import INK_M
from avatar.mascot.level import Detail
from avatar.mascot.shapes import (
    Part,
    Points,
    capped,
    capped_v,
    fair,
    grid,
    ink,
    mirrored,
    profile,
    ring,
    spline,
    toward_sphere,
    tube,
    unit,
)
from avatar.mascot.skeleton import along, bind
from avatar.rig import Rig

_SPINE = ("hips", "spine", "chest", "upperChest")
_SPINE_Y = (0.64, 0.74, 0.85)
_TORSO_X = profile((0.49, 0.52, 0.56, 0.70, 0.86, 0.95, 1.0, 1.04), (0.166, 0.184, 0.178, 0.160, 0.146, 0.132, 0.105, 0.062))
_TORSO_Z = profile((0.49, 0.52, 0.56, 0.70, 0.86, 0.95, 1.0, 1.04), (0.134, 0.150, 0.144, 0.130, 0.122, 0.108, 0.085, 0.055))
_TORSO_Y = (0.488, 0.49, 0.51, 0.54, 0.548, 0.59, 0.66, 0.74, 0.81, 0.87, 0.915, 0.95, 0.985, 1.015, 1.04)
_SLEEVE_X = (0.06, 0.095, 0.12, 0.145, 0.175, 0.225, 0.275, 0.30, 0.325, 0.36, 0.42, 0.457, 0.478)
_CUFF_X = (0.460, 0.466, 0.476, 0.494, 0.502, 0.505)


def _angles(count: int) -> Points:
    return np.linspace(0, 2 * np.pi, count, endpoint=False)


def _torso_z(x: Points, y: Points) -> Points:
    return _TORSO_Z(y) * np.clip(1 - np.abs(x / _TORSO_X(y)) ** 2.3, 0, 1) ** (1 / 2.3)


def _spine_weights(rig: Rig, part: Part) -> Part:
    part.weights = along(rig, part.points[:, 1], _SPINE, _SPINE_Y, 0.05)
    return part


def _torso(rig: Rig, detail: Detail) -> Part:
    y = detail.stations(_TORSO_Y, between=2)
    cols = detail.of(22, 56)
    squeeze = np.where(np.abs(y - 0.548) < 0.002, 0.965, 1.0)  # the seam above the ribbed hem
    size = np.stack([_TORSO_X(y) * squeeze, _TORSO_Z(y) * squeeze], axis=1)
    section = ring(cols, power=2.3)[None] * size[:, None]
    if detail.fine:
        front = np.clip(np.abs(section[..., 0]) / 0.03, 0, 1) ** 2  # the zip lies flat
        front = np.where(section[..., 1] > 0, front, 1)
        shape = folds.jacket(y, _angles(cols))
        section = section * (1 + (shape - 1) * front)[..., None]
    points = np.stack([section[..., 0], np.broadcast_to(y[:, None], section.shape[:2]), section[..., 1]], axis=-1)
    part = grid(capped(points), tile="jacket", material="jacket", closed=True)
    part.uv[:, 1] = (1.04 - part.points[:, 1]) / (1.04 - 0.488)
    toward_sphere(part, (0, 0.76, -0.1), 0.35)
    part.normals[:, 1] *= np.clip(
        (part.points[:, 1] - 0.52) / 0.08, 0, 1
    )  # the hem curls in, but is lit as if it hung straight
    part.normals = unit(part.normals)
    part = _spine_weights(rig, ink(part, np.where(part.points[:, 1] > 0.97, 0.0, INK_M)))
    shoulder = np.clip((np.abs(part.points[:, 0]) - 0.055) / 0.09, 0, 0.55) * np.clip((part.points[:, 1] - 0.87) / 0.06, 0, 1)
    for side, mine in (("left", part.points[:, 0] > 0), ("right", part.points[:, 0] <= 0)):
        share = shoulder * mine
        part.weights *= (1 - share)[:, None]
        part.weights[:, rig.names.index(f"{side}Shoulder")] += share
    return part


def _front(rig: Rig, x: tuple[float, float], y: tuple[float, float], tile: str, material: str, lift: float, rows: int) -> Part:
    """Return a sheet on the torso's front between two widths (at the top and at the bottom)."""
    share = np.linspace(0, 1, rows)[:, None]
    s = np.linspace(-1, 1, 3)[None]
    height = y[0] + (y[1] - y[0]) * share + 0 * s
    across = (x[0] + (x[1] - x[0]) * share) * s
    points = np.stack([across, height, _torso_z(across, height) + lift], axis=-1)
    part = grid(points, tile=tile, material=material, outward=(0, 0, 1))
    part.bias_m = 0.004
    return toward_sphere(_spine_weights(rig, part), (0, 0.76, -0.1), 0.35)


def _collar(rig: Rig, detail: Detail) -> Part:
    """Return the hood where it lies around the neck, open at the throat."""
    rows, cols = detail.of(17, 49), detail.of(9, 20)
    angle = np.radians(np.linspace(-158, 158, rows))  # 0 is behind
    wide = profile((0, 90, 140, 158), (0.078, 0.066, 0.050, 0.026))(np.abs(np.degrees(angle)))
    tall = profile((0, 90, 140, 158), (0.078, 0.064, 0.054, 0.032))(np.abs(np.degrees(angle)))
    drop = profile((0, 60, 120, 158), (0.0, 0.0, -0.022, -0.065))(np.abs(np.degrees(angle)))
    spine = np.stack([0.130 * np.sin(angle), 1.025 + drop, -0.012 - 0.112 * np.cos(angle)], axis=1)
    out = np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], axis=1)
    section = fair(cols) * ring(cols)[None] * np.stack([wide, tall], axis=1)[:, None]
    if detail.fine:
        section = section * folds.hood(angle, _angles(cols))[..., None]
    points = spine[:, None] + section[..., :1] * out[:, None] * 0.8 + section[..., 1:] * np.array([0, 1.0, 0])
    v = capped_v(np.linspace(0, 1, rows))
    collar = ink(grid(capped(points), tile="hood", material="jacket", closed=True, v=v), INK_M)
    return bind(rig, toward_sphere(collar, (0, 0.95, -0.02), 0.3), "upperChest")


def _bag(rig: Rig, detail: Detail) -> Part:
    """Return the hood's bag on the back."""
    rows, cols = detail.of(9, 19), detail.of(14, 30)
    polar, around = np.linspace(0, np.pi, rows)[:, None], _angles(cols)[None]
    ball = np.stack([np.sin(polar) * np.cos(around), np.cos(polar) + 0 * around, np.sin(polar) * np.sin(around)], axis=-1)
    if detail.fine:
        ball = ball * (1 + 0.035 * np.sin(polar) ** 2 * np.sin(7 * polar + 1.2 * np.cos(2 * around)))[..., None]
    points = np.array([0, 0.955, -0.135]) + ball * np.array([0.135, 0.115, 0.075])
    return bind(rig, ink(grid(points, tile="bag", material="jacket", closed=True), INK_M), "upperChest")


def _sleeve(rig: Rig, side: str, detail: Detail) -> list[Part]:
    x, cols = detail.stations(_SLEEVE_X, between=2), detail.of(12, 24)
    radius = profile(
        (0.06, 0.10, 0.15, 0.24, 0.31, 0.42, 0.46, 0.478), (0.046, 0.062, 0.066, 0.062, 0.066, 0.078, 0.068, 0.042)
    )(x)
    spine = np.stack([x, np.full(len(x), 0.958), np.full(len(x), -0.01)], axis=1)
    shape = radius[:, None] * folds.sleeve(x, _angles(cols)) if detail.fine else radius
    sleeve = grid(tube(spine, shape, count=cols), tile="sleeveLeft", material="jacket", closed=True)
    sleeve.uv[:, 1] = (sleeve.points[:, 0] - 0.06) / (0.478 - 0.06)
    x, cols = detail.stations(_CUFF_X, between=1), detail.of(12, 48)
    radius = profile(_CUFF_X, (0.036, 0.046, 0.049, 0.049, 0.046, 0.036))(x)
    spine = np.stack([x, np.full(len(x), 0.958), np.full(len(x), -0.01)], axis=1)
    shape = radius[:, None] * folds.cuff(_angles(cols)) if detail.fine else radius
    cuff = grid(capped(tube(spine, shape, count=cols)), tile="cuffLeft", material="cloth", closed=True)
    cuff.uv[:, 1] = (cuff.points[:, 0] - _CUFF_X[0]) / (_CUFF_X[-1] - _CUFF_X[0])
    parts = []
    for left, width in ((sleeve, INK_M), (cuff, INK_M * 0.8)):
        t = left.points[:, 0]
        part = ink(left if side == "left" else mirrored(left), width)
        bones = ("upperChest", f"{side}Shoulder", f"{side}UpperArm", f"{side}LowerArm")
        part.weights = along(rig, t, bones, (0.065, 0.13, 0.315), 0.06)
        parts.append(part)
    return parts


def _cord(rig: Rig, side: str, detail: Detail) -> list[Part]:
    rows, cols = detail.of(8, 14), detail.of(5, 7)
    curve = spline([(0.050, 0.995, 0.120), (0.056, 0.95, 0.142), (0.060, 0.90, 0.146), (0.060, 0.845, 0.147)], rows)
    points = tube(curve, np.full(rows, 0.0062), count=cols, up=(0, 0, 1))
    cord = grid(points, tile="cordLeft", material="cloth", closed=True)
    t, cols = detail.stations((0, 0.2, 0.4, 0.6, 0.8, 1), between=1), detail.of(6, 10)
    knob = curve[-1] + (0.006 - 0.032 * t)[:, None] * np.array([0, 1.0, 0])
    radius = profile((0, 0.2, 0.4, 0.6, 0.8, 1), (0.002, 0.0085, 0.0105, 0.0105, 0.0085, 0.001))(t)
    tip = grid(tube(knob, radius, count=cols, up=(0, 0, 1)), tile="cordTipLeft", material="gold", closed=True, v=t)
    parts = []
    for left in (cord, tip):
        t = 1.0 - left.points[:, 1]
        part = ink(left if side == "left" else mirrored(left), INK_M * 0.55)
        part.weights = along(rig, t, ("upperChest", f"{side}Cord"), (0.03,), 0.03)
        parts.append(part)
    return parts


def body(rig: Rig, detail: Detail) -> list[Part]:
    """Return the clothes above the waist."""
    parts = [_torso(rig, detail), _collar(rig, detail), _bag(rig, detail)]
    parts.append(_front(rig, (0.052, 0.006), (1.03, 0.885), "shirt", "shirt", 0.001, detail.of(9, 25)))
    parts.append(_front(rig, (0.0085, 0.0085), (0.90, 0.495), "zip", "cloth", 0.003, detail.of(9, 33)))
    for side in ("left", "right"):
        parts += [*_sleeve(rig, side, detail), *_cord(rig, side, detail)]
    return parts
