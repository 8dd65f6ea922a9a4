"""Engines are built once, and anew when what lies there cannot be trusted."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from avatar.neural.engine_cache import EngineCache, engine_folder
from avatar.neural.engine_file import EngineKey

KEY = EngineKey("ab" * 32, "tensorrt_rtx", "1.7.1", "SM86", "fp16", 512, 512, "Linux x86_64")


class Builder:
    """Counts what it builds."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> bytes:
        self.built += 1
        return b"engine %d" % self.built


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / "engines")


def test_an_engine_is_built_once(cache: EngineCache) -> None:
    """The second time it comes from the disk."""
    build = Builder()
    assert cache.engine(KEY, build) == (b"engine 1", True)
    assert cache.engine(KEY, build) == (b"engine 1", False)
    assert EngineCache(cache.folder).find(KEY) == b"engine 1"


def test_damaged_engine_is_built_anew(cache: EngineCache, caplog: pytest.LogCaptureFixture) -> None:
    """And the log says why."""
    build = Builder()
    cache.engine(KEY, build)
    whole = cache.path(KEY).read_bytes()
    cache.path(KEY).write_bytes(whole[:-1])
    with caplog.at_level(logging.INFO):
        assert cache.engine(KEY, build) == (b"engine 2", True)
    assert "is not used: its bytes are damaged" in caplog.text
    assert cache.find(KEY) == b"engine 2"


def test_foreign_engine_under_the_right_name_is_built_anew(cache: EngineCache, caplog: pytest.LogCaptureFixture) -> None:
    """Renaming a file makes it no other engine."""
    build, other = Builder(), replace(KEY, model_sha256="cd" * 32)
    cache.engine(other, build)
    cache.path(other).rename(cache.path(KEY))
    with caplog.at_level(logging.INFO):
        assert cache.engine(KEY, build) == (b"engine 2", True)
    assert "its model_sha256 is" in caplog.text


def test_each_key_has_its_own(cache: EngineCache) -> None:
    """Sizes, cards and versions stand side by side."""
    build = Builder()
    keys = [KEY, replace(KEY, width_px=256), replace(KEY, card="SM120"), replace(KEY, library_version="2")]
    assert len({cache.path(key) for key in keys}) == 4
    assert [cache.engine(key, build)[0] for key in keys] == [b"engine %d" % n for n in (1, 2, 3, 4)]


def test_building_that_fails_keeps_nothing(cache: EngineCache) -> None:
    """The next try builds again."""

    def broken() -> bytes:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cache.engine(KEY, broken)
    assert cache.find(KEY) is None


def test_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or where POSECAST_CACHE says."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    assert engine_folder() == tmp_path / "engines"
