"""The avatar over a background, compared with the formula in floating point."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.compose import Composer, Placement, cover, fit


def exact(image: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Premultiply, scale, lay over `background` (h, w, 3), all in float64."""
    height, width = background.shape[:2]
    place = fit(image.shape[1], image.shape[0], into_width_px=width, into_height_px=height)
    alpha = image[..., 3:].astype(np.float64) / 255
    values = np.concatenate([image[..., :3] * alpha, alpha], axis=2)
    mode = cv2.INTER_AREA if place.width_px < image.shape[1] else cv2.INTER_LINEAR
    scaled = cv2.resize(values, (place.width_px, place.height_px), interpolation=mode)
    result = background.astype(np.float64)
    inside = result[place.y_px : place.y_px + place.height_px, place.x_px : place.x_px + place.width_px]
    inside[:] = scaled[..., :3] + (1 - scaled[..., 3:]) * inside
    return result


def worst(got: np.ndarray, want: np.ndarray) -> int:
    return int(np.abs(got.astype(np.int64) - np.rint(want).astype(np.int64)).max())


SIZES = st.sampled_from([(16, 16), (24, 16), (16, 40), (33, 17), (64, 64)])


@given(SIZES, SIZES, st.integers(0, 2**32), st.tuples(*[st.integers(0, 255)] * 3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_picture_is_within_one_of_the_formula(size, target, seed: int, colour, hard: bool) -> None:
    """Over a colour and over a picture, scaled up, down or not at all, every value is right to one step of 255."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    if hard:
        image[..., 3] = np.where(image[..., 3] > 127, 255, 0)
    composer = Composer(width_px=target[0], height_px=target[1])
    flat = np.empty((target[1], target[0], 3), np.uint8)
    flat[:] = colour
    picture = rng.integers(0, 256, flat.shape, np.uint8)
    assert worst(composer.compose(image, colour), exact(image, flat)) <= 1
    assert worst(composer.compose(image, picture), exact(image, picture)) <= 1
    assert worst(composer.compose(image, colour), exact(image, flat)) <= 1


def test_colour_under_transparent_pixels_never_shows() -> None:
    """A red that is fully transparent leaves no fringe around a blue square, whatever the scale."""
    image = np.zeros((32, 32, 4), np.uint8)
    image[..., 0] = 255
    image[8:24, 8:24] = (0, 0, 255, 255)
    for background in ((0, 255, 0), np.full((90, 90, 3), (0, 255, 0), np.uint8)):
        result = Composer(width_px=90, height_px=90).compose(image, background)
        assert result[..., 0].max() == 0


def test_a_square_picture_stands_in_the_middle_of_a_wide_one() -> None:
    """The picture keeps its aspect; the bars hold the background, also after the background changed."""
    image = np.full((10, 10, 4), 255, np.uint8)
    composer = Composer(width_px=32, height_px=16)
    for colour in ((1, 2, 3), (200, 100, 50)):
        result = composer.compose(image, colour)
        assert np.all(result[:, :8] == colour)
        assert np.all(result[:, 24:] == colour)
        assert np.all(result[:, 8:24] == 255)


def test_an_empty_picture_is_all_background() -> None:
    """Nothing in the picture gives the plain background."""
    result = Composer(width_px=8, height_px=6).compose(np.zeros((4, 4, 4), np.uint8), (9, 8, 7))
    assert np.all(result == (9, 8, 7))


def test_a_background_of_another_size_is_refused() -> None:
    """The background must have been scaled before."""
    with pytest.raises(ValueError, match=r"background must have shape \(6, 8, 3\), got \(5, 8, 3\)"):
        Composer(width_px=8, height_px=6).compose(np.zeros((4, 4, 4), np.uint8), np.zeros((5, 8, 3), np.uint8))


def test_fit_and_cover() -> None:
    """Fit leaves bars, cover cuts off what sticks out, both centred."""
    assert fit(512, 512, into_width_px=1280, into_height_px=720) == Placement(280, 0, 720, 720)
    assert fit(1000, 100, into_width_px=100, into_height_px=100) == Placement(0, 45, 100, 10)
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 20:] = 255
    result = cover(wide, width_px=10, height_px=10)
    assert result.shape == (10, 10, 3)
    assert result[:, :5].max() == 0
    assert result[:, 5:].min() == 255
