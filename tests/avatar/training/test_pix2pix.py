"""The shapes and the size of pix2pix are those of its paper, narrowed."""

import pytest
import torch

from avatar.training.pix2pix import WIDTH, Discriminator, Generator


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_at_its_published_width_it_has_its_published_size() -> None:
    """With 3 channels and 64 wide there are the 54.4 million and 2.77 million weights that everyone reports."""
    with torch.device("meta"):
        assert count(Generator(3, 3, width=64)) == pytest.approx(54.4e6, rel=0.005)
        assert count(Discriminator(6, width=64)) == pytest.approx(2.77e6, rel=0.005)


def test_pictures_stay_their_size_and_in_range() -> None:
    """A picture of 256 pixels comes out as one, 0..1; no gradient is lost on the way to the first layer."""
    torch.manual_seed(0)
    generator = Generator(12, 4)
    drawing = torch.rand(1, 12, 256, 256)
    picture = generator(drawing)
    assert picture.shape == (1, 4, 256, 256)
    assert 0 <= picture.min() < picture.max() <= 1
    picture.mean().backward()
    first = next(generator.parameters())
    assert first.shape == (WIDTH, 12, 4, 4)
    assert first.grad is not None
    assert first.grad.abs().max() > 0


def test_a_patch_sees_seventy_pixels() -> None:
    """A change far from a patch does not change its logit but for the normalisation, which is taken out here."""
    torch.manual_seed(0)
    judge = Discriminator(16)
    for layer in judge.layers.modules():
        if isinstance(layer, torch.nn.GroupNorm):
            layer.forward = lambda x: x  # type: ignore[method-assign]
    drawing, picture = torch.rand(1, 12, 128, 128), torch.rand(1, 4, 128, 128)
    before = judge(drawing, picture)
    changed = picture.clone()
    changed[..., 127] += 1
    moved = (judge(drawing, changed) - before).abs().amax(dim=(0, 1, 2)) > 1e-6
    assert before.shape == (1, 1, 14, 14)
    assert moved.tolist() == [False] * int((~moved).sum()) + [True] * int(moved.sum())
    assert 0 < int(moved.sum()) <= 70 // 8 + 1
