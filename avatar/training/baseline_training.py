"""One step of each baseline that learns: the same network on a drawn skeleton, and pix2pix.

Owns their losses and optimisers. Knows nothing of files or of how long a training lasts.
"""

from collections.abc import Iterator
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from avatar.training.baseline_batches import DrawnBatchMaker
from avatar.training.losses import residual_loss, residual_perceptual_loss
from avatar.training.lpips import Lpips
from avatar.training.network import Network, network_of
from avatar.training.pix2pix import Discriminator, Generator
from avatar.training.schedule import rate_factor
from avatar.training.settings import Settings

DRAWN_CHANNELS: Final = 12
PICTURE_CHANNELS: Final = 4
_PIX2PIX_RATE, _PIX2PIX_BETAS, _PIX2PIX_L1 = 2e-4, (0.5, 0.999), 100.0  # as published


class Learner(Protocol):
    """A baseline that learns."""

    def step(self, step: int, progress: float) -> dict[str, float]:
        """Learn from one batch; `progress` is the share of training done, 0..1. Returns the loss's parts by name."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return what is to be painted with."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on learning: plain tensors, numbers, lists and dicts."""
        ...

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        ...


class SkeletonLearner:
    """Our network, losses, rates, crops and averaged weights; only what it is told of the pose is another."""

    def __init__(
        self, batches: DrawnBatchMaker, settings: Settings, *, lpips: Lpips | None, device: torch.device | str = "cpu"
    ) -> None:
        torch.manual_seed(settings.seed)
        self._batches, self._settings, self._lpips, self._device = batches, settings, lpips, torch.device(device)
        self._network = network_of(settings.size).to(self._device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = _averaged(self._network, settings.ema)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=settings.network_rate)

    def step(self, step: int, progress: float) -> dict[str, float]:
        """See `Learner`."""
        settings = self._settings
        drawn = self._batches.make(step, settings.stage(progress))
        for group in self._optimiser.param_groups:
            group["lr"] = settings.network_rate * rate_factor(progress)
        batch = drawn.batch.to(self._device)
        given = drawn.whole.to(self._device), drawn.layers.to(self._device), batch.code
        residual = self._network(*given)  # added to a `coarse` of nothing, it is the picture
        loss, parts = residual_loss(residual, batch, settings.weights)
        weight = settings.weights.perceptual
        if self._lpips is not None and weight and progress >= settings.perceptual_from:
            side_px = settings.perceptual_px
            seen = residual_perceptual_loss(residual, batch, self._lpips, side_px=side_px, weight=weight)
            loss, parts = loss + seen, parts | {"perceptual": float(seen.detach())}
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._network.parameters(), settings.clip)
        self._optimiser.step()
        self._average.update_parameters(self._network)
        return parts

    def weights(self) -> dict[str, Tensor]:
        """See `Learner`."""
        return {name: value.cpu() for name, value in self._average.module.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """See `Learner`."""
        held: dict[str, Any] = {"network": self._network, "average": self._average, "optimiser": self._optimiser}
        return {name: part.state_dict() for name, part in held.items()}

    def resume(self, state: dict[str, Any]) -> None:
        """See `Learner`."""
        self._network.load_state_dict(state["network"])
        self._average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])


class Pix2pixLearner:
    """pix2pix on whole pictures, one at a time: L1 times 100 and the patch discriminator, at the published rates.

    Two things are as ours, for the baseline's good: its rates fall towards the end, and its weights are averaged.
    """

    def __init__(self, batches: DrawnBatchMaker, settings: Settings, *, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(settings.seed)
        self._batches, self._device = batches, torch.device(device)
        self._generator = Generator(DRAWN_CHANNELS, PICTURE_CHANNELS).to(self._device)
        self._discriminator = Discriminator(DRAWN_CHANNELS + PICTURE_CHANNELS).to(self._device)
        self._average = _averaged(self._generator, settings.ema)
        self._optimisers = [
            torch.optim.Adam(part.parameters(), lr=_PIX2PIX_RATE, betas=_PIX2PIX_BETAS)
            for part in (self._generator, self._discriminator)
        ]

    def step(self, step: int, progress: float) -> dict[str, float]:
        """See `Learner`."""
        for group in (group for optimiser in self._optimisers for group in optimiser.param_groups):
            group["lr"] = _PIX2PIX_RATE * min(1.0, 2 - 2 * progress + 1e-3)  # the second half falls to nothing, as published
        drawing, truth = (part.to(self._device) for part in self._batches.picture(step))
        painted = self._generator(drawing)
        seen = self._discriminator(drawing, truth), self._discriminator(drawing, painted.detach())
        doubt = (_told(seen[0], true=True) + _told(seen[1], true=False)) / 2
        _learn(self._optimisers[1], doubt)
        away = functional.l1_loss(painted, truth)
        fooled = _told(self._discriminator(drawing, painted), true=True)
        _learn(self._optimisers[0], fooled + _PIX2PIX_L1 * away)
        self._average.update_parameters(self._generator)
        return {"colour": float(away.detach()), "fooled": float(fooled.detach()), "doubt": float(doubt.detach())}

    def weights(self) -> dict[str, Tensor]:
        """See `Learner`."""
        return {name: value.cpu() for name, value in self._average.module.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """See `Learner`."""
        return {name: part.state_dict() for name, part in self._parts()}

    def resume(self, state: dict[str, Any]) -> None:
        """See `Learner`."""
        for name, part in self._parts():
            part.load_state_dict(state[name])

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield from (("generator", self._generator), ("discriminator", self._discriminator), ("average", self._average))
        yield from (("painting", self._optimisers[0]), ("doubting", self._optimisers[1]))


def network_with(weights: dict[str, Tensor], size: str) -> Network:
    """Return our network with weights that `SkeletonLearner` gave."""
    network = network_of(size)
    network.load_state_dict(weights)
    return network


def generator_with(weights: dict[str, Tensor]) -> Generator:
    """Return the generator with weights that `Pix2pixLearner` gave."""
    generator = Generator(DRAWN_CHANNELS, PICTURE_CHANNELS)
    generator.load_state_dict(weights)
    return generator


def _averaged(network: nn.Module, keep: float) -> AveragedModel:
    """Return a copy whose weights follow slowly; early ones are forgotten sooner."""

    def follow(average: Tensor, new: Tensor, seen: Tensor | int) -> Tensor:
        return torch.lerp(average, new, 1 - min(keep, (1 + int(seen)) / (10 + int(seen))))

    return AveragedModel(network, avg_fn=follow)


def _told(logits: Tensor, *, true: bool) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(true)))


def _learn(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()
