"""The loss: its parts by hand, one pass against plain torch, who it pulls where, and shares of several processes."""

import dataclasses

import pytest
import torch

from avatar.training.batches import Batch
from avatar.training.losses import looked_losses, on_colour, paint_looked_losses, paint_loss, picture_losses
from avatar.training.lpips import Lpips, load_lpips
from avatar.training.network import painted
from avatar.training.settings import Weights
from trackers.errors import AssetError


def batch_of(count: int = 4, side: int = 64, seed: int = 0) -> Batch:
    """Random premultiplied pictures; coarse ones near the truth."""
    random = torch.Generator().manual_seed(seed)

    def pictures() -> torch.Tensor:
        alpha = torch.rand(count, side, side, 1, generator=random).round()
        return torch.cat([torch.rand(count, side, side, 3, generator=random) * alpha, alpha], dim=3).permute(0, 3, 1, 2)

    return Batch(
        coarse=pictures(),
        uv=torch.zeros(count, side // 2, side // 2, 2),
        shown=torch.zeros(count, side // 2, side // 2),
        rest=torch.zeros(count, side // 2, side // 2, 4),
        code=torch.zeros(count, 52),
        truth=pictures(),
        background=torch.rand(count, 3, generator=random),
        looked=((0, 0, 0), (2, 4, 8)),
        whole=count,
        whole_looked=2,
    )


def paint_of(batch: Batch, seed: int = 3) -> torch.Tensor:
    """A paint that takes some pixels below 0 and above 1."""
    count, _, side, _ = batch.coarse.shape
    random = torch.Generator().manual_seed(seed)
    return (0.5 * torch.randn(count, 80, side // 4, side // 4, generator=random)).contiguous(memory_format=torch.channels_last)


def test_one_pass_is_the_plain_loss_and_its_gradient() -> None:
    """The loop over blocks gives torch's parts and gradient, also for parts of a shared batch."""
    batch = dataclasses.replace(batch_of(), whole=10)
    weights = Weights(colour=1.0, fine=0.6, coarse=0.4, alpha=0.3)
    first, second = (paint_of(batch).requires_grad_() for _ in range(2))
    loss, parts = paint_loss(first, batch, weights, world=2)
    plain = picture_losses(painted(batch.coarse, second), batch, weights, world=2)
    assert parts == pytest.approx({name: value.item() for name, value in plain.items()}, rel=1e-4)
    loss.backward()
    torch.stack(list(plain.values())).sum().backward()
    assert first.grad is not None
    assert second.grad is not None
    assert torch.allclose(first.grad, second.grad, atol=1e-3 * float(second.grad.abs().max()))
    assert first.grad.abs().max() > 0


def test_parts_are_what_they_are_called() -> None:
    """A flat error of colour has no detail; one of alpha counts twice; stripes are all detail."""
    batch = batch_of()
    weights = Weights(fine=1.0, coarse=1.0, alpha=0.5)
    assert all(part.item() == 0 for part in picture_losses(batch.truth, batch, weights).values())
    blank = dataclasses.replace(batch, truth=torch.zeros_like(batch.truth))
    off = torch.zeros_like(batch.truth)
    off[:, 3] = 0.2
    parts = {name: value.item() for name, value in picture_losses(off, blank, weights).items()}
    assert parts == pytest.approx({"colour": 0.05, "fine": 0.0, "coarse": 0.0, "alpha": 0.1}, abs=2e-3)
    stripes = torch.zeros_like(batch.truth)
    stripes[:, 0, ::2] = 0.4
    parts = {name: value.item() for name, value in picture_losses(stripes, blank, weights).items()}
    assert parts == pytest.approx({"colour": 0.05, "fine": 0.05, "coarse": 0.0, "alpha": 0.0}, abs=2e-3)


def test_a_pixel_beyond_the_range_finds_back() -> None:
    """A value below 0 whose truth is above is pulled up, though it is clipped; one whose truth is 0 is left alone."""
    batch = batch_of(1)
    truth = torch.zeros_like(batch.truth)
    truth[:, :, :32] = 0.5
    batch = dataclasses.replace(batch, truth=truth, coarse=torch.zeros_like(truth))
    paint = torch.full((1, 80, 16, 16), -0.3).requires_grad_()
    paint_loss(paint, batch, Weights(fine=0, coarse=0))[0].backward()
    assert paint.grad is not None
    assert (paint.grad[:, :64, :8] < 0).all()
    assert (paint.grad[:, :64, 8:] == 0).all()


def test_a_cover_beyond_the_range_is_pulled_back_but_never_further() -> None:
    """Below 0 it rises where the proxy has to go, and stays where the proxy is right already."""
    batch = batch_of(1)
    truth = torch.zeros_like(batch.truth)
    truth[:, :, 32:] = 1.0
    batch = dataclasses.replace(batch, truth=truth, coarse=torch.full_like(truth, 0.8))
    paint = torch.zeros(1, 80, 16, 16)
    paint[:, 64:] = -0.3
    paint.requires_grad_()
    picture_losses(painted(batch.coarse, paint), batch, Weights(fine=0, coarse=0))["colour"].backward()
    assert paint.grad is not None
    assert (paint.grad[:, 64:, :8] < 0).all()
    assert (paint.grad[:, 64:, 8:] == 0).all()


def test_processes_losses_have_the_whole_ones_mean() -> None:
    """Two halves of a batch, each as its process counts it, have the mean of the whole batch's loss."""
    batch = batch_of()
    paint = paint_of(batch)
    weights = Weights()
    whole = paint_loss(paint, batch, weights)[0].item()
    halves = []
    for part in (slice(0, 1), slice(1, 4)):
        mine = dataclasses.replace(batch, coarse=batch.coarse[part], truth=batch.truth[part])
        halves.append(paint_loss(paint[part], mine, weights, world=2)[0].item())
    assert sum(halves) / 2 == pytest.approx(whole, rel=1e-5)


def test_a_temporal_part_counts_changes_alone() -> None:
    """An error that stays the same between two neighbouring frames costs nothing."""
    batch = batch_of()
    steady = batch.truth + 0.1 * (0.5 - batch.truth).sign()
    weights = Weights(temporal=1.0)
    assert batch.truth.shape[0] == 4
    steady_part = picture_losses(steady, dataclasses.replace(batch, truth=batch.truth), weights)["temporal"]
    flat = dataclasses.replace(batch, truth=torch.full_like(batch.truth, 0.5))
    assert picture_losses(flat.truth + 0.1, flat, weights)["temporal"].item() == pytest.approx(0, abs=1e-6)
    shaking = flat.truth + 0.1 * torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]
    assert picture_losses(shaking, flat, weights)["temporal"].item() == pytest.approx(0.2, rel=2e-2)
    assert steady_part > 0
    paint = paint_of(batch).requires_grad_()
    assert "temporal" in paint_loss(paint, batch, weights)[1]


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    """LPIPS on AlexNet."""
    try:
        return load_lpips("alex")
    except AssetError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("weights", [Weights(perceptual=0.5), Weights(perceptual=0.0, sharpness=0.5)], ids=["LPIPS", "edges"])
def test_what_is_looked_at_is_where_it_was_told(weights: Weights, lpips: Lpips) -> None:
    """From paint or picture alike; the gradient reaches the looked-at windows alone. Nothing looked at tells the same names."""
    batch = batch_of(side=128)
    first, second = (paint_of(batch).requires_grad_() for _ in range(2))
    ours = paint_looked_losses(first, batch, lpips, weights, side_px=64)
    plain = looked_losses(painted(batch.coarse, second), batch, lpips, weights, side_px=64)
    name = "perceptual" if weights.perceptual else "sharpness"
    assert list(ours) == list(plain) == [name]
    assert ours[name].item() == pytest.approx(plain[name].item(), rel=1e-5)
    ours[name].backward()
    plain[name].backward()
    assert first.grad is not None
    assert second.grad is not None
    assert torch.allclose(first.grad, second.grad, atol=1e-7)
    outside = torch.ones(4, 32, 32, dtype=torch.bool)
    outside[0, 0:16, 0:16] = False
    outside[2, 2:18, 1:17] = False
    assert (first.grad.permute(0, 2, 3, 1)[outside] == 0).all()
    assert first.grad.abs().max() > 0
    nothing = dataclasses.replace(batch, looked=())
    none = paint_looked_losses(first, nothing, lpips, weights, side_px=64)
    assert {name: part.item() for name, part in none.items()} == {name: 0}


def test_soft_edges_are_pulled_sharp_and_hard_ones_soft() -> None:
    """A truth costs nothing; half its contrast is pulled up, twice its contrast down; a flat picture has a finite slope."""
    batch = dataclasses.replace(batch_of(count=1, side=64), looked=((0, 0, 0),), whole_looked=1)
    opaque = torch.cat([0.4 + 0.2 * torch.rand(1, 1, 64, 64).expand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)], dim=1)
    batch = dataclasses.replace(batch, truth=opaque)
    weights = Weights(perceptual=0.0, sharpness=1.0)

    def told(contrast: float) -> tuple[float, float]:
        factor = torch.tensor(contrast, requires_grad=True)
        grey = torch.cat([0.5 + factor * (opaque[:, :3] - 0.5), opaque[:, 3:]], dim=1)
        loss = looked_losses(grey, batch, None, weights, side_px=64)["sharpness"]
        (slope,) = torch.autograd.grad(loss, factor)
        return loss.item(), slope.item()

    assert told(1.0)[0] == pytest.approx(0, abs=1e-6)
    assert told(0.5)[1] < 0 < told(2.0)[1]
    assert told(0.5)[0] > told(0.8)[0] > 0.001
    assert told(0.0)[1] == pytest.approx(0, abs=1e-6)


def test_a_clear_pixel_shows_the_background() -> None:
    """Premultiplied colours before a flat one."""
    pixel = torch.tensor([0.2, 0.0, 0.1, 0.5])[None, :, None, None]
    assert on_colour(pixel, torch.tensor([[1.0, 0.0, 0.5]])).flatten().tolist() == pytest.approx([0.7, 0.0, 0.35])
