"""Files that are whole or not there."""

import os
from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.whole_files import check_writable, growing_name, is_file_name, put_new, whole_text


def no_links(growing: Path, path: Path) -> None:
    """Refuse, as a disk does that has no links."""
    raise PermissionError(1, "Operation not permitted")


def test_names_that_windows_keeps_for_devices() -> None:
    """No file may be called so there, with any extension; what only begins so may."""
    assert not any(is_file_name(name) for name in ("con", "AUX", "nul", "com1", "LPT9"))
    assert all(is_file_name(name) for name in ("console", "com", "com10", "fox"))


def test_a_file_that_cannot_be_written_is_told_before_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flag that named it, and the next step."""
    check_writable(tmp_path / "new.png", flag="--plot")
    (tmp_path / "old.png").write_text("mine")
    check_writable(tmp_path / "old.png", flag="--plot")
    lost = tmp_path / "no" / "a.png"
    for path, why in (
        (lost, "its folder does not exist; make it or choose another --plot"),
        (tmp_path, "it is a folder; name a file in it as --plot"),
    ):
        with pytest.raises(UserError) as caught:
            check_writable(path, flag="--plot")
        assert str(caught.value) == f"{path} cannot be written: {why}"
    monkeypatch.setattr(os, "access", lambda *_: False)
    for path in (tmp_path / "new.png", tmp_path / "old.png"):
        with pytest.raises(UserError) as caught:
            check_writable(path, flag="--plot")
        assert str(caught.value) == f"{path} cannot be written: permission denied; choose another --plot"


def test_an_older_file_is_replaced_or_stays(tmp_path: Path) -> None:
    """Until the end the old one is there; an error leaves it, and nothing beside it."""
    path = tmp_path / "a.json"
    with whole_text(path, over=True) as file:
        file.write("old")
        assert not path.exists()
    with pytest.raises(RuntimeError), whole_text(path, over=True) as file:  # noqa: PT012
        file.write("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with whole_text(path, over=True) as file:
        file.write("new")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.json", "new")]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_new_file_takes_nobodys_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    """What came to lie there meanwhile stays, on a disk with links and on one without."""
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.json"
    with pytest.raises(FileExistsError), whole_text(path, over=False) as file:  # noqa: PT012
        file.write("mine")
        path.write_text("theirs")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.json", "theirs")]
    growing = growing_name(tmp_path / "b.json")
    growing.write_text("b")
    put_new(growing, tmp_path / "b.json")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_two_programs_do_not_write_into_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each grows under a name of its own."""
    mine = growing_name(tmp_path / "a.json")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert growing_name(tmp_path / "a.json") != mine
