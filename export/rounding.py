"""Rounding a convolution's weights to bytes so that what it gives changes least, not each weight by itself.

Weights are rounded one after the other; what a rounding adds to the output, the weights that are still to come take back as far
as their inputs move together with its own. After Frantar et al. 2022 ("GPTQ: Accurate Post-Training Quantization for Generative
Pre-trained Transformers", section 3), with the inputs' covariance in the place of their second moments, for what is the same in
all inputs the bias takes back. Owns the covariance of a convolution's inputs and that rounding. Knows nothing of graphs.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from trackers.types import FloatArray

WEIGHT_LIMIT: Final = 127
PAIR_LIMIT: Final = 128
"""How large a rounded weight may be, and those of two neighbouring inputs together: AVX2 without VNNI adds their two products
with bytes in 16 bits. Large neighbours are rare, so weights use nearly all of their 8 bits."""
_DAMPING: Final = 0.01  # of the mean variance: inputs that never moved in the examples may move all the same
_PLACES: Final = 4096  # of one picture that are looked at, about


def weight_steps(weight: FloatArray) -> FloatArray:
    """Return (O,): what one step of each output channel's weights (O, I, h, w) is worth, so that they keep the limits."""
    size = np.abs(weight)
    pairs = size[:, :-1] + size[:, 1:]
    alone, together = (part.reshape(len(weight), -1).max(axis=1, initial=1e-6) for part in (size, pairs))
    steps: FloatArray = np.maximum(alone, together).astype(np.float32) / np.float32(WEIGHT_LIMIT)
    return steps


class Covariance:
    """Of the K = h w I numbers that a convolution sees at a time, the channels innermost, over pictures as they come."""

    def __init__(self, *, sides: tuple[int, int], strides: tuple[int, int] = (1, 1), pad: int = 0) -> None:
        """Take the kernel's height and width, its steps down and across, and the pixels of 0 on every side."""
        self._sides, self._strides, self._pad = sides, strides, pad
        self._pictures = self._count = 0
        self._total: Any = 0.0
        self._products: Any = 0.0

    def add(self, picture: FloatArray) -> None:
        """Look at some places of what a convolution is given, (I, H, W)."""
        seen = self._patches(picture).astype(np.float32)
        self._pictures += 1
        self._count += len(seen)
        self._total = self._total + seen.sum(axis=0, dtype=np.float64)
        self._products = self._products + (seen.T @ seen).astype(np.float64)

    def value(self) -> FloatArray:
        """Return (K, K).

        Raises:
            ValueError: nothing was added.
        """
        if not self._count:
            raise ValueError("a Covariance needs at least one picture")
        mean = self._total / self._count
        return np.asarray(self._products / self._count - np.outer(mean, mean), dtype=np.float32)

    def _patches(self, picture: FloatArray) -> FloatArray:
        """Return (N, K); which places is not drawn by lot but spread, so that the same pictures give the same numbers."""
        padded = np.pad(picture, ((0, 0), (self._pad, self._pad), (self._pad, self._pad)))
        down, across = self._strides
        places = sliding_window_view(padded, self._sides, axis=(1, 2))[:, ::down, ::across]  # (I, H', W', h, w)
        every = max(1, round(np.sqrt(places.shape[1] * places.shape[2] / _PLACES)))
        begin = self._pictures % every  # other rows and columns in every picture
        chosen = places[:, begin::every, begin::every]
        return np.ascontiguousarray(chosen.transpose(1, 2, 3, 4, 0)).reshape(-1, len(picture) * math.prod(self._sides))


def rounded(weight: FloatArray, steps: FloatArray, moved: FloatArray) -> NDArray[np.int8]:
    """Return the weights (O, I, h, w) in steps (O,) as int8.

    Args:
        moved: `Covariance.value` of what they are multiplied with.
    """
    outputs, inputs, high, wide = weight.shape
    left = (weight / steps[:, None, None, None]).transpose(0, 2, 3, 1).reshape(outputs, -1).astype(np.float64)
    passing = _passing(moved)
    whole = np.zeros_like(left)
    for k in range(left.shape[1]):
        most = PAIR_LIMIT - np.abs(whole[:, k - 1]) if k % inputs else WEIGHT_LIMIT
        most = np.minimum(most, WEIGHT_LIMIT)
        whole[:, k] = np.clip(np.rint(left[:, k]), -most, most)
        left[:, k:] -= np.outer((left[:, k] - whole[:, k]) / passing[k, k], passing[k, k:])
    return whole.reshape(outputs, high, wide, inputs).transpose(0, 3, 1, 2).astype(np.int8)


def _passing(moved: FloatArray) -> NDArray[np.float64]:
    """Return (K, K), upper triangular: row k tells how what weight k lost goes to those after it (GPTQ, section 3.3)."""
    damped = moved.astype(np.float64)
    damped[np.diag_indices_from(damped)] += _DAMPING * max(float(np.diag(damped).mean()), 1e-12)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(damped)).T)
