"""The picture loss and its gradient in one pass over memory, on the CPU.

Owns that loop. Every level that the loss knows lies within the 4 x 4 pixels of one block of the residual, so a block needs
nothing but itself: written as tensor operations, each of some thirty goes through all pixels, and they took as long as all
convolutions together. `losses` has the same in torch; a test holds them together.
"""

from typing import Any, Final

import numpy as np
import torch
from numba import njit
from torch import Tensor

PARTS: Final = ("colour", "fine", "coarse", "alpha")
_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}


class BlockLoss(torch.autograd.Function):
    """Weighted L1 of colour, of two Laplacian levels and of alpha, of a residual over the coarse picture.

    Applied to residual (N, 64, H/4, W/4), coarse and truth (N, 4, H, W) and the (4,) weights of `PARTS`; returns (4,) the
    weighted sums over the crops of each part's mean.
    """

    @staticmethod
    def forward(ctx: Any, residual: Tensor, coarse: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
        blocks, under, wanted = (t.detach().permute(0, 2, 3, 1).contiguous().numpy() for t in (residual, coarse, truth))
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


@njit(**_JIT)
def _sign(x):  # type: ignore[no-untyped-def]
    return np.float32(x > 0) - np.float32(x < 0)


@njit(**_JIT)
def _blocks(residual, coarse, truth, each, gradient, sums):  # type: ignore[no-untyped-def]
    """Write the gradient of the weighted sums; add the unweighted sums to `sums`."""
    zero, one, quarter = np.float32(0), np.float32(1), np.float32(0.25)
    error, pull = np.empty((4, 4), np.float32), np.empty((4, 4), np.float32)
    half, lift = np.empty((2, 2), np.float32), np.empty((2, 2), np.float32)
    for n in range(residual.shape[0]):
        for row in range(residual.shape[1]):
            for col in range(residual.shape[2]):
                for c in range(4):
                    colour = fine = broad = zero
                    for y in range(4):
                        for x in range(4):
                            painted = coarse[n, 4 * row + y, 4 * col + x, c] + residual[n, row, col, 16 * c + 4 * y + x]
                            off = min(one, max(zero, painted)) - truth[n, 4 * row + y, 4 * col + x, c]
                            error[y, x] = off
                            colour += abs(off)
                            pull[y, x] = (each[0] + (each[3] if c == 3 else zero)) * _sign(off)
                    whole = zero
                    for y in range(2):
                        for x in range(2):
                            a, b = error[2 * y, 2 * x], error[2 * y, 2 * x + 1]
                            d, e = error[2 * y + 1, 2 * x], error[2 * y + 1, 2 * x + 1]
                            mean = (a + b + d + e) * quarter
                            half[y, x] = mean
                            whole += mean * quarter
                            fine += abs(a - mean) + abs(b - mean) + abs(d - mean) + abs(e - mean)
                            lift[y, x] = _sign(a - mean) + _sign(b - mean) + _sign(d - mean) + _sign(e - mean)
                    tilt = zero
                    for y in range(2):
                        for x in range(2):
                            broad += abs(half[y, x] - whole)
                            tilt += _sign(half[y, x] - whole)
                    for y in range(4):
                        for x in range(4):
                            mean = half[y >> 1, x >> 1]
                            value = pull[y, x] + each[1] * (_sign(error[y, x] - mean) - lift[y >> 1, x >> 1] * quarter)
                            value += each[2] * quarter * (_sign(mean - whole) - tilt * quarter)
                            gradient[n, row, col, 16 * c + 4 * y + x] = value
                    sums[0] += colour
                    sums[1] += fine
                    sums[2] += broad
                    if c == 3:
                        sums[3] += colour
