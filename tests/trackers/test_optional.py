"""Packages that may be missing: what is said where they are, and where they are there but broken."""

from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.optional import check_installed, imported, is_installed


def test_what_is_there_is_imported() -> None:
    """And nothing is said of it."""
    check_installed("json", otherwise="never said")
    assert is_installed("json")
    assert imported("json", otherwise="never said").loads("1") == 1


def test_what_is_missing_is_asked_for_in_the_callers_words() -> None:
    """Before it is wanted, and where it is."""
    assert not is_installed("a_package_that_nobody_has")
    for ask in (check_installed, imported):
        with pytest.raises(UserError, match=r"^flying needs wings; pip install wings$"):
            ask("a_package_that_nobody_has", otherwise="flying needs wings; pip install wings")


def test_what_is_broken_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of the system that it lacks, say: to install what is installed would not help."""
    (tmp_path / "broken_package.py").write_text("import a_package_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError) as told:
        imported("broken_package", otherwise="never said")
    assert str(told.value) == (
        "broken_package is installed but does not start (No module named 'a_package_that_nobody_has'); install it again"
    )
