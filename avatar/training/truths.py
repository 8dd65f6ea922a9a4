"""The photographed pictures, kept in memory: only the part that shows anything, within a bound.

Owns the premultiplying of pictures and the memory of decoded ones. Knows nothing of poses, batches or torch.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from trackers.types import FloatArray, ImageArray

_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}
DEFAULT_BYTES: Final = 3 * 2**30


class Truths:
    """Decoded pictures by name, the least recently wanted forgotten first. Any thread may ask."""

    def __init__(self, *, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[tuple[str, int], tuple[ImageArray, int, int, tuple[int, int]]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def picture(self, key: tuple[str, int], read: Callable[[], ImageArray]) -> ImageArray:
        """Return the (H, W, 4) straight RGBA of `key`, from memory or as `read` gives it; what is clear is 0."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is None:
            kept = _trimmed(read())
            self._keep(key, kept)
        part, top, left, (height, width) = kept
        whole = np.zeros((height, width, 4), dtype=np.uint8)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole

    def _keep(self, key: tuple[str, int], kept: tuple[ImageArray, int, int, tuple[int, int]]) -> None:
        with self._lock:
            if key in self._kept or kept[0].nbytes > self._limit_bytes:
                return
            self._kept[key] = kept
            self.bytes += kept[0].nbytes
            while self.bytes > self._limit_bytes:
                _, (part, *_rest) = self._kept.popitem(last=False)
                self.bytes -= part.nbytes


def _trimmed(image: ImageArray) -> tuple[ImageArray, int, int, tuple[int, int]]:
    alpha = image[..., 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    height, width = image.shape[:2]
    if not len(rows):
        return image[:0, :0].copy(), 0, 0, (height, width)
    top, left = int(rows[0]), int(columns[0])
    return image[top : rows[-1] + 1, left : columns[-1] + 1].copy(), top, left, (height, width)


@njit(**_JIT)
def premultiply(image, out):  # type: ignore[no-untyped-def]
    """Write (H, W, 4) straight RGBA uint8 to (H, W, 4) float32, 0..1, colours multiplied by alpha."""
    for row in range(image.shape[0]):
        for col in range(image.shape[1]):
            alpha = np.float32(image[row, col, 3]) * np.float32(1 / 255)
            for c in range(3):
                out[row, col, c] = np.float32(image[row, col, c]) * np.float32(1 / 255) * alpha
            out[row, col, 3] = alpha


def halved(premultiplied: FloatArray) -> FloatArray:
    """Return (H/2, W/2, 4), each pixel the mean of four."""
    height, width = premultiplied.shape[:2]
    mean = np.asarray(cv2.resize(premultiplied, (width // 2, height // 2), interpolation=cv2.INTER_AREA), dtype=np.float32)
    return mean
