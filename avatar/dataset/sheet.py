"""The contact sheet of a set: one picture of each motion, for people to look at.

Owns the layout. Knows nothing of how pictures come about.
"""

import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from avatar.dataset.plan import SPLITS
from avatar.dataset.reader import Dataset, Motion
from avatar.dataset.storage import SHEET, write_whole
from trackers.types import ImageArray

_TILE_PX: Final = 128
_GROUNDS: Final = {"train": (236, 233, 228), "test": (206, 222, 236)}


def write_sheet(folder: Path) -> Path:
    """Draw the sheet of the set in `folder` into it and return its path; motions for testing lie on blue.

    Raises:
        UserError: the set or one of its pictures is damaged.
    """
    data = Dataset(folder)
    tiles = [_tile(motion) for split in SPLITS for motion in data.motions(split)]
    columns = max(1, math.ceil(math.sqrt(1.4 * len(tiles))))
    blank = np.full((_TILE_PX, _TILE_PX, 3), 255, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[k : k + columns], axis=1) for k in range(0, len(tiles), columns)]
    _, packed = cv2.imencode(".png", np.concatenate(rows)[..., ::-1])
    path = folder / SHEET
    write_whole(path, packed.tobytes())
    return path


def _tile(motion: Motion) -> ImageArray:
    image = motion.picture(int(motion.shown[len(motion.shown) // 2]))
    alpha = image[..., 3:].astype(np.float32) / 255
    flat = image[..., :3] * alpha + np.array(_GROUNDS[motion.split], dtype=np.float32) * (1 - alpha)
    small = np.ascontiguousarray(cv2.resize(flat, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA).astype(np.uint8))
    cv2.putText(small, motion.name, (3, _TILE_PX - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (70, 70, 80), 1, cv2.LINE_AA)
    return small
