"""Baselines learn from drawn skeletons, are kept in files, and go on where they were stopped."""

import itertools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from motions_at_hand import MadeMotion, waving

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.mesh import Character
from avatar.training import baselines
from avatar.training.baseline_batches import DrawnBatchMaker
from avatar.training.baseline_training import Pix2pixLearner, SkeletonLearner
from avatar.training.baselines import load_baselines, train_baseline
from avatar.training.checkpoint import read_checkpoint
from avatar.training.moments import moment_of
from avatar.training.settings import Settings, Stage, Weights
from avatar.training.simple_painters import ProxyPainter
from trackers.errors import UserError

SIDE_PX = 256
TINY = Settings(size="S", stages=(Stage(1.0, 128, 4, 2),), weights=Weights(perceptual=0.0))


@pytest.fixture(scope="module")
def mascot() -> Character:
    return build_mascot()


@pytest.fixture(scope="module")
def motions(mascot: Character) -> list[MadeMotion]:
    truth = ProxyPainter(mascot, width_px=SIDE_PX, height_px=SIDE_PX)
    return [waving(mascot, truth), waving(mascot, truth, name="bust", framing=Framing.BUST)]


@pytest.fixture(scope="module")
def batches(mascot: Character, motions: list[MadeMotion]) -> DrawnBatchMaker:
    return DrawnBatchMaker(motions, mascot, TINY, side_px=SIDE_PX)


def test_a_batch_is_the_same_again_and_its_parts_belong_together(batches: DrawnBatchMaker) -> None:
    """The same step is the same batch, another step is another; colours are premultiplied; shapes are the network's."""
    stage = TINY.stages[0]
    first, again, other = batches.make(3, stage), batches.make(3, stage), batches.make(4, stage)
    assert first.whole.shape == first.batch.truth.shape == (4, 4, 128, 128)
    assert not first.batch.coarse.any()
    assert first.layers.shape == (4, 12, 64, 64)
    assert torch.equal(first.batch.truth, again.batch.truth)
    assert torch.equal(first.layers, again.layers)
    assert not torch.equal(first.batch.truth, other.batch.truth)
    assert (first.batch.truth[:, :3] <= first.batch.truth[:, 3:] + 1e-6).all()
    assert all(0 <= value <= 128 - 64 for _, *corner in first.batch.looked for value in corner) or not first.batch.looked


def test_drawings_lie_over_their_figures(batches: DrawnBatchMaker) -> None:
    """What is drawn lies nearly all within what is photographed."""
    drawing, truth = batches.picture(0)
    drawn = drawing.amax(dim=(0, 1)) > 0.5
    assert drawn.sum() > 300
    assert truth[0, 3][drawn].mean() > 0.9


def test_our_network_learns_from_drawings(batches: DrawnBatchMaker) -> None:
    """After some steps on one and the same batch its picture is nearer to the truth."""
    learner = SkeletonLearner(batches, TINY, lpips=None)
    steps = [learner.step(0, 0.1)["colour"] for _ in range(12)]
    assert steps[-1] < 0.9 * steps[0]


def test_pix2pix_learns_from_drawings(batches: DrawnBatchMaker) -> None:
    """The same, slowly, as its rates are; the discriminator learns, too."""
    learner = Pix2pixLearner(batches, TINY)
    steps = [learner.step(0, 0.1) for _ in range(5)]
    assert steps[-1]["colour"] < 0.985 * steps[0]["colour"]
    assert steps[-1]["doubt"] < steps[0]["doubt"]


def test_a_training_is_kept_and_read_back(
    mascot: Character, motions: list[MadeMotion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped and gone on with, both baselines come back as painters that give pictures; the notes tell how they were made."""
    stop = threading.Event()
    heard: list[int] = []

    def hear(steps: int, share: float, parts: dict[str, float]) -> None:
        heard.append(steps)
        assert 0 < share <= 1
        assert parts["colour"] > 0
        if steps == 2:
            stop.set()

    common: dict[str, Any] = {"settings": TINY, "side_px": SIDE_PX, "on_progress": hear}
    path = train_baseline("skeleton", motions, mascot, tmp_path, minutes=60, stop=stop, **common)
    assert read_checkpoint(path)["steps"] == 2
    spent_s = read_checkpoint(path)["seconds"]
    clock = itertools.count(0, 100.0)
    monkeypatch.setattr(baselines.time, "perf_counter", lambda: next(clock))  # a step takes 100 s
    train_baseline("skeleton", motions, mascot, tmp_path, minutes=(spent_s + 150) / 60, **common)
    train_baseline("pix2pix", motions, mascot, tmp_path, minutes=1, **common)
    assert heard == [1, 2, 3, 4, 1]
    painters, notes = load_baselines(tmp_path, motions, mascot, side_px=SIDE_PX)
    assert list(painters) == ["skeleton", "pix2pix", "proxy", "nearest"]
    assert (notes["skeleton"]["steps"], notes["pix2pix"]["steps"], notes["proxy"]) == (4, 1, {"trained_minutes": 0})
    for painter in painters.values():
        picture = painter.paint(moment_of(motions[0], 3))
        assert picture.shape == (SIDE_PX, SIDE_PX, 4)
        assert picture.dtype == np.uint8
        assert (painter.paint(moment_of(motions[0], 3)) == picture).all()


def test_a_file_of_another_training_is_refused(mascot: Character, motions: list[MadeMotion], tmp_path: Path) -> None:
    """Other data are not mixed into a training; the sentence says what to do."""
    stopped = threading.Event()
    stopped.set()
    train_baseline("skeleton", motions, mascot, tmp_path, minutes=1, settings=TINY, side_px=SIDE_PX, stop=stopped)
    with pytest.raises(UserError) as caught:
        train_baseline("skeleton", motions[:1], mascot, tmp_path, minutes=1, settings=TINY, side_px=SIDE_PX, stop=stopped)
    where = tmp_path / "skeleton.pt"
    assert str(caught.value) == f"{where} was trained on other data or with other settings; delete it, or choose another folder"


def test_mistakes_are_told_in_one_sentence(mascot: Character, motions: list[MadeMotion], tmp_path: Path) -> None:
    """An unknown baseline and a folder without any."""
    with pytest.raises(UserError, match=r"^gan is no baseline that learns; expected skeleton or pix2pix$"):
        train_baseline("gan", motions, mascot, tmp_path, minutes=1)
    with pytest.raises(UserError) as caught:
        load_baselines(tmp_path, motions, mascot)
    assert str(caught.value) == (
        f"{tmp_path} should hold skeleton.pt and pix2pix.pt, but holds neither; "
        "train them with: avatar train mascot --as skeleton"
    )
