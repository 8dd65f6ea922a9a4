"""What `doctor` calls needed, before the first start has fetched the models."""

from pathlib import Path

import pytest

from stream.config import Config
from stream.doctor import examine

ASKED = ("models", "tracker")


def test_before_the_first_start_models_are_merely_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posecast can run: it fetches them."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path / "cache"))
    checks = examine(Config(), names=ASKED)
    assert [(check.name, check.ok, check.required) for check in checks] == [(name, False, False) for name in ASKED]
    assert checks[0].detail.endswith("; the first start fetches them, or `python run.py models` now")
    assert not (tmp_path / "cache").exists()


def test_models_that_can_never_be_there_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where their folder should be."""
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path / "cache"))
    assert [(check.ok, check.required) for check in examine(Config(), names=ASKED)] == [(False, True), (False, True)]
