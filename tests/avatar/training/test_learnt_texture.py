"""The learnt texture: what a fetch reads, what it learns by, and where the expression reaches."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from avatar.mascot import build_mascot
from avatar.neural.spec import CODE_LENGTH, FEATURE_SIDE_TEXELS
from avatar.training.fetch import fetched, fetched_anywhere
from avatar.training.texture import Texture, face_window, surface_of


def asked(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Some texture coordinates, also at the very edges, and which of them show a surface."""
    random = torch.Generator().manual_seed(seed)
    uv = torch.rand(2, 6, 5, 2, generator=random)
    uv[0, 0, :4] = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.999, 0.3]])
    shown = (torch.rand(2, 6, 5, generator=random) < 0.7).float()
    shown[0, 0] = 1
    return uv, shown


@pytest.mark.parametrize("tables", [1, 2])
def test_both_fetches_agree_forwards_and_backwards(tables: int) -> None:
    """The loops for the CPU give grid_sample's values and gradients, shared texture or not, inside and beyond the edge."""
    values = torch.randn(tables, 9, 7, 8, generator=torch.Generator().manual_seed(1))
    uv, shown = asked()
    at = uv * torch.tensor([10.0, 12.0]) - 2.0
    first, second = values.clone().requires_grad_(), values.clone().requires_grad_()
    ours, theirs = fetched(first, at, shown), fetched_anywhere(second, at, shown)
    assert torch.allclose(ours, theirs, atol=1e-5)
    pull = torch.randn(ours.shape, generator=torch.Generator().manual_seed(2))
    (ours * pull).sum().backward()
    (theirs * pull).sum().backward()
    assert first.grad is not None
    assert second.grad is not None
    assert torch.allclose(first.grad, second.grad, atol=1e-5)


def test_a_texture_is_the_contracts_fetch() -> None:
    """Features plus the window's clipped mixtures, fetched with the border repeated; nothing where nothing is shown."""
    torch.manual_seed(3)
    texture = Texture((250, 10, 6, 9))
    with torch.no_grad():
        texture.deltas.normal_()
        texture.mix.normal_()
    uv, shown = asked()
    uv[1, :3] = torch.tensor([253.0, 14.0]) / FEATURE_SIDE_TEXELS + 0.01 * torch.randn(3, 5, 2)
    code = torch.rand(2, CODE_LENGTH)
    whole = texture.features.permute(2, 0, 1).expand(2, -1, -1, -1).clone()
    weights = (code @ texture.mix.T).clamp(0, 1)
    assert 0 < weights.min() < 1 or (weights == 0).any()
    whole[:, :, 10:19, 250:256] += torch.einsum("nk,khwc->nchw", weights, texture.deltas)
    expected = functional.grid_sample(whole, 2 * uv - 1, mode="bilinear", padding_mode="border", align_corners=False)
    expected = expected.permute(0, 2, 3, 1) * shown[..., None]
    assert torch.allclose(texture(uv, shown, code), expected, atol=1e-4)


def test_an_expression_teaches_only_its_own_mixtures() -> None:
    """A coefficient that is 0 moves nothing; one that is not moves the deltas of its mixtures under what is shown."""
    texture = Texture((0, 0, 256, 256))
    uv, shown = asked()
    code = torch.zeros(2, CODE_LENGTH)
    code[:, 24] = 0.6  # jawOpen
    texture(uv, shown, code).square().sum().backward()
    assert texture.deltas.grad is not None
    taught = texture.deltas.grad.abs().amax(dim=(1, 2, 3)) > 0
    assert taught.tolist() == [row == 6 for row in range(16)]
    assert texture.features.grad is not None
    assert (texture.features.grad.abs().sum(dim=2) > 0).sum() <= 4 * int(shown.sum())


def test_a_mixture_that_fell_asleep_is_woken() -> None:
    """Below 0 a mixture shows nothing; where it would help it is pulled back, else no training could ever use it again."""
    texture = Texture((0, 0, 256, 256))
    with torch.no_grad():
        texture.features.zero_()
        texture.deltas.fill_(1.0)
        texture.mix.fill_(-0.1)
    uv, shown = asked()
    code = torch.full((2, CODE_LENGTH), 0.3)
    features = texture(uv, shown, code)
    assert not features.any()
    (-features.sum()).backward()  # more would be better
    assert texture.mix.grad is not None
    assert (texture.mix.grad < 0).all()
    texture.mix.grad = None
    texture(uv, shown, code).sum().backward()  # less would be better: it is there already
    assert texture.mix.grad is not None
    assert not texture.mix.grad.any()


def test_a_surface_is_features_then_normal_then_mask() -> None:
    """Twelve channels in the order of the contract."""
    features, rest = torch.rand(1, 4, 6, 8), torch.rand(1, 4, 6, 4)
    surface = surface_of(features, rest)
    assert surface.shape == (1, 12, 4, 6)
    assert torch.equal(surface[0, :8, 1, 2], features[0, 1, 2])
    assert torch.equal(surface[0, 8:, 1, 2], rest[0, 1, 2])


def test_the_window_holds_whatever_the_expression_moves() -> None:
    """Every vertex of a morph or of an eye lies inside, and the window is no larger than the texture."""
    character = build_mascot()
    left, top, width, height = face_window(character)
    Texture((left, top, width, height))  # within bounds
    for morph in character.mesh.morphs:
        texels = character.mesh.uv[morph.vertex] * FEATURE_SIDE_TEXELS
        assert (texels >= np.array([left, top])).all()
        assert (texels <= np.array([left + width, top + height])).all()
