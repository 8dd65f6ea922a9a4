"""A network made wider paints the same, and its new channels learn."""

import pytest
import torch

from avatar.neural.spec import SIZES, Size
from avatar.training.growing import grown, is_wider
from avatar.training.network import Network, network_of

Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@pytest.fixture
def small() -> Network:
    """A network whose paint is far from nothing, and whose expression matters."""
    torch.manual_seed(5)
    network = network_of("M")
    with torch.no_grad():
        network.out.weight.mul_(500)
        network.film.weight.mul_(10)
    return network


@pytest.fixture
def inputs() -> Inputs:
    random = torch.Generator().manual_seed(2)
    return tuple(torch.rand(2, *shape, generator=random) for shape in ((4, 64, 64), (12, 32, 32), (52,)))  # type: ignore[return-value]


def test_it_paints_what_the_narrower_one_does(small: Network, inputs: Inputs) -> None:
    """To rounding, whatever the expression, and with weights of its own besides."""
    large = grown(small, SIZES["L"])
    with torch.no_grad():
        ours, theirs = large(*inputs), small(*inputs)
        still = small(*inputs[:2], torch.zeros(2, 52))
    assert theirs.abs().max() > 0.1
    assert (still - theirs).abs().max() > 0.01
    assert torch.allclose(ours, theirs, atol=1e-5 * float(theirs.abs().max()))
    assert large.size == SIZES["L"]
    assert large.low.weight[96:].abs().min() > 0


def test_its_new_channels_learn(small: Network, inputs: Inputs) -> None:
    """They are unheard, not dead: what listens to them is pulled at once, and they themselves after one step."""
    large = grown(small, SIZES["L"])
    optimiser = torch.optim.SGD(large.parameters(), lr=0.1)
    for step in range(2):
        optimiser.zero_grad()
        large(*inputs).square().mean().backward()
        listening, speaking = large.out.weight.grad, large.out_stem.weight.grad
        assert listening is not None
        assert speaking is not None
        assert listening[:, 32:].abs().max() > 0
        assert (speaking[32:].abs().max() > 0) == (step > 0)
        optimiser.step()


def test_a_narrower_one_is_refused(small: Network) -> None:
    """One narrower layer is enough."""
    narrow = Size("L", 48, (64, 48, 128))
    assert not is_wider(narrow, than=small.size)
    assert is_wider(small.size, than=small.size)
    with pytest.raises(ValueError, match="size must be at least as wide as"):
        grown(small, narrow)
