"""Folders and files of gestures: one sentence for what goes wrong with them.

Owns the sentences; `trackers.whole_files` owns how a file is whole or not there. Knows nothing of what is in them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trackers.errors import UserError
from trackers.whole_files import growing_file, make_private_folder, open_for_owner


def listed(folder: Path) -> list[Path]:
    """Return what lies in a folder; nothing if it is not there.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{folder} could not be read ({error.strerror}); check its permissions") from error


def make_folder(folder: Path) -> None:
    """Make a folder, if it is not there; nobody else may look into it.

    Raises:
        UserError: it cannot be made.
    """
    try:
        make_private_folder(folder)
    except OSError as error:
        raise UserError(f"{folder} could not be made ({error.strerror}); check its permissions") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    with unfinished_file(path) as unfinished, open(unfinished, "wb", opener=open_for_owner) as file:
        file.write(data)


@contextmanager
def unfinished_file(path: Path, *, finish: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Give a file to write, which takes the place of `path` (or gets what `finish` does) once it is whole, and is then gone.

    Raises:
        UserError: it cannot be written.
    """
    place = os.replace if finish is None else lambda unfinished, _: finish(unfinished)
    try:
        with growing_file(path, place=place) as unfinished:
            yield unfinished
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} could not be written ({error.strerror}); free some space or check its permissions")
