"""`avatar engines`: every network of a package built for the cards that are asked for; the shipped avatar among them."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from exported_network import Exported
from rich.console import Console
from typer.testing import CliRunner

from avatar.neural.engine_cache import EngineCache
from avatar.neural.tensorrt_library import RTX, library
from avatar.package.library import BUILT_IN_FOLDER
from avatar.package.reader import read_package
from avatar.package.writer import write_package
from export.commands.avatar_engines import engines
from export.commands.terminal import Terminal
from export.half import to_half
from export.to_tensorrt import engines_of
from tests.avatar.package.made_avatar import made_metadata, made_parts
from tests.conftest import missing
from trackers.errors import UserError


@pytest.fixture(scope="module")
def cards() -> tuple[str, ...]:
    """What TensorRT for RTX builds for."""
    try:
        found = library()
    except UserError as error:
        missing(str(error))
        raise
    if found.name != RTX:
        missing("tensorrt is installed, and not TensorRT for RTX")
    return found.cards


@pytest.fixture(scope="module")
def package(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with an fp16 network."""
    networks = {("S", "fp32"): exported.fp32, ("S", "fp16"): to_half(exported.fp32, exported.examples)}
    out = tmp_path_factory.mktemp("engines") / "tiny.avatar"
    write_package(made_parts(networks=networks), made_metadata(), out=out)
    return out


def run(*words: str) -> tuple[dict[str, Any], str]:
    """Return the JSON report, or what was printed."""
    reports: dict[str, Any] = {}
    out = Console(width=120, record=True)
    terminal = Terminal(
        out=out, err=Console(quiet=True), print_json=lambda _, figures: reports.update(figures), ctrl_c=None, machine=dict
    )
    app = typer.Typer()
    app.command()(engines)
    result = CliRunner().invoke(app, [*words], obj=terminal)
    if result.exception is not None:
        raise result.exception
    return reports, out.export_text()


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))


def test_engines_are_built_for_the_cards_asked_for(package: Path, cards: tuple[str, ...]) -> None:
    """One for each card and size; the second time they are there already."""
    words = (str(package), "--card", "SM75", "--card", "SM120", "--size", "128x64", "--json")
    report, _ = run(*words)
    assert [(row["card"], row["width_px"], row["height_px"], row["built"]) for row in report["engines"]] == [
        ("SM75", 128, 64, True),
        ("SM120", 128, 64, True),
    ]
    assert all(Path(row["path"]).is_file() for row in report["engines"])
    assert json.dumps(report)
    assert not any(row["built"] for row in run(*words)[0]["engines"])


def test_without_a_card_one_engine_is_for_all(package: Path, cards: tuple[str, ...]) -> None:
    """The table names them, and where the engines lie."""
    _, told = run(str(package), "--size", "64x64")
    assert all(card in told for card in cards)
    assert "64 x 64" in told
    assert "They lie in " in told


@pytest.mark.parametrize("size", ["512", "100x64", "0x64", "axb"])
def test_bad_size_is_refused(package: Path, cards: tuple[str, ...], size: str) -> None:
    """With a size that works."""
    with pytest.raises(UserError, match=f"--size must be a width and height in multiples of 64, got {size}; try 512x512"):
        run(str(package), "--size", size)


def test_avatar_without_fp16_is_refused(exported: Exported, tmp_path: Path) -> None:
    """And how to give it one."""
    with pytest.raises(UserError, match="the avatar has no fp16 network, .*; export it again with --precision fp16"):
        engines_of({("S", "fp32"): exported.fp32}, sizes_px=[(64, 64)], card_sets=[("SM86",)], cache=EngineCache(tmp_path))


@pytest.mark.skipif(not BUILT_IN_FOLDER.is_dir(), reason="the shipped avatar has no package yet")
def test_shipped_avatar_builds_for_every_card(cards: tuple[str, ...], tmp_path: Path) -> None:
    """From the files that users get: every node is taken, and each card of the list has an engine."""
    networks = read_package(BUILT_IN_FOLDER).parts.networks
    halves = [data for (_, precision), data in networks.items() if precision == "fp16"]
    assert halves
    singles = [(card,) for card in cards]
    found = engines_of(networks, sizes_px=[(512, 512)], card_sets=singles, cache=EngineCache(tmp_path))
    assert len(found) == len(halves) * len(cards)
    assert all(engine.built and engine.path.is_file() for _, engine in found)
