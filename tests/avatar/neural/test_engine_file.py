"""No engine is given out that is not whole and not the one asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from avatar.neural.engine_file import MAGIC, RUNTIME, TIMING, EngineKey, EngineRefused, read_engine, write_engine

KEY = EngineKey(
    model_sha256="ab" * 32,
    library="tensorrt_rtx",
    library_version="1.7.1",
    card="SM86",
    precision="fp16",
    width_px=512,
    height_px=384,
    system="Linux x86_64",
)
PAYLOAD = bytes(range(256)) * 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "engines" / KEY.file_name()
    write_engine(where, KEY, PAYLOAD)
    return where


def test_what_was_written_is_read(path: Path) -> None:
    """The payload, and nothing else lies in the folder."""
    assert read_engine(path, KEY) == PAYLOAD
    assert [entry.name for entry in path.parent.iterdir()] == [KEY.file_name()]


@pytest.mark.parametrize(
    "change",
    [
        {"model_sha256": "cd" * 32},
        {"library": "tensorrt"},
        {"library_version": "1.7.2"},
        {"card": "SM120"},
        {"precision": "fp32"},
        {"width_px": 256},
        {"height_px": 512},
        {"system": "Windows AMD64"},
        {"kind": TIMING},
    ],
)
def test_engine_of_another_key_is_refused(path: Path, change: dict[str, str]) -> None:
    """Whatever differs has another name, and is refused under this one."""
    other = replace(KEY, **change)
    assert other.file_name() != KEY.file_name()
    with pytest.raises(EngineRefused, match=f"its {next(iter(change))} is "):
        read_engine(path, other)


def test_every_byte_counts(path: Path) -> None:
    """One flipped bit anywhere is found."""
    whole = path.read_bytes()
    for place in range(0, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(EngineRefused):
            read_engine(path, KEY)


def test_cut_or_lengthened_file_is_refused(path: Path) -> None:
    """At any length."""
    whole = path.read_bytes()
    for length in (0, 4, len(MAGIC), 40, 60, 200, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(EngineRefused):
            read_engine(path, KEY)
    path.write_bytes(whole + b"x")
    with pytest.raises(EngineRefused, match="its bytes are damaged"):
        read_engine(path, KEY)


def test_plain_engine_is_refused(path: Path) -> None:
    """An engine without our header may be anybody's."""
    path.write_bytes(b"vtrt" + PAYLOAD)
    with pytest.raises(EngineRefused, match="it is no engine file of ours"):
        read_engine(path, KEY)


def test_missing_file_says_so(tmp_path: Path) -> None:
    """The first time there is none."""
    with pytest.raises(EngineRefused, match="there is none yet"):
        read_engine(tmp_path / "none", KEY)


def test_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """The system's own words come along."""
    with pytest.raises(EngineRefused, match="it cannot be read"):
        read_engine(tmp_path, KEY)


def test_name_tells_what_it_is() -> None:
    """Precision, size, card and kind; odd letters of a card's name are left out."""
    name = replace(KEY, card="NVIDIA RTX 3060/driver 580", kind=RUNTIME).file_name()
    assert name.startswith("fp16-512x384-NVIDIA-RTX-3060-driver-580-")
    assert name.endswith(".runtime")


def test_unknown_kind_is_an_error() -> None:
    """Three kinds there are."""
    with pytest.raises(ValueError, match="must be one of engine, timing, runtime"):
        replace(KEY, kind="other")


def test_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither half a file nor what was there before is lost."""
    blocked = tmp_path / "engine"
    blocked.mkdir()
    (blocked / "inside").touch()
    with pytest.raises(OSError):
        write_engine(blocked, KEY, PAYLOAD)
    assert [entry.name for entry in tmp_path.iterdir()] == ["engine"]
