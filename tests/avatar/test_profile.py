"""Tests of `avatar.profile`: what is written is read back, and nothing else is believed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from head_turns import head_rotation

from avatar.calibration import MOST_GAZE_RAD, Calibration
from avatar.profile import Profile, checked_name, load_profile, profile_path, remove_profile, save_profile
from trackers.errors import UserError
from trackers.geometry import CAMERA_FROM_FACING
from trackers.skeleton import EXPRESSION_INDEX


def calibration() -> Calibration:
    """Return one in which every field says something."""
    rng = np.random.default_rng(3)
    return Calibration(
        expression=rng.uniform(0, 0.5, 52).astype(np.float32),
        head_offset=(CAMERA_FROM_FACING @ head_rotation(0.1, -0.2, 0.05)).astype(np.float32),
        gaze_rad=np.array([0.1, -0.07], np.float32),
        most=np.where(np.arange(52) % 3 == 0, 0.7, 0.0).astype(np.float32),
    )


def test_a_profile_comes_back_as_it_went(tmp_path: Path) -> None:
    """Every array, to the digits that are written; the folder is made, and nothing else is left in it."""
    folder = tmp_path / "a" / "b"
    known = calibration()
    assert save_profile(folder, Profile("me-2", known, "2026-11-21T03:00:00+00:00")) == folder / "me-2.json"
    read = load_profile(folder, "me-2")
    assert read is not None
    for name in ("expression", "head_offset", "gaze_rad", "most"):
        np.testing.assert_allclose(getattr(read.calibration, name), getattr(known, name), atol=1e-4)
    assert read.saved == "2026-11-21T03:00:00+00:00"
    assert [path.name for path in folder.iterdir()] == ["me-2.json"]


def test_a_look_that_is_calibrated_can_be_read_again(tmp_path: Path) -> None:
    """The widest look that the neutral pass takes is not damaged."""
    known = replace(calibration(), gaze_rad=np.array([MOST_GAZE_RAD, -MOST_GAZE_RAD], np.float32))
    save_profile(tmp_path, Profile("me", known, ""))
    assert load_profile(tmp_path, "me") is not None


def test_a_missing_profile_is_none(tmp_path: Path) -> None:
    """No file is no error; removing it twice is none either."""
    assert load_profile(tmp_path, "nobody") is None
    save_profile(tmp_path, Profile("me", Calibration(), ""))
    assert remove_profile(tmp_path, "me")
    assert not remove_profile(tmp_path, "me")


@pytest.mark.parametrize("name", ["", "../me", "a/b", "a\\b", "con", "COM1", "x" * 41, "-rf", "me.json", "ä", "a b", "."])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    """No way out of the folder, and no name that Windows keeps for itself."""
    with pytest.raises(UserError) as refused:
        checked_name(name)
    assert str(refused.value) == (
        f"a profile's name must be 1 to 40 letters, digits, - or _, got {name!r}; try --profile default"
    )


def spoil(tmp_path: Path, change: object) -> str:
    """Write a good profile, spoil it with `change` (text, or a function of the tree), and return the error."""
    save_profile(tmp_path, Profile("me", calibration(), ""))
    path = profile_path(tmp_path, "me")
    if callable(change):
        tree = json.loads(path.read_text())
        change(tree)
        path.write_text(json.dumps(tree))
    else:
        path.write_text(str(change))
    with pytest.raises(UserError) as error:
        load_profile(tmp_path, "me")
    return str(error.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("", "it is not JSON"),
        ("[" * 10_000, "it is not JSON"),
        ("[]", "it has no 'posecast_profile'"),
        ("x" * 70_000, "it is too large"),
        (lambda tree: tree.pop("neutral"), "'neutral'"),
        (lambda tree: tree["neutral"].update(head=[[1, 0, 0], [0, 1, 0], [0, 0, -1]]), "neutral.head is no rotation"),
        (lambda tree: tree["neutral"].update(gaze_rad=[9, 0]), "neutral.gaze_rad is no look"),
        (lambda tree: tree["most"].update(jawOpen=7), "most.jawOpen is not within 0..1"),
        (lambda tree: tree["most"].update(jawOpen=True), "most.jawOpen is not within 0..1"),
        (lambda tree: tree["most"].update(jawOpen=float("nan")), "most.jawOpen is not within 0..1"),
        (lambda tree: tree["most"].update(jawOpen=10**400), "int too large to convert to float"),
        (lambda tree: tree["most"].update(jaw=0.5), "most has 'jaw', which is no expression"),
    ],
)
def test_a_damaged_profile_is_one_clear_sentence(tmp_path: Path, change: object, why: str) -> None:
    """Whatever is wrong with it is named, with the way out; no number that is not sane gets through."""
    wanted = f" is damaged ({why}); calibrate again, or remove it with python run.py calibrate --profile me --reset"
    assert spoil(tmp_path, change) == wanted


def test_a_newer_profile_is_not_taken_for_damaged(tmp_path: Path) -> None:
    """A later format says what to do."""
    assert spoil(tmp_path, lambda tree: tree.update(posecast_profile=2)) == (
        " has profile format 2, this Posecast reads 1; update Posecast or calibrate again"
    )


def test_coefficients_that_are_zero_are_not_written(tmp_path: Path) -> None:
    """The file stays readable: names with values."""
    most = np.zeros(52, np.float32)
    most[EXPRESSION_INDEX["jawOpen"]] = 0.625
    path = save_profile(tmp_path, Profile("me", Calibration(most=most), ""))
    assert json.loads(path.read_text())["most"] == {"jawOpen": 0.625}


@pytest.mark.skipif(os.name != "posix", reason="Windows' folders of a user are closed to others anyway")
def test_nobody_else_may_read_a_profile(tmp_path: Path) -> None:
    """How a face moves is private; a folder that an older version left open is closed."""
    folder = tmp_path / "profiles"
    folder.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        path = save_profile(folder, Profile("me", calibration(), saved="2026-01-01T00:00:00+00:00"))
    finally:
        os.umask(before)
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
