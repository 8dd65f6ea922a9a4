"""The perceptual distance: what it must be by definition, the shapes it is made of, and that its file cannot run code."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from avatar.training.lpips import Backbone, Lpips, load_lpips, read_weights
from trackers.errors import AssetError


@pytest.fixture(scope="module", params=["alex", "vgg"])
def lpips(request: pytest.FixtureRequest) -> Lpips:
    """LPIPS on each backbone, with its published weights."""
    backbone: Backbone = request.param
    try:
        return load_lpips(backbone)
    except AssetError as error:
        pytest.skip(str(error))


@pytest.fixture
def picture() -> torch.Tensor:
    """A picture with soft shapes and edges, as a drawing has."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    disc = ((x.square() + y.square()) < 0.5).float()
    return torch.stack([disc, 0.5 + 0.5 * x * disc, 0.5 + 0.4 * torch.sin(6 * y)])[None]


def test_equal_pictures_have_no_distance(lpips: Lpips, picture: torch.Tensor) -> None:
    """The distance of a picture from itself is 0, and it is the same both ways round."""
    other = picture.flip(3)
    assert lpips(picture, picture).tolist() == [0.0]
    assert lpips(picture, other).item() == pytest.approx(lpips(other, picture).item(), rel=1e-5)


def test_more_noise_is_further(lpips: Lpips, picture: torch.Tensor) -> None:
    """The distance grows with the noise, strictly."""
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(5))
    noisy = torch.cat([(picture + amount * noise).clamp(0, 1) for amount in (0.0, 0.02, 0.06, 0.15, 0.4)])
    distances = lpips(noisy, picture.expand(5, -1, -1, -1)).tolist()
    assert distances == sorted(distances)
    assert distances[0] == 0
    assert distances[-1] > 0.3


def test_gradients_reach_the_picture_alone(lpips: Lpips, picture: torch.Tensor) -> None:
    """A picture beside the truth is pulled, finitely, even where the features are all 0; the weights stay."""
    ours = (picture * 0.9).requires_grad_()
    lpips(ours, picture).sum().backward()
    assert ours.grad is not None
    assert torch.isfinite(ours.grad).all()
    assert ours.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in lpips.parameters())


def test_the_backbones_see_what_they_are_known_to_see(lpips: Lpips, picture: torch.Tensor) -> None:
    """Five taps with the channels and sizes of AlexNet and VGG16, each pixel of unit length or dark."""
    known = {
        "alex": [(64, 15), (192, 7), (384, 3), (256, 3), (256, 3)],
        "vgg": [(64, 64), (128, 32), (256, 16), (512, 8), (512, 4)],
    }
    seen = lpips.features(picture)
    assert [(tap.shape[1], tap.shape[2]) for tap in seen] == known[lpips.backbone]
    for tap in seen:
        lengths = tap.square().sum(dim=1).sqrt()
        assert (((lengths - 1).abs() < 1e-4) | (lengths < 1e-4)).all()
    assert all((head.weight >= 0).all() for head in lpips.heads)


def test_a_pickle_that_names_more_than_arrays_is_refused(tmp_path: Path) -> None:
    """A file that would call the shell is not obeyed; one of plain arrays is read."""

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "called",))

    path = tmp_path / "weights"
    path.write_bytes(pickle.dumps({"a": Hostile()}))
    with pytest.raises(pickle.UnpicklingError, match="which no plain array needs"):
        read_weights(path)
    assert not (tmp_path / "called").exists()
    path.write_bytes(pickle.dumps({"a": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}))
    assert read_weights(path)["a"]["kernel"].tolist() == [[0, 1, 2], [3, 4, 5]]
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(pickle.UnpicklingError, match="holds a list, expected a dict of arrays"):
        read_weights(path)
