"""One step of training, and all that it changes.

Owns the painter, its average, the optimiser and the arithmetic of a step. Knows nothing of files, clocks or where batches
come from.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic

import torch
from torch import Tensor, nn

from avatar.training.batches import Batch
from avatar.training.distributed import Group
from avatar.training.losses import paint_looked_losses, paint_loss
from avatar.training.lpips import Lpips, load_lpips
from avatar.training.painter import Average, P
from avatar.training.settings import Settings

_BETAS: Final = (0.9, 0.99)


@dataclass(slots=True)
class Tally:
    """Sums since it was last emptied: the loss by parts, and where the time went."""

    steps: int = 0
    loss: dict[str, float] = field(default_factory=dict)
    ms: dict[str, float] = field(default_factory=dict)

    def add(self, what: dict[str, float], more: dict[str, float]) -> None:
        """Add numbers by name."""
        for name, value in more.items():
            what[name] = what.get(name, 0.0) + value

    def means(self, what: dict[str, float]) -> dict[str, float]:
        """Return the means over the steps."""
        return {name: round(value / max(1, self.steps), 6) for name, value in what.items()}


class Trainer(Generic[P]):
    """Learns from batches: ours and the baseline on a drawn skeleton by the very same step.

    Args:
        begin: makes the painter, from the random numbers of the settings' seed.
    """

    def __init__(self, settings: Settings, begin: Callable[[], P], group: Group) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.group = settings, group
        self.painter = begin().to(group.device)
        group.same_everywhere(self.painter.parameters())
        self.average = Average(self.painter, keep=settings.ema)
        rates = self.painter.rates(settings)  # what has no rate stays as it is
        self._peaks = [rate for _, rate in rates]
        self.painter.requires_grad_(False)
        for part, _ in rates:
            part.requires_grad_(True)
        groups = [{"params": list(part.parameters()), "lr": rate} for part, rate in rates]
        self.optimiser = torch.optim.Adam(groups, betas=_BETAS, fused=True)
        self._half = _half_type(group.device)
        self.scaler = torch.amp.GradScaler(group.device.type, enabled=self._half is torch.float16)
        # Now, not when it first counts: a machine without a network should say so before hours of work.
        self._lpips: Lpips | None = load_lpips("alex", device=group.device) if settings.weights.perceptual else None
        if self._lpips is not None:
            self._lpips.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.tally = Tally()

    def step(self, batch: Batch, *, number: int, shaping: float, rate: float) -> None:
        """Learn from one batch.

        Args:
            number: of the step, over all cycles.
            shaping: the share of training done that decides what counts.
            rate: factor of the peak rates.
        """
        began = time.perf_counter()
        for group, peak in zip(self.optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = peak * rate
        batch = batch.to(self.group.device)
        loss, parts, spent_s = self._losses(batch, shaping)
        middle = time.perf_counter()
        torch.autograd.backward(self.scaler.scale(loss))
        spent_s["backward"] = time.perf_counter() - middle
        self._learn()
        self.average.follow(self.painter, step=number)
        spent_s["update"] = time.perf_counter() - began - sum(spent_s.values())
        self._note(parts, spent_s)

    def state(self) -> dict[str, Any]:
        """Return everything that a later `take` needs to go on exactly."""
        return {
            "painter": self.painter.state_dict(),
            "average": self.average.painter.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": torch.get_rng_state(),
        }

    def take(self, held: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.painter.load_state_dict(held["painter"])
        self.average.painter.load_state_dict(held["average"])
        self.optimiser.load_state_dict(held["optimiser"])
        self.scaler.load_state_dict(held["scaler"])
        torch.set_rng_state(held["random"])

    def _losses(self, batch: Batch, shaping: float) -> tuple[Tensor, dict[str, float], dict[str, float]]:
        """Return the loss, its parts, and the seconds spent."""
        weights, world, clock = self.settings.weights, self.group.world, [time.perf_counter()]
        with torch.autocast(self.group.device.type, dtype=self._half, enabled=self._half is not None):
            paint = self.painter(batch)
        clock.append(time.perf_counter())
        loss, parts = paint_loss(paint, batch, weights, world=world)
        clock.append(time.perf_counter())
        if (weights.perceptual or weights.sharpness) and shaping >= self.settings.perceptual_from:
            side_px = self.settings.perceptual_px
            for name, part in paint_looked_losses(paint, batch, self._lpips, weights, side_px=side_px, world=world).items():
                loss, parts[name] = loss + part, float(part.detach())
        clock.append(time.perf_counter())
        names = ("forward", "loss", "perceptual")
        return loss, parts, {name: after - before for name, before, after in zip(names, clock, clock[1:], strict=False)}

    def _learn(self) -> None:
        self.scaler.unscale_(self.optimiser)
        parameters = list(self.painter.parameters())
        self.group.mean(p.grad for p in parameters if p.grad is not None)
        nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.optimiser.zero_grad()

    def _note(self, parts: dict[str, float], spent_s: dict[str, float]) -> None:
        values = torch.tensor(list(parts.values()), dtype=torch.float64, device=self.group.device)
        self.group.mean([values])
        parts = dict(zip(parts, values.tolist(), strict=True))
        self.tally.steps += 1
        self.tally.add(self.tally.loss, parts | {"all": sum(parts.values())})
        self.tally.add(self.tally.ms, {name: 1e3 * value for name, value in spent_s.items()})


def _half_type(device: torch.device) -> torch.dtype | None:
    """Return the shorter numbers that a GPU computes in; None on the CPU, where they were not faster."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
