"""Brushes: canvases of a tile's size, masks in its texture coordinates, and the mascot's palette.

Palette: apricot fur (dominant), indigo jacket (secondary), gold (accent), cream and charcoal (neutrals). Knows no tile.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[Any]  # (H, W, 3) 0..255, or a mask (H, W) 0..1
Rgb = Sequence[float]
Size = tuple[int, int]  # height, width

FUR, FUR_DEEP, FUR_LIGHT = (247, 164, 88), (228, 128, 66), (255, 196, 124)
CREAM, CREAM_DEEP = (255, 243, 224), (246, 214, 186)
SKIN, SKIN_DEEP, BLUSH = (255, 228, 209), (243, 186, 164), (255, 168, 150)
INDIGO, INDIGO_DEEP, INDIGO_LIGHT = (78, 92, 164), (58, 66, 128), (112, 128, 200)
CHARCOAL, BROWN, GOLD = (70, 64, 84), (98, 52, 50), (255, 198, 74)


def plain(size: Size, colour: Rgb) -> Canvas:
    """Return a canvas of one colour."""
    height, width = size
    return np.broadcast_to(np.asarray(colour, float), (height, width, 3)).copy()


def axes(canvas: Canvas) -> tuple[Canvas, Canvas]:
    """Return u, v (0..1) at each texel; they are shared, so they cannot be written to."""
    return _axes(canvas.shape[0], canvas.shape[1])


@lru_cache(maxsize=2)
def _axes(height: int, width: int) -> tuple[Canvas, Canvas]:
    v, u = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    u.flags.writeable = v.flags.writeable = False
    return u, v


def over(canvas: Canvas, mask: Canvas, colour: Rgb | Canvas) -> None:
    """Lay a colour over the canvas where the mask (0..1) says."""
    rows, columns = np.flatnonzero((mask > 0).any(axis=1)), np.flatnonzero((mask > 0).any(axis=0))
    if not len(rows):
        return
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # most masks are small
    paint = np.asarray(colour, float)
    below = canvas[box]
    below += ((paint[box] if paint.ndim > 1 else paint) - below) * np.clip(mask[box], 0, 1)[..., None]


def _span(middle: float, half: float, size: int) -> slice:
    return slice(max(0, int((middle - half) * size)), max(0, int((middle + half) * size) + 2))


def blob(
    canvas: Canvas, centre: tuple[float, float], radius: tuple[float, float], soft: float = 0.0, power: float = 2.0
) -> Canvas:
    """Return the mask of a superellipse in u, v; `soft` is the share of the radius that fades (at least one texel)."""
    texel = 1.0 / (min(radius) * canvas.shape[0])
    mask = np.zeros(canvas.shape[:2])
    box = (
        _span(centre[1], (1 + texel) * radius[1], canvas.shape[0]),  # beyond these rows and columns it is 0
        _span(centre[0], (1 + texel) * radius[0], canvas.shape[1]),
    )
    u, v = (axis[box] for axis in axes(canvas))
    r = (np.abs((u - centre[0]) / radius[0]) ** power + np.abs((v - centre[1]) / radius[1]) ** power) ** (1 / power)
    mask[box] = np.clip((1 - r) / max(soft, texel) + 0.5 * (soft <= 0), 0, 1)
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


def line(canvas: Canvas, points: Sequence[tuple[float, float]] | Canvas, width: float) -> Canvas:
    """Return the mask of a line through (u, v); `width` in shares of the canvas' height."""
    height, wide = canvas.shape[:2]
    mask = np.zeros((height, wide), dtype=np.uint8)
    at = np.round(np.asarray(points, float) * (wide, height) * 16).astype(np.int32)
    cv2.polylines(mask, [at.reshape(-1, 1, 2)], False, 255, max(1, round(width * height)), cv2.LINE_AA, 4)
    return mask / 255.0


def strokes(canvas: Canvas, count: int, *, long: float, wide: float, seed: int, u: tuple[float, float] = (0, 1)) -> Canvas:
    """Return the mask of so many tapered strokes along v, as fur has them; `long` in v, `wide` in u."""
    rng = np.random.default_rng(seed)
    height, across = canvas.shape[:2]
    mask = np.zeros((height, across), dtype=np.uint8)
    for _ in range(count):
        x, y, lean = rng.uniform(*u), rng.uniform(-0.1, 1.0), rng.normal() * 0.25 * wide
        size, half = long * rng.uniform(0.6, 1.4), wide * rng.uniform(0.5, 1.0) / 2
        shape = [(x, y), (x + half, y + 0.45 * size), (x + lean, y + size), (x - half, y + 0.45 * size)]
        cv2.fillPoly(mask, [np.round(np.array(shape) * (across, height) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask / 255.0


def dashes(canvas: Canvas, at: float, count: int, *, axis: int, thin: float) -> Canvas:
    """Return the mask of a stitched seam: along v at u = `at` (axis 0) or along u at v = `at` (axis 1)."""
    both = axes(canvas)
    mask: Canvas = (np.abs(both[axis] - at) < thin / 2) & ((both[1 - axis] * count) % 1 < 0.6)
    return mask * 1.0


def ribs(canvas: Canvas, count: int, colour: Rgb, amount: float) -> None:
    """Knit: darken between so many ribs along u."""
    u, _ = axes(canvas)
    over(canvas, amount * np.clip(-np.cos(u * 2 * np.pi * count) * 1.6 - 0.1, 0, 1), colour)
