"""A set of data on disk: names of its files, and writing each of them whole or not at all.

    FOLDER/index.json            settings, their hash, and the motions
    FOLDER/MOTION/motion.npz     what the rig does, springs included, and which frames are photographed
    FOLDER/MOTION/00042.png      the picture of frame 42, straight RGBA
    FOLDER/sheet.png             one picture of each motion, for people

Owns the layout, and the hash by which two sets are told apart. Knows nothing of how motions or pictures are made.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from trackers.errors import UserError
from trackers.types import ImageArray
from trackers.whole_files import growing_file

FORMAT: Final = 1
INDEX, MOTION, SHEET = "index.json", "motion.npz", "sheet.png"
_PNG: Final = [cv2.IMWRITE_PNG_COMPRESSION, 2]


def picture_name(frame: int) -> str:
    """Return the name of a frame's picture in its motion's folder."""
    return f"{frame:05d}.png"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, whenever the program ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with growing_file(path) as part:
        part.write_bytes(data)


def write_picture(path: Path, image: ImageArray) -> None:
    """Write (H, W, 4) straight RGBA as PNG, quickly packed."""
    done, data = cv2.imencode(".png", image[..., [2, 1, 0, 3]], _PNG)
    if not done:
        raise RuntimeError(f"{path} could not be packed as PNG")
    write_whole(path, data.tobytes())


def read_picture(path: Path) -> ImageArray | None:
    """Return (H, W, 4) straight RGBA; None if the file is missing or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        return None
    return np.ascontiguousarray(image[..., [2, 1, 0, 3]], dtype=np.uint8)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as npz; the same arrays give the same bytes."""
    buffer = BytesIO()
    np.savez(buffer, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object as JSON that people can read."""
    write_whole(path, (json.dumps(value, indent=1) + "\n").encode())


def read_index(folder: Path) -> dict[str, Any]:
    """Return the index of a set.

    Raises:
        UserError: the folder holds no set, or one that is damaged or of another version.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{folder} holds no rendered data ({INDEX} is missing); make it with: avatar render") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete the folder and render again") from error
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        found = index.get("format") if isinstance(index, dict) else None
        raise UserError(f"{path} is of format {found}, not {FORMAT}; delete the folder and render again")
    return index


def hash_of(value: Any) -> str:
    """Return a hash of a value made of dataclasses, tuples, arrays, texts and numbers: of a character, or of settings."""
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()[:16]


def _feed(digest: "hashlib._Hash", value: Any) -> None:
    if is_dataclass(value):
        for field in fields(value):
            digest.update(field.name.encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, tuple | list):
        digest.update(f"({len(value)}".encode())
        for part in value:
            _feed(digest, part)
    else:
        digest.update(repr(value).encode())
