"""One step of each baseline that learns: the same network on a drawn skeleton, and pix2pix.

Owns what each learns from and pix2pix's losses and optimisers. Knows nothing of files or of how long a training lasts.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from avatar.training.baseline_batches import DrawnBatch, DrawnBatchMaker
from avatar.training.course import Course
from avatar.training.distributed import Group
from avatar.training.network import Network, network_of
from avatar.training.painter import Average, Learning
from avatar.training.pix2pix import Discriminator, Generator
from avatar.training.settings import Settings
from avatar.training.trainer import Tally, Trainer

DRAWN_CHANNELS: Final = 12
PICTURE_CHANNELS: Final = 4
_PIX2PIX_RATE, _PIX2PIX_BETAS, _PIX2PIX_L1 = 2e-4, (0.5, 0.999), 100.0  # as published

B = TypeVar("B")
_Drawing = tuple[Tensor, Tensor]


class Learner(Protocol[B]):
    """A baseline that learns."""

    def make(self, step: int, shaping: float) -> B:
        """Return what a step learns from, in any one thread; `shaping` is as `Course.shaping`."""
        ...

    def learn(self, batch: B, course: Course) -> dict[str, float]:
        """Learn from one batch as the course's next step. Returns the loss's parts by name."""
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


class DrawnPainter(Learning):
    """Our network without a proxy or a texture: told of the pose by a drawn skeleton."""

    def __init__(self, size: str) -> None:
        super().__init__()
        self.network: Network = network_of(size).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, batch: DrawnBatch) -> Tensor:
        """Return the paint (N, 80, C/4, C/4): over a `coarse` of nothing, it is the picture."""
        paint: Tensor = self.network(batch.drawn, batch.layers, batch.code)
        return paint.float()

    def rates(self, settings: Settings) -> tuple[tuple[nn.Module, float], ...]:
        """See `Learning`."""
        return ((self.network, settings.network_rate),)


class SkeletonLearner:
    """Our own trainer: network, losses, rates, crops and averaged weights; only what it is told of the pose is another."""

    def __init__(self, batches: DrawnBatchMaker, settings: Settings, *, device: torch.device | str = "cpu") -> None:
        self._batches, self._settings = batches, settings
        alone = Group(rank=0, world=1, device=torch.device(device))
        self._trainer = Trainer(settings, partial(DrawnPainter, settings.size), alone)

    def make(self, step: int, shaping: float) -> DrawnBatch:
        """See `Learner`."""
        return self._batches.make(step, self._settings.stage(shaping))

    def learn(self, batch: DrawnBatch, course: Course) -> dict[str, float]:
        """See `Learner`."""
        self._trainer.tally = Tally()
        self._trainer.step(batch, number=course.step, shaping=course.shaping(), rate=course.rate())
        return self._trainer.tally.loss

    def weights(self) -> dict[str, Tensor]:
        """See `Learner`."""
        return {name: value.cpu() for name, value in self._trainer.average.painter.network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """See `Learner`."""
        return self._trainer.state()

    def resume(self, state: dict[str, Any]) -> None:
        """See `Learner`."""
        self._trainer.take(state)


class Pix2pixLearner:
    """pix2pix on whole pictures, one at a time: L1 times 100 and the patch discriminator, at the published rates.

    As published, its rates fall to nothing in the second half. Its weights are averaged as ours, for the baseline's good.
    """

    def __init__(self, batches: DrawnBatchMaker, settings: Settings, *, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(settings.seed)
        self._batches, self._device = batches, torch.device(device)
        self._generator = _placed(Generator(DRAWN_CHANNELS, PICTURE_CHANNELS), self._device)
        self._discriminator = _placed(Discriminator(DRAWN_CHANNELS + PICTURE_CHANNELS), self._device)
        self._average = Average(self._generator, keep=settings.ema)
        self._optimisers = [
            torch.optim.Adam(part.parameters(), lr=_PIX2PIX_RATE, betas=_PIX2PIX_BETAS, fused=True)
            for part in (self._generator, self._discriminator)
        ]

    def make(self, step: int, shaping: float) -> _Drawing:
        """See `Learner`."""
        return self._batches.picture(step)

    def learn(self, batch: _Drawing, course: Course) -> dict[str, float]:
        """See `Learner`."""
        for group in (group for optimiser in self._optimisers for group in optimiser.param_groups):
            group["lr"] = _PIX2PIX_RATE * min(1.0, 2 - 2 * course.progress() + 1e-3)
        drawing, truth = (part.to(self._device) for part in batch)
        painted = self._generator(drawing)
        # Normalised picture by picture: both in one go are judged as each alone.
        seen = self._discriminator(torch.cat([drawing, drawing]), torch.cat([truth, painted.detach()])).chunk(2)
        doubt = (_told(seen[0], true=True) + _told(seen[1], true=False)) / 2
        _learn(self._optimisers[1], doubt)
        self._discriminator.requires_grad_(False)  # it is asked only, and needs no gradient of its own
        away = functional.l1_loss(painted, truth)
        fooled = _told(self._discriminator(drawing, painted), true=True)
        _learn(self._optimisers[0], fooled + _PIX2PIX_L1 * away)
        self._discriminator.requires_grad_(True)
        self._average.follow(self._generator, step=course.step)
        return {"colour": float(away.detach()), "fooled": float(fooled.detach()), "doubt": float(doubt.detach())}

    def weights(self) -> dict[str, Tensor]:
        """See `Learner`."""
        return {name: value.cpu() for name, value in self._average.painter.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """See `Learner`."""
        return {name: part.state_dict() for name, part in self._parts()} | {"random": torch.get_rng_state()}

    def resume(self, state: dict[str, Any]) -> None:
        """See `Learner`."""
        for name, part in self._parts():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["random"])  # some of its layers drop channels by chance

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield from (("generator", self._generator), ("discriminator", self._discriminator), ("average", self._average.painter))
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


_M = TypeVar("_M", bound=nn.Module)


def _placed(module: _M, device: torch.device) -> _M:
    placed: _M = module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


def _told(logits: Tensor, *, true: bool) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(true)))


def _learn(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()
