"""Painters whose figures are known: the truth itself, a still, a blur, and a hand that is missing."""

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from motions_at_hand import MadeMotion, waving

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.mesh import Character
from avatar.training.evaluation_plan import plan
from avatar.training.lpips import Lpips
from avatar.training.measuring import Measurer
from avatar.training.metrics import HIGHEST_PSNR_DB
from avatar.training.moments import Moment, Painter
from avatar.training.perception import Perception
from avatar.training.scoring import averaged
from avatar.training.simple_painters import NearestPainter, ProxyPainter
from trackers.types import ImageArray

SIDE = {"width_px": 128, "height_px": 128}


class Blurring:
    """Paints as another, blurred."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter

    def paint(self, moment: Moment) -> ImageArray:
        return np.asarray(cv2.GaussianBlur(self._painter.paint(moment), (9, 9), 3.0), dtype=np.uint8)


class Still:
    """Always paints the same picture."""

    def __init__(self, picture: ImageArray) -> None:
        self._picture = picture

    def paint(self, moment: Moment) -> ImageArray:
        return self._picture


@pytest.fixture(scope="module")
def mascot() -> Character:
    return build_mascot()


@pytest.fixture(scope="module")
def truth(mascot: Character) -> ProxyPainter:
    return ProxyPainter(mascot, **SIDE)


@pytest.fixture(scope="module")
def motions(mascot: Character, truth: ProxyPainter) -> list[MadeMotion]:
    return [
        waving(mascot, truth, style="wave"),
        waving(mascot, truth, name="bust", framing=Framing.BUST, style="talk", start_deg=10.0),
    ]


@pytest.fixture(scope="module")
def perception() -> Perception:
    """LPIPS with made-up weights: a distance all the same."""
    rng = np.random.default_rng(1)
    shapes = [(11, 11, 3, 64), (5, 5, 64, 192), (3, 3, 192, 384), (3, 3, 384, 256), (3, 3, 256, 256)]
    trunk = {
        f"Conv_{k}": {
            "kernel": rng.normal(0, np.prod(shape[:3]) ** -0.5, shape).astype(np.float32),
            "bias": np.zeros(shape[3], dtype=np.float32),
        }
        for k, shape in enumerate(shapes)
    }
    heads = {f"NetLinLayer_{k}": {"Conv_0": {"kernel": np.ones((1, 1, s[3], 1), np.float32)}} for k, s in enumerate(shapes)}
    return Perception(Lpips("alex", {"AlexNet_0": trunk, **heads}), None)


@pytest.fixture(scope="module")
def figures(
    mascot: Character, truth: ProxyPainter, motions: list[MadeMotion], perception: Perception
) -> dict[str, dict[str, Any]]:
    torch.manual_seed(0)
    painters = {
        "copy": truth,
        "blur": Blurring(truth),
        "still": Still(motions[0].picture(0)),
        "nearest": NearestPainter(mascot, motions),
    }
    measurer = Measurer(painters, mascot, shoot=truth.paint, perception=perception)
    heard: list[tuple[int, int]] = []
    measurer.measure(plan(motions, 6), on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(k, 6) for k in range(7)]
    assert measurer.pairs == 2
    assert measurer.poses == 1
    return {name: measurer.figures(name) for name in painters}


def test_a_copy_is_perfect(figures: dict[str, dict[str, Any]]) -> None:
    """Every figure of the truth itself has its best value."""
    copy = figures["copy"]
    for key in ("psnr", "figure_psnr", "face_psnr", "hand_psnr"):
        assert copy[key] == HIGHEST_PSNR_DB
    for key in ("ssim", "figure_ssim", "face_ssim", "hand_ssim", "alpha_iou", "sharpness", "jitter_gain"):
        assert copy[key] == pytest.approx(1, abs=1e-6), key
    for key in ("alpha_mae", "figure_alpha_mae", "frame_difference", "tlp", "jitter_error"):
        assert copy[key] == pytest.approx(0, abs=1e-6), key
    assert all(copy[key] == pytest.approx(0, abs=1e-6) for key in copy if key.endswith("lpips"))
    assert copy["jitter_truth"] > 0.003
    assert 0 < copy["jitter_shown"] < 0.7  # what every pose passes before it is painted


def test_blur_is_seen_by_every_figure(figures: dict[str, dict[str, Any]]) -> None:
    """A blurred copy is less sharp, trembles less, and is worse inside the figure than on the whole picture."""
    blur = figures["blur"]
    assert blur["sharpness"] < 0.5
    assert blur["jitter_gain"] < 0.9
    assert 0 < blur["jitter_error"] < 1
    assert blur["figure_psnr"] < blur["psnr"] < 40
    assert blur["figure_ssim"] < blur["ssim"] < 1
    assert blur["lpips"] > 0
    assert blur["alpha_mae"] < blur["figure_alpha_mae"]


def test_a_still_picture_reproduces_no_motion(figures: dict[str, dict[str, Any]]) -> None:
    """Its frame difference is 1, its jitter gain 0 with an error of 1."""
    still = figures["still"]
    assert still["frame_difference"] == pytest.approx(1, abs=1e-5)
    assert still["jitter_gain"] == still["jitter_shown"] == 0
    assert still["jitter_error"] == pytest.approx(1, abs=1e-5)
    assert still["tlp"] > 0


def test_the_nearest_of_all_photographs_is_the_photograph(figures: dict[str, dict[str, Any]]) -> None:
    """Searched among the very frames, every one finds itself."""
    assert figures["nearest"]["psnr"] == HIGHEST_PSNR_DB


def test_tables_split_the_same_frames(figures: dict[str, dict[str, Any]]) -> None:
    """Framings and styles each count all frames; a mean is that of its parts; the spread holds the mean's neighbours."""
    blur = figures["blur"]
    assert {k: row["frames"] for k, row in blur["by_framing"].items()} == {"bust": 3, "upper": 3}
    assert {k: row["frames"] for k, row in blur["by_style"].items()} == {"talk": 3, "wave": 3}
    assert blur["psnr"] == pytest.approx(np.mean([row["psnr"] for row in blur["by_framing"].values()]))
    assert blur["by_framing"]["bust"]["face_psnr"] > 0
    low, middle, high = (blur["spread"]["psnr"][p] for p in ("p5", "p50", "p95"))
    assert low <= middle <= high


def test_without_a_studio_only_photographs_count(mascot: Character, truth: ProxyPainter, motions: list[MadeMotion]) -> None:
    """Of the pairs those whose both frames were photographed remain; jitter and LPIPS are told as unknown."""
    measurer = Measurer({"copy": truth}, mascot, shoot=None, perception=None)
    measurer.measure(plan(motions, 6))
    assert measurer.pairs == 2
    figures = measurer.figures("copy")
    assert figures["frame_difference"] == 0
    assert figures["jitter_gain"] is None
    assert figures["tlp"] is None
    assert "lpips" not in figures


def test_what_is_not_seen_does_not_count() -> None:
    """A figure that only some pictures have is the mean of those."""
    assert averaged([{"psnr": 30.0}, {"psnr": 20.0, "face_psnr": 10.0}]) == {"face_psnr": 10.0, "psnr": 25.0}
