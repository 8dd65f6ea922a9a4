"""The U-Net: the contract's tensors, its sizes, and that it begins as the coarse picture."""

import pytest
import torch

from avatar.neural.spec import CODE_LENGTH, PAINT_CHANNELS, SIZES, SURFACE_CHANNELS
from avatar.training.network import network_of, painted


def inputs(width: int, height: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random tensors of the contract's shapes for two pictures."""
    random = torch.Generator().manual_seed(0)
    coarse = torch.rand(2, 4, height, width, generator=random)
    surface = torch.rand(2, SURFACE_CHANNELS, height // 2, width // 2, generator=random)
    return coarse, surface, torch.rand(2, CODE_LENGTH, generator=random)


@pytest.mark.parametrize("name", SIZES)
def test_every_size_takes_and_gives_the_contracts_tensors(name: str) -> None:
    """Any multiples of 64; the paint is at a quarter of the size with 80 channels."""
    torch.manual_seed(1)
    network = network_of(name)
    coarse, surface, code = inputs(128, 64)
    paint = network(coarse, surface, code)
    assert paint.shape == (2, PAINT_CHANNELS, 16, 32)
    assert painted(coarse, paint).shape == coarse.shape


def test_a_fresh_network_paints_nearly_the_coarse_picture() -> None:
    """Training starts from what is already drawn; and the expression reaches the picture."""
    torch.manual_seed(1)
    network = network_of("S")
    coarse, surface, code = inputs(64, 64)
    paint = network(coarse, surface, code)
    assert 0 < paint.abs().max() < 0.02
    assert not torch.equal(paint, network(coarse, surface, 1 - code))


def test_channels_are_laid_out_as_the_contract_says() -> None:
    """Channel 16 c + 4 y + x is what is added to channel c at row y and column x of each block."""
    paint = torch.zeros(1, PAINT_CHANNELS, 2, 3)
    paint[0, 16 * 2 + 4 * 1 + 3, 1, 2] = 0.5
    picture = painted(torch.zeros(1, 4, 8, 12), paint)
    assert picture.nonzero().tolist() == [[0, 2, 4 + 1, 8 + 3]]


def test_networks_are_as_large_as_they_were_meant_to_be() -> None:
    """S, M and L have about 0.15, 0.3 and 0.6 million weights: a package holds them all."""
    counts = {name: sum(p.numel() for p in network_of(name).parameters()) / 1e6 for name in SIZES}
    assert counts == pytest.approx({"S": 0.155, "M": 0.335, "L": 0.65}, rel=0.1)


def test_an_unknown_size_is_refused() -> None:
    """The sentence names the sizes that there are."""
    with pytest.raises(ValueError, match="size must be one of S, M, L, got 'XL'"):
        network_of("XL")
