"""Engines on disk: found, checked, built anew where there is none or a bad one.

Owns the folder and when to build; `engine_file` owns the file, `export.to_tensorrt` the building, `engine_runtime` the running.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platformdirs

from avatar.neural.engine_file import EngineKey, EngineRefused, card_of, read_engine, write_engine

log = logging.getLogger(__name__)


def engine_folder() -> Path:
    """Return `engines` in the user's cache, or in `POSECAST_CACHE` where that is set."""
    root = os.environ.get("POSECAST_CACHE") or platformdirs.user_cache_dir("posecast", appauthor=False)
    return Path(root) / "engines"


class EngineCache:
    """What was built before, by key."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or engine_folder()

    def path(self, key: EngineKey) -> Path:
        """Return where what `key` names lies, or would lie."""
        return self.folder / key.file_name()

    def find(self, key: EngineKey) -> bytes | None:
        """Return what is kept under `key`, None if there is nothing that can be trusted."""
        try:
            return read_engine(self.path(key), key)
        except EngineRefused as refused:
            log.info("%s is not used: %s", self.path(key).name, refused)
            return None

    def suiting(self, key: EngineKey) -> bytes | None:
        """Return the engine of `key`, or else one for several cards of which `key.card` is one, None without either."""
        found = self.find(key)
        if found is not None or not self.folder.is_dir():
            return found
        for path in sorted(self.folder.glob(f"{key.precision}-{key.width_px}x{key.height_px}-*.{key.kind}")):
            wider = replace(key, card=card_of(path))
            if key.card in wider.card.split("+") and wider.file_name() == path.name and (found := self.find(wider)) is not None:
                return found
        return None

    def keep(self, key: EngineKey, payload: bytes) -> Path:
        """Keep `payload` under `key`; return its path."""
        write_engine(self.path(key), key, payload)
        return self.path(key)

    def engine(self, key: EngineKey, build: Callable[[], bytes]) -> tuple[bytes, bool]:
        """Return the engine of `key`, and whether it had to be built."""
        found = self.find(key)
        if found is not None:
            return found, False
        built = build()
        self.keep(key, built)
        return built, True
