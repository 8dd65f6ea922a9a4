"""Tests of archives and folders that somebody else made: what is hidden, huge, escaping or doubled is refused."""

import io
import os
import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from avatar.package.container import read_folder, read_zip, zip_of
from avatar.package.errors import PackageError

KNOWN = {"a.txt": 2_000_000, "b.txt": 10}


def archive(**members: bytes) -> bytes:
    return zip_of({name.replace("_", "."): data for name, data in members.items()}, packed=True)


def read(data: bytes) -> dict[str, bytes]:
    return read_zip(data, place="x.avatar", limits=KNOWN.get, most_members=3)


def one(name: str, data: bytes = b"x", *, mode: int = 0, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, method
        file.writestr(info, data)
    return buffer.getvalue()


def test_what_was_put_in_comes_out() -> None:
    """And the same members give the same bytes."""
    assert read(archive(a_txt=b"one", b_txt=b"two")) == {"a.txt": b"one", "b.txt": b"two"}
    assert archive(a_txt=b"one") == archive(a_txt=b"one")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"glTF\2\0\0\0",
            "x.avatar must be an avatar with a network that paints it, got a 3D model (VRM or glTF), which has none; "
            "choose one of python run.py avatar list",
        ),
        (b"no zip at all", "x.avatar must be a whole zip archive, got a damaged one (File is not a zip file)"),
        (b"", "x.avatar must be a whole zip archive, got a damaged one"),
        (archive(a_txt=b"one")[:-30], "x.avatar must be a whole zip archive, got a damaged one"),
        (one("../../evil"), "x.avatar must hold an avatar's parts only, got '../../evil'"),
        (one("/etc/passwd"), "x.avatar must hold an avatar's parts only, got '/etc/passwd'"),
        (one("a.txt\x1b[2J"), r"x.avatar must hold an avatar's parts only, got 'a.txt\x1b[2J'"),
        (one("folder/"), "x.avatar must hold an avatar's parts only, got 'folder/'"),
        (one("a.txt", mode=stat.S_IFLNK | 0o777), "x.avatar: a.txt must be a plain file, got a link, a folder or a device"),
        (one("a.txt", method=zipfile.ZIP_LZMA), "x.avatar: a.txt must be stored or deflated, got compression method 14"),
        (one("b.txt", b"x" * 11), "x.avatar: b.txt must have at most 10 bytes, got 11"),
        (archive(a_txt=bytes(1_900_000)), "x.avatar: a.txt must unpack to at most 200 times its size, got 1022 times"),
        (zip_of({str(n): b"" for n in range(4)}, packed=False), "x.avatar must have at most 3 members, got 4"),
    ],
)
def test_an_archive_that_is_no_avatar_is_one_sentence(data: bytes, sentence: str) -> None:
    """Nothing is unpacked before its name, kind and size are known to be right."""
    with pytest.raises(PackageError) as told:
        read(data)
    assert str(told.value).startswith(sentence)


def test_a_member_twice_is_refused() -> None:
    """Readers differ in which of the two they take, so none is."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("a.txt", b"one")
            file.writestr("a.txt", b"two")
    with pytest.raises(PackageError, match="must have each member once, got 'a.txt' twice"):
        read(buffer.getvalue())


def test_an_encrypted_member_is_refused() -> None:
    """Nobody is asked for a password."""
    data = bytearray(archive(a_txt=b"one"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PackageError, match="x.avatar: a.txt must not be encrypted, got an encrypted member"):
        read(bytes(data))


@pytest.mark.parametrize("declared", [2, 1_000_000])
def test_a_member_that_lies_about_its_size_is_refused(declared: int) -> None:
    """What comes is as much as was declared, no more and no less."""
    data = bytearray(archive(a_txt=os.urandom(20_000)))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = declared.to_bytes(4, "little")
    with pytest.raises(PackageError, match="x.avatar"):
        read(bytes(data))


def test_all_members_together_are_bounded() -> None:
    """Each may be within its own limit, and their sum too much."""
    data = zip_of({f"{n}.txt": bytes(1_000_000) for n in range(60)}, packed=True)
    with pytest.raises(PackageError, match="must have at most 48,000,000 bytes when unpacked, got 60,000,000"):
        read_zip(data, place="x.avatar", limits=lambda _: 2_000_000, most_members=100)


def test_a_folder_holds_plain_known_files(tmp_path: Path) -> None:
    """What a file manager leaves by itself is passed over; anything else is named."""
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / ".DS_Store").write_bytes(b"debris")
    assert read_folder(tmp_path, place="x", limits=KNOWN.get) == {"a.txt": b"one"}
    (tmp_path / "evil.py").write_bytes(b"")
    with pytest.raises(PackageError, match="x must hold an avatar's parts only, got 'evil.py'"):
        read_folder(tmp_path, place="x", limits=KNOWN.get)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_folder_with_links_folders_or_pipes_is_refused(tmp_path: Path, kind: str) -> None:
    """A link could lead anywhere, a pipe would wait for ever."""
    place = tmp_path / "b.txt"
    if kind == "link":
        place.symlink_to("/etc/hostname")
    elif kind == "folder":
        place.mkdir()
    else:
        os.mkfifo(place)
    with pytest.raises(PackageError, match="must hold plain files only, got 'b.txt', which is a link or a folder"):
        read_folder(tmp_path, place="x", limits=KNOWN.get)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """It stops after one byte too many."""
    with (tmp_path / "b.txt").open("wb") as file:
        file.truncate(5_000_000_000)
    with pytest.raises(PackageError, match="x: b.txt must have at most 10 bytes, got more"):
        read_folder(tmp_path, place="x", limits=KNOWN.get)
