"""Tests of a picture's way into the network and out of it: against the plain functions of the contract."""

import itertools

import numpy as np

from avatar.neural.byte_layout import BLOCK_CHANNELS, ByteLayout, coarse_bytes, picture_blocks, spec_order
from avatar.neural.finish import write_coarse, write_coarse_bytes, write_picture, write_picture_bytes
from trackers.types import FloatArray, ImageArray

WIDTH, HEIGHT = 128, 64
LAYOUT = ByteLayout(surface_steps=np.ones(12, np.float32), colour_step=0.004, colour_zero=37)


def _picture(seed: int = 0) -> ImageArray:
    random = np.random.default_rng(seed)
    made = random.integers(0, 256, (HEIGHT, WIDTH, 4)).astype(np.uint8)
    made[: HEIGHT // 2, ..., 3] = 255
    made[HEIGHT // 2 : HEIGHT // 2 + 8] = 0
    return made


def _blocks(coarse: ImageArray) -> ImageArray:
    """What a network in bytes is given of a premultiplied picture (1, H, W, 4), with a surface that matters to nobody here."""
    drawn = picture_blocks(coarse)
    return np.concatenate([drawn, np.full((*drawn.shape[:3], BLOCK_CHANNELS - 64), 77, np.uint8)], axis=-1)


def _shuffled(planes: FloatArray) -> FloatArray:
    """(16 C, h, w) to (4h, 4w, C): channel 16 c + 4 y + x is row y, column x of channel c."""
    _, high, wide = planes.shape
    return planes.reshape(-1, 4, 4, high, wide).transpose(3, 1, 4, 2, 0).reshape(4 * high, 4 * wide, -1)


def _straight(premultiplied: FloatArray) -> FloatArray:
    alpha = premultiplied[..., 3:]
    colour = np.where(alpha > 0, premultiplied[..., :3] / np.maximum(alpha, 1e-6), 0)
    return np.concatenate([np.clip(colour, 0, 1), alpha], axis=-1) * 255


def test_coarse_is_premultiplied() -> None:
    """Colours times alpha, 0..1, as planes; of a region that part."""
    picture, out, cut = _picture(), np.empty((1, 4, HEIGHT, WIDTH), np.float32), np.empty((1, 4, 32, 64), np.float32)
    write_coarse(picture, (0, 0, WIDTH, HEIGHT), out)
    straight = picture.astype(np.float32) / 255
    straight[..., :3] *= straight[..., 3:]
    np.testing.assert_allclose(out[0].transpose(1, 2, 0), straight, atol=1e-6)
    write_coarse(picture, (32, 8, 64, 32), cut)
    np.testing.assert_array_equal(cut, out[:, :, 8:40, 32:96])


def test_coarse_in_bytes() -> None:
    """Exactly what the contract's plain function gives, also of a region."""
    picture, expected = _picture(), _blocks(coarse_bytes(_picture()))
    out, cut = np.full_like(expected, 77), np.full((1, 8, 16, BLOCK_CHANNELS), 77, np.uint8)
    write_coarse_bytes(picture, (0, 0, WIDTH, HEIGHT), out)
    np.testing.assert_array_equal(out, expected)
    write_coarse_bytes(picture, (32, 8, 64, 32), cut)
    np.testing.assert_array_equal(cut, expected[:, 2:10, 8:24])


def test_every_colour_times_every_alpha_is_rounded() -> None:
    """All 65536 pairs of bytes, to the last one as the contract's plain function has them."""
    colour, alpha = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    picture, out = np.stack([colour, colour, 255 - colour, alpha], axis=-1), np.zeros((1, 64, 64, BLOCK_CHANNELS), np.uint8)
    write_coarse_bytes(picture, (0, 0, 256, 256), out)
    np.testing.assert_array_equal(out[..., :64], picture_blocks(coarse_bytes(picture)))


def test_the_picture_is_what_is_left_of_coarse_plus_colour() -> None:
    """Clipped, then straight alpha, to half a grey level."""
    picture, coarse = _picture(), np.empty((1, 4, HEIGHT, WIDTH), np.float32)
    write_coarse(picture, (0, 0, WIDTH, HEIGHT), coarse)
    paint = np.random.default_rng(1).normal(0, 0.2, (1, 80, HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    paint[:, 64:] = paint[:, 64:] * 4 + 0.3  # some covers below 0, some above 1
    out = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    assert write_picture(coarse, paint, (0, 0), out)
    bare = 1 - np.clip(_shuffled(paint[0, 64:]), 0, 1)
    assert (bare == 0).any()
    assert (bare == 1).any()
    painted = np.clip(coarse[0].transpose(1, 2, 0) * bare + _shuffled(paint[0, :64]), 0, 1)
    clear = painted[..., 3] * 255 < 0.5
    expected = _straight(painted)
    expected[clear] = 0
    assert np.abs(out - expected).max() < 0.51


def test_nothing_added_gives_the_drawn_picture_back() -> None:
    """The proxy comes through unchanged where it is opaque, and to rounding elsewhere."""
    picture, coarse = _picture(), np.empty((1, 4, HEIGHT, WIDTH), np.float32)
    write_coarse(picture, (0, 0, WIDTH, HEIGHT), coarse)
    out = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    assert write_picture(coarse, np.zeros((1, 80, HEIGHT // 4, WIDTH // 4), np.float32), (0, 0), out)
    np.testing.assert_array_equal(out[picture[..., 3] > 0], picture[picture[..., 3] > 0])
    drawn, nothing = coarse_bytes(picture), np.tile(LAYOUT.paint_zeros().astype(np.uint8), (1, HEIGHT // 4, WIDTH // 4, 1))
    write_picture_bytes(_blocks(drawn), nothing, (0, 0), out, layout=LAYOUT)
    opaque = picture[..., 3] == 255
    np.testing.assert_array_equal(out[opaque], picture[opaque])
    assert not out[picture[..., 3] == 0].any()


def test_bytes_paint_what_the_contract_says() -> None:
    """The plain function's premultiplied picture, made straight."""
    picture = _picture()
    coarse = coarse_bytes(picture)
    paint = np.random.default_rng(2).integers(0, 256, (1, HEIGHT // 4, WIDTH // 4, 80)).astype(np.uint8)
    out = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    write_picture_bytes(_blocks(coarse), paint, (0, 0), out, layout=LAYOUT)
    painted = LAYOUT.picture(coarse, paint)[0].astype(np.float32) / 255
    away = np.abs(out - _straight(painted)).max(axis=-1) * painted[..., 3]  # a premultiplied byte may be rounded the other way
    assert away.max() <= 1.51
    assert np.median(away) < 0.3
    floats = np.empty((1, 4, HEIGHT, WIDTH), np.float32)
    write_coarse(picture, (0, 0, WIDTH, HEIGHT), floats)
    again = np.zeros_like(out)
    assert write_picture(floats, LAYOUT.paint_floats(paint), (0, 0), again)
    thick = painted[..., 3] > 0.2  # where alpha is little, a rounded byte is many levels of the straight colour
    assert np.abs(out.astype(int) - again)[thick].max() <= 5
    assert spec_order()[17] == 5  # row 0, column 1, green: the two orders differ, so the pictures' agreement says something


def test_a_region_may_reach_over_the_edge() -> None:
    """What lies outside the picture is cut off, and what the region does not cover stays."""
    coarse = np.ones((1, 4, 32, 64), dtype=np.float32)
    nothing = np.zeros((1, 80, 8, 16), dtype=np.float32)
    for left, top in ((-20, -6), (40, 12), (10, 4)):
        out = np.full((24, 64, 4), 7, dtype=np.uint8)
        assert write_picture(coarse, nothing, (left, top), out)
        expected = np.full((24, 64), 7)
        expected[max(0, top) : top + 32, max(0, left) : left + 64] = 255
        np.testing.assert_array_equal(out[..., 0], expected)
        again = np.full((24, 64, 4), 7, dtype=np.uint8)
        full = np.full((1, 32, 64, 4), 255, np.uint8)
        write_picture_bytes(
            _blocks(full), np.tile(LAYOUT.paint_zeros().astype(np.uint8), (1, 8, 16, 1)), (left, top), again, layout=LAYOUT
        )
        np.testing.assert_array_equal(again, out)


def test_what_is_not_a_number_is_noticed() -> None:
    """One NaN or infinity among a million values is enough."""
    coarse = np.zeros((1, 4, 64, 64), dtype=np.float32)
    for bad, channel in itertools.product((np.nan, np.inf, -np.inf), (63, 79)):
        paint = np.zeros((1, 80, 16, 16), dtype=np.float32)
        paint[0, channel, 15, 3] = bad
        assert not write_picture(coarse, paint, (0, 0), np.zeros((64, 64, 4), np.uint8))
