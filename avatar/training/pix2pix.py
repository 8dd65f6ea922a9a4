"""The pix2pix baseline's networks: a U-Net that halves eight times, and a patch discriminator.

Owns their layers. Knows nothing of data or training. After Isola et al. 2017 ("Image-to-Image Translation with Conditional
Adversarial Networks", appendix 6.1: U-Net 256 and the 70 x 70 PatchGAN), with a batch of one picture, so that its normalisation
is over that picture alone. Narrowed from 64 to `WIDTH` channels: 3.4 M weights, 1.8 G multiplications a picture of 512 x 512,
where ours has 0.8.
"""

from typing import Final

import torch
from torch import Tensor, nn

WIDTH: Final = 16
_DEPTH: Final = 8
_WIDEST: Final = 8  # channels grow to this many times WIDTH
_DROPPED: Final = 0.5  # in the three innermost blocks on the way up


class Generator(nn.Module):
    """Pictures to pictures of the same size, a multiple of 256. Values of the result are 0..1."""

    def __init__(self, inputs: int, outputs: int, *, width: int = WIDTH) -> None:
        super().__init__()
        widths = [min(_WIDEST, 2**level) * width for level in range(_DEPTH)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, channels in enumerate(widths):
            layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
            layers.append(nn.Conv2d(widths[level - 1] if level else inputs, channels, 4, stride=2, padding=1))
            if 0 < level < _DEPTH - 1:  # neither the outermost nor the innermost is normalised
                layers.append(_normalised(channels))
            self.down.append(nn.Sequential(*layers))
        for level in reversed(range(_DEPTH)):
            taken = widths[level] * (1 if level == _DEPTH - 1 else 2)
            given = widths[level - 1] if level else outputs
            layers = [nn.ReLU(), nn.ConvTranspose2d(taken, given, 4, stride=2, padding=1)]
            if level:
                layers.append(_normalised(given))
            if 0 < _DEPTH - 1 - level <= 3:
                layers.append(nn.Dropout2d(_DROPPED))
            self.up.append(nn.Sequential(*layers))
        self.apply(_begin)

    def forward(self, drawing: Tensor) -> Tensor:
        """Return (N, outputs, H, W) of (N, inputs, H, W)."""
        seen = [drawing]
        for layer in self.down:
            seen.append(layer(seen[-1]))
        picture = seen.pop()
        for index, layer in enumerate(self.up):
            picture = layer(picture if index == 0 else torch.cat([picture, seen.pop()], dim=1))
        return (torch.tanh(picture) + 1) / 2


class Discriminator(nn.Module):
    """Whether each 70 x 70 pixels of a picture look true beside their drawing: logits (N, 1, about H / 8, about W / 8)."""

    def __init__(self, inputs: int, *, width: int = WIDTH) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(inputs, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        taken = width
        for given, stride in ((2 * width, 2), (4 * width, 2), (8 * width, 1)):
            convolution = nn.Conv2d(taken, given, 4, stride=stride, padding=1)
            layers += [convolution, _normalised(given), nn.LeakyReLU(0.2)]
            taken = given
        self.layers = nn.Sequential(*layers, nn.Conv2d(taken, 1, 4, padding=1))
        self.apply(_begin)

    def forward(self, drawing: Tensor, picture: Tensor) -> Tensor:
        """Return the logits of (N, D, H, W) drawings with their (N, P, H, W) pictures; D + P are `inputs`."""
        logits: Tensor = self.layers(torch.cat([drawing, picture], dim=1))
        return logits


def _normalised(channels: int) -> nn.Module:
    """Return an instance normalisation; written as groups of one channel it needs no copy of what has its channels last."""
    return nn.GroupNorm(channels, channels)


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
