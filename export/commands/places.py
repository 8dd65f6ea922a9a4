"""Where drawn data, trainings and shared recordings lie when nobody says otherwise.

Owns those folders. Knows nothing of what lies in them.
"""

import os
from pathlib import Path
from typing import Final

import platformdirs

RECORDINGS: Final = Path(os.environ.get("POSECAST_DATA") or Path(__file__).parents[2] / ".." / "shared" / "data")
"""The shared clips and motions; need not be there."""


def data_folder(name: str) -> Path:
    """Return where the drawn pictures of a character lie: beside the models in the cache, for they can be drawn again."""
    root = os.environ.get("POSECAST_CACHE") or platformdirs.user_cache_dir("posecast", appauthor=False)
    return Path(root) / "pictures" / name


def run_folder(name: str, size: str) -> Path:
    """Return where a training lies: with the user's data, for it took hours."""
    return Path(platformdirs.user_data_dir("posecast", appauthor=False)) / "training" / f"{name}-{size}"


def baselines_folder(name: str) -> Path:
    """Return where the painters lie that ours is compared with."""
    return Path(platformdirs.user_data_dir("posecast", appauthor=False)) / "training" / f"{name}-baselines"
