"""What a network is given of a drawn skeleton equals the layers, merged and halved the plain way."""

import numpy as np

from avatar.training.drawn_channels import in_channels
from avatar.training.skeleton_drawing import merged


def strokes(seed: int = 0) -> np.ndarray:
    """Return (4, 32, 48, 3) layers, mostly empty."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, 256, (4, 32, 48, 3)) * (random.random((4, 32, 48, 1)) < 0.4)
    return drawn.astype(np.uint8)


def test_layers_are_merged_and_premultiplied() -> None:
    """The whole is what people are shown of it, to rounding; colours are never above their alpha."""
    layers = strokes()
    whole, _ = in_channels(layers)
    assert whole.shape == (32, 48, 4)
    assert whole.dtype == np.float32
    shown = merged(layers).astype(np.float64) / 255
    shown[..., :3] *= shown[..., 3:]
    assert np.abs(whole - shown).max() < 1.01 / 255
    assert (whole[..., :3] <= whole[..., 3:] + 1e-6).all()
    assert whole[..., 3].max() > 0.9


def test_halves_are_means_of_four_pixels_of_each_layer() -> None:
    """Red, green and blue of the first layer come first; a part cut out of a larger drawing is the same."""
    layers = strokes(1)
    _, halves = in_channels(layers)
    mean = layers.reshape(4, 16, 2, 24, 2, 3).mean(axis=(2, 4)) / 255
    assert np.allclose(halves, mean.transpose(1, 2, 0, 3).reshape(16, 24, 12), atol=1e-6)
    inside = (slice(None), slice(8, 24), slice(4, 36))
    assert np.array_equal(in_channels(layers[inside])[1], halves[4:12, 2:18])
