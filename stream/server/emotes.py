"""The user's own pictures for the effects page: `/emotes/NAME` is a file of the folder `emotes` beside the configuration.

Owns which files may be seen: pictures of a few kinds that lie in that folder itself. Knows nothing of sockets.
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import platformdirs

from stream.server.pages import Page

EMOTE_PATH: Final = "/emotes/"
_TYPES: Final = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_NAME: Final = re.compile(r"[\w][\w .()-]{0,99}\.(?:png|gif|webp|jpg|jpeg)")
_LARGEST_BYTES: Final = 4 << 20


def emotes_folder() -> Path:
    """Return where the user's pictures lie."""
    return Path(platformdirs.user_config_dir("posecast", appauthor=False)) / "emotes"


def emote_names() -> list[str]:
    """Return the names of the pictures that are there and may be shown, in order."""
    try:
        found = [file for file in emotes_folder().iterdir() if _NAME.fullmatch(file.name)]
        return sorted(file.name for file in found if file.is_file() and file.stat().st_size <= _LARGEST_BYTES)
    except OSError:
        return []


def read_emote(path: str) -> Page | None:
    """Return the picture at a path of the server, or None.

    A name is looked up among those that are there, so none leads elsewhere, however it is written.
    """
    name = unquote(path.removeprefix(EMOTE_PATH))
    if not path.startswith(EMOTE_PATH) or name not in emote_names():
        return None
    try:
        return Page(_TYPES[Path(name).suffix], (emotes_folder() / name).read_bytes())
    except OSError:  # removed in between
        return None
