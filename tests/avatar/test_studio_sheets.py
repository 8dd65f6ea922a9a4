"""The mascot's sheets: all of them are written, small enough to keep, and hold what they say."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.mascot import build_mascot
from avatar.mascot.sheets import EXPRESSIONS
from avatar.studio import sheets


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheets of the puppet's mesh, which draws quicker than the detailed one."""
    folder = tmp_path_factory.mktemp("sheets") / "new"
    sheets.draw(folder, build_mascot())
    return folder


@pytest.mark.slow
def test_every_sheet_is_written_and_small(folder: Path) -> None:
    """Seven PNGs, each under 700 kB."""
    names = {path.stem for path in folder.iterdir()}
    assert names == {"turnaround", "expressions", "hands", "extremes", "grounds", "sizes", "puppet_and_studio"}
    assert max(path.stat().st_size for path in folder.iterdir()) < 700_000


@pytest.mark.slow
def test_every_expression_looks_different(folder: Path) -> None:
    """Sixteen tiles, no two of them alike."""
    sheet = cv2.imread(str(folder / "expressions.png"))
    assert sheet is not None
    tiles = [tile for row in np.split(sheet, 4) for tile in np.split(row, 4, axis=1)]
    assert len(tiles) == len(EXPRESSIONS)
    assert len({tile.tobytes() for tile in tiles}) == len(tiles)
