"""Baselines learn from drawn skeletons, are kept in files, and go on where they were stopped."""

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from motions_at_hand import MadeMotion, waving

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.mesh import Character
from avatar.training.baseline_batches import DrawnBatchMaker
from avatar.training.baseline_training import Pix2pixLearner, SkeletonLearner
from avatar.training.baselines import TRAINED, load_baselines, train_baseline
from avatar.training.checkpoint import read_checkpoint
from avatar.training.course import Course
from avatar.training.moments import moment_of
from avatar.training.schedule import Budget
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
    assert first.drawn.shape == first.truth.shape == (4, 4, 128, 128)
    assert not first.coarse.any()
    assert first.layers.shape == (4, 12, 64, 64)
    assert all(part.is_contiguous(memory_format=torch.channels_last) for part in (first.drawn, first.layers, first.truth))
    assert torch.equal(first.truth, again.truth)
    assert torch.equal(first.layers, again.layers)
    assert not torch.equal(first.truth, other.truth)
    assert (first.truth[:, :3] <= first.truth[:, 3:] + 1e-6).all()
    assert len(first.looked) == 1
    assert all(0 <= value <= 128 - 64 for _, *corner in first.looked for value in corner)


def test_drawings_lie_over_their_figures(batches: DrawnBatchMaker) -> None:
    """What is drawn lies nearly all within what is photographed."""
    drawing, truth = batches.picture(0)
    drawn = drawing.amax(dim=(0, 1)) > 0.5
    assert drawn.sum() > 300
    assert truth[0, 3][drawn].mean() > 0.9


def test_our_network_learns_from_drawings(batches: DrawnBatchMaker) -> None:
    """After some steps on one and the same batch its picture is nearer to the truth; all its parts move."""
    learner = SkeletonLearner(batches, TINY)
    before = {name: value.clone() for name, value in learner.weights().items()}
    batch, course = learner.make(0, 0.1), Course(Budget(steps=12))
    steps = []
    for course.step in range(12):
        steps.append(learner.learn(batch, course)["colour"])
    assert steps[-1] < 0.9 * steps[0]
    assert all(not torch.equal(value, before[name]) for name, value in learner.weights().items())


def test_pix2pix_learns_from_drawings(batches: DrawnBatchMaker) -> None:
    """The same, slowly, as its rates are; the discriminator learns, too."""
    learner = Pix2pixLearner(batches, TINY)
    batch, course = learner.make(0, 0.1), Course(Budget(steps=50))
    steps = [learner.learn(batch, course) for _ in range(5)]
    assert steps[-1]["colour"] < 0.985 * steps[0]["colour"]
    assert steps[-1]["doubt"] < steps[0]["doubt"]


def test_a_training_is_kept_and_read_back(mascot: Character, motions: list[MadeMotion], tmp_path: Path) -> None:
    """Stopped by Ctrl-C and gone on with, both baselines come back as painters; the notes tell how they were made."""
    heard: list[tuple[int, float]] = []

    def hear(course: Course, parts: dict[str, float]) -> None:
        heard.append((course.step, course.progress()))
        assert parts["colour"] > 0
        if len(heard) == 2:
            signal.raise_signal(signal.SIGINT)

    common: dict[str, Any] = {"settings": TINY, "side_px": SIDE_PX, "on_progress": hear}
    path = train_baseline("skeleton", motions, mascot, tmp_path, budget=Budget(steps=4), **common)
    assert heard == [(1, 0.25), (2, 0.5)]
    train_baseline("skeleton", motions, mascot, tmp_path, budget=None, resume=True, **common)
    train_baseline("pix2pix", motions, mascot, tmp_path, budget=Budget(steps=1), **common)
    assert heard[2:] == [(3, 0.75), (4, 1.0), (1, 1.0)]
    assert json.loads(read_checkpoint(path)["course"])["step"] == 4
    painters, notes = load_baselines(tmp_path, motions, mascot, side_px=SIDE_PX)
    assert list(painters) == ["skeleton", "pix2pix", "proxy", "nearest"]
    assert (notes["skeleton"]["steps"], notes["pix2pix"]["steps"], notes["proxy"]) == (4, 1, {"trained_minutes": 0})
    for painter in painters.values():
        picture = painter.paint(moment_of(motions[0], 3))
        assert picture.shape == (SIDE_PX, SIDE_PX, 4)
        assert picture.dtype == np.uint8
        assert (painter.paint(moment_of(motions[0], 3)) == picture).all()


@pytest.mark.parametrize("name", TRAINED)
def test_a_resumed_training_is_the_same_as_one_that_never_stopped(
    mascot: Character, motions: list[MadeMotion], tmp_path: Path, name: str
) -> None:
    """Weights after one step, a stop and one more are those after two; its settings need not be said again."""

    def halt(course: Course, parts: dict[str, float]) -> None:
        if course.step == 1 and "stopped" in str(folder):
            signal.raise_signal(signal.SIGINT)

    weights = []
    for folder in (tmp_path / "stopped", tmp_path / "whole"):
        common: dict[str, Any] = {"settings": TINY, "side_px": SIDE_PX, "on_progress": halt}
        path = train_baseline(name, motions, mascot, folder, budget=Budget(steps=2), **common)
        train_baseline(name, motions, mascot, folder, budget=None, resume=True, **common | {"settings": None})
        weights.append(read_checkpoint(path)["weights"])
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.allclose(value, weights[1][key], atol=1e-6) for key, value in weights[0].items())


def test_a_file_that_is_not_to_be_gone_on_with_is_kept(mascot: Character, motions: list[MadeMotion], tmp_path: Path) -> None:
    """Neither is it trained over unasked, nor are other data mixed into it; the sentences say what to do."""
    common: dict[str, Any] = {"budget": Budget(steps=1), "settings": TINY, "side_px": SIDE_PX}
    where = train_baseline("skeleton", motions, mascot, tmp_path, **common)
    with pytest.raises(UserError) as caught:
        train_baseline("skeleton", motions, mascot, tmp_path, **common)
    assert str(caught.value) == f"{where} already holds a training; go on with it by --resume, or choose another folder"
    with pytest.raises(UserError) as caught:
        train_baseline("skeleton", motions[:1], mascot, tmp_path, resume=True, **common)
    assert str(caught.value) == f"{where} was trained on other data; resume it on those, or train this one in another folder"


def test_mistakes_are_told_in_one_sentence(mascot: Character, motions: list[MadeMotion], tmp_path: Path) -> None:
    """An unknown baseline and a folder without any."""
    with pytest.raises(UserError, match=r"^gan is no baseline that learns; expected skeleton or pix2pix$"):
        train_baseline("gan", motions, mascot, tmp_path, budget=None)
    with pytest.raises(UserError) as caught:
        load_baselines(tmp_path, motions, mascot)
    assert str(caught.value) == (
        f"{tmp_path} should hold skeleton.pt and pix2pix.pt, but holds neither; "
        "train them with: avatar train mascot --as skeleton"
    )
