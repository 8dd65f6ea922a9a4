"""Every metric against an answer that is known without it."""

import cv2
import numpy as np
import pytest

from avatar.training import metrics
from trackers.types import FloatArray, ImageArray


def noise(shape: tuple[int, ...], *, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def rgba(alpha: FloatArray) -> ImageArray:
    picture = np.full((*alpha.shape, 4), 200, dtype=np.uint8)
    picture[..., 3] = np.round(alpha * 255)
    return picture


def left_half(height: int, width: int) -> metrics.Region:
    region = np.zeros((height, width), dtype=bool)
    region[:, : width // 2] = True
    return region


def test_a_composite_mixes_by_straight_alpha() -> None:
    """Opaque keeps its colour, clear is the background, half is half way."""
    picture = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [255, 0, 0, 51]]], dtype=np.uint8)
    flat = metrics.composite(picture, (0, 0, 255))
    np.testing.assert_allclose(flat[0], [[1, 0, 0], [0, 0, 1], [0.2, 0, 0.8]], atol=1e-6)


def test_psnr_of_a_known_error() -> None:
    """A tenth everywhere is 20 dB; the same picture is the highest value; a region counts only itself."""
    truth = noise((8, 10, 3))
    assert metrics.psnr_db(truth + 0.1, truth) == pytest.approx(20.0, abs=1e-3)
    assert metrics.psnr_db(truth, truth) == metrics.HIGHEST_PSNR_DB
    half = truth.copy()
    half[:, 5:] += 0.5
    region = left_half(8, 10)
    assert metrics.psnr_db(half, truth, region) == metrics.HIGHEST_PSNR_DB
    assert metrics.psnr_db(half, truth, ~region) == pytest.approx(-10 * np.log10(0.25), abs=1e-3)


def by_hand(p: FloatArray, g: FloatArray) -> float:
    """Return the SSIM of one 11 x 11 window, written out from the paper."""
    offsets = np.arange(11) - 5.0
    line = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    values = []
    for channel in range(3):
        a, b = p[..., channel].astype(np.float64), g[..., channel].astype(np.float64)
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
        both = (window * (a - mean_a) * (b - mean_b)).sum()
        c1, c2 = 0.01**2, 0.03**2
        values.append((2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))
    return float(np.mean(values))


def test_ssim_is_that_of_the_paper() -> None:
    """One window computed by hand, the identity, and two flat pictures whose answer is a fraction."""
    p, g = noise((11, 11, 3)), noise((11, 11, 3), seed=1)
    assert metrics.ssim_map(p, g).shape == (1, 1)
    assert metrics.ssim(p, g) == pytest.approx(by_hand(p, g), abs=1e-6)
    assert metrics.ssim(p, p) == pytest.approx(1.0, abs=1e-6)
    dark, light = np.full((16, 16, 3), 0.2, np.float32), np.full((16, 16, 3), 0.6, np.float32)
    assert metrics.ssim(dark, light) == pytest.approx((2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4), abs=1e-5)


def test_ssim_of_a_region_looks_there_alone() -> None:
    """A picture spoilt on the right is perfect on the far left."""
    truth = noise((40, 40, 3))
    spoilt = truth.copy()
    spoilt[:, 30:] = 0
    region = left_half(40, 40)
    assert metrics.ssim(spoilt, truth, region) == pytest.approx(1.0, abs=1e-6)
    assert metrics.ssim(spoilt, truth, ~region) < metrics.ssim(spoilt, truth) < 1


def test_alpha_of_two_overlapping_boxes() -> None:
    """Two 4 x 4 boxes that share a half have an IoU of one third; the mean distance counts the pixels that differ."""
    p, g = np.zeros((10, 10), np.float32), np.zeros((10, 10), np.float32)
    p[2:6, 2:6] = 1
    g[2:6, 4:8] = 1
    assert metrics.alpha_iou(rgba(p), rgba(g)) == pytest.approx(8 / 24)
    assert metrics.alpha_mae(rgba(p), rgba(g)) == pytest.approx(16 / 100)
    assert metrics.alpha_iou(rgba(0 * p), rgba(0 * p)) == 1


def test_alpha_counts_from_one_half() -> None:
    """What is fainter than one half is not there."""
    assert metrics.alpha_iou(rgba(np.full((4, 4), 0.49, np.float32)), rgba(np.ones((4, 4), np.float32))) == 0
    assert metrics.alpha_iou(rgba(np.full((4, 4), 0.51, np.float32)), rgba(np.ones((4, 4), np.float32))) == 1


def test_blur_is_less_sharp_and_noise_is_sharper() -> None:
    """The truth's copy is 1, half the contrast a quarter of the energy, blur less, noise more."""
    truth = np.asarray(cv2.GaussianBlur(noise((48, 48, 3)), (5, 5), 1.0), dtype=np.float32)
    assert metrics.sharpness(truth, truth) == pytest.approx(1)
    assert metrics.sharpness(truth / 2, truth) == pytest.approx(0.25, rel=1e-5)
    assert metrics.sharpness(np.asarray(cv2.GaussianBlur(truth, (7, 7), 2.0), dtype=np.float32), truth) < 0.3
    assert metrics.sharpness(truth + noise((48, 48, 3), seed=3) * 0.2, truth) > 1.2
    flat = np.zeros_like(truth)
    assert metrics.sharpness(flat, truth, left_half(48, 48)) == 0


def test_frame_difference_of_a_copy_a_still_and_a_flicker() -> None:
    """Copying is 0, also with a constant error; standing still is 1; moving twice as far is 1; the wrong way is 2."""
    before, after = noise((6, 6, 3)), noise((6, 6, 3), seed=1)
    truth = (before, after)

    def of(*painted: FloatArray) -> float:
        return metrics.frame_difference([metrics.difference_sums((painted[0], painted[1]), truth)])

    assert of(before, after) == 0
    assert of(before + 0.25, after + 0.25) == pytest.approx(0, abs=1e-6)
    assert of(before, before) == pytest.approx(1)
    assert of(before, 2 * after - before) == pytest.approx(1, rel=1e-5)
    assert of(after, before) == pytest.approx(2)


def test_frame_differences_are_pooled() -> None:
    """A pair in which nothing moves weighs nothing; nothing moving anywhere is perfect only if nothing was painted moving."""
    assert metrics.frame_difference([(1.0, 4.0), (0.0, 0.0)]) == pytest.approx(0.5)
    assert metrics.frame_difference([(0.0, 0.0)]) == 0
    assert metrics.frame_difference([(1.0, 0.0)]) == float("inf")


def test_jitter_of_known_noise() -> None:
    """Noise of a known spread is found again; a copy has gain 1 and error 0, a still picture gain 0 and error 1."""
    rng = np.random.default_rng(5)
    draws = [rng.normal(0.5, 0.04, (40, 40, 3)).astype(np.float32) for _ in range(64)]
    region = left_half(40, 40)
    trembles = metrics.jitter(draws, region)
    assert trembles == pytest.approx(0.04 * np.sqrt(63 / 64), rel=0.02)
    assert metrics.jitter_error(draws, draws, region) == 0
    still = [draws[0]] * len(draws)
    assert metrics.jitter(still, region) == 0
    assert metrics.jitter_error(still, draws, region) == pytest.approx(trembles)
    doubled = [2 * draw for draw in draws]
    assert metrics.jitter(doubled, region) / trembles == pytest.approx(2, rel=1e-5)
