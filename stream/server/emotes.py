"""The user's own pictures for the effects page: `/emotes/NAME` is a file of the folder `emotes` beside the configuration.

Owns that a path of the server leads to one of these pictures and to nothing else. Knows nothing of sockets.
"""

from pathlib import Path
from typing import Final
from urllib.parse import unquote

from stream.actions.emotes import EMOTE_TYPES, emote_names, emotes_folder
from stream.server.pages import Page

EMOTE_PATH: Final = "/emotes/"


def read_emote(path: str) -> Page | None:
    """Return the picture at a path of the server, or None.

    A name is looked up among those that are there, so none leads elsewhere, however it is written.
    """
    name = unquote(path.removeprefix(EMOTE_PATH))
    if not path.startswith(EMOTE_PATH) or name not in emote_names():
        return None
    try:
        return Page(EMOTE_TYPES[Path(name).suffix], (emotes_folder() / name).read_bytes())
    except OSError:  # removed in between
        return None
