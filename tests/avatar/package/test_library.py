"""Tests of where avatars lie: names, places, and how one gets in and out."""

import shutil
from pathlib import Path
from typing import Any

import made_avatar
import pytest

from avatar.package import library as library_module
from avatar.package.errors import PackageError
from avatar.package.library import Library
from avatar.package.manifest import About
from avatar.package.reader import read_package
from avatar.package.writer import write_package


def packed(out: Path, **about: Any) -> Path:
    """Write the tiny avatar to `out` under another name."""
    told = About(**{**made_avatar.ABOUT.model_dump(), **about})
    write_package(made_avatar.made_parts(), made_avatar.made_metadata(about=told), out=out)
    return out


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Return an empty library without a built-in avatar."""
    return Library(tmp_path / "avatars", built_in=tmp_path / "built_in")


def test_an_empty_library_has_nothing(library: Library) -> None:
    """And makes no folder only because somebody looked."""
    assert library.entries() == ()
    assert not library.folder.exists()


def test_an_avatar_comes_in_by_its_own_name(library: Library, tmp_path: Path) -> None:
    """Whatever its file was called; a folder becomes one file."""
    entry = library.keep(packed(tmp_path / "whatever"))
    assert (entry.name, entry.path, entry.is_built_in) == ("tiny", library.folder / "tiny.avatar", False)
    assert library.entries() == (entry,)
    assert library.load("tiny").manifest.about == made_avatar.ABOUT
    assert [path.name for path in library.folder.iterdir()] == ["tiny.avatar"]


def test_what_is_there_is_not_overwritten(library: Library, tmp_path: Path) -> None:
    """Unless somebody says so."""
    library.keep(packed(tmp_path / "one.avatar"))
    other = packed(tmp_path / "two.avatar", author="Another")
    with pytest.raises(PackageError) as told:
        library.keep(other)
    place = library.folder / "tiny.avatar"
    assert str(told.value) == f"an avatar named tiny is there already ({place}); put this one in its place with --replace"
    assert library.load("tiny").manifest.about.author == "Somebody"
    library.keep(other, is_replacing=True)
    assert library.load("tiny").manifest.about.author == "Another"


def test_a_damaged_avatar_does_not_come_in(library: Library, tmp_path: Path) -> None:
    """The one that was there stays, and nothing half-written is left."""
    library.keep(packed(tmp_path / "one.avatar"))
    torn = tmp_path / "torn.avatar"
    torn.write_bytes((tmp_path / "one.avatar").read_bytes()[:-100])
    with pytest.raises(PackageError, match=r"torn.avatar must be a whole zip archive"):
        library.keep(torn, is_replacing=True)
    assert [path.name for path in library.folder.iterdir()] == ["tiny.avatar"]
    assert read_package(library.folder / "tiny.avatar")


def test_a_full_disk_leaves_the_old_one(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written beside, then changes places."""
    library.keep(packed(tmp_path / "one.avatar"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("avatar.package.writer.os.fsync", full)
    with pytest.raises(
        PackageError, match=r"tiny.avatar could not be written \(No space left on device\); choose another place"
    ):
        library.keep(tmp_path / "one.avatar", is_replacing=True)
    assert [path.name for path in library.folder.iterdir()] == ["tiny.avatar"]
    assert read_package(library.folder / "tiny.avatar")


def test_the_built_in_avatar_comes_first_and_ones_own_wins(tmp_path: Path) -> None:
    """A mascot that the user trained takes the place of ours, if the user says so."""
    built_in = packed(tmp_path / "mascot", name="mascot")
    library = Library(tmp_path / "avatars", built_in=built_in)
    library.keep(packed(tmp_path / "b.avatar", name="another"))
    assert [(entry.name, entry.is_built_in) for entry in library.entries()] == [("mascot", True), ("another", False)]
    assert library.find("mascot") == built_in
    mine = packed(tmp_path / "mine.avatar", name="mascot", author="Me")
    with pytest.raises(PackageError, match=r"is there already .*; to keep both, export the training again with --name NAME$"):
        library.keep(mine)
    library.keep(mine, is_replacing=True)
    assert library.load("mascot").manifest.about.author == "Me"
    assert read_package(built_in).manifest.about.author == "Somebody"


def test_a_damaged_avatar_is_listed_with_what_is_wrong(library: Library, tmp_path: Path) -> None:
    """It does not hide the others."""
    library.keep(packed(tmp_path / "one.avatar"))
    (library.folder / "bad.avatar").write_bytes(b"nothing")
    bad, tiny = library.entries()
    assert (bad.name, bad.manifest) == ("bad", None)
    assert bad.problem.startswith("bad.avatar must be a whole zip archive, got a damaged one")
    assert tiny.problem == ""


def test_a_folder_put_there_by_hand_is_found(library: Library, tmp_path: Path) -> None:
    """For whoever works on an avatar."""
    shutil.copytree(packed(tmp_path / "tiny"), library.folder / "tiny")
    assert library.find("tiny") == library.folder / "tiny"
    with pytest.raises(PackageError, match="is a folder that was put there by hand; remove it, then import again"):
        library.keep(tmp_path / "tiny", is_replacing=True)


def test_what_may_not_be_read_is_no_avatar(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder such as lost+found beside the avatars, or all of them out of reach, ends nothing."""
    library.folder.mkdir(parents=True, exist_ok=True)
    (library.folder / "lost+found").mkdir()
    before = [entry.name for entry in library.entries()]

    def refuse(self: Path, *_: object) -> bool:
        if library.folder in self.parents or self == library.folder:
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self)

    usual = Path.is_file
    monkeypatch.setattr(Path, "is_file", refuse)
    assert [entry.name for entry in library.entries()] == before
    monkeypatch.undo()
    monkeypatch.setattr(Path, "iterdir", refuse)
    assert [entry.name for entry in library.entries()] == before


@pytest.mark.parametrize("name", ["Fennel.avatar", "Fox (1).avatar", "my.fox", "tiny"])
def test_whatever_is_listed_is_found(library: Library, tmp_path: Path, name: str) -> None:
    """A copy that the browser numbered, a capital, a folder with a dot: under the name in the list, wherever one stands."""
    library.folder.mkdir()
    shutil.move(packed(tmp_path / ("one.avatar" if name.endswith(".avatar") else "one")), library.folder / name)
    (entry,) = library.entries()
    assert library.find(entry.name) == entry.path == library.folder / name


def test_of_a_file_and_a_folder_the_file_is_found(library: Library, tmp_path: Path) -> None:
    """It is what was imported."""
    shutil.copytree(packed(tmp_path / "one"), library.folder / "tiny")
    shutil.copy(packed(tmp_path / "one.avatar"), library.folder / "tiny.avatar")
    assert [entry.name for entry in library.entries()] == ["tiny", "tiny"]
    assert library.find("tiny") == library.folder / "tiny.avatar"


def test_a_path_is_a_path(library: Library, tmp_path: Path) -> None:
    """Anything with a slash, a capital or the ending of a file that is not the name of one in the list."""
    path = packed(tmp_path / "one.avatar")
    assert library.find(str(path)) == path
    with pytest.raises(PackageError) as told:
        library.find("no.avatar")
    assert str(told.value) == (
        "no.avatar was not found; give a name of python run.py avatar list, or an avatar's file or folder"
    )
    with pytest.raises(PackageError, match="a.avatar was not found; give a name"):
        library.find("a" * 300 + ".avatar")


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_name_is_nobody(library: Library, nothing: str) -> None:
    """It is not the folder that one happens to be in."""
    with pytest.raises(PackageError, match="^an avatar's name must not be empty; give a name of python run.py avatar list"):
        library.find(nothing)


def test_an_unknown_name_is_told_with_the_known_ones(library: Library, tmp_path: Path) -> None:
    """And how to bring one."""
    bring = "bring one with python run.py avatar import FILE"
    with pytest.raises(PackageError) as told:
        library.find("nobody")
    assert str(told.value) == f"no avatar is named nobody; there are none yet; {bring}"
    library.keep(packed(tmp_path / "one.avatar"))
    with pytest.raises(PackageError) as told:
        library.find("nobody")
    assert str(told.value) == f"no avatar is named nobody; there are tiny; {bring}"
    with pytest.raises(PackageError) as told:
        library.find("mascot")
    assert str(told.value) == "mascot has no trained package yet; train one with python run.py avatar train mascot"


def test_the_built_in_avatar_is_whole() -> None:
    """What is shipped passes every check, has its evaluation, and is small enough to ship."""
    built = Library()
    if not (library_module.BUILT_IN_FOLDER / "manifest.json").is_file():
        pytest.skip("no trained mascot is shipped yet")
    package = read_package(library_module.BUILT_IN_FOLDER)
    assert package.manifest.about.name == library_module.BUILT_IN
    assert package.evaluation
    assert package.bytes <= 10_000_000
    assert built.entries()[0].is_built_in
