"""Figures of how steady and how prompt a shown signal is, against the signal that was measured.

Owns the arithmetic: where the measured signal is still or moves, jitter, lag and error. Knows nothing of trackers or avatars: a
signal is (T, K, D) float64, K things of D coordinates on one even time grid, NaN where nothing is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array

Mask = NDArray[np.bool_]

RATE_HZ: Final = 60
_SMOOTH_S = 0.1  # standard deviation of the low-pass that tells rest from movement
_EDGE_S = 0.033  # the same before signals are compared for lag: noise must not weigh as movement
_STILL_S = 0.4
_SETTLE_S = 0.1  # a shown signal comes to rest a little after the measured one
_LAGS_MS: Final = np.arange(-60.0, 321.0, 5.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """One group's figures, pooled over things and clips; None where the clips show nothing of the kind."""

    jitter: float | None
    """RMS distance from the parabola through each still window of 0.4 s, in the group's unit."""
    lag_ms: float | None
    """Delay at which the shown movement fits the measured one best."""
    error: float | None
    """RMS difference of what is shown at a time and what was measured for that time, constant offsets taken off."""
    error_p95: float | None
    still_s: float
    """Seconds in which still windows of 0.4 s begin, a tenth for each, summed over things."""
    moving_s: float


def low_passed(signal: Array, *, sigma_s: float) -> Array:
    """Return the signal (T, ...) blurred over time without delay; what is unknown (NaN) does not count."""
    reach = max(1, round(3 * sigma_s * RATE_HZ))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (sigma_s * RATE_HZ)) ** 2)
    flat = signal.reshape(len(signal), -1)
    known = np.isfinite(flat)
    total, weight = np.zeros(flat.shape), np.zeros(flat.shape)
    padded = np.pad(np.where(known, flat, 0.0), ((reach, reach), (0, 0)))
    counts = np.pad(known.astype(np.float64), ((reach, reach), (0, 0)))
    for step, share in enumerate(kernel):
        total += share * padded[step : step + len(flat)]
        weight += share * counts[step : step + len(flat)]
    blurred = np.where(known, total / np.maximum(weight, 1e-9), np.nan)
    return np.asarray(blurred.reshape(signal.shape))


def speed(signal: Array) -> Array:
    """Return (T, K) units per second of the low-passed signal."""
    step = np.gradient(low_passed(signal, sigma_s=_SMOOTH_S), axis=0) * RATE_HZ
    return np.asarray(np.sqrt(np.einsum("tkd,tkd->tk", step, step)))


def still_windows(measured: Array, *, slow: float) -> list[tuple[int, int]]:
    """Return (start, thing) of the windows of 0.4 s in which a thing keeps slower than `slow` units per second."""
    window, settle = round(_STILL_S * RATE_HZ), round(_SETTLE_S * RATE_HZ)
    still = speed(measured) < slow  # NaN is not still
    found = []
    for thing in range(measured.shape[1]):
        run = np.convolve(still[:, thing], np.ones(window + settle), mode="valid")
        starts = np.flatnonzero(run > window + settle - 0.5) + settle
        found += [(int(start), thing) for start in starts[:: round(0.1 * RATE_HZ)]]
    return found


def jitter_squared(shown: Array, windows: list[tuple[int, int]]) -> Array:
    """Return the mean squared distance from the parabola through each window of (T, K, D)."""
    window = round(_STILL_S * RATE_HZ)
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, window), 3))  # (window, 3)
    out = np.full(len(windows), np.nan)
    for number, (start, thing) in enumerate(windows):
        piece = shown[start : start + window, thing]
        piece = piece - basis @ (basis.T @ piece)
        out[number] = np.einsum("td,td->", piece, piece) / window
    return np.asarray(out[np.isfinite(out)])


