"""The picture loss and its gradient in one pass over memory, on the CPU.

Owns that loop. Every level that the loss knows lies within the 4 x 4 pixels of one block of the paint, so a block needs
nothing but itself: written as tensor operations, each of some thirty goes through all pixels, and they took as long as all
convolutions together. `losses` has the same in torch; a test holds them together.
"""

from typing import Any, Final

import numpy as np
import torch
from numba import njit
from torch import Tensor

PARTS: Final = ("colour", "fine", "coarse", "alpha")
SOFT: Final = 1 / 255
"""Errors below a grey level count by their square: else the clear background, where half of all colours are a hair above 0,
pulls harder than all that can be seen, and Adam remembers it for hundreds of steps."""
_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}


class BlockLoss(torch.autograd.Function):
    """Weighted L1 of colour, of two Laplacian levels and of alpha, of a paint over the coarse picture.

    Applied to paint (N, 80, H/4, W/4), coarse and truth (N, 4, H, W) and the (4,) weights of `PARTS`; returns (4,) the
    weighted sums over the crops of each part's mean.
    """

    @staticmethod
    def forward(ctx: Any, paint: Tensor, coarse: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
        blocks, under, wanted = (t.detach().permute(0, 2, 3, 1).contiguous().numpy() for t in (paint, coarse, truth))
        gradient = torch.empty(blocks.shape, dtype=torch.float32)
        sums = np.zeros(len(PARTS))
        pixels = under.shape[1] * under.shape[2]
        counts = np.array([4 * pixels, 4 * pixels, pixels, pixels], dtype=np.float64)  # values in each part of a crop
        each = weights.numpy().astype(np.float64) / counts
        _blocks(blocks, under, wanted, each.astype(np.float32), gradient.numpy(), sums)
        ctx.save_for_backward(gradient)
        return torch.from_numpy(sums * each).float()

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the gradient of the parts' plain sum, which is all that is ever asked for, times the first part's pull."""
        (gradient,) = ctx.saved_tensors
        return (gradient * pulls[0][0]).permute(0, 3, 1, 2), None, None, None


_SOFT = np.float32(SOFT)


@njit(**_JIT)
def _pull(x):  # type: ignore[no-untyped-def]
    """Return the slope of `_size`."""
    return min(np.float32(1), max(np.float32(-1), x * np.float32(1 / SOFT)))


@njit(**_JIT)
def _size(x):  # type: ignore[no-untyped-def]
    """Return how much an error counts: its magnitude less half of `SOFT`, or its square where it is small."""
    x = abs(x)
    return x - np.float32(0.5) * _SOFT if x > _SOFT else np.float32(0.5 / SOFT) * x * x


@njit(inline="always", **_JIT)
def _inwards(pull, value):  # type: ignore[no-untyped-def]
    """Return the pull on a value that is clipped to 0..1, nothing if it pulls further away."""
    away = (value < 0 and pull > 0) or (value > 1 and pull < 0)
    return np.float32(0) if away else pull


@njit(inline="always", **_JIT)
def _errors(paint, coarse, truth, n, row, col, c, cover, error):  # type: ignore[no-untyped-def]
    """Write what one channel of a block is off, clipped as a picture is."""
    zero, one = np.float32(0), np.float32(1)
    for y in range(4):
        for x in range(4):
            i, j = 4 * row + y, 4 * col + x
            painted = coarse[n, i, j, c] * (one - cover[y, x]) + paint[n, row, col, 16 * c + 4 * y + x]
            error[y, x] = min(one, max(zero, painted)) - truth[n, i, j, c]


@njit(inline="always", **_JIT)
def _pulls(error, each, weight, pull, half, lift, sums):  # type: ignore[no-untyped-def]
    """Write the gradient of one channel's weighted parts; add the parts, unweighted, to `sums`. `weight` is of its L1."""
    zero, quarter = np.float32(0), np.float32(0.25)
    colour = fine = broad = whole = tilt = zero
    for y in range(2):
        for x in range(2):
            a, b = error[2 * y, 2 * x], error[2 * y, 2 * x + 1]
            d, e = error[2 * y + 1, 2 * x], error[2 * y + 1, 2 * x + 1]
            mean = (a + b + d + e) * quarter
            half[y, x] = mean
            whole += mean * quarter
            colour += _size(a) + _size(b) + _size(d) + _size(e)
            fine += _size(a - mean) + _size(b - mean) + _size(d - mean) + _size(e - mean)
            lift[y, x] = _pull(a - mean) + _pull(b - mean) + _pull(d - mean) + _pull(e - mean)
    for y in range(2):
        for x in range(2):
            broad += _size(half[y, x] - whole)
            tilt += _pull(half[y, x] - whole)
    for y in range(4):
        for x in range(4):
            mean = half[y >> 1, x >> 1]
            value = weight * _pull(error[y, x])
            value += each[1] * (_pull(error[y, x] - mean) - lift[y >> 1, x >> 1] * quarter)
            pull[y, x] = value + each[2] * quarter * (_pull(mean - whole) - tilt * quarter)
    sums[0] += colour
    sums[1] += fine
    sums[2] += broad
    return colour


@njit(inline="always", **_JIT)
def _block(paint, coarse, truth, n, row, col, each, gradient, sums, scratch):  # type: ignore[no-untyped-def]
    """Write the gradient of one block. `scratch` is four arrays of (4, 4) and two of (2, 2)."""
    cover, bare, error, pull, half, lift = scratch
    for y in range(4):
        for x in range(4):
            cover[y, x] = min(np.float32(1), max(np.float32(0), paint[n, row, col, 64 + 4 * y + x]))
            bare[y, x] = np.float32(0)
    for c in range(4):
        _errors(paint, coarse, truth, n, row, col, c, cover, error)
        size = _pulls(error, each, each[0] + (each[3] if c == 3 else np.float32(0)), pull, half, lift, sums)
        if c == 3:
            sums[3] += size
        for y in range(4):
            for x in range(4):
                gradient[n, row, col, 16 * c + 4 * y + x] = pull[y, x]
                bare[y, x] -= pull[y, x] * coarse[n, 4 * row + y, 4 * col + x, c]
    for y in range(4):
        for x in range(4):
            gradient[n, row, col, 64 + 4 * y + x] = _inwards(bare[y, x], paint[n, row, col, 64 + 4 * y + x])


@njit(**_JIT)
def _blocks(paint, coarse, truth, each, gradient, sums):  # type: ignore[no-untyped-def]
    """Write the gradient of the weighted sums; add the unweighted sums to `sums`."""
    cover, bare, error = np.empty((4, 4), np.float32), np.empty((4, 4), np.float32), np.empty((4, 4), np.float32)
    pull, half, lift = np.empty((4, 4), np.float32), np.empty((2, 2), np.float32), np.empty((2, 2), np.float32)
    scratch = (cover, bare, error, pull, half, lift)
    for n in range(paint.shape[0]):
        for row in range(paint.shape[1]):
            for col in range(paint.shape[2]):
                _block(paint, coarse, truth, n, row, col, each, gradient, sums, scratch)
