"""The cheap look: what counts as a change of a piece of the picture."""

import numpy as np
import pytest

from trackers.change import CELLS, Box, box_round, change, thumbnail

BOX = Box(100, 50, 400, 350)


def picture(seed: int = 0, *, noise: float = 0.0, brighter: float = 0.0) -> np.ndarray:
    """A smooth scene under a camera's noise."""
    rows, columns = np.mgrid[0:480, 0:640]
    scene = 120 + 60 * np.sin(columns / 40) * np.cos(rows / 30) + brighter
    grain = np.random.default_rng(seed).normal(0, noise, scene.shape)
    return np.repeat(np.clip(scene + grain, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


def test_the_same_picture_has_not_changed() -> None:
    """No difference is no change."""
    small = thumbnail(picture(), BOX)
    assert small.shape == (CELLS, CELLS)
    assert change(small, small) == 0.0


def test_noise_and_the_light_are_no_change() -> None:
    """A grainy camera, and a lamp that flickers over the whole picture, wake nothing."""
    before = thumbnail(picture(1, noise=12), BOX)
    assert change(thumbnail(picture(2, noise=12), BOX), before) < 6
    assert change(thumbnail(picture(3, brighter=25), BOX), thumbnail(picture(3), BOX)) < 3


@pytest.mark.parametrize("side", [24, 60])
def test_something_that_moves_in_is_a_change(side: int) -> None:
    """Also if it is no larger than a twelfth of the box."""
    image = picture()
    before = thumbnail(image, BOX)
    image[180 : 180 + side, 230 : 230 + side * 2] = 250
    assert change(thumbnail(image, BOX), before) > 12


@pytest.mark.parametrize("points", [[[-50, -80], [-20, -30]], [[700, 500], [900, 800]], [[300, 200], [300, 200]]])
def test_a_box_lies_inside_the_picture(points: list[list[float]]) -> None:
    """Wherever the points are: beyond the edge, or all in one place."""
    box = box_round(np.array(points, dtype=np.float32), image=picture(), margin=0.1)
    assert 0 <= box.left < box.right <= 640
    assert 0 <= box.top < box.bottom <= 480
    assert np.isfinite(thumbnail(picture(), box)).all()


def test_a_box_grows_by_its_margin() -> None:
    """A tenth of the longer side on every side."""
    box = box_round(np.array([[200, 100], [300, 150]], dtype=np.float32), image=picture(), margin=0.1)
    assert (box.left, box.top, box.right, box.bottom) == (190, 90, 311, 161)
