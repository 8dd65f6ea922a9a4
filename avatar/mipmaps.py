"""Mip levels of a character's texture: each half as wide as the one before, down to 16 texels.

Owns the halving and the order in memory. Knows nothing of which level is read where.
"""

from typing import Final

import numpy as np

from avatar.mesh import IntArray
from trackers.types import ImageArray

_SMALLEST: Final = 16


def mip_levels(texture: ImageArray) -> tuple[ImageArray, IntArray]:
    """Return the texels of all levels, largest first, as one (N, C) array, and (L, 2) offset and side of each level.

    Args:
        texture: (side, side, C) uint8, its side a power of two.
    """
    levels = [texture]
    while levels[-1].shape[0] > _SMALLEST:
        big = levels[-1].astype(np.uint16)
        small = (big[::2, ::2] + big[1::2, ::2] + big[::2, 1::2] + big[1::2, 1::2] + 2) // 4
        levels.append(small.astype(np.uint8))
    sides = [level.shape[0] for level in levels]
    offsets = np.concatenate([[0], np.cumsum([side * side for side in sides])[:-1]])
    table = np.stack([offsets, sides], axis=1).astype(np.int32)
    return np.concatenate([level.reshape(-1, texture.shape[2]) for level in levels]), table
