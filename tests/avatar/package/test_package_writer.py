"""Tests of writing a package: whole or not at all, never over something else, the same bytes again."""

from pathlib import Path

import made_avatar
import numpy as np
import pytest

from avatar.package.errors import PackageError
from avatar.package.learnt import Learnt, learnt_to_bytes
from avatar.package.reader import read_package
from avatar.package.writer import package_members, write_package


def write(out: Path, *, is_replacing: bool = False) -> None:
    write_package(made_avatar.made_parts(), made_avatar.made_metadata(), out=out, is_replacing=is_replacing)


def test_the_same_avatar_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whenever and wherever it is packed."""
    write(tmp_path / "one.avatar")
    write(tmp_path / "two.avatar")
    assert (tmp_path / "one.avatar").read_bytes() == (tmp_path / "two.avatar").read_bytes()


@pytest.mark.parametrize("name", ["a.avatar", "a"])
def test_what_is_there_is_kept_unless_replaced(tmp_path: Path, name: str) -> None:
    """File or folder."""
    out = tmp_path / name
    write(out)
    with pytest.raises(PackageError) as told:
        write(out)
    assert str(told.value) == f"{out} is there already; choose another name, or write over it with --replace"
    write(out, is_replacing=True)
    assert read_package(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path) -> None:
    """Whoever mistypes a folder does not lose it."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(PackageError, match="photos is a folder with other things than an avatar's; choose another name"):
        write(tmp_path / "photos", is_replacing=True)
    assert (tmp_path / "photos" / "cat.jpg").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """With what the system said."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PackageError, match=r"a.avatar could not be written \((File exists|Not a directory)\); choose another"):
        write(tmp_path / "file" / "a.avatar")


def test_a_network_of_another_contract_is_not_packed(tmp_path: Path) -> None:
    """What is written was read back first."""
    model = made_avatar.made_network()
    model.graph.input[0].name = "image"
    parts = made_avatar.made_parts(networks={("S", "fp32"): model.SerializeToString()})
    with pytest.raises(PackageError, match="network-S.onnx: its inputs must be coarse, surface, code"):
        write_package(parts, made_avatar.made_metadata(), out=tmp_path / "a.avatar")
    assert list(tmp_path.iterdir()) == []


def test_an_avatar_that_was_not_evaluated_says_so() -> None:
    """No paper is made up."""
    members = package_members(made_avatar.made_parts(), made_avatar.made_metadata(evaluation=None, recipe=None))
    assert "evaluation.json" not in members
    assert b'"evaluation": {}' in members["manifest.json"]


@pytest.mark.parametrize("bad", [np.nan, 2000.0])
def test_numbers_that_no_package_holds_are_refused(bad: float) -> None:
    """Before they are rounded to something else."""
    parts = made_avatar.made_parts()
    features = parts.features.copy()
    features[0, 0, 0] = bad
    with pytest.raises(ValueError, match="Learnt.features must hold numbers from -1000 to 1000, got"):
        learnt_to_bytes(Learnt(features, parts.deltas, parts.window, parts.mix))
