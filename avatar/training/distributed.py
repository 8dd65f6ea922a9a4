"""Several processes that train one avatar together, started by torchrun on one host or many.

Owns the group and what its members tell each other. Knows nothing of batches or losses. One process alone is a group of one,
to which all of this is nothing.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one training."""

    rank: int
    """Number of this process, from 0; that one writes the files."""
    world: int
    device: torch.device

    def same_everywhere(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the first one's values."""
        if self.world > 1:
            for tensor in tensors:
                distributed.broadcast(tensor.detach(), src=0)

    def agreed(self, *values: float) -> list[float]:
        """Return the first process's numbers: clocks differ, and all must do the same."""
        if self.world == 1:
            return list(values)
        held = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(held, src=0)
        return [float(value) for value in held]

    def mean(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by their mean over all processes, in one message."""
        if self.world == 1:
            return
        many = list(tensors)
        flat = torch.cat([tensor.flatten() for tensor in many])
        distributed.all_reduce(flat)
        flat /= self.world
        for tensor, mean in zip(many, torch.split(flat, [tensor.numel() for tensor in many]), strict=True):
            tensor.copy_(mean.view(tensor.shape))


@contextmanager
def joined(device: str) -> Iterator[Group]:
    """Join the group that torchrun's variables name (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`, …); without them, be alone.

    Args:
        device: "cpu" or "cuda"; on several GPUs each process of a host takes its own.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if device == "cuda":
        own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(own)
    else:
        own = torch.device(device)
    if world == 1:
        yield Group(rank=0, world=1, device=own)
        return
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Group(rank=distributed.get_rank(), world=world, device=own)
    finally:
        distributed.destroy_process_group()
