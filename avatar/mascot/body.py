"""The mascot's body: hooded jacket with collar, zip, cords, cuffs and hem, shorts, legs, boots and the tail."""

import numpy as np

from avatar.mascot.head import INK_M
from avatar.mascot.shapes import Part, Points, capped, grid, ink, mirrored, profile, ring, spline, toward_sphere, tube
from avatar.mascot.skeleton import TAIL, along, bind
from avatar.rig import Rig

_SPINE = ("hips", "spine", "chest", "upperChest")
_SPINE_Y = (0.64, 0.74, 0.85)
_TORSO_X = profile((0.49, 0.52, 0.56, 0.70, 0.86, 0.95, 1.0, 1.04), (0.166, 0.184, 0.178, 0.160, 0.146, 0.132, 0.105, 0.062))
_TORSO_Z = profile((0.49, 0.52, 0.56, 0.70, 0.86, 0.95, 1.0, 1.04), (0.134, 0.150, 0.144, 0.130, 0.122, 0.108, 0.085, 0.055))


def _torso_z(x: Points, y: Points) -> Points:
    return _TORSO_Z(y) * np.clip(1 - np.abs(x / _TORSO_X(y)) ** 2.3, 0, 1) ** (1 / 2.3)


def _spine_weights(rig: Rig, part: Part) -> Part:
    part.weights = along(rig, part.points[:, 1], _SPINE, _SPINE_Y, 0.05)
    return part


def _torso(rig: Rig) -> Part:
    y = np.array([0.488, 0.49, 0.51, 0.54, 0.548, 0.59, 0.66, 0.74, 0.81, 0.87, 0.915, 0.95, 0.985, 1.015, 1.04])
    squeeze = np.where(np.abs(y - 0.548) < 0.002, 0.965, 1.0)  # the seam above the ribbed hem
    size = np.stack([_TORSO_X(y) * squeeze, _TORSO_Z(y) * squeeze], axis=1)
    section = ring(22, power=2.3)[None] * size[:, None]
    points = np.stack([section[..., 0], np.broadcast_to(y[:, None], section.shape[:2]), section[..., 1]], axis=-1)
    part = grid(capped(points), tile="jacket", material="jacket", closed=True)
    part.uv[:, 1] = (1.04 - part.points[:, 1]) / (1.04 - 0.488)
    toward_sphere(part, (0, 0.76, -0.1), 0.35)
    part = _spine_weights(rig, ink(part, np.where(part.points[:, 1] > 0.97, 0.0, INK_M)))
    shoulder = np.clip((np.abs(part.points[:, 0]) - 0.055) / 0.09, 0, 0.55) * np.clip((part.points[:, 1] - 0.87) / 0.06, 0, 1)
    for side, mine in (("left", part.points[:, 0] > 0), ("right", part.points[:, 0] <= 0)):
        share = shoulder * mine
        part.weights *= (1 - share)[:, None]
        part.weights[:, rig.names.index(f"{side}Shoulder")] += share
    return part


def _front(rig: Rig, x: tuple[float, float], y: tuple[float, float], tile: str, material: str, lift: float) -> Part:
    """Return a sheet on the torso's front between two widths (at the top and at the bottom)."""
    share = np.linspace(0, 1, 9)[:, None]
    s = np.linspace(-1, 1, 3)[None]
    height = y[0] + (y[1] - y[0]) * share + 0 * s
    across = (x[0] + (x[1] - x[0]) * share) * s
    points = np.stack([across, height, _torso_z(across, height) + lift], axis=-1)
    part = grid(points, tile=tile, material=material, outward=(0, 0, 1))
    part.bias_m = 0.004
    return toward_sphere(_spine_weights(rig, part), (0, 0.76, -0.1), 0.35)


def _collar(rig: Rig) -> list[Part]:
    """Return the hood where it lies around the neck, open at the throat, and its bag on the back."""
    angle = np.radians(np.linspace(-158, 158, 17))  # 0 is behind
    wide = profile((0, 90, 140, 158), (0.078, 0.066, 0.050, 0.026))(np.abs(np.degrees(angle)))
    tall = profile((0, 90, 140, 158), (0.078, 0.064, 0.054, 0.032))(np.abs(np.degrees(angle)))
    drop = profile((0, 60, 120, 158), (0.0, 0.0, -0.022, -0.065))(np.abs(np.degrees(angle)))
    spine = np.stack([0.130 * np.sin(angle), 1.025 + drop, -0.012 - 0.112 * np.cos(angle)], axis=1)
    out = np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], axis=1)
    section = ring(9)[None] * np.stack([wide, tall], axis=1)[:, None]
    points = spine[:, None] + section[..., :1] * out[:, None] * 0.8 + section[..., 1:] * np.array([0, 1.0, 0])
    collar = ink(grid(capped(points), tile="hood", material="jacket", closed=True), INK_M)
    collar = toward_sphere(collar, (0, 0.95, -0.02), 0.3)
    polar = np.linspace(0, np.pi, 9)[:, None]
    around = np.linspace(0, 2 * np.pi, 14, endpoint=False)[None]
    ball = np.stack([np.sin(polar) * np.cos(around), np.cos(polar) + 0 * around, np.sin(polar) * np.sin(around)], axis=-1)
    bag = grid(
        np.array([0, 0.955, -0.135]) + ball * np.array([0.135, 0.115, 0.075]), tile="plain", material="jacket", closed=True
    )
    return [bind(rig, collar, "upperChest"), bind(rig, ink(bag, INK_M), "upperChest")]


