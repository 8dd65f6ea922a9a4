"""A wider network that paints exactly what a narrower one does, to learn on from there.

Owns where the old weights go among the new ones. Knows nothing of textures, data or losses. Source: Chen, Goodfellow and
Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016; here new channels begin by chance, and unheard.
"""

import torch
from torch import Tensor, nn

from avatar.neural.spec import Size
from avatar.training.network import Network


def grown(small: Network, size: Size) -> Network:
    """Return a network of `size` that paints what `small` does.

    The channels that it has more come from fresh weights, and those that `small` had do not listen to them yet.

    Raises:
        ValueError: `size` is narrower somewhere.
    """
    if not is_wider(size, than=small.size):
        raise ValueError(f"size must be at least as wide as {small.size} everywhere, got {size}")
    large = Network(size)
    layers = dict(small.named_modules())
    with torch.no_grad():
        for name, layer in large.named_modules():
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                continue
            old = layers[name]
            assert isinstance(old, nn.Conv2d | nn.Linear)
            halves = 2 if layer is large.film else 1  # scale and shift of each channel, one after the other
            for new_rows, old_rows in zip(_halves(layer, halves), _halves(old, halves), strict=True):
                _put(new_rows, old_rows)
    return large


def is_wider(size: Size, *, than: Size) -> bool:
    """Tell whether a size is nowhere narrower than another."""
    pairs = zip((size.stem, *size.widths), (than.stem, *than.widths), strict=True)
    return all(ours >= theirs for ours, theirs in pairs)


def _halves(layer: nn.Conv2d | nn.Linear, count: int) -> list[tuple[Tensor, Tensor]]:
    """Return weight and bias, split by outputs into `count` equal parts; views, so what is written there is kept."""
    assert layer.bias is not None
    return list(zip(layer.weight.chunk(count), layer.bias.chunk(count), strict=True))


def _put(new: tuple[Tensor, Tensor], old: tuple[Tensor, Tensor]) -> None:
    outputs, inputs = old[0].shape[:2]
    new[0][:outputs] = 0
    new[0][:outputs, :inputs] = old[0]
    new[1][:outputs] = old[1]
