"""Clipping that learns: to 0..1, with a gradient that leads back from beyond.

Owns that one function. Knows nothing of what is clipped.
"""

from typing import Any

import torch
from torch import Tensor


def clipped(values: Tensor) -> Tensor:
    """Return values clipped to 0..1. What lies beyond is pulled back, where a plain clip would leave it for ever, but never
    further away.
    """
    inside: Tensor = _Clipped.apply(values)  # type: ignore[no-untyped-call]
    return inside


class _Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> Tensor:
        (values,), pull = ctx.saved_tensors, pulls[0]
        away = (values < 0) & (pull > 0) | (values > 1) & (pull < 0)
        return pull.masked_fill(away, 0.0)
