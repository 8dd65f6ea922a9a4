"""Files that are whole or not there: written under another name, and given their own when they are finished.

Owns names and moments, and whether a file can be written at all. Knows nothing of what is written.
"""

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from trackers.errors import UserError

_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)


def open_for_owner(path: str, flags: int) -> int:
    """Open a file so that, if it is new, no other user may read it: an `opener` of `open` for faces and movements."""
    return os.open(path, flags, 0o600)


def make_private_folder(folder: Path) -> None:
    """Make a folder that nobody else may look into; an older one is closed to them, too, where the disk can.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        folder.chmod(0o700)


def is_file_name(name: str) -> bool:
    """Tell whether a file may have this name, whatever its extension: Windows keeps some for devices."""
    return not _DEVICES.fullmatch(name)


def check_writable(path: Path, *, flag: str) -> None:
    """Make sure, before minutes are spent on what is to be in it, that a file can be written.

    Args:
        flag: that of the command line which named the file.

    Raises:
        UserError: it is a folder, or it or its folder is not there or takes nothing.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UserError(f"{path} cannot be written: its folder does not exist; make it or choose another {flag}")
    if path.is_dir():
        raise UserError(f"{path} cannot be written: it is a folder; name a file in it as {flag}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UserError(f"{path} cannot be written: permission denied; choose another {flag}")


def begins_as_json(path: Path) -> bool:
    """Tell whether a file is empty, or begins as a JSON object does: as our reports and logs do, and no video or rule file."""
    with path.open("rb") as file:
        return file.read(1) in (b"", b"{")


@contextmanager
def told_if_not_written(path: Path, *, flag: str) -> Iterator[None]:
    """Turn what the disk says while a file is written into one sentence.

    Raises:
        UserError: it could not be written.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} could not be written ({error.strerror}); free some space or choose another {flag}") from error


def growing_name(path: Path) -> Path:
    """Return the name under which this process writes what is to be `path`: hidden, and no other process's."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


@contextmanager
def growing_file(path: Path, *, place: Callable[[Path, Path], object] = os.replace) -> Iterator[Path]:
    """Give the name of a file to write, which is `path` once it is whole; after an error what lay there is as it was.

    Args:
        place: gives the finished file its name: `os.replace` over an older one, `put_new` never.

    Raises:
        OSError: it cannot be written.
    """
    growing = growing_name(path)
    growing.unlink(missing_ok=True)  # an earlier process of this number may have been killed
    try:
        yield growing
        place(growing, path)
    finally:
        growing.unlink(missing_ok=True)


@contextmanager
def whole_text(path: Path, *, over: bool, private: bool = False) -> Iterator[TextIO]:
    """Give a file to write UTF-8 text into, which becomes `path` at the end; after an error what lay there is as it was.

    Args:
        over: it may take the place of an older file; then it is safe on disk first.
        private: no other user may read it.

    Raises:
        FileExistsError: something lies there, and it may not.
        OSError: it cannot be written.
    """
    place = os.replace if over else put_new
    opener = open_for_owner if private else None
    with growing_file(path, place=place) as growing, open(growing, "x", encoding="utf-8", newline="\n", opener=opener) as file:
        yield file
        if over:
            file.flush()
            os.fsync(file.fileno())


def put_new(growing: Path, path: Path) -> None:
    """Give a finished file its name, but never another's place: something may have come to lie there meanwhile.

    Raises:
        FileExistsError: something lies there.
        OSError: the disk does not do it.
    """
    try:
        os.link(growing, path)  # unlike renaming it fails if the name is taken, also in the same moment
    except FileExistsError:
        raise
    except OSError as error:  # a disk without links, as most sticks are
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        os.rename(growing, path)
    else:
        growing.unlink()
