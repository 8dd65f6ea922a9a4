"""The crop that a top-down model gets, and where its answers lie in the picture."""

import math

import numpy as np
import pytest

from trackers.simcc import Box, box_round, crop_box, decode, image_from_crop, model_input


@pytest.mark.parametrize("size_px", [(192, 256), (288, 384), (256, 256)])
def test_crop_holds_the_box_at_the_models_shape(size_px: tuple[int, int]) -> None:
    """Whatever the box's shape, the crop is the model's, with the same centre, and never smaller than the padded box."""
    for width, height in ((100, 300), (300, 100), (80, 80)):
        grown = crop_box(Box(50, 60, width, height), size_px=size_px)
        assert (grown.x_px, grown.y_px) == (50, 60)
        assert grown.width_px / grown.height_px == pytest.approx(size_px[0] / size_px[1])
        assert grown.width_px >= 1.25 * width - 1e-9
        assert grown.height_px >= 1.25 * height - 1e-9
        assert math.isclose(grown.width_px, 1.25 * width) or math.isclose(grown.height_px, 1.25 * height)


def test_map_of_a_turned_box() -> None:
    """The crop's middle is the box's centre; its top middle lies where the turn puts it, clockwise in the picture."""
    box = Box(100, 50, 30, 40, angle_rad=math.pi / 2)
    matrix = image_from_crop(box, (192, 256))
    assert matrix @ [96, 128, 1] == pytest.approx([100, 50])
    assert matrix @ [96, 0, 1] == pytest.approx([120, 50])  # what leans to the image's right stands upright
    assert matrix @ [192, 128, 1] == pytest.approx([100, 65])


def test_model_gets_normalised_rgb() -> None:
    """Mean and deviation are those of the training pictures, channels first, black outside the picture."""
    image = np.full((20, 30, 3), (255, 128, 0), np.uint8)
    given = model_input(image, Box(15, 10, 60, 80), (192, 256))
    assert given.shape == (1, 3, 256, 192)
    assert given.dtype == np.float32
    assert given[0, :, 128, 96] == pytest.approx([(255 - 123.675) / 58.395, (128 - 116.28) / 57.12, -103.53 / 57.375], rel=1e-5)
    assert given[0, :, 0, 0] == pytest.approx([-123.675 / 58.395, -116.28 / 57.12, -103.53 / 57.375], rel=1e-5)


def test_peaks_become_places_and_scores() -> None:
    """Two bins a pixel; the score is the lower of both peaks, at most 1; no peak is no point."""
    across, down = np.zeros((3, 384), np.float32), np.zeros((3, 512), np.float32)
    across[0, 101], down[0, 202] = 0.9, 0.7
    across[1, 0], down[1, 0] = 7.0, 9.0
    points = decode(across, down, box=Box(100, 100, 192, 256), size_px=(192, 256))
    assert points[0] == pytest.approx([4 + 50.5, -28 + 101, 0.7])
    assert points[1] == pytest.approx([4, -28, 1.0])
    assert points[2].tolist() == [0, 0, 0]


def test_box_round_sure_points_turns_with_the_person() -> None:
    """Unsure points count for nothing; at an angle the box is measured along its own axes."""
    points = np.array([[10, 10, 1], [20, 20, 1], [15, 15, 1], [500, 500, 0.1]], dtype=np.float32)
    upright = box_round(points, min_score=0.3)
    assert upright == Box(15, 15, 10, 10)
    turned = box_round(points, min_score=0.3, angle_rad=math.pi / 4)
    assert turned is not None
    assert (turned.width_px, turned.height_px) == pytest.approx((math.sqrt(200), 1.0))
    assert box_round(points[2:], min_score=0.3) is None
