"""Tests of the live texture: against the same arithmetic written in numpy, after the definition of torch's grid_sample."""

import numpy as np
import pytest
from neural_parts import made_parts

from avatar.neural import spec
from avatar.neural.byte_layout import ByteLayout
from avatar.neural.conditioning import Condition
from avatar.neural.texture import LiveTexture, write_surface, write_surface_bytes
from trackers.types import FloatArray


def _condition(seed: int = 0) -> Condition:
    random, made = np.random.default_rng(seed), Condition.blank(width_px=128, height_px=64)
    made.coarse[:] = random.integers(0, 256, made.coarse.shape)
    made.uv[:] = random.uniform(-0.01, 1.01, made.uv.shape)
    made.normal[:] = random.normal(size=made.normal.shape)
    made.mask[:] = random.random(made.mask.shape) < 0.7
    made.normal[made.mask == 0] = 0
    return made


def _grid_sample(texels: FloatArray, uv: FloatArray) -> FloatArray:
    """Bilinear, align_corners=False, border: unnormalise, clip, mix the four neighbours."""
    side = texels.shape[0]
    at = np.clip(((2 * uv - 1 + 1) * side - 1) / 2, 0, side - 1)
    low = np.floor(at).astype(int)
    high, part = np.minimum(low + 1, side - 1), at - low
    rows = [
        texels[y, low[..., 0]] * (1 - part[..., :1]) + texels[y, high[..., 0]] * part[..., :1]
        for y in (low[..., 1], high[..., 1])
    ]
    return np.asarray(rows[0] * (1 - part[..., 1:]) + rows[1] * part[..., 1:], dtype=np.float32)


def test_the_fetch_is_grid_samples() -> None:
    """Features where there is a surface, none outside; normal and mask beside them."""
    shown, texels = _condition(), np.random.default_rng(1).normal(size=(256, 256, 8)).astype(np.float32)
    out = np.full((1, 12, 32, 64), np.nan, dtype=np.float32)
    write_surface(shown, texels, (0, 0, 128, 64), out)
    expected = _grid_sample(texels, shown.uv) * (shown.mask == 1)[..., None]
    np.testing.assert_allclose(out[0, :8].transpose(1, 2, 0), expected, atol=1e-4)
    np.testing.assert_array_equal(out[0, 8:11].transpose(1, 2, 0), shown.normal)
    np.testing.assert_array_equal(out[0, 11], shown.mask)


def test_torch_agrees() -> None:
    """The same as the very function that training uses, where torch is installed."""
    torch = pytest.importorskip("torch")
    shown, texels = _condition(), np.random.default_rng(1).normal(size=(256, 256, 8)).astype(np.float32)
    shown.mask[:] = 1
    out = np.empty((1, 12, 32, 64), dtype=np.float32)
    write_surface(shown, texels, (0, 0, 128, 64), out)
    there = torch.nn.functional.grid_sample(
        torch.from_numpy(texels).permute(2, 0, 1)[None],
        torch.from_numpy(2 * shown.uv - 1)[None],
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    assert np.abs(there.numpy() - out[:, :8]).max() <= 1e-4


def test_a_region_is_that_part_of_the_whole() -> None:
    """Both inputs of a region equal the whole's, cut."""
    shown, texels = _condition(), np.random.default_rng(1).normal(size=(256, 256, 8)).astype(np.float32)
    whole, part = np.empty((1, 12, 32, 64), np.float32), np.empty((1, 12, 16, 32), np.float32)
    write_surface(shown, texels, (0, 0, 128, 64), whole)
    write_surface(shown, texels, (32, 8, 64, 32), part)
    np.testing.assert_array_equal(part, whole[:, :, 4:20, 16:48])


def test_bytes_are_the_floats_in_steps() -> None:
    """The same surface within half a step of each channel, as `byte_layout` turns floats into bytes."""
    shown, texels = _condition(), np.random.default_rng(1).normal(size=(256, 256, 8)).astype(np.float32)
    steps = np.random.default_rng(2).uniform(0.005, 0.03, 12).astype(np.float32)
    floats, found = np.empty((1, 12, 16, 32), np.float32), np.full((1, 8, 16, 172), 7, np.uint8)
    write_surface(shown, texels, (32, 8, 64, 32), floats)
    write_surface_bytes(shown, texels, (32, 8, 64, 32), steps, found)
    drawn = np.full((1, 32, 64, 4), 7, np.uint8)
    expected = ByteLayout(surface_steps=steps, colour_step=0.01).block_bytes(drawn, floats)
    assert (found[..., :64] == 7).all()  # the drawn picture's part is another's
    assert np.abs(found.astype(int) - expected).max() <= 1  # where a half is rounded
    assert (found != expected).mean() < 0.01


def test_an_expression_changes_the_window_alone() -> None:
    """Features plus each mixture's share of its deltas, clipped to 0..1; the rest of the texture never changes."""
    parts = made_parts()
    live, left, top, width, height = LiveTexture(parts), *parts.window
    window = (slice(top, top + height), slice(left, left + width))
    rest = live.texels.copy()
    np.testing.assert_array_equal(rest, parts.features)
    expression = np.random.default_rng(3).random(spec.CODE_LENGTH).astype(np.float32)
    live.express(expression)
    weights = np.clip(parts.mix @ expression, 0, 1)
    assert ((weights > 0) & (weights < 1)).any()
    expected = parts.features[window] + np.tensordot(weights, parts.deltas, axes=1)
    np.testing.assert_allclose(live.texels[window], expected, atol=1e-4)
    live.texels[window] = parts.features[window]
    np.testing.assert_array_equal(live.texels, rest)


def test_texels_that_no_expression_changes_are_left_alone() -> None:
    """Deltas of nothing cost nothing, and an avatar without any keeps its texture."""
    parts = made_parts()
    parts.deltas[:, ::2] = 0
    live, window = LiveTexture(parts), (slice(24, 88), slice(40, 136))
    live.express(np.full(52, 0.7, dtype=np.float32))
    changed = (live.texels[window] != parts.features[window]).any(axis=2)
    assert not changed[::2].any()
    assert changed[1::2].mean() > 0.9
    parts.deltas[:] = 0
    still = LiveTexture(parts)
    still.express(np.full(52, 0.7, dtype=np.float32))
    np.testing.assert_array_equal(still.texels, parts.features)


def test_the_same_expression_again_gives_the_same_texture() -> None:
    """There and back: nothing adds up over frames."""
    live, smile = LiveTexture(made_parts()), np.full(52, 0.3, dtype=np.float32)
    live.express(smile)
    first = live.texels.copy()
    live.express(np.zeros(52, dtype=np.float32))
    live.express(smile)
    np.testing.assert_array_equal(live.texels, first)
