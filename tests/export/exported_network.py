"""A network that is worth exporting in tests, and what the fixture `exported` of `conftest` holds."""

from dataclasses import dataclass

import torch

from avatar.training.network import Network, network_of
from export.painting import Example

SIDE_PX = 64


@dataclass(frozen=True)
class Exported:
    """A network that paints noise loudly enough to compare, and its file."""

    network: Network
    fp32: bytes
    examples: tuple[Example, ...]


def loud_network(size: str) -> Network:
    """Return an untrained network whose paint is not near 0 and whose layers all have biases."""
    torch.manual_seed(7)
    network = network_of(size)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.endswith("bias"):
                value.normal_(0, 0.05)
        network.out.weight.mul_(5)
    return network
