"""The folder on this machine that holds the trained models.

Owns the check that a file is what the table says, and the filling of the folder. Knows nothing of what the models compute; how
bytes travel is `download`'s business.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import platformdirs

from trackers.catalogue import Asset, Progress, all_assets, asset_named, sha256_of
from trackers.errors import AssetError

__all__ = [
    "Asset",
    "all_assets",
    "cache_folder",
    "ensure",
    "fetch",
    "is_present",
    "path_of",
    "required_assets",
    "told_if_unusable",
]

FETCH_COMMAND: Final = "python run.py models"


def required_assets(
    *, engine: str = "posecast", body_model: str = "full", hand_model: str = "full", eased: bool = False
) -> tuple[Asset, ...]:
    """Return the models that `engine` needs with these sizes: ours and the reference run the same files.

    Args:
        eased: also those to which our engine turns when the computer is too slow.
    """
    if engine not in ("posecast", "mediapipe", "onnx"):
        raise ValueError(f"engine must be posecast, mediapipe or onnx, got {engine!r}")
    if engine == "onnx":
        return (asset_named("pose_landmarker_lite"),)  # for the person detector; the rest is the user's own model
    names = ["face_landmarker", "hand_landmarker", "pose_landmarker_lite"]  # lite carries the person detector
    if body_model != "lite":
        names.append(f"pose_landmark_{body_model}")
    if body_model == "heavy" and eased and engine == "posecast":
        names.append("pose_landmark_full")
    if (hand_model == "lite" or eased) and engine == "posecast":
        names.append("hand_landmark_lite")  # the palm detector is the bundle's all the same
    return tuple(asset_named(name) for name in names)


def cache_folder() -> Path:
    """Return the folder of the models: `models` in the user's cache, or in `POSECAST_CACHE` where that is set."""
    root = os.environ.get("POSECAST_CACHE") or platformdirs.user_cache_dir("posecast", appauthor=False)
    return Path(root) / "models"


def is_present(asset: Asset) -> bool:
    """Tell whether the model lies in the cache, whole and undamaged."""
    return _problem(asset) is None


def path_of(name: str) -> Path:
    """Return where the model called `name` lies.

    Raises:
        AssetError: it is missing or damaged; the sentence says how to bring it.
    """
    asset = asset_named(name)
    problem = _problem(asset)
    if problem is not None:
        raise AssetError(problem)
    return cache_folder() / asset.file


def fetch(asset: Asset, *, on_progress: Progress | None = None) -> Path:
    """Bring the model into the cache, from the first place that gives the right bytes, and return its path.

    Raises:
        AssetError: the folder cannot be used, or no place gave the model; then the sentence names each place with its reason,
            and the way by hand.
    """
    from trackers import download  # a run with all models at hand never loads an HTTP client

    folder = cache_folder()
    target = folder / asset.file
    reasons = []
    with told_if_unusable(folder, of="models"):
        folder.mkdir(parents=True, exist_ok=True)
        for place in asset.places:
            try:
                download.bring(asset, place, target, on_progress=on_progress)
                return target
            except download.PlaceFailed as error:
                reasons.append(f"{place}: {error}")
    raise AssetError(
        f"{asset.file} could not be fetched ({'; '.join(reasons)}); connect to the network and run `{FETCH_COMMAND}`, "
        f"or put the file into {folder} yourself"
    )


def ensure(names: Iterable[str]) -> None:
    """Fetch those of the named models that are missing or damaged.

    Raises:
        AssetError: one could not be fetched.
    """
    for asset in map(asset_named, names):
        if not is_present(asset):
            fetch(asset)


@contextmanager
def told_if_unusable(folder: Path, *, of: str) -> Iterator[None]:
    """Turn what the disk says of a folder of fetched files into one sentence.

    Args:
        of: what lies in it, for the sentence.

    Raises:
        AssetError: it is no folder, or takes or gives no files.
    """
    try:
        yield
    except OSError as error:
        raise AssetError(_unusable(folder, error, of=of)) from error


def _problem(asset: Asset) -> str | None:
    """Return what is wrong with the cached file in one sentence, or None."""
    path = cache_folder() / asset.file
    try:
        stat = path.stat()
        found = _hash_once(path, stat.st_size, stat.st_mtime_ns)
    except FileNotFoundError:
        return (
            f"model {asset.file} is missing from {path.parent}; run `{FETCH_COMMAND}` to fetch it, "
            f"or put the file into that folder yourself"
        )
    except OSError as error:
        return _unusable(path.parent, error, of="models")
    if found != asset.sha256:
        return (
            f"model {path} should have SHA-256 {asset.sha256[:16]}… but has {found[:16]}…; "
            f"run `{FETCH_COMMAND}` to fetch it again"
        )
    return None


def _unusable(folder: Path, error: OSError, *, of: str) -> str:
    """Return the sentence about a folder that is none, or takes or gives no files."""
    return (
        f"the {of}' folder {folder} cannot be used ({error.strerror or error}); make it one with free space that you may "
        f"read and write, or set POSECAST_CACHE to another"
    )


@cache
def _hash_once(path: Path, _size: int, _changed_ns: int) -> str:
    """Hash a file once for each state of it that this process sees."""
    return sha256_of(path)
