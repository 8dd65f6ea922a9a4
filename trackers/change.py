"""Tells whether a part of the picture has changed since it was last looked at.

Owns the cheap look that decides whether a model's look is due: a thumbnail of a box, and how far two of them differ. Knows
nothing of models or parts. A look costs some 50 microseconds, whatever the picture's size.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from trackers.types import FloatArray, ImageArray

CELLS: Final = 16
"""A thumbnail has this many cells a side."""
_SAMPLES: Final = 64  # pixels a side that are read at the least: averaged into cells, so that a camera's noise is not change
_TOP: Final = 5  # a change of this many cells counts: fewer are noise, more would overlook a finger


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box in the picture, in whole pixels, inside it."""

    left: int
    top: int
    right: int
    bottom: int


def box_round(points: FloatArray, *, image: ImageArray, margin: float) -> Box:
    """Return the box round `points` (N, 2) in pixels, grown by `margin` of its longer side and kept inside the picture."""
    low, high = points.min(axis=0), points.max(axis=0)
    grow = margin * float((high - low).max())
    height, width = image.shape[:2]
    left, top = (int(max(0.0, value - grow)) for value in low)
    right, bottom = (int(value + grow) + 1 for value in high)
    left, top = min(left, width - 2), min(top, height - 2)
    return Box(left, top, max(left + 2, min(right, width)), max(top + 2, min(bottom, height)))


def thumbnail(image: ImageArray, box: Box) -> FloatArray:
    """Return (CELLS, CELLS) mean brightness, 0..255, of the box; brightness is the green channel's."""
    step_x, step_y = (max(1, side // _SAMPLES) for side in (box.right - box.left, box.bottom - box.top))
    green = image[box.top : box.bottom : step_y, box.left : box.right : step_x, 1].astype(np.float32)
    return np.asarray(cv2.resize(green, (CELLS, CELLS), interpolation=cv2.INTER_AREA))


def change(now: FloatArray, before: FloatArray) -> float:
    """Return how far two thumbnails differ, in grey levels: the cells that changed most, beyond what changed everywhere.

    What changes everywhere is the light, or the noise of a dark picture.
    """
    apart = cv2.absdiff(now, before).ravel()
    apart.sort()
    return float(apart[-_TOP:].mean() - apart[CELLS * CELLS // 2])
