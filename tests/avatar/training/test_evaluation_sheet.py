"""The sheet shows large faces, raised hands and whole pictures, in columns that line up."""

import numpy as np
import pytest
from motions_at_hand import MadeMotion, waving

from avatar.camera import Framing
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.training.evaluation_sheet import CELL_PX, draw_sheet, rows_of
from avatar.training.simple_painters import ProxyPainter

SIDE_PX = 192


@pytest.fixture(scope="module")
def proxy() -> Character:
    return build_mascot(Level.PROXY)


@pytest.fixture(scope="module")
def painter(proxy: Character) -> ProxyPainter:
    return ProxyPainter(proxy, width_px=SIDE_PX, height_px=SIDE_PX)


@pytest.fixture(scope="module")
def motions(proxy: Character, painter: ProxyPainter) -> list[MadeMotion]:
    return [waving(proxy, painter, name=f"{f}{k}", framing=f, start_deg=40.0 * k) for f in Framing for k in range(2)]


def test_rows_are_faces_hands_and_whole_pictures(proxy: Character, motions: list[MadeMotion]) -> None:
    """Faces are of the nearest framing, boxes are squares in the picture, no motion is shown twice while others are left."""
    rows = rows_of(motions, proxy, faces=2, hands=2, full=1)
    assert [row.part for row in rows] == ["face", "face", "hand", "hand", "whole"]
    assert {row.pick.motion.framing for row in rows[:2]} == {"bust"}
    assert len({row.pick.motion.name for row in rows}) == 5
    for row in rows:
        left, top, right, bottom = row.box
        assert 0 <= left < right <= SIDE_PX
        assert 0 <= top < bottom <= SIDE_PX
        assert right - left == bottom - top
    assert [(row.pick.motion.name, row.pick.number) for row in rows_of(motions[::-1], proxy, faces=2, hands=2, full=1)] == [
        (row.pick.motion.name, row.pick.number) for row in rows
    ]


def test_few_motions_fill_the_sheet_all_the_same(proxy: Character, motions: list[MadeMotion]) -> None:
    """One motion gives different frames for its rows."""
    rows = rows_of(motions[:1], proxy, faces=2, hands=0, full=1)
    assert len({row.pick.number for row in rows}) == 3


def test_a_copy_has_no_difference(proxy: Character, painter: ProxyPainter, motions: list[MadeMotion]) -> None:
    """In a sheet of the truth's own painter the second cell is the first, and the third is black."""
    rows = rows_of(motions, proxy, faces=1, hands=1, full=1)
    sheet = draw_sheet(rows, {"ours": painter, "proxy": painter}, {"ours": "30.0 dB"})
    assert sheet.dtype == np.uint8
    height, width = sheet.shape[:2]
    left = width - 4 * (CELL_PX + 6)
    for row in range(3):
        top = height - (3 - row) * (CELL_PX + 6)
        cells = [sheet[top : top + CELL_PX, left + k * (CELL_PX + 6) :][:, :CELL_PX] for k in range(4)]
        assert (cells[0] == cells[1]).all()
        assert (cells[0] == cells[3]).all()
        assert cells[2].max() == 0
        assert cells[0].std() > 10
