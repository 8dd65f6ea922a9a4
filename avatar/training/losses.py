"""How far a painted picture is from the truth, as numbers to go down.

Owns the parts of the loss, each divided by what all processes have together, so that their mean is that of one. Knows nothing
of networks, batches' making or schedules.
"""

import torch
from torch import Tensor
from torch.nn import functional

from avatar.training.batches import Batch
from avatar.training.lpips import Lpips
from avatar.training.settings import Weights


def picture_losses(painted: Tensor, batch: Batch, weights: Weights, *, world: int = 1) -> dict[str, Tensor]:
    """Return the weighted parts by name.

    Args:
        painted: (N, 4, C, C) premultiplied RGBA, not yet clipped.
        world: number of processes that share the batch.
    """
    # Clipped, but with the gradient of what lies beyond: a pixel that is too dark by a network's fault must find back.
    clipped = painted + (painted.clamp(0, 1) - painted).detach()
    error = clipped - batch.truth
    share = world / batch.whole
    parts = {"colour": (weights.colour, error)}
    if weights.fine or weights.coarse:
        half = functional.avg_pool2d(error, 2)
        parts["fine"] = (weights.fine, error - _doubled(half))
        parts["coarse"] = (weights.coarse, half - _doubled(functional.avg_pool2d(half, 2)))
    parts["alpha"] = (weights.alpha, error[:, 3:])
    if weights.temporal:  # crops 0 and 1 of each draw are neighbouring frames
        parts["temporal"] = (weights.temporal, 2 * (error[1::2] - error[::2]))
    return {name: weight * share * _summed(part) for name, (weight, part) in parts.items() if weight}


def perceptual_loss(painted: Tensor, batch: Batch, lpips: Lpips, *, side_px: int, weight: float, world: int = 1) -> Tensor:
    """Return the weighted LPIPS of the parts of the crops that `batch.looked` names, on their flat backgrounds."""
    if not batch.looked:
        return painted.sum() * 0
    side = min(side_px, painted.shape[3])
    crops = [crop for crop, _, _ in batch.looked]

    def seen(pictures: Tensor) -> Tensor:
        parts = [pictures[crop, :, top : top + side, left : left + side] for crop, left, top in batch.looked]
        return on_colour(torch.stack(parts), batch.background[crops])

    distance: Tensor = lpips(seen(painted.clamp(0, 1)), seen(batch.truth))
    return weight * world / batch.whole_looked * distance.sum()


def on_colour(premultiplied: Tensor, colour: Tensor) -> Tensor:
    """Return (N, 3, H, W) RGB of (N, 4, H, W) premultiplied RGBA, each before a flat colour of (N, 3)."""
    return premultiplied[:, :3] + (1 - premultiplied[:, 3:]) * colour[:, :, None, None]


def _doubled(small: Tensor) -> Tensor:
    return functional.interpolate(small, scale_factor=2.0, mode="nearest")


def _summed(part: Tensor) -> Tensor:
    """Return the sum over crops of each one's mean magnitude."""
    return part.abs().mean(dim=(1, 2, 3)).sum()
