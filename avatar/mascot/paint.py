"""The mascot's paint: every tile of its texture, drawn in code, and its palette.

Palette: apricot fur (dominant), indigo jacket (secondary), gold (accent), cream and charcoal (neutrals).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.mascot.head import FACE_WINDOW

Canvas = NDArray[Any]  # (H, W, 3) 0..255
Rgb = Sequence[float]

FUR, FUR_DEEP, FUR_LIGHT = (247, 164, 88), (228, 128, 66), (255, 196, 124)
CREAM, CREAM_DEEP = (255, 243, 224), (246, 214, 186)
SKIN, SKIN_DEEP, BLUSH = (255, 228, 209), (243, 186, 164), (255, 168, 150)
INDIGO, INDIGO_DEEP, INDIGO_LIGHT = (78, 92, 164), (58, 66, 128), (112, 128, 200)
CHARCOAL, BROWN, GOLD = (70, 64, 84), (98, 52, 50), (255, 198, 74)


def plain(colour: Rgb, height: int = 16, width: int = 16) -> Canvas:
    """Return a canvas of one colour."""
    return np.broadcast_to(np.asarray(colour, float), (height, width, 3)).copy()


def axes(canvas: Canvas) -> tuple[Canvas, Canvas]:
    """Return u, v (0..1) at each texel."""
    height, width = canvas.shape[:2]
    v, u = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    return u, v


def over(canvas: Canvas, mask: Canvas, colour: Rgb | Canvas) -> None:
    """Lay a colour over the canvas where the mask (0..1) says."""
    mask = np.clip(mask, 0, 1)[..., None]
    canvas += (np.asarray(colour, float) - canvas) * mask


def blob(
    canvas: Canvas, centre: tuple[float, float], radius: tuple[float, float], soft: float = 0.0, power: float = 2.0
) -> Canvas:
    """Return the mask of a superellipse in u, v; `soft` is the share of the radius that fades (at least one texel)."""
    u, v = axes(canvas)
    r = (np.abs((u - centre[0]) / radius[0]) ** power + np.abs((v - centre[1]) / radius[1]) ** power) ** (1 / power)
    texel = 1.0 / (min(radius) * canvas.shape[0])
    mask: Canvas = np.clip((1 - r) / max(soft, texel) + 0.5 * (soft <= 0), 0, 1)
    return mask


def ramp(canvas: Canvas, at: float, soft: float, axis: int = 1) -> Canvas:
    """Return a mask that rises from 0 to 1 around `at` along u (axis 0) or v (axis 1)."""
    t = axes(canvas)[axis]
    s = np.clip((t - at) / max(soft, 1e-6) + 0.5, 0, 1)
    mask: Canvas = s * s * (3 - 2 * s)
    return mask


def zigzag(canvas: Canvas, at: float, teeth: int, depth: float) -> Canvas:
    """Return a mask below a fur-like edge at v = `at`."""
    u, v = axes(canvas)
    wave = np.abs(((u * teeth) % 1.0) * 2 - 1) ** 1.3
    mask: Canvas = np.clip((v - at - depth * wave) * canvas.shape[0] * 0.7 + 0.5, 0, 1)
    return mask


def _eye(side: str) -> Canvas:
    """The white, a two-tone iris with a dark rim, the pupil and two highlights (upper left in the picture for both eyes)."""
    canvas = plain((255, 253, 250), 256, 256)
    inward = -0.012 if side == "Left" else 0.012
    x, y = 0.5 + inward, 0.470
    over(canvas, 1 - ramp(canvas, 0.33, 0.16), (206, 196, 222))  # the lid's shadow
    u, v = axes(canvas)
    over(canvas, blob(canvas, (x, y), (0.262, 0.352)), (18, 36, 70))
    iris = blob(canvas, (x, y), (0.238, 0.326))
    t = np.clip((v - (y - 0.30)) / 0.62, 0, 1)[..., None]
    low, mid, high = np.array((22, 66, 110.0)), np.array((24, 140, 160.0)), np.array((128, 232, 206.0))
    gradient = np.where(t < 0.5, low + (mid - low) * t * 2, mid + (high - mid) * (t * 2 - 1))
    over(canvas, iris, gradient)
    over(canvas, iris * blob(canvas, (x, y + 0.235), (0.165, 0.105), soft=0.8) * 0.9, (206, 255, 226))
    over(canvas, blob(canvas, (x, y + 0.01), (0.108, 0.158), soft=0.12), (12, 26, 54))
    over(canvas, iris * (1 - ramp(canvas, y - 0.13, 0.22)) * 0.75, (14, 34, 72))  # shade of the upper lid
    over(canvas, blob(canvas, (x - 0.092, y - 0.105), (0.086, 0.098)), (255, 255, 255))
    over(canvas, blob(canvas, (x + 0.106, y + 0.128), (0.044, 0.050)), (240, 255, 252))
    return canvas


def _face() -> Canvas:
    """Skin seen from the front: blush, a hint of nose, the fringe's shadow, shade toward the neck."""
    canvas = plain(SKIN, 384, 384)
    left, right, bottom, top = FACE_WINDOW

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - left) / (right - left), (top - y) / (top - bottom)

    def size(x: float, y: float) -> tuple[float, float]:
        return x / (right - left), y / (top - bottom)

    for x in (-0.137, 0.137):
        over(canvas, 0.62 * blob(canvas, at(x, 1.177), size(0.058, 0.036), soft=1.0), BLUSH)
    over(canvas, 0.75 * blob(canvas, at(0, 1.168), size(0.013, 0.0065), soft=0.5), (232, 150, 128))
    over(canvas, 0.8 * blob(canvas, at(0, 1.181), size(0.007, 0.006), soft=0.8), (255, 246, 236))
    u, v = axes(canvas)
    across = left + u * (right - left)
    edge = 1.352 + 0.014 * np.cos(across * 62) - 0.9 * across**2
    over(canvas, np.clip((top - v * (top - bottom) - edge) * 700 + 0.5, 0, 1), (240, 184, 164))
    return canvas


