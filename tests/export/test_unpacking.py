"""Tests of the way back from a package to what its training held, with the avatar that is shipped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar.package.learnt import Learnt, learnt_to_bytes
from avatar.package.library import Library
from avatar.package.reader import Package
from avatar.training.checkpoint import Trained
from export.commands.trainings import beginning_of, other_sizes, trainings_at
from export.painting import random_examples
from export.parity import compare
from export.unpacking import trainings_of
from trackers.errors import UserError


@pytest.fixture(scope="module")
def package() -> Package:
    return Library().load("mascot")


@pytest.fixture(scope="module")
def trainings(package: Package) -> tuple[Trained, ...]:
    return trainings_of(package)


def test_each_size_paints_what_its_file_does(package: Package, trainings: tuple[Trained, ...]) -> None:
    """Every weight is where it belongs, and each size has its own recipe."""
    assert [training.size for training in trainings] == ["M", "L"]
    for training in trainings:
        assert training.recipe["settings"]["size"] == training.size
        assert "other_sizes" not in training.recipe
        files = {"fp32": package.parts.networks[training.size, "fp32"]}
        (row,) = compare(training.network, files, random_examples(1, width_px=128, height_px=128))
        assert row.max_abs < 1e-4


def test_the_texture_is_packed_again_to_the_same_bytes(package: Package, trainings: tuple[Trained, ...]) -> None:
    """What was rounded once is not rounded twice."""
    for one in trainings:
        again = learnt_to_bytes(Learnt(features=one.features, deltas=one.deltas, window=one.window, mix=one.mix))
        assert again == package.members["features.npz"]


def test_the_painter_has_the_texture_too(trainings: tuple[Trained, ...]) -> None:
    """It is what a new training begins with."""
    texture = trainings[0].painter.texture
    np.testing.assert_array_equal(texture.features.numpy(), trainings[0].features)
    assert texture.window == trainings[0].window
    assert not any(parameter.requires_grad for parameter in trainings[0].painter.parameters())


@pytest.mark.parametrize(("size", "first"), [("S", "M"), ("M", "M"), ("L", "L")])
def test_a_training_begins_beside_the_widest_that_fits(size: str, first: str) -> None:
    """Of the same size it goes on; a narrower one takes the texture only."""
    assert beginning_of("mascot", size).size == first


def test_an_avatar_brings_the_sizes_that_are_not_named(trainings: tuple[Trained, ...]) -> None:
    """So a size that was trained on replaces the one in the package."""
    assert [one.size for one in other_sizes(trainings[1], ["mascot"])] == ["M"]
    assert other_sizes(trainings[1], []) == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"recipe": None}, "fennel does not tell how it was trained, so no training can go on from it"),
        ({"recipe": {"other_sizes": 3}}, "fennel does not tell how it was trained, so no training can go on from it"),
        ({"networks": "int8"}, "fennel has no fp32 network, and training goes on from no other"),
        ({"networks": "swapped"}, "fennel: its fp32 network M is not one that this Posecast trains"),
    ],
)
def test_what_no_training_can_go_on_from_is_one_sentence(package: Package, change: dict[str, Any], sentence: str) -> None:
    """Packages come from others, who may have left out what nobody needs to draw them."""
    networks = dict(package.parts.networks)
    if change.get("networks") == "int8":
        networks = {key: data for key, data in networks.items() if key[1] == "int8"}
    if change.get("networks") == "swapped":
        networks["M", "fp32"] = networks["L", "fp32"]
    changed = replace(
        package,
        path=Path("fennel"),
        recipe=change.get("recipe", package.recipe),
        parts=replace(package.parts, networks=networks),
    )
    with pytest.raises(UserError) as told:
        trainings_of(changed)
    assert str(told.value) == sentence


def test_a_folder_without_anything_is_told_as_a_training(tmp_path: Path) -> None:
    """Whoever names a folder means a training's."""
    with pytest.raises(UserError, match="checkpoint.pt does not exist; train first with: avatar train"):
        trainings_at(str(tmp_path))
