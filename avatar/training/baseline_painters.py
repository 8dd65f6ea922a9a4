"""The trained baselines as painters: a drawn skeleton in, a picture out.

Owns what each network is given of a drawing and how its answer becomes a picture. Knows nothing of training.
"""

import torch
from torch import Tensor

from avatar.mesh import Character
from avatar.training.baseline_batches import layers_of
from avatar.training.drawn_channels import in_channels
from avatar.training.moments import Moment
from avatar.training.network import Network, painted
from avatar.training.pix2pix import Generator
from avatar.training.preview import straight
from avatar.training.skeleton_drawing import SkeletonDrawer
from trackers.types import ImageArray


class SkeletonPainter:
    """Our own network, of the same size, told of the pose by a drawn skeleton; it paints all of the picture."""

    def __init__(self, network: Network, character: Character, *, width_px: int, height_px: int) -> None:
        self._network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._drawer = SkeletonDrawer(character, width_px=width_px, height_px=height_px)

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA."""
        parts = in_channels(self._drawer.draw(moment))
        whole, halves = (torch.from_numpy(part[None]).permute(0, 3, 1, 2) for part in parts)
        with torch.inference_mode():
            return _picture(from_drawing(self._network, whole, halves, torch.from_numpy(moment.expression[None])))


class Pix2pixPainter:
    """The pix2pix generator on the layers of the same drawing, at full size."""

    def __init__(self, generator: Generator, character: Character, *, width_px: int, height_px: int) -> None:
        self._generator = generator.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._drawer = SkeletonDrawer(character, width_px=width_px, height_px=height_px)

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA."""
        with torch.inference_mode():
            return _picture(self._generator(layers_of(self._drawer.draw(moment))))


def from_drawing(network: Network, whole: Tensor, halves: Tensor, code: Tensor) -> Tensor:
    """Return (N, 4, H, W) premultiplied RGBA, not yet clipped: what our network adds is here all there is."""
    return painted(torch.zeros_like(whole), network(whole, halves, code)).float()


def _picture(premultiplied: Tensor) -> ImageArray:
    return straight(premultiplied[0].clamp(0, 1).permute(1, 2, 0).numpy())
