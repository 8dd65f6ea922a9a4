"""Pictures to paint on, used again once nobody holds them.

Owns the stock. A picture that was handed out may be kept by anyone for as long as they like: it is taken back only when no
other reference to it is left.
"""

import sys
from typing import Final

import numpy as np

from trackers.types import ImageArray

_KEPT: Final = 12


def _free(stock: list[ImageArray], references: int) -> ImageArray | None:
    """Return the first picture that has so many references, this function's own included."""
    for picture in stock:
        if sys.getrefcount(picture) == references:
            return picture
    return None


def _own_references() -> int:
    """Return how many references there are to a picture that only the stock holds; Python's versions differ."""
    stock = [np.zeros(1, dtype=np.uint8)]
    return next(count for count in range(1, 9) if _free(stock, count) is not None)


_OURS: Final = _own_references()


class PicturePool:
    """Clear (H, W, 4) uint8 pictures of one size. Used from one thread."""

    def __init__(self, *, width_px: int, height_px: int) -> None:
        self._shape = (height_px, width_px, 4)
        self._stock: list[ImageArray] = []

    def take(self) -> ImageArray:
        """Return a picture of nothing: an old one that nobody holds any more, or a new one."""
        picture = _free(self._stock, _OURS)
        if picture is not None:
            picture.fill(0)
            return picture
        picture = np.zeros(self._shape, dtype=np.uint8)
        if len(self._stock) < _KEPT:
            self._stock.append(picture)
        return picture