def _hair(tip: Rgb) -> Canvas:
    """A lock from root (v 0) to tip: deeper at the root, a soft shine, lighter at the tip."""
    canvas = plain(FUR, 192, 128)
    over(canvas, (1 - ramp(canvas, 0.22, 0.40)) * 0.50, FUR_DEEP)
    over(canvas, ramp(canvas, 0.72, 0.6) * 0.55, FUR_LIGHT)
    u, v = axes(canvas)
    across = (u - 0.25) / 0.17
    shine = 0.036 * (1 - across**2) ** 2 - np.abs(v - 0.45 - 0.03 * across**2)
    over(canvas, 0.8 * np.clip(shine * 90 + 0.5, 0, 1) * (np.abs(across) < 1), (255, 222, 164))
    over(canvas, zigzag(canvas, 0.70, 3, 0.14) * (1.0 if tip is CREAM else 0.0), tip)
    return canvas


def _cap() -> Canvas:
    canvas = plain(FUR, 128, 256)
    over(canvas, ramp(canvas, 0.62, 0.3) * 0.6, FUR_DEEP)
    return canvas


def _mouth() -> Canvas:
    """The inside: dark red, the upper teeth's edge on top, the tongue below."""
    canvas = plain((146, 52, 62), 128, 128)
    over(canvas, (1 - ramp(canvas, 0.5, 0.5)) * 0.5, (110, 34, 52))
    over(canvas, blob(canvas, (0.5, 1.0), (0.40, 0.44)), (240, 128, 124))
    over(canvas, blob(canvas, (0.5, 0.98), (0.26, 0.26), soft=0.8) * 0.5, (255, 160, 150))
    u, v = axes(canvas)
    over(canvas, np.clip((0.17 - 0.05 * (2 * u - 1) ** 2 - v) * 110 + 0.5, 0, 1), (255, 252, 246))
    return canvas


def _ribs(canvas: Canvas, count: int, colour: Rgb, amount: float) -> None:
    u, _ = axes(canvas)
    over(canvas, amount * (np.cos(u * 2 * np.pi * count) < -0.35), colour)


def _jacket() -> Canvas:
    """The torso: yoke, pockets, ribbed hem. u runs around from the left side over the front, v from neck to hem."""
    canvas = plain(INDIGO, 256, 512)
    u, v = axes(canvas)
    hem = np.zeros_like(canvas)
    hem[:] = CREAM
    _ribs(hem, 44, CREAM_DEEP, 0.8)
    over(canvas, ramp(canvas, 0.895, 0.004), hem)
    over(canvas, ramp(canvas, 0.875, 0.004) * (1 - ramp(canvas, 0.895, 0.004)), INDIGO_DEEP)
    for middle in (0.145, 0.355):
        lean = (u - middle) * np.sign(0.25 - middle)
        line = np.abs(v - 0.72 - 1.3 * lean) < 0.010
        over(canvas, 1.0 * (line & (np.abs(u - middle) < 0.042)), INDIGO_DEEP)
    shade = np.clip((0.225 + 0.02 * np.cos(u * 2 * np.pi * 4) - v) * 90 + 0.5, 0, 1)
    over(canvas, 0.9 * shade, INDIGO_DEEP)  # under the hood
    over(canvas, 1 - ramp(canvas, 0.085, 0.004), CREAM)  # the shirt at the neck
    return canvas


def _hood() -> Canvas:
    """The collar: u runs around its section from the outside over the top to the lining."""
    canvas = plain(INDIGO, 64, 128)
    u, _ = axes(canvas)
    over(canvas, 1.0 * ((u > 0.335) & (u < 0.72)), (255, 196, 138))
    over(canvas, 1.0 * (np.abs(u - 0.315) < 0.022), CREAM)
    return canvas


