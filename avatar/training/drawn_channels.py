"""From a drawn skeleton's layers to what a network is given, in one pass over memory.

Owns that loop, for training and painting alike. Knows nothing of strokes or networks.
"""

from typing import Any

import numpy as np
from numba import njit

from trackers.types import FloatArray, ImageArray

_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}


def in_channels(layers: ImageArray) -> tuple[FloatArray, FloatArray]:
    """Return what the network is given in place of the proxy, of (L, H, W, 3) uint8 layers of even size.

    The first is (H, W, 4) 0..1: all layers in one, premultiplied, in the place of `coarse`. The second is (H/2, W/2, 3 L): the
    red, green and blue of each layer at half size, in the place of `surface`.
    """
    count, height, width = layers.shape[:3]
    whole = np.empty((height, width, 4), dtype=np.float32)
    halves = np.empty((height // 2, width // 2, 3 * count), dtype=np.float32)
    fill(layers, whole, halves)
    return whole, halves


@njit(**_JIT)
def fill(layers, whole, halves):  # type: ignore[no-untyped-def]
    """Write both parts of `in_channels`."""
    full, quarter = np.float32(1 / 255), np.float32(0.25 / 255)
    for row in range(whole.shape[0]):
        for col in range(whole.shape[1]):
            red = green = blue = alpha = np.float32(0)
            for layer in range(layers.shape[0]):
                r, g, b = layers[layer, row, col, 0], layers[layer, row, col, 1], layers[layer, row, col, 2]
                cover = max(r, g, b)
                if cover:
                    rest = np.float32(1) - np.float32(cover) * full
                    red = red * rest + np.float32(r) * full
                    green = green * rest + np.float32(g) * full
                    blue = blue * rest + np.float32(b) * full
                    alpha = alpha * rest + np.float32(cover) * full
            whole[row, col, 0], whole[row, col, 1], whole[row, col, 2], whole[row, col, 3] = red, green, blue, alpha
    for row in range(halves.shape[0]):
        for col in range(halves.shape[1]):
            for layer in range(layers.shape[0]):
                for c in range(3):
                    above = np.int32(layers[layer, 2 * row, 2 * col, c]) + layers[layer, 2 * row, 2 * col + 1, c]
                    below = np.int32(layers[layer, 2 * row + 1, 2 * col, c]) + layers[layer, 2 * row + 1, 2 * col + 1, c]
                    halves[row, col, 3 * layer + c] = np.float32(above + below) * quarter