def moving(measured: Array, *, quick: float) -> Mask:
    """Return (T, K): the thing moves faster than `quick` units per second, or does so within a fifth of a second."""
    fast = np.nan_to_num(speed(measured)) > quick
    reach = round(0.2 * RATE_HZ)
    padded = np.pad(fast, ((reach, reach), (0, 0)))
    return np.asarray(np.any([padded[k : k + len(fast)] for k in range(2 * reach + 1)], axis=0))


def correlations(shown: Array, measured: Array, where: Mask) -> Array:
    """Return (len(lags), 3): sums of the products shown * measured, shown², measured² of both velocities at each lag."""
    velocities = [np.gradient(low_passed(signal, sigma_s=_EDGE_S), axis=0) for signal in (shown, measured)]
    index = np.arange(len(measured), dtype=np.float64)
    sums = np.zeros((len(_LAGS_MS), 3))
    for number, lag_ms in enumerate(_LAGS_MS):
        at = index + lag_ms * 1e-3 * RATE_HZ
        inside = (at >= 0) & (at <= len(index) - 1)
        low = np.minimum(at.clip(0).astype(int), len(index) - 2)
        share = (at - low)[:, None, None]
        later = velocities[0][low] * (1 - share) + velocities[0][low + 1] * share
        use = (where & inside[:, None])[:, :, None] & np.isfinite(later) & np.isfinite(velocities[1])
        a, b = np.where(use, later, 0.0), np.where(use, velocities[1], 0.0)
        sums[number] = (a * b).sum(), (a * a).sum(), (b * b).sum()
    return sums


def best_lag_ms(sums: Array) -> float | None:
    """Return the lag at which the velocities fit best, by the parabola through the best correlation and its neighbours."""
    if sums[:, 2].max() <= 0:
        return None
    fit = sums[:, 0] / np.sqrt(np.maximum(sums[:, 1] * sums[:, 2], 1e-30))
    top = int(np.argmax(fit))
    if 0 < top < len(fit) - 1:
        before, best, after = fit[top - 1 : top + 2]
        bend = before - 2 * best + after
        shift = 0.5 * (before - after) / bend if bend else 0.0
    else:
        shift = 0.0
    return float(_LAGS_MS[top] + shift * (_LAGS_MS[1] - _LAGS_MS[0]))


def figures(pairs: list[tuple[Array, Array]], *, slow: float, quick: float) -> Figures:
    """Return the figures of (shown, measured) signals, one pair a clip, pooled.

    Args:
        slow: units per second below which the measured signal counts as still; above `quick` it moves.
    """
    jitter, squared, still = [], [], 0.0
    sums, moved = np.zeros((len(_LAGS_MS), 3)), 0.0
    for shown, measured in pairs:
        both: Mask = np.asarray(np.isfinite(shown).all(axis=2) & np.isfinite(measured).all(axis=2))
        windows = still_windows(np.where(both[:, :, None], measured, np.nan), slow=slow)
        jitter.append(jitter_squared(shown, windows))
        still += 0.1 * len(windows)
        where = moving(measured, quick=quick) & both
        moved += where.sum() / RATE_HZ
        sums += correlations(shown, measured, where)
        squared.append(_squared_error(shown, measured, both))
    jitters, errors = np.concatenate(jitter), np.concatenate(squared)
    return Figures(
        jitter=float(np.sqrt(jitters.mean())) if len(jitters) else None,
        lag_ms=best_lag_ms(sums) if moved else None,
        error=float(np.sqrt(errors.mean())) if len(errors) else None,
        error_p95=float(np.sqrt(np.percentile(errors, 95))) if len(errors) else None,
        still_s=still,
        moving_s=float(moved),
    )


def _squared_error(shown: Array, measured: Array, both: Mask) -> Array:
    """Return squared distances where both are known; a thing's constant offset in a clip is taken off."""
    gap = np.where(both[:, :, None], shown - measured, 0.0)
    gap = gap - gap.sum(axis=0) / np.maximum(both.sum(axis=0), 1)[:, None]
    return np.asarray(np.einsum("tkd,tkd->tk", gap, gap)[both])
