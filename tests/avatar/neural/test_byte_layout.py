"""Bytes in and out of a network mean what the contract's floats mean."""

import numpy as np
import pytest

from avatar.neural.byte_layout import (
    ByteLayout,
    block_zeros,
    byte_order,
    coarse_bytes,
    coarse_floats,
    dimensions,
    picture_blocks,
    spec_order,
)
from avatar.neural.spec import BLOCK_PX, COLOUR_CHANNELS, PAINT_CHANNELS, SURFACE_CHANNELS

STEPS = np.linspace(0.005, 0.05, SURFACE_CHANNELS, dtype=np.float32)


def layout() -> ByteLayout:
    return ByteLayout(surface_steps=STEPS, colour_step=0.004, colour_zero=50)


def test_metadata_brings_the_layout_back() -> None:
    """What is written into a model is what is read from it, to the last bit."""
    back = ByteLayout.of(layout().metadata() | {"other": "1"})
    assert back is not None
    assert back.surface_steps.tolist() == STEPS.tolist()
    assert back.colour_step == 0.004
    assert back.colour_zero == 50


def test_a_file_that_tells_no_zero_has_it_in_the_middle() -> None:
    """As the files of the first avatars do."""
    told = layout().metadata()
    del told["posecast.colour_zero"]
    back = ByteLayout.of(told)
    assert back is not None
    assert back.paint_zeros().tolist() == [128] * 64 + [0] * 16


def test_a_model_of_floats_has_no_layout() -> None:
    """Metadata without the keys is that of a model that speaks floats."""
    assert ByteLayout.of({"size": "S"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"posecast.colour_step": "nan"},
        {"posecast.surface_steps": "[1]"},
        {"posecast.colour_step": "x"},
        {"posecast.surface_steps": "[" * 4000},
        {"posecast.surface_steps": f"[{'9' * 400}]"},
        {"posecast.colour_zero": "256"},
        {"posecast.colour_zero": "1.5"},
    ],
    ids=["not finite", "too few", "no number", "too deep", "too large", "no byte", "no whole number"],
)
def test_senseless_metadata_is_refused(change: dict[str, str]) -> None:
    """Steps that are no numbers, too few or not finite are an error, not a picture of noise."""
    with pytest.raises(ValueError, match="byte layout makes no sense"):
        ByteLayout.of(layout().metadata() | change)


def test_half_of_the_metadata_is_refused() -> None:
    """One key without the other is damage."""
    metadata = layout().metadata()
    del metadata["posecast.colour_step"]
    with pytest.raises(ValueError, match="byte layout makes no sense"):
        ByteLayout.of(metadata)


def test_surface_keeps_its_values_within_half_a_step() -> None:
    """Each channel has its own step, and 0 is exactly the byte of nothing."""
    rng = np.random.default_rng(0)
    surface = (rng.uniform(-127, 127, (1, 4, 6, SURFACE_CHANNELS)).astype(np.float32) * STEPS).transpose(0, 3, 1, 2)
    surface[:, :, 0, 0] = 0
    found = layout().block_bytes(np.zeros((1, 8, 12, 4), np.uint8), surface)
    assert found.shape == (1, 2, 3, 172)
    steps = layout().block_steps()
    back = ((found.astype(np.float32) - block_zeros()) * steps)[0, ..., 64:].reshape(2, 3, 3, 3, SURFACE_CHANNELS)
    for block_y, block_x, y, x in np.ndindex(2, 3, 3, 3):
        at_y, at_x = 2 * block_y + y - 1, 2 * block_x + x - 1
        want = surface[0, :, at_y, at_x] if at_y >= 0 and at_x >= 0 else np.zeros(SURFACE_CHANNELS)
        assert (np.abs(back[block_y, block_x, y, x] - want) <= STEPS * 0.501).all()
    assert found[0, 0, 0, 64 + 36 + 12 :][:SURFACE_CHANNELS].tolist() == [128] * SURFACE_CHANNELS


def test_a_picture_in_blocks() -> None:
    """Rows of four pixels, four of them, as the paint's colours have them."""
    picture = np.random.default_rng(4).integers(0, 256, (1, 8, 12, 4), dtype=np.uint8)
    found = picture_blocks(picture)
    assert found.shape == (1, 2, 3, 64)
    assert found[0, 1, 2, 16 * 3 + 4 * 1 + 2] == picture[0, 4 + 3, 8 + 1, 2]
    nothing = np.tile(layout().paint_zeros().astype(np.uint8), (1, 2, 3, 1))
    assert np.array_equal(picture, layout().picture(picture, nothing))


def test_paint_goes_where_the_contract_says() -> None:
    """The bytes' order and the contract's pixel shuffle give the same picture."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (1, 8, 12, 4), dtype=np.uint8)
    paint = rng.integers(0, 256, (1, 2, 3, PAINT_CHANNELS), dtype=np.uint8)
    floats = layout().paint_floats(paint)  # (1, 80, 2, 3)
    shuffled = floats.reshape(5, BLOCK_PX, BLOCK_PX, 2, 3).transpose(3, 1, 4, 2, 0).reshape(8, 12, 5)
    left = coarse_floats(coarse)[0].transpose(1, 2, 0) * (1 - shuffled[..., 4:])
    want = np.clip(np.rint((left + shuffled[..., :4]) * 255), 0, 255)
    assert np.abs(layout().picture(coarse, paint)[0].astype(int) - want).max() <= 1


def test_colours_beyond_all_bytes_are_said_by_the_last() -> None:
    """As a network in bytes says them; what they can say, and the covers, stay as they are."""
    paint = np.tile(np.array([0, 255, 140], dtype=np.uint8)[:, None], (1, 1, 1, PAINT_CHANNELS))  # (1, 1, 3, 80)
    within = layout().paint_floats(paint)
    np.testing.assert_array_equal(layout().sayable(within), within)
    beyond = within.copy()
    beyond[:, :COLOUR_CHANNELS, :, :2] *= 3
    np.testing.assert_allclose(layout().sayable(beyond), within, rtol=1e-6)


def test_orders_undo_each_other() -> None:
    """One order after the other is none."""
    assert byte_order()[spec_order()].tolist() == list(range(PAINT_CHANNELS))
    assert byte_order()[:5].tolist() == [0, 16, 32, 48, 1]  # the four channels of one pixel, then its right neighbour


def test_coarse_is_premultiplied_to_the_nearest_byte() -> None:
    """Colour times alpha, rounded; alpha as it is."""
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 256, (5, 7, 4), dtype=np.uint8)
    found = coarse_bytes(picture)[0]
    exact = picture[..., :3].astype(float) * picture[..., 3:] / 255
    assert np.abs(found[..., :3] - exact).max() <= 0.5
    assert (found[..., 3] == picture[..., 3]).all()


def test_dimensions_are_named() -> None:
    """The names that a session fixes."""
    assert dimensions(width_px=512, height_px=384) == {
        "height_px": 384,
        "width_px": 512,
        "half_height_px": 192,
        "half_width_px": 256,
        "quarter_height_px": 96,
        "quarter_width_px": 128,
    }
