"""Tests of `trackers.dead_band`: noise is measured as it is, movement is not taken for noise."""

import numpy as np
import pytest

from trackers.dead_band import DeadBand, DeadBandParameters

DT_S = 1 / 30
BAND = DeadBandParameters(least=0.01, most=2.0, shut=1.5, open=4.0, average_hz=3.0)


def watched(measured: np.ndarray, *, follow: float, band: DeadBand) -> tuple[np.ndarray, np.ndarray]:
    """Follow (T, N, ...) measurements by `follow` of the gap; return (T, N) shares and (T, N) noises."""
    value, shares, noises = measured[0].copy(), [], []
    rows, dt_s = np.ones(measured.shape[1], dtype=bool), np.full(measured.shape[1], DT_S)
    for now in measured[1:]:
        gap = now - value
        share, _ = band.judged(gap, dt_s=dt_s, rows=rows)
        step = follow * gap
        band.moved(step, rows=rows)
        value = value + step
        shares.append(share)
        noises.append(band.noise)
    return np.array(shares), np.array(noises)


@pytest.mark.parametrize("follow", [0.02, 0.9])
@pytest.mark.parametrize("size", [0.1, 0.4])
def test_noise_is_measured_however_the_filter_follows(size: float, follow: float) -> None:
    """White noise is found within a third, whether the filter stands still or follows it, and in three coordinates too."""
    rng = np.random.default_rng(1)
    flat = rng.normal(scale=size, size=(240, 40))
    deep = rng.normal(scale=size / np.sqrt(3), size=(240, 40, 3))
    for measured in (flat, deep):
        _, noises = watched(measured, follow=follow, band=DeadBand(BAND, like=measured[0]))
        assert np.median(noises[120:]) == pytest.approx(size, rel=0.35)


def test_movement_is_not_taken_for_noise() -> None:
    """A wave many times as large as the noise leaves the estimate near the least."""
    times_s = np.arange(120) * DT_S
    measured = np.sin(2 * np.pi * 2.0 * times_s)[:, None] * np.ones(3)
    _, noises = watched(measured, follow=0.6, band=DeadBand(BAND, like=measured[0]))
    assert noises[0].min() > 0.1  # nothing is known at first
    assert noises[-1].max() < 0.1


def test_shut_in_noise_and_open_in_movement() -> None:
    """Noise hardly opens it, a step opens it with the second frame at the latest."""
    rng = np.random.default_rng(2)
    measured = rng.normal(scale=0.1, size=(240, 20))
    measured[200:] += 1.0
    shares, _ = watched(measured, follow=0.02, band=DeadBand(BAND, like=measured[0]))
    assert shares[60:198].mean() < 0.05
    assert shares[200].min() > 0.9  # the second frame after the step


def test_a_row_that_was_not_measured_stays_as_it_is() -> None:
    """Only the rows that are named learn and open."""
    band = DeadBand(BAND, like=np.zeros(2))
    rows, dt_s = np.array([True, False]), np.full(2, DT_S)
    for gap in (5.0, 5.0, -3.0):
        share, _ = band.judged(np.full(2, gap), dt_s=dt_s, rows=rows)
        band.moved(np.array([0.1 * gap, 0.0]), rows=rows)
    fresh = DeadBand(BAND, like=np.zeros(2))
    assert share[0] > 0.5
    assert band.noise[1] == fresh.noise[1]
    band.forget(np.array([True, True]))
    np.testing.assert_array_equal(
        band.judged(np.full(2, 0.5), dt_s=dt_s, rows=rows)[0][1], fresh.judged(np.full(2, 0.5), dt_s=dt_s, rows=rows)[0][1]
    )