def _zip() -> Canvas:
    canvas = plain(CREAM, 256, 16)
    u, v = axes(canvas)
    over(canvas, 1.0 * ((np.abs(u - 0.5) < 0.22) & ((v * 48) % 1 < 0.55)), (176, 150, 132))
    over(canvas, 1.0 * (v < 0.075), GOLD)
    return canvas


def _sleeve() -> Canvas:
    canvas = plain(INDIGO, 128, 64)
    _, v = axes(canvas)
    for at in (0.36, 0.44):
        over(canvas, 1.0 * (np.abs(v - at) < 0.022), CREAM)
    return canvas


def _cuff() -> Canvas:
    canvas = plain(CREAM, 16, 128)
    _ribs(canvas, 16, CREAM_DEEP, 0.8)
    return canvas


def _tail() -> Canvas:
    canvas = plain(FUR, 256, 256)
    over(canvas, (1 - ramp(canvas, 0.12, 0.4)) * 0.5, FUR_DEEP)
    over(canvas, zigzag(canvas, 0.66, 9, 0.10), CREAM)
    return canvas


def _ear() -> Canvas:
    canvas = plain(FUR, 128, 64)
    over(canvas, ramp(canvas, 0.70, 0.12), BROWN)
    return canvas


def _ear_in() -> Canvas:
    canvas = plain(CREAM, 128, 64)
    u, v = axes(canvas)
    over(canvas, np.clip((0.72 - np.abs(2 * u - 1) - 0.06 * np.cos(v * 40)) * 9, 0, 1), (250, 178, 160))
    over(canvas, np.clip(1.0 - np.abs(2 * u - 1) * 2.2, 0, 1) * (1 - v) * 0.9, (226, 124, 114))
    return canvas


def _boot() -> Canvas:
    canvas = plain(CHARCOAL, 64, 64)
    over(canvas, 1 - ramp(canvas, 0.22, 0.02), CREAM)
    return canvas


def _shoe() -> Canvas:
    canvas = plain(CHARCOAL, 64, 128)
    u, _ = axes(canvas)
    over(canvas, 1.0 * (np.cos((u - 0.75) * 2 * np.pi) > 0.55), CREAM)
    return canvas


def _lash() -> Canvas:
    canvas = plain((58, 30, 40), 16, 64)
    over(canvas, 1 - ramp(canvas, 0.05, 0.3, axis=0), (104, 54, 52))
    return canvas


TILES: dict[str, Callable[[], Canvas]] = {
    "face": _face,
    "jacket": _jacket,
    "eyeLeft": lambda: _eye("Left"),
    "eyeRight": lambda: _eye("Right"),
    "tail": _tail,
    "cap": _cap,
    "mouth": _mouth,
    "hair": lambda: _hair(FUR_LIGHT),
    "lock": lambda: _hair(CREAM),
    "ear": _ear,
    "ear_in": _ear_in,
    "sleeve": _sleeve,
    "zip": _zip,
    "boot": _boot,
    "shoe": _shoe,
    "cuff": _cuff,
    "lash": _lash,
    "tuft": lambda: plain(CREAM),
    "crease": lambda: plain((196, 118, 100)),
    "brow": lambda: plain((140, 70, 48)),
    "lips": lambda: plain((128, 54, 56)),
    "tongue": lambda: plain((240, 128, 124)),
    "hand": lambda: plain(SKIN),
    "neck": lambda: plain((238, 184, 164)),
    "plain": lambda: plain(INDIGO),
    "hood": _hood,
    "shirt": lambda: plain(CREAM),
    "cord": lambda: plain(CREAM),
    "gold": lambda: plain(GOLD),
    "shorts": lambda: plain(CHARCOAL),
    "leg": lambda: plain(CREAM),
}
"""Tile name to painter."""

# material: shade tint, ink, terminator, rim
MATERIALS: dict[str, tuple[Rgb, Rgb, float, float]] = {
    "face": ((0.96, 0.80, 0.78), (156, 84, 74), -0.22, 0.0),
    "skin": ((0.95, 0.78, 0.76), (156, 84, 74), 0.02, 0.0),
    "eye": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "line": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "mouth": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "hair": ((0.86, 0.69, 0.68), (120, 54, 40), 0.10, 0.35),
    "fur": ((0.86, 0.69, 0.68), (120, 54, 40), 0.10, 0.35),
    "cream": ((0.93, 0.80, 0.80), (150, 96, 84), 0.05, 0.0),
    "jacket": ((0.72, 0.66, 0.80), (32, 30, 70), 0.12, 0.30),
    "gold": ((0.93, 0.74, 0.60), (140, 78, 34), 0.15, 0.0),
    "cloth": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "shirt": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "shorts": ((0.72, 0.66, 0.76), (30, 26, 40), 0.10, 0.25),
    "sock": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "boot": ((0.72, 0.66, 0.76), (34, 28, 42), 0.10, 0.25),
}
