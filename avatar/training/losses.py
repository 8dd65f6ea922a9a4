"""How far a painted picture is from the truth, as numbers to go down.

Owns the parts of the loss, each divided by what all processes have together, so that their mean is that of one. Knows nothing
of networks, batches' making or schedules.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from avatar.neural.spec import BLOCK_PX
from avatar.training.batches import Batch
from avatar.training.blocks import PARTS, SOFT, BlockLoss
from avatar.training.lpips import Lpips
from avatar.training.network import painted
from avatar.training.settings import Weights

_Looked = tuple[tuple[int, int, int], ...]


def paint_loss(paint: Tensor, batch: Batch, weights: Weights, *, world: int = 1) -> tuple[Tensor, dict[str, float]]:
    """Return `picture_losses` of a paint over `batch.coarse` as their sum, to go down, and as numbers.

    Args:
        paint: (N, 80, C/4, C/4)
    """
    if paint.device.type == "cpu" and not weights.temporal:
        values = [world / batch.whole * weight for weight in (weights.colour, weights.fine, weights.coarse, weights.alpha)]
        parts: Tensor = BlockLoss.apply(paint, batch.coarse, batch.truth, torch.tensor(values))  # type: ignore[no-untyped-call]
        return parts.sum(), dict(zip(PARTS, parts.tolist(), strict=True))
    named = picture_losses(painted(batch.coarse, paint), batch, weights, world=world)
    return torch.stack(list(named.values())).sum(), {name: float(part.detach()) for name, part in named.items()}


def picture_losses(picture: Tensor, batch: Batch, weights: Weights, *, world: int = 1) -> dict[str, Tensor]:
    """Return the weighted parts by name.

    Args:
        picture: (N, 4, C, C) premultiplied RGBA, not yet clipped.
        world: number of processes that share the batch.
    """
    # Clipped, but with the gradient of what lies beyond: a pixel that is too dark by a network's fault must find back.
    error = picture + (picture.clamp(0, 1) - picture).detach() - batch.truth
    half = functional.avg_pool2d(error, 2)
    parts = {
        "colour": weights.colour * _summed(error),
        "fine": weights.fine * _summed(error - _doubled(half)),
        "coarse": weights.coarse * _summed(half - _doubled(functional.avg_pool2d(half, 2))),
        "alpha": weights.alpha * _summed(error[:, 3:]),
    }
    if weights.temporal:  # crops 0 and 1 of each draw are neighbouring frames
        parts["temporal"] = weights.temporal * 2 * _summed(error[1::2] - error[::2])
    return {name: world / batch.whole * part for name, part in parts.items()}


def paint_perceptual_loss(paint: Tensor, batch: Batch, lpips: Lpips, *, side_px: int, weight: float, world: int = 1) -> Tensor:
    """Return `perceptual_loss` of a paint over `batch.coarse`."""
    if not batch.looked:
        return paint.sum() * 0
    side = min(side_px, batch.truth.shape[3])
    cut: Tensor = _Windows.apply(paint, batch.looked, side // BLOCK_PX)  # type: ignore[no-untyped-call]
    pictures = painted(_cut(batch.coarse, batch.looked, side), cut)
    return _perceived(pictures, batch, lpips, side) * (weight * world / batch.whole_looked)


def perceptual_loss(picture: Tensor, batch: Batch, lpips: Lpips, *, side_px: int, weight: float, world: int = 1) -> Tensor:
    """Return the weighted LPIPS of the parts of the crops that `batch.looked` names, on their flat backgrounds."""
    if not batch.looked:
        return picture.sum() * 0
    side = min(side_px, batch.truth.shape[3])
    return _perceived(_cut(picture, batch.looked, side), batch, lpips, side) * (weight * world / batch.whole_looked)


def _perceived(pictures: Tensor, batch: Batch, lpips: Lpips, side: int) -> Tensor:
    background = batch.background[[crop for crop, _, _ in batch.looked]]
    truths = on_colour(_cut(batch.truth, batch.looked, side), background)
    distances: Tensor = lpips(on_colour(pictures.clamp(0, 1), background), truths)
    return distances.sum()


class _Windows(torch.autograd.Function):
    """The looked-at parts of a paint. Plain slices would each give back a gradient as large as the whole."""

    @staticmethod
    def forward(ctx: Any, paint: Tensor, looked: _Looked, side: int) -> Tensor:
        ctx.shape, ctx.looked = paint.shape, looked
        return _cut(paint.detach(), looked, side, step=BLOCK_PX)

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> tuple[Tensor, None, None]:
        count, channels, height, width = ctx.shape
        whole = pulls[0].new_zeros((count, height, width, channels)).permute(0, 3, 1, 2)  # channels last, as the paint is
        side = pulls[0].shape[2]
        for pull, (crop, left, top) in zip(pulls[0], ctx.looked, strict=True):
            x, y = left // BLOCK_PX, top // BLOCK_PX
            whole[crop, :, y : y + side, x : x + side] += pull
        return whole, None, None


def _cut(whole: Tensor, looked: _Looked, side: int, *, step: int = 1) -> Tensor:
    parts = [whole[n, :, top // step : top // step + side, left // step : left // step + side] for n, left, top in looked]
    return torch.stack(parts).contiguous(memory_format=torch.channels_last)


def on_colour(premultiplied: Tensor, colour: Tensor) -> Tensor:
    """Return (N, 3, H, W) RGB of (N, 4, H, W) premultiplied RGBA, each before a flat colour of (N, 3)."""
    return premultiplied[:, :3] + (1 - premultiplied[:, 3:]) * colour[:, :, None, None]


def _doubled(small: Tensor) -> Tensor:
    return functional.interpolate(small, scale_factor=2.0, mode="nearest")


def _summed(part: Tensor) -> Tensor:
    """Return the sum over crops of each one's mean magnitude, softened near 0."""
    sizes = functional.smooth_l1_loss(part, torch.zeros_like(part), beta=SOFT, reduction="none")
    return sizes.mean(dim=(1, 2, 3)).sum()
