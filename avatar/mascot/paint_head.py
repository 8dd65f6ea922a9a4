"""Paint of the mascot's head: face, eyes, mouth, hair and ears."""

import numpy as np

from avatar.mascot.brush import (
    BLUSH,
    BROWN,
    CREAM,
    FUR,
    FUR_DEEP,
    FUR_LIGHT,
    SKIN,
    Canvas,
    Rgb,
    Size,
    axes,
    blob,
    over,
    plain,
    ramp,
    strokes,
    zigzag,
)
from avatar.mascot.hair import OUTSIDE
from avatar.mascot.head import FACE_WINDOW

_UNDERSIDE = (172, 92, 56)


def eye(size: Size, side: str) -> Canvas:
    """The white, a two-tone iris with a dark rim, the pupil and two highlights (upper left in the picture for both eyes)."""
    canvas = plain(size, (255, 253, 250))
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
    around = np.arctan2((v - y) / 0.326, (u - x) / 0.238)
    out = np.hypot((v - y) / 0.326, (u - x) / 0.238)
    rays = np.clip(np.cos(around * 21 + 1.3 * np.sin(around * 5)) - 0.25, 0, 1) * np.clip((out - 0.45) * 4, 0, 1)
    over(canvas, iris * rays * (v > y - 0.05) * 0.28, (196, 255, 232))
    over(canvas, iris * blob(canvas, (x, y + 0.235), (0.165, 0.105), soft=0.8) * 0.9, (206, 255, 226))
    over(canvas, blob(canvas, (x, y + 0.01), (0.108, 0.158), soft=0.12), (12, 26, 54))
    over(canvas, iris * (1 - ramp(canvas, y - 0.13, 0.22)) * 0.75, (14, 34, 72))  # shade of the upper lid
    over(canvas, blob(canvas, (x - 0.092, y - 0.105), (0.086, 0.098)), (255, 255, 255))
    over(canvas, blob(canvas, (x + 0.106, y + 0.128), (0.044, 0.050)), (240, 255, 252))
    over(canvas, blob(canvas, (x + 0.070, y + 0.205), (0.020, 0.022)), (240, 255, 252))
    return canvas


def face(size: Size) -> Canvas:
    """Skin seen from the front: blush, a hint of nose, the fringe's shadow, shade toward the neck."""
    canvas = plain(size, SKIN)
    left, right, bottom, top = FACE_WINDOW

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - left) / (right - left), (top - y) / (top - bottom)

    def span(x: float, y: float) -> tuple[float, float]:
        return x / (right - left), y / (top - bottom)

    u, v = axes(canvas)
    x, y = left + u * (right - left), top - v * (top - bottom)
    for middle in (-0.137, 0.137):
        over(canvas, 0.62 * blob(canvas, at(middle, 1.177), span(0.058, 0.036), soft=1.0), BLUSH)
        slant = np.abs((x - middle + 0.35 * (y - 1.177) + 0.018) % 0.018 - 0.009) < 0.0016
        over(canvas, 0.38 * slant * blob(canvas, at(middle, 1.179), span(0.032, 0.015), soft=0.25), (244, 132, 118))
        over(canvas, 0.40 * blob(canvas, at(middle * 0.74, 1.30), span(0.07, 0.05), soft=1.0), (250, 204, 184))  # the lid
    over(canvas, 0.75 * blob(canvas, at(0, 1.168), span(0.013, 0.0065), soft=0.5), (232, 150, 128))
    over(canvas, 0.8 * blob(canvas, at(0, 1.181), span(0.007, 0.006), soft=0.8), (255, 246, 236))
    over(canvas, 0.45 * blob(canvas, at(0, 1.113), span(0.020, 0.005), soft=1.0), (240, 184, 164))  # below the lip
    over(canvas, 0.5 * np.clip((1.068 - y) * 60, 0, 1), (240, 184, 164))
    edge = 1.352 + 0.014 * np.cos(x * 62) - 0.9 * x**2
    over(canvas, np.clip((y - edge) * 500 + 0.5, 0, 1), (240, 184, 164))
    return canvas


def mouth(size: Size) -> Canvas:
    """The inside: dark red, the upper teeth's edge on top, the tongue below."""
    canvas = plain(size, (146, 52, 62))
    over(canvas, (1 - ramp(canvas, 0.5, 0.5)) * 0.5, (110, 34, 52))
    over(canvas, blob(canvas, (0.5, 1.0), (0.40, 0.44)), (240, 128, 124))
    over(canvas, blob(canvas, (0.5, 0.98), (0.26, 0.26), soft=0.8) * 0.5, (255, 160, 150))
    u, v = axes(canvas)
    over(canvas, np.clip((0.17 - 0.05 * (2 * u - 1) ** 2 - v) * 110 + 0.5, 0, 1), (255, 252, 246))
    return canvas


