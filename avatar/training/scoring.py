"""The figures of one painted picture, and of two consecutive ones, against the truth.

Owns which figure is taken on which region:

* no prefix: the whole picture, laid over `BACKGROUND` (`lpips` on AlexNet; `lpips_vgg` on every fourth frame);
* `figure_`: where the truth is not wholly clear, dilated by 8 pixels (of 512), so that empty background makes no figure good;
  `figure_lpips` on the smallest box around that, as a network needs a rectangle;
* `face_`: the box around the unshaped eyes, brows and mouth, grown by 15 %, if three quarters of it are in the picture;
* `hand_`: the same around each hand with its wrist, grown by 20 %, at least 64 pixels wide; the mean of those in the picture,
  also where the body hides one;
* `alpha_iou` at one half and `alpha_mae` on the whole picture's alpha; `sharpness` inside the figure's region.

Knows nothing of painters, motions or averages over frames.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.training import metrics
from avatar.training.metrics import Region
from avatar.training.moments import Moment
from avatar.training.perception import Perception
from avatar.training.regions import Box, Parts, bounds, foreground
from trackers.types import FloatArray, ImageArray

BACKGROUND: Final = (128, 128, 128)
"""Colour, 0..255, behind every picture: neither the mascot's light nor its dark."""

Scores = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One true picture with its regions, found once for all painters."""

    picture: ImageArray
    flat: FloatArray
    """(H, W, 3) over `BACKGROUND`."""
    figure: Region
    bounds: Box | None
    face: Box | None
    hands: tuple[Box, ...]

    @classmethod
    def of(cls, picture: ImageArray, moment: Moment, parts: Parts) -> "Truth":
        """Return the truth of `moment`, (H, W, 4) uint8 straight RGBA."""
        size = {"height_px": picture.shape[0], "width_px": picture.shape[1]}
        figure = foreground(picture)
        hands = tuple(parts.hands(moment, **size))
        return cls(
            picture=picture,
            flat=metrics.composite(picture, BACKGROUND),
            figure=figure,
            bounds=bounds(figure),
            face=parts.face(moment, **size),
            hands=hands,
        )


def score(painted: ImageArray, truth: Truth, perception: Perception | None, *, deep: bool = True) -> Scores:
    """Return the figures of one picture (H, W, 4) uint8 straight RGBA; those of parts that are not seen are left out.

    Args:
        deep: look at it by VGG16, too.
    """
    flat = metrics.composite(painted, BACKGROUND)
    scores: dict[str, float | None] = {
        "psnr": metrics.psnr_db(flat, truth.flat),
        "ssim": metrics.ssim(flat, truth.flat),
        "alpha_iou": metrics.alpha_iou(painted, truth.picture),
        "alpha_mae": metrics.alpha_mae(painted, truth.picture),
    }
    if truth.figure.any():
        scores |= {
            "figure_psnr": metrics.psnr_db(flat, truth.flat, truth.figure),
            "figure_ssim": metrics.ssim(flat, truth.flat, truth.figure),
            "figure_alpha_mae": metrics.alpha_mae(painted, truth.picture, truth.figure),
            "sharpness": metrics.sharpness(flat, truth.flat, truth.figure),
        }
    if truth.face is not None:
        scores["face_psnr"] = metrics.psnr_db(truth.face.of(flat), truth.face.of(truth.flat))
        scores["face_ssim"] = metrics.ssim(truth.face.of(flat), truth.face.of(truth.flat))
    if truth.hands:
        pairs = [(hand.of(flat), hand.of(truth.flat)) for hand in truth.hands]
        scores["hand_psnr"] = float(np.mean([metrics.psnr_db(*pair) for pair in pairs]))
        scores["hand_ssim"] = float(np.mean([metrics.ssim(*pair) for pair in pairs]))
    if perception is not None:
        scores |= _perceived(flat, truth, perception, deep=deep)
    return {key: value for key, value in scores.items() if value is not None}


def _perceived(flat: FloatArray, truth: Truth, perception: Perception, *, deep: bool) -> dict[str, float | None]:
    scores = {"lpips": perception.distance(flat, truth.flat, key="whole")}
    if deep:
        scores["lpips_vgg"] = perception.distance(flat, truth.flat, key="whole", backbone="lpips_vgg")
    for name, box in (("figure", truth.bounds), ("face", truth.face)):
        if box is not None:
            scores[f"{name}_lpips"] = perception.distance(box.of(flat), box.of(truth.flat), key=name)
    hands = [perception.distance(box.of(flat), box.of(truth.flat), key=f"hand {box}") for box in truth.hands]
    heard = [distance for distance in hands if distance is not None]
    return scores | ({"hand_lpips": float(np.mean(heard))} if heard else {})


def averaged(scores: list[Scores]) -> dict[str, float | None]:
    """Return the mean of each figure over the pictures that have it; None where none has."""
    keys = sorted({key for each in scores for key in each})
    return {key: float(np.mean([each[key] for each in scores if key in each])) for key in keys}


def spread(scores: list[Scores], keys: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Return {key: {p5, p50, p95}} over the pictures, so that no mean stands alone."""
    held = {key: [each[key] for each in scores if key in each] for key in keys}
    return {key: {f"p{p}": float(np.percentile(values, p)) for p in (5, 50, 95)} for key, values in held.items() if values}
