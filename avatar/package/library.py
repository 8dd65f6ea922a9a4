"""Where avatars lie: the built-in one, and the user's own folder.

Owns names and places. Knows nothing of what is in a package; `reader` checks it, `writer` writes it.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from avatar.package import layout
from avatar.package.errors import PackageError
from avatar.package.manifest import NAME_PATTERN, Manifest
from avatar.package.reader import Package, read_manifest, read_package
from avatar.package.writer import save_members

BUILT_IN: Final = "mascot"
BUILT_IN_FOLDER: Final = Path(__file__).parents[1] / "mascot" / "package"
_NAME: Final = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One avatar of the library, as its manifest has it."""

    name: str
    path: Path
    is_built_in: bool
    bytes: int
    manifest: Manifest | None
    """None if it is damaged."""
    problem: str
    """What is wrong with it; empty if nothing is."""


def user_folder() -> Path:
    """Return the folder of the user's avatars; it need not be there."""
    return Path(platformdirs.user_data_dir("posecast", appauthor=False)) / "avatars"


class Library:
    """The avatars of this computer.

    Args:
        folder: another one than the user's.
        built_in: another place of the built-in avatar.
    """

    def __init__(self, folder: Path | None = None, *, built_in: Path | None = None) -> None:
        self.folder = folder or user_folder()
        self._built_in = built_in or BUILT_IN_FOLDER

    def entries(self) -> tuple[Entry, ...]:
        """Return what is there, the built-in one first; a damaged avatar is one of them."""
        places = [(BUILT_IN, self._built_in)] if self._is_built() else []
        return tuple(self._entry(name, path) for name, path in [*places, *self._own()])

    def find(self, wanted: str) -> Path:
        """Return where the avatar of this name or path lies; the user's own wins over the built-in one.

        Raises:
            PackageError: there is none; the sentence names those that there are.
        """
        if not wanted.strip():
            raise PackageError("an avatar's name must not be empty; give a name of python run.py avatar list, or a file")
        listed = [path for name, path in self._own() if name == wanted]
        if listed:
            return min(listed, key=Path.is_dir)  # of a file and a folder, the file
        if "/" in wanted or "\\" in wanted or wanted.endswith(layout.SUFFIX) or not _NAME.fullmatch(wanted):
            path = Path(wanted).expanduser()
            if os.path.exists(path):  # unlike Path.exists it answers for a name that is too long, too
                return path
            raise PackageError(
                f"{wanted} was not found; give a name of python run.py avatar list, or an avatar's file or folder"
            )
        if wanted == BUILT_IN and self._is_built():
            return self._built_in
        raise PackageError(self._unknown(wanted))

    def load(self, wanted: str) -> Package:
        """Return the avatar of this name or path, checked.

        Raises:
            PackageError: there is none, or it is not whole.
        """
        return read_package(self.find(wanted))

    def keep(self, source: Path, *, is_replacing: bool = False) -> Entry:
        """Copy a package in, after every check, under the name in its manifest; return it as it lies there.

        Raises:
            PackageError: it is not whole, or one of its name is there already and must not be replaced.
        """
        package = read_package(source)
        name = package.manifest.about.name
        taken = [path for path in (self._place(name), self.folder / name) if path.exists()]
        if name == BUILT_IN and self._is_built():
            taken.append(self._built_in)
        if taken and not is_replacing:
            own = "; to keep both, export the training again with --name NAME" if taken[0] == self._built_in else ""
            raise PackageError(
                f"an avatar named {name} is there already ({taken[0]}); put this one in its place with --replace{own}"
            )
        if (self.folder / name).is_dir():
            raise PackageError(f"{self.folder / name} is a folder that was put there by hand; remove it, then import again")
        save_members(package.members, out=self._place(name), is_replacing=True)
        return self._entry(name, self._place(name))

    def _own(self) -> list[tuple[str, Path]]:
        """Return the user's avatars, whole or not, by the names under which they are listed and found."""
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:  # there is none, or nothing that we may see
            paths = []
        return [(path.name if path.is_dir() else path.stem, path) for path in paths if _is_avatar(path)]

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}{layout.SUFFIX}"

    def _is_built(self) -> bool:
        return (self._built_in / layout.MANIFEST).is_file()

    def _entry(self, name: str, path: Path) -> Entry:
        is_built_in = path == self._built_in
        try:
            manifest, size = read_manifest(path)
        except PackageError as error:
            return Entry(name, path, is_built_in, bytes=0, manifest=None, problem=str(error))
        return Entry(name, path, is_built_in, bytes=size, manifest=manifest, problem="")

    def _unknown(self, wanted: str) -> str:
        names = sorted({entry.name for entry in self.entries()})
        if wanted == BUILT_IN:
            return f"{wanted} has no trained package yet; train one with python run.py avatar train {BUILT_IN}"
        known = f"there are {', '.join(names)}" if names else "there are none yet"
        return f"no avatar is named {wanted}; {known}; bring one with python run.py avatar import FILE"


def _is_avatar(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    try:
        return path.suffix == layout.SUFFIX if path.is_file() else (path / layout.MANIFEST).is_file()
    except OSError:  # a folder that we may not look into, such as lost+found
        return False