def tongue(size: Size) -> Canvas:
    """The tongue: a line in its middle, lighter at the tip."""
    canvas = plain(size, (240, 128, 124))
    over(canvas, 0.5 * ramp(canvas, 0.8, 0.5), (255, 164, 152))
    over(canvas, 0.5 * blob(canvas, (0.5, 0.4), (0.05, 0.4), soft=1.0), (212, 92, 98))
    return canvas


def lash(size: Size) -> Canvas:
    """Dark, warmer toward the inner corner."""
    canvas = plain(size, (58, 30, 40))
    over(canvas, 1 - ramp(canvas, 0.05, 0.3, axis=0), (104, 54, 52))
    return canvas


def clump(size: Size, *, seed: int, tip: Rgb) -> Canvas:
    """A lock from root (v 0) to tip: strands with lines between them, and a shine whose edge each strand draws for itself."""
    canvas = plain(size, FUR)
    rng = np.random.default_rng(seed)
    u, v = axes(canvas)
    over(canvas, (1 - ramp(canvas, 0.22, 0.40)) * 0.50, FUR_DEEP)
    over(canvas, ramp(canvas, 0.72, 0.6) * 0.55, FUR_LIGHT)
    across = np.clip(u / OUTSIDE, 0, 1)
    count = 7
    place = across * count + 0.25 * np.sin(5 * v + seed)
    number, within = np.clip(place.astype(int), 0, count), place % 1
    tone, high, long = rng.uniform(-1, 1, count + 1), rng.uniform(-0.025, 0.025, count + 1), rng.uniform(0.03, 0.09, count + 1)
    over(canvas, np.clip(tone, 0, 1)[number] * 0.30, FUR_LIGHT)
    over(canvas, np.clip(-tone, 0, 1)[number] * 0.22, FUR_DEEP)
    between = np.clip(1 - np.minimum(within, 1 - within) * 9 / (1 - 0.55 * v), 0, 1) * np.clip(8 * v, 0, 1) * (1 - 0.6 * v)
    over(canvas, between * 0.55 * (number % 2 == 0), FUR_DEEP)
    arch = 0.40 + 0.10 * (2 * across - 1) ** 2 + high[number]
    shine = (0.016 + long[number] * (1 - np.abs(2 * within - 1))) * (1 - (2 * across - 1) ** 4) - np.abs(v - arch)
    over(canvas, 0.62 * np.clip(shine * 60 + 0.5, 0, 1) * (np.abs(2 * across - 1) < 0.94), (255, 222, 164))
    if tip is CREAM:
        over(canvas, zigzag(canvas, 0.70, 4, 0.14), tip)
        over(canvas, 0.5 * zigzag(canvas, 0.70, 4, 0.14) * between, (240, 208, 178))
    over(canvas, 0.8 * np.clip((u - OUTSIDE) * 40, 0, 1), _UNDERSIDE)
    return canvas


def cap(size: Size) -> Canvas:
    """The close hair: deeper below, and dark where it lies under the head."""
    canvas = plain(size, FUR)
    over(canvas, ramp(canvas, 0.55, 0.3) * 0.7, FUR_DEEP)
    over(canvas, ramp(canvas, 0.70, 0.12) * 0.9, (150, 78, 54))
    return canvas


def ear(size: Size) -> Canvas:
    """Fur with a dark tip."""
    canvas = plain(size, FUR)
    over(canvas, 0.35 * strokes(canvas, 70, long=0.2, wide=0.05, seed=21), FUR_DEEP)
    over(canvas, 0.45 * strokes(canvas, 40, long=0.2, wide=0.04, seed=22), FUR_LIGHT)
    over(canvas, zigzag(canvas, 0.68, 18, 0.07), BROWN)
    over(canvas, ramp(canvas, 0.72, 0.1), BROWN)
    return canvas


def ear_in(size: Size) -> Canvas:
    """The hollow: rosy, with cream fur from the edge inward."""
    canvas = plain(size, CREAM)
    u, v = axes(canvas)
    edge = 0.05 * np.cos(v * 40) + 0.03 * np.cos(v * 97 + 4 * u)
    over(canvas, np.clip((0.72 - np.abs(2 * u - 1) - edge) * 9, 0, 1), (250, 178, 160))
    over(canvas, np.clip(1.0 - np.abs(2 * u - 1) * 2.2, 0, 1) * (1 - v) * 0.9, (226, 124, 114))
    return canvas


def tuft(size: Size, seed: int) -> Canvas:
    """Cream fluff with a few strands."""
    canvas = plain(size, CREAM)
    over(canvas, (1 - ramp(canvas, 0.15, 0.4)) * 0.5, (246, 214, 186))
    over(canvas, 0.6 * strokes(canvas, 14, long=0.5, wide=0.06, seed=seed), (238, 204, 178))
    return canvas
