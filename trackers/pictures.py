"""Still pictures as files: which they are, their order in a folder, and their decoding.

Owns no state. Knows nothing of what is done with a picture.
"""

import re
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from trackers.errors import SourceError
from trackers.types import ImageArray

PICTURES: Final = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings of the files that are taken for pictures."""


def natural_order(folder: Path) -> list[Path]:
    """Return the pictures in `folder`, numbers in names compared as numbers.

    Raises:
        SourceError: the folder cannot be read.
    """
    pictures = [path for path in entries_of(folder) if path.suffix.lower() in PICTURES]
    return sorted(pictures, key=lambda path: (natural_key(path.name.casefold()), path.name))


def natural_key(name: str) -> list[tuple[int, str]]:
    """Return what names are sorted by so that numbers in them are compared as numbers."""
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in re.split(r"([0-9]+)", name)]


def entries_of(folder: Path) -> list[Path]:
    """Return what lies in `folder`, in no order, without what is hidden.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"{folder} could not be read ({error.strerror}); check the path and its permissions") from error


def read_picture(path: Path) -> ImageArray:
    """Return the picture at `path`, (H, W, 3) uint8 RGB, turned upright as its camera says.

    Raises:
        SourceError: no such file, or it is no picture.
    """
    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread cannot open every name on Windows
    except FileNotFoundError as error:
        raise SourceError(f"{path} was not found; check the path, or try --source demo") from error
    except OSError as error:
        raise SourceError(f"{path} could not be read ({error.strerror}); check the path and its permissions") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise SourceError(f"{path} cannot be read as a picture; save it again as PNG or JPEG")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
