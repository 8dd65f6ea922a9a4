"""How near a painted picture is to the truth: plain figures of plain arrays.

Owns the arithmetic of PSNR, SSIM, alpha, sharpness, frame differences and jitter. Knows nothing of motions, framings, networks
or files; `regions` says where a figure is taken, `evaluation` what is averaged over what.

Colours are (H, W, 3) float32, 0..1, laid over one background; a `region` is (H, W) bool and None means the whole picture.
Sources: SSIM is Wang et al. 2004 (Gaussian window 11 x 11, sigma 1.5, K1 = 0.01, K2 = 0.03); the frame difference, jitter and
sharpness are those of the project's measured design.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trackers.types import FloatArray, ImageArray

Region = NDArray[np.bool_]

HIGHEST_PSNR_DB: Final = 100.0
"""Told for pictures that are the same, so that means and JSON stay finite."""
_WINDOW, _SIGMA, _K1, _K2 = 11, 1.5, 0.01, 0.03
_GREY: Final[FloatArray] = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def composite(picture: ImageArray, background: Sequence[int]) -> FloatArray:
    """Return (H, W, 3) float32 0..1: an (H, W, 4) uint8 picture with straight alpha laid over one colour (0..255)."""
    scaled = picture.astype(np.float32) / np.float32(255)
    alpha = scaled[..., 3:]
    ground = np.asarray(background, dtype=np.float32) / np.float32(255)
    return np.asarray(scaled[..., :3] * alpha + ground * (1 - alpha), dtype=np.float32)


def psnr_db(painted: FloatArray, truth: FloatArray, region: Region | None = None) -> float:
    """Return the peak signal-to-noise ratio over all channels of `region`, dB; `HIGHEST_PSNR_DB` at most."""
    square = np.square(painted.astype(np.float64) - truth)
    error = float(square.mean() if region is None else square[region].mean())
    return min(HIGHEST_PSNR_DB, -10 * float(np.log10(max(error, 1e-30))))


def ssim_map(painted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return (H - 10, W - 10) float32: the structural similarity around each pixel whose window lies in the picture.

    The mean over the three channels. Cell (y, x) belongs to pixel (y + 5, x + 5).
    """
    p, g = painted.astype(np.float64), truth.astype(np.float64)
    mean_p, mean_g = _blurred(p), _blurred(g)
    variance_p = _blurred(p * p) - mean_p**2
    variance_g = _blurred(g * g) - mean_g**2
    shared = _blurred(p * g) - mean_p * mean_g
    light = (2 * mean_p * mean_g + _K1**2) / (mean_p**2 + mean_g**2 + _K1**2)
    texture = (2 * shared + _K2**2) / (variance_p + variance_g + _K2**2)
    return np.asarray((light * texture).mean(axis=2), dtype=np.float32)


def ssim(painted: FloatArray, truth: FloatArray, region: Region | None = None) -> float:
    """Return the mean of `ssim_map`, over the cells whose pixel lies in `region`."""
    cells = ssim_map(painted, truth)
    edge = _WINDOW // 2
    return float(cells.mean() if region is None else cells[region[edge:-edge, edge:-edge]].mean())


def alpha_iou(painted: ImageArray, truth: ImageArray) -> float:
    """Return intersection over union of where alpha is at least one half; 1 where both are empty. Takes (H, W, 4) uint8."""
    p, g = painted[..., 3] >= 128, truth[..., 3] >= 128
    union = int((p | g).sum())
    return int((p & g).sum()) / union if union else 1.0


def alpha_mae(painted: ImageArray, truth: ImageArray, region: Region | None = None) -> float:
    """Return the mean distance of the alphas, 0..1. Takes (H, W, 4) uint8."""
    away = np.abs(painted[..., 3].astype(np.float32) - truth[..., 3]) / 255
    return float(away.mean() if region is None else away[region].mean())


def sharpness(painted: FloatArray, truth: FloatArray, region: Region | None = None) -> float:
    """Return how much gradient energy (squared differences of neighbours' grey) there is, as a ratio to the truth's.

    1 is as sharp as the truth, less is blurred, more is noisy. A truth without any gradient gives 1.
    """
    energy_p, energy_g = (_gradient_energy(picture, region) for picture in (painted, truth))
    return energy_p / energy_g if energy_g > 0 else 1.0


def difference_sums(painted: tuple[FloatArray, FloatArray], truth: tuple[FloatArray, FloatArray]) -> tuple[float, float]:
    """Return the sums of squares that `frame_difference` divides, of two consecutive frames (before, after) of each.

    The first is that of (P_t - P_t-1) - (G_t - G_t-1), the second that of G_t - G_t-1.
    """
    moved_p, moved_g = painted[1] - painted[0], truth[1] - truth[0]
    return float(np.square(moved_p - moved_g, dtype=np.float64).sum()), float(np.square(moved_g, dtype=np.float64).sum())


def frame_difference(sums: Sequence[tuple[float, float]]) -> float:
    """Return RMS of the error of the frames' differences over the RMS of the true ones, pooled over all pairs of frames.

    0: everything moves as in truth; 1: as wrong as a picture that stands still; above: it flickers. Pairs come from
    `difference_sums`; where nothing moved at all it is 0 if nothing was painted moving, else infinite.
    """
    wrong, moved = (sum(column) for column in zip(*sums, strict=True))
    return float(np.sqrt(wrong / moved)) if moved > 0 else (0.0 if wrong == 0 else float("inf"))


def jitter(draws: Sequence[FloatArray], region: Region) -> float:
    """Return how much a picture that should stand still trembles inside `region`: the root of the mean variance over draws."""
    return float(np.sqrt(_deviations(draws, region).var(axis=0).mean()))


def jitter_error(painted: Sequence[FloatArray], truth: Sequence[FloatArray], region: Region) -> float:
    """Return the RMS of what the painted picture trembles otherwise than the truth under the same noise.

    Divided by the truth's `jitter` this is 0 for a copy, 1 for a picture that stands still, above 1 for one that flickers.
    """
    return float(np.sqrt(np.square(_deviations(painted, region) - _deviations(truth, region)).mean()))


def _deviations(draws: Sequence[FloatArray], region: Region) -> NDArray[np.float64]:
    """Return (draws, pixels, 3): how far each draw is from the mean of all."""
    stack = np.stack([draw[region] for draw in draws]).astype(np.float64)
    return np.asarray(stack - stack.mean(axis=0))


def _blurred(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the picture under the Gaussian window, where that lies wholly inside: 5 pixels less on each side."""
    edge = _WINDOW // 2
    return np.asarray(cv2.GaussianBlur(picture, (_WINDOW, _WINDOW), _SIGMA)[edge:-edge, edge:-edge])


def _gradient_energy(picture: FloatArray, region: Region | None) -> float:
    grey = (picture @ _GREY).astype(np.float64)
    square = np.square(grey[:-1, 1:] - grey[:-1, :-1]) + np.square(grey[1:, :-1] - grey[:-1, :-1])  # (H - 1, W - 1)
    return float(square.sum() if region is None else square[region[:-1, :-1]].sum())
