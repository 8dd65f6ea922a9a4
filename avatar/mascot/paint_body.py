"""Paint of the mascot below the head: jacket, hands, legs and tail."""

import numpy as np

from avatar.mascot.brush import (
    BLUSH,
    CHARCOAL,
    CREAM,
    CREAM_DEEP,
    FUR,
    FUR_DEEP,
    FUR_LIGHT,
    GOLD,
    INDIGO,
    INDIGO_DEEP,
    INDIGO_LIGHT,
    SKIN,
    SKIN_DEEP,
    Canvas,
    Size,
    axes,
    blob,
    dashes,
    over,
    plain,
    ramp,
    ribs,
    strokes,
    zigzag,
)

_STITCH = (138, 152, 216)


def _cloth(size: Size) -> Canvas:
    """Indigo, a little deeper toward the bottom of the tile."""
    canvas = plain(size, INDIGO)
    over(canvas, 0.16 * ramp(canvas, 0.75, 0.9), INDIGO_DEEP)
    return canvas


def jacket(size: Size) -> Canvas:
    """The torso: yoke, pockets, ribbed hem. u runs around from the left side over the front, v from neck to hem."""
    canvas = _cloth(size)
    u, v = axes(canvas)
    crease = np.sin(u * 2 * np.pi * 9 + 14 * (1 - v)) * np.exp(-(((v - 0.80) / 0.09) ** 2))
    over(canvas, 0.34 * np.clip(crease, 0, 1), INDIGO_DEEP)
    over(canvas, 0.16 * np.clip(-crease, 0, 1), INDIGO_LIGHT)
    for seam in (0.0, 0.5, 1.0):
        over(canvas, 0.8 * (np.abs(u - seam) < 0.0028), INDIGO_DEEP)
    hem = plain(size, CREAM)
    ribs(hem, 44, CREAM_DEEP, 0.9)
    over(canvas, ramp(canvas, 0.895, 0.004), hem)
    over(canvas, ramp(canvas, 0.875, 0.004) * (1 - ramp(canvas, 0.895, 0.004)), INDIGO_DEEP)
    over(canvas, 0.7 * dashes(canvas, 0.862, 150, axis=1, thin=0.007), _STITCH)
    for middle in (0.145, 0.355):
        lean = (u - middle) * np.sign(0.25 - middle)
        inside = np.abs(u - middle) < 0.042
        over(canvas, 1.0 * ((np.abs(v - 0.72 - 1.3 * lean) < 0.010) & inside), INDIGO_DEEP)
        stitch = (np.abs(v - 0.745 - 1.3 * lean) < 0.004) & inside & ((u * 150) % 1 < 0.6)
        over(canvas, 0.7 * stitch, _STITCH)
    shade = np.clip((0.225 + 0.02 * np.cos(u * 2 * np.pi * 4) - v) * 90 + 0.5, 0, 1)
    over(canvas, 0.9 * shade, INDIGO_DEEP)  # under the hood
    over(canvas, 1 - ramp(canvas, 0.085, 0.004), CREAM)  # the shirt at the neck
    return canvas


def hood(size: Size) -> Canvas:
    """The collar: u runs around its section from the outside over the top to the lining, v from the right to the left."""
    canvas = plain(size, INDIGO)
    u, _ = axes(canvas)
    over(canvas, 0.5 * np.clip((0.14 - np.abs((u + 0.15) % 1 - 0.05)) * 8, 0, 1), INDIGO_DEEP)
    over(canvas, 1.0 * ((u > 0.335) & (u < 0.72)), (255, 196, 138))
    over(canvas, 0.55 * np.clip((u - 0.50) * 6, 0, 1) * (u < 0.72), (214, 134, 92))
    over(canvas, 1.0 * (np.abs(u - 0.315) < 0.022), CREAM)
    over(canvas, 0.7 * dashes(canvas, 0.262, 70, axis=0, thin=0.010), _STITCH)
    return canvas


def bag(size: Size) -> Canvas:
    """The hood's bag: a seam down its middle (u 0.75 is behind), deeper below."""
    canvas = plain(size, INDIGO)
    u, v = axes(canvas)
    over(canvas, 0.55 * ramp(canvas, 0.80, 0.4), INDIGO_DEEP)
    over(canvas, 0.9 * (np.abs(u - 0.75) < 0.005), INDIGO_DEEP)
    over(canvas, 0.6 * np.clip(1.2 * np.sin(9 * v + 2 * np.cos(u * 12.566)) - 0.9, 0, 1), INDIGO_DEEP)
    return canvas


def zip_(size: Size) -> Canvas:
    """Teeth between two tapes, and the pull."""
    canvas = plain(size, CREAM)
    u, v = axes(canvas)
    over(canvas, 1.0 * ((np.abs(u - 0.5) < 0.22) & ((v * 48) % 1 < 0.55)), (176, 150, 132))
    over(canvas, 1.0 * (v < 0.075), GOLD)
    return canvas


def sleeve(size: Size) -> Canvas:
    """Two stripes, a seam underneath (u 0.75), creases at elbow and cuff. v runs from the shoulder to the cuff."""
    canvas = plain(size, INDIGO)
    u, v = axes(canvas)
    for at, wide, amount in ((0.61, 0.08, 0.28), (0.90, 0.06, 0.32)):
        crease = np.sin(v * 70 + 3.2 * np.cos(u * 2 * np.pi) + 1.3 * np.sin(u * 12.6)) * np.exp(-(((v - at) / wide) ** 2))
        over(canvas, amount * np.clip(crease, 0, 1), INDIGO_DEEP)
        over(canvas, 0.4 * amount * np.clip(-crease, 0, 1), INDIGO_LIGHT)
    over(canvas, 0.8 * (np.abs(u - 0.75) < 0.008), INDIGO_DEEP)
    for at in (0.36, 0.44):
        over(canvas, 1.0 * (np.abs(v - at) < 0.022), CREAM)
        over(canvas, 0.6 * dashes(canvas, at, 36, axis=1, thin=0.009), CREAM_DEEP)
    over(canvas, 0.5 * ramp(canvas, 0.97, 0.06), INDIGO_DEEP)
    return canvas


