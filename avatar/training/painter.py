"""What is trained: the network and the learnt texture as one, and the average of their weights over time.

Owns how both are put together. Knows nothing of losses, schedules or files.
"""

import copy
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import torch
from torch import Tensor, nn

from avatar.neural.spec import SIZES
from avatar.training.batches import Batch
from avatar.training.growing import grown, is_wider
from avatar.training.network import Network, network_of
from avatar.training.settings import Settings
from avatar.training.texture import Texture, Window, surface_of

_EARLY: Final = 10


class Learning(nn.Module):
    """What a trainer teaches: called with a batch, it returns the paint (N, 80, C/4, C/4)."""

    def rates(self, settings: Settings) -> tuple[tuple[nn.Module, float], ...]:
        """Return all parts that learn, each with its peak rate."""
        raise NotImplementedError


P = TypeVar("P", bound=Learning)
M = TypeVar("M", bound=nn.Module)


class Painter(Learning):
    """Paints batches."""

    def __init__(self, size: str, window: Window) -> None:
        super().__init__()
        self.network: Network = network_of(size).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.texture = Texture(window)

    def forward(self, batch: Batch) -> Tensor:
        """Return the paint (N, 80, C/4, C/4) of a batch."""
        features = self.texture(batch.uv, batch.shown, batch.code)
        paint: Tensor = self.network(batch.coarse, surface_of(features, batch.rest), batch.code)
        return paint.float()

    def rates(self, settings: Settings) -> tuple[tuple[nn.Module, float], ...]:
        """See `Learning`."""
        layers = (self.network,) if settings.layers == "all" else self.network.last_layers
        network = tuple((layer, settings.network_rate) for layer in layers)
        return (*network, (self.texture, settings.texture_rate)) if settings.texture_rate else network


def painter_beside(other: Painter, size: str) -> Painter:
    """Return a painter with another size of network on the same texture; it begins as that one's, if that is narrower."""
    painter = Painter(size, other.texture.window)
    painter.texture.load_state_dict(other.texture.state_dict())
    if is_wider(SIZES[size], than=other.network.size):
        painter.network.load_state_dict(grown(other.network, SIZES[size]).state_dict())
    return painter


class Average(Generic[M]):
    """A copy of a painter whose weights follow the painter's slowly; it is what is evaluated and shipped."""

    def __init__(self, painter: M, *, keep: float) -> None:
        self.painter = copy.deepcopy(painter).eval().requires_grad_(False)
        self._keep = keep

    def follow(self, painter: M, *, step: int) -> None:
        """Move on after step number `step`; early ones are forgotten sooner."""
        keep = min(self._keep, (1 + step) / (_EARLY + step))
        torch._foreach_lerp_(list(self._weights(self.painter)), list(self._weights(painter)), 1 - keep)

    @staticmethod
    def _weights(painter: nn.Module) -> Iterator[Tensor]:
        return (parameter.detach() for parameter in painter.parameters())
