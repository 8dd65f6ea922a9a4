"""The user's own pictures for effects: which files of the folder `emotes` beside the configuration may be shown.

Owns the folder, its names and their limits. Knows nothing of who shows them or how.
"""

import re
from pathlib import Path
from typing import Final

from stream.paths import settings_folder

EMOTE_TYPES: Final = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
"""Ending -> what it is."""
_NAME: Final = re.compile(r"[\w][\w .()-]{0,99}\.(?:png|gif|webp|jpg|jpeg)")
_LARGEST_BYTES: Final = 4 << 20


def emotes_folder() -> Path:
    """Return where the user's pictures lie."""
    return settings_folder() / "emotes"


def emote_names() -> list[str]:
    """Return the names of the pictures that are there and may be shown, in order."""
    try:
        found = [file for file in emotes_folder().iterdir() if _NAME.fullmatch(file.name)]
        return sorted(file.name for file in found if file.is_file() and file.stat().st_size <= _LARGEST_BYTES)
    except OSError:
        return []
