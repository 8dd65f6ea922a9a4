"""The table of trained models: what each is, by its hash, and where its bytes can be had.

Owns the reading of `models.toml`. Knows nothing of this machine, nor of how bytes travel.
"""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from trackers.errors import AssetError

MODELS_FILE: Final = Path(__file__).with_name("models.toml")

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
    sdist_sha256: str = ""
    """SHA-256 of the source package that carries the file, where no wheel does: pip runs its setup, so it must be that one."""

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


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
