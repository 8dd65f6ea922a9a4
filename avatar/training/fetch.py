"""Reading learnt textures at texture coordinates, forwards and backwards.

Owns the bilinear fetch: numba on the CPU, `grid_sample` elsewhere; a test holds them together. On the CPU a training step spent
35 ms of 200 in `grid_sample`; these loops skip what shows no surface and take 5. Knows nothing of what the texels mean.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.nn import functional

_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}


def fetched(tables: Tensor, at: Tensor, shown: Tensor) -> Tensor:
    """Return (N, h, w, C): the tables' values, linear between texels, 0 where `shown` is 0; beyond the edge a table is 0.

    Args:
        tables: (N, rows, columns, C), or (1, rows, columns, C) that all share. Gradients flow here alone.
        at: (N, h, w, 2) column and row in texels; the middle of the first texel is (0, 0).
        shown: (N, h, w) 1 where to read.
    """
    if tables.device.type == "cpu":
        out: Tensor = _Fetch.apply(tables.contiguous(), at.contiguous(), shown.contiguous())  # type: ignore[no-untyped-call]
        return out
    return fetched_anywhere(tables, at, shown)


def fetched_anywhere(tables: Tensor, at: Tensor, shown: Tensor) -> Tensor:
    """`fetched` by torch's own `grid_sample`, for any device."""
    rows, columns = tables.shape[1:3]
    grid = (2 * at + 1) / torch.tensor([columns, rows], dtype=at.dtype, device=at.device) - 1
    if tables.shape[0] == 1:  # one long picture, so that the texture is not copied for each
        grid = grid.reshape(1, -1, *grid.shape[2:])
    picture = tables.permute(0, 3, 1, 2)
    values = functional.grid_sample(picture, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return values.permute(0, 2, 3, 1).reshape(*shown.shape, -1) * shown[..., None]


class _Fetch(torch.autograd.Function):
    """The fetch as two numba loops."""

    @staticmethod
    def forward(ctx: Any, tables: Tensor, at: Tensor, shown: Tensor) -> Tensor:
        ctx.save_for_backward(at, shown)
        ctx.shape = tables.shape
        out = torch.empty((*shown.shape, tables.shape[3]), dtype=torch.float32)
        _read(tables.detach().numpy(), at.numpy(), shown.numpy(), out.numpy())
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        at, shown = ctx.saved_tensors
        out = torch.zeros(ctx.shape, dtype=torch.float32)
        _spread(gradients[0].contiguous().numpy(), at.numpy(), shown.numpy(), out.numpy())
        return out, None, None


@njit(**_JIT)
def _corner(at, n, row, col):  # type: ignore[no-untyped-def]
    """Return the upper left texel of a fetch and how far it lies beyond it."""
    x, y = at[n, row, col, 0], at[n, row, col, 1]
    left, top = int(np.floor(x)), int(np.floor(y))
    return left, top, x - np.float32(left), y - np.float32(top)


@njit(**_JIT)
def _read(tables, at, shown, out):  # type: ignore[no-untyped-def]
    shared = tables.shape[0] == 1
    rows, columns, channels = tables.shape[1:]
    for n in range(at.shape[0]):
        table = tables[0 if shared else n]
        for row in range(at.shape[1]):
            for col in range(at.shape[2]):
                cell = out[n, row, col]
                cell[:] = np.float32(0)
                if shown[n, row, col] == 0:
                    continue
                left, top, fx, fy = _corner(at, n, row, col)
                for dy in range(2):
                    for dx in range(2):
                        i, j = left + dx, top + dy
                        if 0 <= i < columns and 0 <= j < rows:
                            weight = (fx if dx else np.float32(1) - fx) * (fy if dy else np.float32(1) - fy)
                            for c in range(channels):
                                cell[c] += weight * table[j, i, c]


@njit(**_JIT)
def _spread(gradient, at, shown, out):  # type: ignore[no-untyped-def]
    shared = out.shape[0] == 1
    rows, columns, channels = out.shape[1:]
    for n in range(at.shape[0]):
        table = out[0 if shared else n]
        for row in range(at.shape[1]):
            for col in range(at.shape[2]):
                if shown[n, row, col] == 0:
                    continue
                left, top, fx, fy = _corner(at, n, row, col)
                for dy in range(2):
                    for dx in range(2):
                        i, j = left + dx, top + dy
                        if 0 <= i < columns and 0 <= j < rows:
                            weight = (fx if dx else np.float32(1) - fx) * (fy if dy else np.float32(1) - fy)
                            for c in range(channels):
                                table[j, i, c] += weight * gradient[n, row, col, c]
