"""Where in the mascot's one texture each part's tile lies, and the painting of them all.

Every part has a tile of its own, right and left too, so that a texture coordinate says which part it is on. The tiles whose
look the expression changes lie together in the upper left corner: a learnt texture need follow the expression only there.
Knows nothing of geometry.
"""

from functools import cache
from typing import Final

import numpy as np

from avatar.mascot import paint
from trackers.types import ImageArray

SIDE_PX: Final = 1024
BORDER_PX: Final = 6
"""Each tile goes on so far beyond its edge, so that two tiles are twice as far apart."""
_FINER = 2  # tiles are painted at this many times their size, then averaged

Place = tuple[int, int, int, int]
"""x, y, width and height of a tile without its border, pixels."""

_WINDOW_PX: Final = (764, 324)
# cells (with their borders) of what the expression changes: x, y, width, height
_FACE_CELLS: dict[str, Place] = {
    "face": (0, 0, 396, 324),
    "eyeLeft": (396, 0, 184, 184),
    "eyeRight": (580, 0, 184, 184),
    "mouth": (396, 184, 140, 140),
    "lashLeft": (536, 184, 114, 36),
    "lashRight": (650, 184, 114, 36),
    "browLeft": (536, 220, 114, 30),
    "browRight": (650, 220, 114, 30),
    "lowerLashLeft": (536, 250, 57, 28),
    "lowerLashRight": (593, 250, 57, 28),
    "creaseLeft": (650, 250, 57, 28),
    "creaseRight": (707, 250, 57, 28),
    "lipUpper": (536, 278, 84, 46),
    "lipLower": (620, 278, 84, 46),
    "tongue": (704, 278, 60, 46),
}
# width and height of the others, without border
_SIZES: dict[str, tuple[int, int]] = {
    "cap": (192, 88),
    "clip": (48, 32),
    "neck": (64, 48),
    "jacket": (400, 224),
    "hood": (96, 160),
    "bag": (96, 80),
    "shirt": (56, 80),
    "zip": (16, 160),
    "tail": (160, 224),
}
_PAIRED_SIZES: dict[str, tuple[int, int]] = {
    "ear": (88, 112),
    "earIn": (64, 104),
    "tuft0": (24, 40),
    "tuft1": (24, 40),
    "tuft2": (24, 40),
    "sleeve": (96, 144),
    "cuff": (96, 24),
    "cord": (12, 64),
    "cordTip": (16, 20),
    "palm": (72, 56),
    **dict.fromkeys(("thumb", "index", "middle", "ring", "little"), (32, 56)),
    "shorts": (72, 56),
    "shin": (56, 72),
    "boot": (64, 48),
    "shoe": (56, 80),
}
_CLUMP_SIZE = (72, 112)


def _sizes() -> dict[str, tuple[int, int]]:
    paired = {name + side: size for name, size in _PAIRED_SIZES.items() for side in paint.SIDES}
    return _SIZES | paired | dict.fromkeys(paint.CLUMPS, _CLUMP_SIZE)


def _packed(sizes: dict[str, tuple[int, int]], free: list[Place]) -> dict[str, Place]:
    """Return cells for tiles of the given sizes (with border) in the free rectangles, the tallest first.

    A tile takes the upper left corner of the rectangle that fits it most tightly; what is left of that stays free.
    """
    cells: dict[str, Place] = {}
    for name, (width, height) in sorted(sizes.items(), key=lambda item: (-item[1][1], -item[1][0], item[0])):
        fitting = [rect for rect in free if rect[2] >= width and rect[3] >= height]
        if not fitting:
            raise ValueError(f"the atlas has no room for tile {name!r} of {width} x {height} px")
        x, y, wide, high = best = min(fitting, key=lambda rect: (rect[3] - height, rect[2] - width, rect))
        free.remove(best)
        free += [(x + width, y, wide - width, height), (x, y + height, wide, high - height)]
        cells[name] = (x, y, width, height)
    return cells


@cache
def places() -> dict[str, Place]:
    """Return where each tile lies, in pixels."""
    b, (wide, high) = BORDER_PX, _WINDOW_PX
    bordered = {name: (width + 2 * b, height + 2 * b) for name, (width, height) in _sizes().items()}
    regions = [(wide, 0, SIDE_PX - wide, high), (0, high, SIDE_PX, SIDE_PX - high)]
    cells = _FACE_CELLS | _packed(bordered, regions)
    return {name: (x + b, y + b, width - 2 * b, height - 2 * b) for name, (x, y, width, height) in cells.items()}


@cache
def texture() -> ImageArray:
    """Return (1024, 1024, 4) uint8 RGBA: all tiles painted. It is shared, so it cannot be written to."""
    picture = np.full((SIDE_PX, SIDE_PX, 4), 255, dtype=np.uint8)
    b, n = BORDER_PX, _FINER
    for name, (x, y, width, height) in places().items():
        large = paint.TILES[name]((height * n, width * n))
        tile = large.reshape(height, n, width, n, 3).mean(axis=(1, 3))
        tile = np.pad(np.clip(tile + 0.5, 0, 255).astype(np.uint8), ((b, b), (b, b), (0, 0)), mode="edge")
        picture[y - b : y + height + b, x - b : x + width + b, :3] = tile
    picture.flags.writeable = False
    return picture


def expression_window() -> tuple[float, float, float, float]:
    """Return (u0, v0, u1, v1), 0..1: the part of the texture that holds all tiles whose look the expression changes.

    Its edges lie on whole texels of a texture of 256 x 256 too.
    """
    return 0.0, 0.0, _WINDOW_PX[0] / SIDE_PX, _WINDOW_PX[1] / SIDE_PX