def cuff(size: Size) -> Canvas:
    """Knit."""
    canvas = plain(size, CREAM)
    ribs(canvas, 16, CREAM_DEEP, 0.9)
    return canvas


def shirt(size: Size) -> Canvas:
    """Cream, in the hood's shade above."""
    canvas = plain(size, CREAM)
    over(canvas, 0.7 * (1 - ramp(canvas, 0.25, 0.3)), CREAM_DEEP)
    return canvas


def palm(size: Size) -> Canvas:
    """A hand without its fingers: u 0.25 is its back, 0.75 its palm, v runs from the wrist to the knuckles."""
    canvas = plain(size, SKIN)
    u, v = axes(canvas)
    over(canvas, 0.35 * blob(canvas, (0.75, 0.60), (0.16, 0.5), soft=1.0), BLUSH)
    for k in range(4):
        over(canvas, 0.40 * blob(canvas, (0.13 + 0.08 * k, 0.90), (0.028, 0.07), soft=1.0), SKIN_DEEP)
    crease = np.abs(v - 0.72 + 0.9 * (u - 0.75)) < 0.016
    over(canvas, 0.35 * crease * (np.abs(u - 0.75) < 0.11), SKIN_DEEP)
    return canvas


def digit(size: Size) -> Canvas:
    """A finger: u 0.25 is its back with the nail, v runs from the root to the tip."""
    canvas = plain(size, SKIN)
    u, v = axes(canvas)
    over(canvas, 0.30 * ramp(canvas, 0.95, 0.3), BLUSH)
    for at in (0.43, 0.715):
        over(canvas, 0.30 * blob(canvas, (0.25, at), (0.10, 0.035), soft=1.0), SKIN_DEEP)
        over(canvas, 0.45 * (np.abs(v - at) < 0.011) * (np.abs(u - 0.75) < 0.13), SKIN_DEEP)
    over(canvas, 0.8 * blob(canvas, (0.25, 0.90), (0.115, 0.062), power=3.0), (240, 176, 158))
    over(canvas, blob(canvas, (0.25, 0.902), (0.092, 0.050), power=3.0), (255, 214, 200))
    over(canvas, 0.8 * blob(canvas, (0.22, 0.89), (0.028, 0.022), soft=0.6), (255, 242, 234))
    return canvas


def neck(size: Size) -> Canvas:
    """In the head's shade, but for its root."""
    canvas = plain(size, (238, 184, 164))
    over(canvas, 0.6 * (1 - ramp(canvas, 0.25, 0.2)), SKIN)
    return canvas


def shorts(size: Size) -> Canvas:
    """A stitched hem and a seam at the side."""
    canvas = plain(size, CHARCOAL)
    u, _ = axes(canvas)
    over(canvas, 0.7 * dashes(canvas, 0.86, 40, axis=1, thin=0.03), (128, 120, 148))
    over(canvas, 0.8 * (np.abs(u - 0.5) < 0.012), (48, 44, 60))
    return canvas


def shin(size: Size) -> Canvas:
    """Cream tights: in the shorts' shade above."""
    canvas = plain(size, CREAM)
    over(canvas, 0.8 * (1 - ramp(canvas, 0.22, 0.12)), CREAM_DEEP)
    return canvas


def boot(size: Size) -> Canvas:
    """The shaft with its cream rim."""
    canvas = plain(size, CHARCOAL)
    over(canvas, 1 - ramp(canvas, 0.22, 0.02), CREAM)
    over(canvas, 0.7 * dashes(canvas, 0.30, 30, axis=1, thin=0.03), (128, 120, 148))
    return canvas


def shoe(size: Size) -> Canvas:
    """The foot: u 0.75 is its sole."""
    canvas = plain(size, CHARCOAL)
    u, v = axes(canvas)
    over(canvas, 1.0 * (np.cos((u - 0.75) * 2 * np.pi) > 0.55), CREAM)
    over(canvas, 0.8 * (np.abs(v - 0.70) < 0.014) * (np.cos((u - 0.75) * 2 * np.pi) < 0.5), (48, 44, 60))
    return canvas


def tail(size: Size) -> Canvas:
    """Deep at the root, streaks of fur, a cream tip with a ragged edge."""
    canvas = plain(size, FUR)
    over(canvas, (1 - ramp(canvas, 0.12, 0.4)) * 0.5, FUR_DEEP)
    over(canvas, 0.30 * strokes(canvas, 130, long=0.12, wide=0.030, seed=31), FUR_DEEP)
    over(canvas, 0.45 * strokes(canvas, 110, long=0.12, wide=0.026, seed=32), FUR_LIGHT)
    white = plain(size, CREAM)
    over(white, 0.6 * strokes(white, 110, long=0.10, wide=0.024, seed=33), CREAM_DEEP)
    over(canvas, zigzag(canvas, 0.66, 9, 0.10), white)
    return canvas


def metal(size: Size) -> Canvas:
    """Gold with a shine."""
    canvas = plain(size, GOLD)
    over(canvas, 0.5 * ramp(canvas, 0.9, 0.3), (255, 232, 150))
    return canvas
