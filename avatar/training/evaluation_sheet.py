"""The sheet of an evaluation: rows of held-out frames, columns of painters, for people to look at.

Owns which frames are worth looking at, and their layout. Knows nothing of figures beyond the words it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from avatar.mesh import Character
from avatar.training.evaluation_plan import Pick, plan
from avatar.training.metrics import composite
from avatar.training.moments import MotionLike, Painter, moment_of
from avatar.training.regions import Box, Parts
from trackers.types import ImageArray

CELL_PX: Final = 224
DIFFERENCE_GAIN: Final = 4
_CANDIDATES: Final = 48
_LARGE_HAND: Final = 4.0  # how much more a hand's size counts than its height
_PAPER, _INK, _FAINT = (250, 249, 247), (45, 42, 50), (120, 116, 124)
_GROUND: Final = (236, 233, 228)
_GAP_PX, _HEAD_PX, _SIDE_PX = 6, 58, 118


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One frame, and which part of it is shown."""

    pick: Pick
    part: str
    box: Box
    """A square."""


def rows_of(motions: Sequence[MotionLike], character: Character, *, faces: int = 3, hands: int = 3, full: int = 2) -> list[Row]:
    """Return rows of different frames: large faces, raised hands, whole pictures; always the same ones."""
    parts, seen = Parts(character), plan(motions, _CANDIDATES)
    found: dict[str, list[tuple[float, Row]]] = {"face": [], "hands": [], "whole": []}
    for place, pick in enumerate(seen):
        moment = moment_of(pick.motion, pick.number)
        height, width = pick.motion.picture(pick.number).shape[:2]
        size = {"width_px": width, "height_px": height}
        face = parts.face(moment, **size)
        if face is not None:
            found["face"].append((-(face.right - face.left), Row(pick, "face", _squared(face, 1.25, width, height))))
        for hand in parts.hands(moment, **size):
            mark = hand.top / height - _LARGE_HAND * (hand.bottom - hand.top) / height
            found["hands"].append((mark, Row(pick, "hand", _squared(hand, 1.6, width, height))))
        found["whole"].append(((place * 7) % len(seen), Row(pick, "whole", Box(0, 0, width, height))))
    chosen: list[Row] = []
    for part, wanted in (("face", faces), ("hands", hands), ("whole", full)):
        chosen += _best(found[part], wanted, chosen)
    return chosen


def draw_sheet(rows: Sequence[Row], painters: Mapping[str, Painter], words: Mapping[str, str]) -> ImageArray:
    """Return the sheet, (H, W, 3) uint8 RGB.

    Args:
        painters: the first one is ours; the difference to the truth is shown beside it.
        words: a short line of figures under a painter's name.
    """
    ours = next(iter(painters))
    names = ["truth", ours, f"difference x{DIFFERENCE_GAIN}", *list(painters)[1:]]
    step = CELL_PX + _GAP_PX
    height, width = _HEAD_PX + step * len(rows), _SIDE_PX + step * len(names)
    sheet = np.full((height, width, 3), _PAPER, dtype=np.uint8)
    for column, name in enumerate(names):
        left = _SIDE_PX + column * step
        _write(sheet, name, (left + 2, 24), 0.58, _INK, 1)
        _write(sheet, words.get(name, ""), (left + 2, 45), 0.40, _FAINT, 1)
    for index, row in enumerate(rows):
        top = _HEAD_PX + index * step
        _write(sheet, row.part, (10, top + 24), 0.55, _INK, 1)
        for line, text in enumerate((str(row.pick.motion.framing), row.pick.motion.style, f"frame {row.pick.number}")):
            _write(sheet, text[:16], (10, top + 46 + 18 * line), 0.38, _FAINT, 1)
        for column, cell in enumerate(_cells(row, painters)):
            left = _SIDE_PX + column * step
            sheet[top : top + CELL_PX, left : left + CELL_PX] = cell
    return sheet


def _cells(row: Row, painters: Mapping[str, Painter]) -> list[ImageArray]:
    moment = moment_of(row.pick.motion, row.pick.number)
    truth = composite(row.pick.motion.picture(row.pick.number), _GROUND)
    painted = [composite(painter.paint(moment), _GROUND) for painter in painters.values()]
    difference = np.clip(DIFFERENCE_GAIN * np.abs(painted[0] - truth), 0, 1).astype(np.float32)
    shown = [truth, painted[0], difference, *painted[1:]]
    return [_scaled(row.box.of(picture)) for picture in shown]


def _scaled(part: np.ndarray) -> ImageArray:
    smaller = part.shape[0] > CELL_PX
    kind = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    cell = cv2.resize(part, (CELL_PX, CELL_PX), interpolation=kind)
    return np.asarray(np.clip(cell * 255 + 0.5, 0, 255), dtype=np.uint8)


def _best(found: list[tuple[float, Row]], wanted: int, taken: Sequence[Row]) -> list[Row]:
    """Return the rows with the lowest marks, each of another motion than the others as far as there are enough."""
    chosen: list[Row] = []
    ordered = [row for _, row in sorted(found, key=lambda each: each[0])]
    for apart in (True, False):
        for row in ordered:
            used = {(r.pick.motion.name, r.pick.number if not apart else 0) for r in (*taken, *chosen)}
            if len(chosen) < wanted and (row.pick.motion.name, row.pick.number if not apart else 0) not in used:
                chosen.append(row)
    return chosen


def _squared(box: Box, grow: float, width: int, height: int) -> Box:
    """Return the square about a box, grown and moved inside the picture."""
    side = min(round(grow * max(box.right - box.left, box.bottom - box.top)), width, height)
    left = min(max(0, (box.left + box.right - side) // 2), width - side)
    top = min(max(0, (box.top + box.bottom - side) // 2), height - side)
    return Box(left, top, left + side, top + side)


def _write(
    sheet: ImageArray, text: str, at: tuple[int, int], scale: float, colour: tuple[int, int, int], thickness: int
) -> None:
    cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)
