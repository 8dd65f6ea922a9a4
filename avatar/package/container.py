"""A bag of named bytes: a zip archive or a folder, read whole into memory within bounds.

Owns the defence against archives that grow, escape, hide or lie. Nothing is ever unpacked onto a disk, so that no name in an
archive becomes a path. Knows nothing of what the bytes mean.
"""

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from avatar.package.errors import AGAIN, PackageError, fault

LARGEST_BYTES: Final = 48_000_000
"""All members together, and the archive itself. The built-in avatar has a fifth of it."""
_LARGEST_RATIO: Final = 200
_SMALL_BYTES: Final = 1 << 20  # what packs better than the ratio is harmless as long as it stays below this
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_GLTF: Final = b"glTF"  # how binary glTF 2.0 and VRM files begin
_DEBRIS: Final = (".DS_Store", "Thumbs.db", "desktop.ini")  # what file managers leave in folders by themselves

Limits = Callable[[str], int | None]
"""How many bytes a member of this name may have; None: no member may be called so."""


def read_bounded(path: Path, *, most: int, place: str) -> bytes:
    """Return a file's bytes.

    Raises:
        PackageError: it is no plain file, cannot be read, or has more than `most` bytes.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # to open a pipe would wait for ever
            raise fault(place, "be a plain file", "a device or a pipe")
        with path.open("rb") as file:
            data = file.read(min(about.st_size, most) + 1)  # room for that much is taken at once
    except OSError as error:
        raise PackageError(f"{place} could not be read ({error.strerror or error}); {AGAIN}") from error
    if len(data) > most:
        raise fault(place, f"have at most {most:,} bytes", "more")
    return data


def read_folder(folder: Path, *, place: str, limits: Limits) -> dict[str, bytes]:
    """Return every file of `folder` by name.

    Raises:
        PackageError: it holds a folder, a link, a file of an unknown name, or too much.
    """
    found: dict[str, bytes] = {}
    total = 0
    for entry in sorted(folder.iterdir()):
        name = entry.name
        if name in _DEBRIS:
            continue
        if entry.is_symlink() or not entry.is_file():
            raise fault(place, "hold plain files only", f"{_shown(name)}, which is a link or a folder")
        found[name] = read_bounded(entry, most=_limit(name, place=place, limits=limits), place=f"{place}: {name}")
        total += len(found[name])
        if total > LARGEST_BYTES:
            raise fault(place, f"have at most {LARGEST_BYTES:,} bytes", "more")
    return found


def read_zip(data: bytes, *, place: str, limits: Limits, most_members: int, ratio: int = _LARGEST_RATIO) -> dict[str, bytes]:
    """Return every member of a zip archive by name. What is declared is checked before anything is unpacked, then what came.

    Raises:
        PackageError: it is no zip archive, is damaged, or has a member that is not wanted, encrypted, a link, or too large.
    """
    if data[:4] == _GLTF:
        wanted, came = "be an avatar with a network that paints it", "a 3D model (VRM or glTF), which has none"
        raise fault(place, wanted, came, then="choose one of python run.py avatar list")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_list(infos, place=place, most_members=most_members)
            for info in infos:
                _check_member(info, place=place, limits=limits, ratio=ratio)
            return {info.filename: _read_member(archive, info, place=place) for info in infos}
    except PackageError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds, struct.error and NotImplementedError among them
        raise fault(place, "be a whole zip archive", f"a damaged one ({_reason(error)})") from error


def zip_of(members: Mapping[str, bytes], *, packed: bool) -> bytes:
    """Return a zip archive of `members`; the same members give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data, compresslevel=9 if packed else None)
    return buffer.getvalue()


def _check_list(infos: list[zipfile.ZipInfo], *, place: str, most_members: int) -> None:
    if len(infos) > most_members:
        raise fault(place, f"have at most {most_members} members", len(infos))
    total = sum(info.file_size for info in infos)
    if total > LARGEST_BYTES:
        raise fault(place, f"have at most {LARGEST_BYTES:,} bytes when unpacked", f"{total:,}")
    names = [info.filename for info in infos]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise fault(place, "have each member once", f"{_shown(twice)} twice")


def _check_member(info: zipfile.ZipInfo, *, place: str, limits: Limits, ratio: int) -> None:
    name = info.filename
    most = _limit(name, place=place, limits=limits)
    inside = f"{place}: {name}"
    if info.flag_bits & _ENCRYPTED:
        raise fault(inside, "not be encrypted", "an encrypted member")
    if info.is_dir() or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise fault(inside, "be a plain file", "a link, a folder or a device")
    if info.compress_type not in _METHODS:
        raise fault(inside, "be stored or deflated", f"compression method {info.compress_type}")
    if info.file_size > most:
        raise fault(inside, f"have at most {most:,} bytes", f"{info.file_size:,}")
    if info.file_size > _SMALL_BYTES and info.file_size > ratio * max(info.compress_size, 1):
        raise fault(
            inside, f"unpack to at most {ratio} times its size", f"{info.file_size // max(info.compress_size, 1)} times"
        )


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, place: str) -> bytes:
    """Return a member's bytes, of which there are as many as were declared; the archive's checksum is checked on the way."""
    with archive.open(info) as member:
        data = member.read(info.file_size)
        if len(data) != info.file_size or member.read(1):
            raise fault(f"{place}: {info.filename}", f"have {info.file_size:,} bytes", "more or fewer")
    return data


def _limit(name: str, *, place: str, limits: Limits) -> int:
    most = limits(name)
    if most is None:
        raise fault(place, "hold an avatar's parts only", f"{_shown(name)}")
    return most


def _shown(name: str) -> str:
    """Return a name that somebody else chose so that it is safe to print."""
    return ascii(name[:60])


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return ascii(text[:80])[1:-1] or type(error).__name__
