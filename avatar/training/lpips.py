"""LPIPS, the learnt perceptual distance of two pictures (Zhang et al. 2018, version 0.1), on AlexNet and VGG16.

Owns the two backbones, the linear heads and the reading of their weights, which lie in pickles that nobody should trust: a
closed list of what they may name. Knows nothing of avatars, alpha or losses.
"""

import pickle
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from trackers import assets
from trackers.errors import AssetError

Backbone = Literal["alex", "vgg"]
_Layer = tuple[int, int, int, int]

_MEAN: Final = (-0.030, -0.088, -0.188)
_SPREAD: Final = (0.458, 0.448, 0.450)
_EPSILON: Final = 1e-10
_ALEX: Final[tuple[_Layer, ...]] = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
"""Output channels, kernel, stride and padding of each convolution."""
_ALEX_POOLED: Final = frozenset({1, 2})
"""Convolutions before which the picture is pooled: 3 x 3, stride 2."""
_VGG_WIDTHS: Final = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
_VGG_POOLED: Final = frozenset({2, 4, 7, 10})
"""2 x 2, stride 2."""
_TAPS: Final = {"alex": frozenset(range(5)), "vgg": frozenset({1, 3, 6, 9, 12})}
"""After the ReLU of which convolutions pictures are compared."""


class Lpips(nn.Module):
    """The distance of pictures. 0 for equal ones; about 0.05 is hard to see, above 0.3 is another picture.

    Its weights never learn; gradients flow to the pictures alone.
    """

    def __init__(self, backbone: Backbone, weights: dict[str, Any]) -> None:
        super().__init__()
        self.backbone = backbone
        layers = _ALEX if backbone == "alex" else tuple((width, 3, 1, 1) for width in _VGG_WIDTHS)
        self.convolutions = nn.ModuleList()
        channels = 3
        for width, kernel, stride, padding in layers:
            self.convolutions.append(nn.Conv2d(channels, width, kernel, stride=stride, padding=padding))
            channels = width
        heads = [layers[index][0] for index in sorted(_TAPS[backbone])]
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 1, bias=False) for width in heads)
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(_SPREAD).view(1, 3, 1, 1))
        self._take(weights)
        self.requires_grad_(False).eval()

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Return what the backbone sees at each tap, every pixel's channels of length 1.

        Args:
            pictures: (N, 3, H, W) RGB, 0..1, at least 64 pixels wide and high.
        """
        x = (2 * pictures - 1 - self.mean) / self.spread
        kernel, pooled = (3, _ALEX_POOLED) if self.backbone == "alex" else (2, _VGG_POOLED)
        seen = []
        for index, convolution in enumerate(self.convolutions):
            if index in pooled:
                x = functional.max_pool2d(x, kernel, stride=2)
            x = functional.relu(convolution(x))
            if index in _TAPS[self.backbone]:
                seen.append(x / (x.square().sum(dim=1, keepdim=True).clamp_min(1e-20).sqrt() + _EPSILON))
        return seen

    def forward(self, pictures: Tensor, truths: Tensor) -> Tensor:
        """Return (N,) distances of (N, 3, H, W) RGB pictures, 0..1."""
        pairs = zip(self.heads, self.features(pictures), self.features(truths), strict=True)
        return torch.stack([head((ours - theirs).square()).mean(dim=(1, 2, 3)) for head, ours, theirs in pairs]).sum(dim=0)

    def _take(self, weights: dict[str, Any]) -> None:
        trunk = weights["AlexNet_0" if self.backbone == "alex" else "VGG16_0"]
        for index, convolution in enumerate(self.convolutions):
            _copy(convolution.weight, trunk[f"Conv_{index}"]["kernel"].transpose(3, 2, 0, 1))
            _copy(convolution.bias, trunk[f"Conv_{index}"]["bias"])
        for index, head in enumerate(self.heads):
            _copy(head.weight, weights[f"NetLinLayer_{index}"]["Conv_0"]["kernel"].transpose(3, 2, 0, 1))


def load_lpips(backbone: Backbone = "alex", *, device: torch.device | str = "cpu") -> Lpips:
    """Return LPIPS with its published weights, fetched first if this machine has none.

    Raises:
        AssetError: the weights could not be fetched, or are not what they should be.
    """
    name = f"lpips_{backbone}"
    assets.ensure([name])
    path = assets.path_of(name)
    try:
        return Lpips(backbone, read_weights(path)).to(device)
    except (pickle.UnpicklingError, KeyError, ValueError, AttributeError, TypeError, EOFError) as error:
        raise AssetError(f"{path} does not hold the weights of LPIPS ({error}); delete it and run it again") from error


def read_weights(path: Path) -> dict[str, Any]:
    """Return nested dicts of numpy arrays from a pickle that may name nothing else.

    Raises:
        UnpicklingError: it names anything but what builds a plain array.
    """
    with path.open("rb") as file:
        held = _ArraysOnly(file).load()
    if not isinstance(held, dict):
        raise pickle.UnpicklingError(f"holds a {type(held).__name__}, expected a dict of arrays")
    return held


class _ArraysOnly(pickle.Unpickler):
    """Reads pickles of plain numpy arrays and refuses every other name: a pickle can call whatever it names."""

    _KNOWN: Final = {
        ("numpy.core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"names {module}.{name}, which no plain array needs") from None


def _copy(parameter: Tensor | nn.Module, values: np.ndarray) -> None:
    assert isinstance(parameter, Tensor)  # what a module's attribute is, torch does not tell
    if values.dtype != np.float32 or values.shape != tuple(parameter.shape):
        raise ValueError(f"weights must be float32 {tuple(parameter.shape)}, got {values.dtype} {values.shape}")
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))