def _sleeve(rig: Rig, side: str) -> list[Part]:
    x = np.array([0.06, 0.095, 0.12, 0.145, 0.175, 0.225, 0.275, 0.30, 0.325, 0.36, 0.42, 0.457, 0.478])
    radius = profile(
        (0.06, 0.10, 0.15, 0.24, 0.31, 0.42, 0.46, 0.478), (0.046, 0.062, 0.066, 0.062, 0.066, 0.078, 0.068, 0.042)
    )(x)
    spine = np.stack([x, np.full(len(x), 0.958), np.full(len(x), -0.01)], axis=1)
    sleeve = grid(capped(tube(spine, radius, count=12)), tile="sleeve", material="jacket", closed=True)
    sleeve.uv[:, 1] = (sleeve.points[:, 0] - 0.06) / (0.478 - 0.06)
    x = np.array([0.460, 0.466, 0.476, 0.494, 0.502, 0.505])
    radius = np.array([0.036, 0.046, 0.049, 0.049, 0.046, 0.036])
    spine = np.stack([x, np.full(len(x), 0.958), np.full(len(x), -0.01)], axis=1)
    cuff = grid(capped(tube(spine, radius, count=12)), tile="cuff", material="cloth", closed=True)
    parts = []
    for left, width in ((sleeve, INK_M), (cuff, INK_M * 0.8)):
        t = left.points[:, 0]
        part = ink(left if side == "left" else mirrored(left), width)
        bones = ("upperChest", f"{side}Shoulder", f"{side}UpperArm", f"{side}LowerArm")
        part.weights = along(rig, t, bones, (0.065, 0.13, 0.315), 0.06)
        parts.append(part)
    return parts


def _cord(rig: Rig, side: str) -> list[Part]:
    curve = spline([(0.050, 0.995, 0.120), (0.056, 0.95, 0.142), (0.060, 0.90, 0.146), (0.060, 0.845, 0.147)], 8)
    cord = grid(capped(tube(curve, np.full(8, 0.0062), count=5, up=(0, 0, 1))), tile="cord", material="cloth", closed=True)
    knob = curve[-1] + np.linspace(0.006, -0.026, 6)[:, None] * np.array([0, 1.0, 0])
    tip = grid(
        tube(knob, np.array([0.002, 0.0085, 0.0105, 0.0105, 0.0085, 0.001]), count=6, up=(0, 0, 1)),
        tile="gold",
        material="gold",
        closed=True,
    )
    parts = []
    for left in (cord, tip):
        t = 1.0 - left.points[:, 1]
        part = ink(left if side == "left" else mirrored(left), INK_M * 0.55)
        part.weights = along(rig, t, ("upperChest", f"{side}Cord"), (0.03,), 0.03)
        parts.append(part)
    return parts


def _leg(rig: Rig, side: str) -> list[Part]:
    def limb(keys: list[tuple[float, float, float]], radius: list[float], tile: str, material: str) -> Part:
        spine = spline(keys, 6)
        r = profile(np.linspace(0, 1, len(radius)), radius)(np.linspace(0, 1, 6))
        return grid(capped(tube(spine, r, count=11, up=(0, 0, 1))), tile=tile, material=material, closed=True)

    shorts = limb([(0.066, 0.55, 0), (0.074, 0.45, 0), (0.08, 0.355, 0)], [0.078, 0.094, 0.092], "shorts", "shorts")
    shin = limb([(0.078, 0.40, 0), (0.081, 0.28, 0), (0.084, 0.10, -0.008)], [0.058, 0.056, 0.05, 0.046], "leg", "sock")
    boot = limb(
        [(0.084, 0.205, -0.008), (0.084, 0.12, -0.005), (0.084, 0.03, 0.0)], [0.066, 0.062, 0.066, 0.066], "boot", "boot"
    )
    toe = np.stack([np.full(8, 0.087), np.full(8, 0.043), np.linspace(-0.07, 0.115, 8)], axis=1)
    foot = grid(
        capped(tube(toe, np.array([0.03, 0.058, 0.066, 0.068, 0.068, 0.064, 0.052, 0.026]), count=10, flat=0.66)),
        tile="shoe",
        material="boot",
        closed=True,
    )
    foot.points[:, 1] = np.maximum(foot.points[:, 1], 0.0)
    parts = []
    for left in (shorts, shin, boot, foot):
        part = ink(left if side == "left" else mirrored(left), INK_M)
        chain = [f"{side}{bone}" for bone in ("UpperLeg", "LowerLeg", "Foot")]
        part.weights = along(rig, -part.points[:, 1], ["hips", *chain], (-0.53, -0.31, -0.075), 0.04)
        parts.append(part)
    return parts


def _tail(rig: Rig) -> Part:
    rows = 17
    curve = spline(TAIL, rows)
    t = np.linspace(0, 1, rows)
    radius = profile((0, 0.12, 0.4, 0.66, 0.84, 0.95, 1.0), (0.030, 0.052, 0.100, 0.118, 0.088, 0.040, 0.001))(t)
    part = grid(tube(curve, radius, count=14, flat=0.86, up=(0.2, 0.1, 1)), tile="tail", material="fur", closed=True)
    bones = ["hips", *(f"tail{k}" for k in range(1, 6))]
    part.weights = along(rig, part.uv[:, 1], bones, (0.0, 0.2, 0.4, 0.6, 0.8), 0.09)
    return ink(part, INK_M * 1.1)


def body(rig: Rig) -> list[Part]:
    """Return clothes, limbs and tail."""
    parts = [_torso(rig), *_collar(rig), _tail(rig)]
    parts.append(_front(rig, (0.052, 0.006), (1.03, 0.885), "shirt", "shirt", 0.001))
    parts.append(_front(rig, (0.0085, 0.0085), (0.90, 0.495), "zip", "cloth", 0.003))
    for side in ("left", "right"):
        parts += [*_sleeve(rig, side), *_cord(rig, side), *_leg(rig, side)]
    return parts
