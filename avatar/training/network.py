"""The U-Net of `avatar.neural.spec` in torch.

Owns its layers and how they begin. Knows nothing of textures, data or losses; `spec` says what each tensor means.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from avatar.neural.spec import (
    BLOCK_PX,
    COARSE_CHANNELS,
    CODE_LENGTH,
    COLOUR_CHANNELS,
    PAINT_CHANNELS,
    SIZES,
    SURFACE_CHANNELS,
    Size,
)
from avatar.training.clipping import clipped

_CODE_WIDTH = 64
_QUIET = 0.002  # the last layer begins this small, so that the first pictures are the coarse ones


class Network(nn.Module):
    """Paints what the coarse picture lacks. Fully convolutional: any width and height that are multiples of 64."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        stem, (high, middle, low) = size.stem, size.widths
        self.coarse_stem = nn.Conv2d(COARSE_CHANNELS, stem, BLOCK_PX, stride=BLOCK_PX)
        self.surface_stem = nn.Conv2d(SURFACE_CHANNELS, stem, 3, stride=2, padding=1)
        self.down_high = _convolution(stem, high, stride=2)
        self.down_middle = _convolution(high, middle, stride=2)
        self.middle = _convolution(middle, middle)
        self.down_low = _convolution(middle, low, stride=2)
        self.low = _convolution(low, low)
        self.code = nn.Linear(CODE_LENGTH, _CODE_WIDTH)
        self.film = nn.Linear(_CODE_WIDTH, 2 * low)
        self.up_middle, self.out_middle = nn.Conv2d(low, middle, 1), _convolution(middle, middle)
        self.up_high, self.out_high = nn.Conv2d(middle, high, 1), _convolution(high, high)
        self.up_stem, self.out_stem = nn.Conv2d(high, stem, 1), _convolution(stem, stem)
        self.out = _convolution(stem, PAINT_CHANNELS)
        self._begin()

    def forward(self, coarse: Tensor, surface: Tensor, code: Tensor) -> Tensor:
        """Return the paint (N, 80, H/4, W/4); `spec` describes it and the arguments."""
        stem = functional.relu(self.coarse_stem(coarse) + self.surface_stem(surface))
        high = functional.relu(self.down_high(stem))
        middle = functional.relu(self.middle(functional.relu(self.down_middle(high))))
        low = functional.relu(self.low(functional.relu(self.down_low(middle))))
        scale, shift = self.film(functional.relu(self.code(code)))[:, :, None, None].chunk(2, dim=1)
        low = low * (1 + scale) + shift
        middle = functional.relu(self.out_middle(_joined(self.up_middle(low), middle)))
        high = functional.relu(self.out_high(_joined(self.up_high(middle), high)))
        stem = functional.relu(self.out_stem(_joined(self.up_stem(high), stem)))
        paint: Tensor = self.out(stem)
        return paint

    @property
    def last_layers(self) -> tuple[nn.Module, ...]:
        """Return what comes after the last enlarging: a tenth of the weights, which decide on tone and edges."""
        return self.up_stem, self.out_stem, self.out

    def _begin(self) -> None:
        """Give every layer weights that keep the signal's size, and the last ones weights near 0."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        with torch.no_grad():
            self.out.weight.mul_(_QUIET)
            self.film.weight.mul_(0.1)


def painted(coarse: Tensor, paint: Tensor) -> Tensor:
    """Return (N, 4, H, W) premultiplied RGBA, not yet clipped to 0..1."""
    colour = functional.pixel_shuffle(paint[:, :COLOUR_CHANNELS], BLOCK_PX)
    cover = clipped(functional.pixel_shuffle(paint[:, COLOUR_CHANNELS:], BLOCK_PX))
    return coarse * (1 - cover) + colour


def network_of(name: str) -> Network:
    """Return a fresh network of a size of `spec.SIZES`.

    Raises:
        ValueError: no such size.
    """
    if name not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, got {name!r}")
    return Network(SIZES[name])


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


def _joined(deep: Tensor, skip: Tensor) -> Tensor:
    return functional.relu(functional.interpolate(deep, scale_factor=2.0, mode="nearest") + skip)
