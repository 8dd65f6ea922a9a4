"""Tests of what the benchmarks' drawings share: the words that are said before minutes are spent, and when the disk is full."""

import importlib.util
import os
from pathlib import Path

import pytest

from export.plotting import check, save
from trackers.errors import UserError


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name and a folder that takes nothing are told before measuring, a disk that got full when it is."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    folder = tmp_path / "a.png"
    folder.mkdir()
    with pytest.raises(UserError, match=r"a.png cannot be written: it is a folder; name a file in it as --plot$"):
        check(folder)

    class Full:
        def savefig(self, path: Path, **_: object) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(UserError) as caught:
        save(Full(), tmp_path / "b.png")
    assert str(caught.value) == (
        f"{tmp_path / 'b.png'} could not be written (No space left on device); free some space or choose another --plot"
    )
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match=r"b.png cannot be written: permission denied; choose another --plot$"):
        check(tmp_path / "b.png")


def test_words_before_anything_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name, a folder that is not there, and a missing package are one sentence each."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    with pytest.raises(UserError, match=r"^--plot must name a .png file, got a.pdf; try --plot tracker.png$"):
        check(Path("a.pdf"))
    with pytest.raises(
        UserError, match=r"a.png cannot be written: its folder does not exist; make it or choose another --plot$"
    ):
        check(tmp_path / "absent" / "a.png")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UserError) as caught:
        check(tmp_path / "a.png")
    assert str(caught.value) == (
        '--plot needs the package matplotlib, which is not installed; run `pip install ".[plot]"`, or leave --plot away'
    )
