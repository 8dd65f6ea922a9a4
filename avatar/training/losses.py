"""How far a painted picture is from the truth, as numbers to go down.

Owns the parts of the loss, each divided by what all processes have together, so that their mean is that of one. Knows nothing
of networks, batches' making or schedules.
"""

from typing import Any, Final

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
_CELL_PX: Final = 8
_FLAT: Final = 2 / 255
"""Strength below which an edge hardly counts: a root has no slope at 0."""


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


def paint_looked_losses(
    paint: Tensor, batch: Batch, lpips: Lpips | None, weights: Weights, *, side_px: int, world: int = 1
) -> dict[str, Tensor]:
    """Return `looked_losses` of a paint over `batch.coarse`."""
    if not batch.looked:
        return _none_looked(paint, weights)
    side = min(side_px, batch.truth.shape[3])
    cut: Tensor = _Windows.apply(paint, batch.looked, side // BLOCK_PX)  # type: ignore[no-untyped-call]
    pictures = painted(_cut(batch.coarse, batch.looked, side), cut)
    return _looked_losses(pictures, batch, lpips, weights, world / batch.whole_looked)


def looked_losses(
    picture: Tensor, batch: Batch, lpips: Lpips | None, weights: Weights, *, side_px: int, world: int = 1
) -> dict[str, Tensor]:
    """Return, weighted and by name, what the parts of the crops that `batch.looked` names lack as pictures.

    That is LPIPS, and how far off the strength of edges is, both on flat backgrounds; neither without its weight.
    """
    if not batch.looked:
        return _none_looked(picture, weights)
    side = min(side_px, batch.truth.shape[3])
    return _looked_losses(_cut(picture, batch.looked, side), batch, lpips, weights, world / batch.whole_looked)


def _looked_losses(pictures: Tensor, batch: Batch, lpips: Lpips | None, weights: Weights, share: float) -> dict[str, Tensor]:
    background = batch.background[[crop for crop, _, _ in batch.looked]]
    truths = on_colour(_cut(batch.truth, batch.looked, pictures.shape[3]), background)
    ours, parts = on_colour(pictures.clamp(0, 1), background), dict[str, Tensor]()
    if weights.perceptual:
        assert lpips is not None
        parts["perceptual"] = weights.perceptual * share * lpips(ours, truths).sum()
    if weights.sharpness:
        away = (_edge_strength(ours) - _edge_strength(truths)).abs()
        parts["sharpness"] = weights.sharpness * share * away.mean(dim=(1, 2)).sum()
    return parts


def _none_looked(whole: Tensor, weights: Weights) -> dict[str, Tensor]:
    """Return the same names as if something were looked at: processes that train together compare them."""
    return {name: whole.sum() * 0 for name in ("perceptual", "sharpness") if getattr(weights, name)}


def _edge_strength(pictures: Tensor) -> Tensor:
    """Return (N, H/8, W/8), of (N, 3, H, W) RGB: the root of the mean squared differences of neighbours' grey in each cell.

    The same differences as `metrics.sharpness`. Where they are is left to the other losses; that is why there are cells.
    """
    grey = torch.einsum("nchw,c->nhw", pictures, pictures.new_tensor([0.299, 0.587, 0.114]))
    here = grey[:, :-1, :-1]
    energy = (grey[:, :-1, 1:] - here).square() + (grey[:, 1:, :-1] - here).square()
    return (functional.avg_pool2d(energy, _CELL_PX) + _FLAT**2).sqrt()


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
