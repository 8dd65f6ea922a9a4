"""Where in a picture a figure is taken: the foreground, the face, the hands.

Owns boxes and masks. Knows nothing of what is measured in them. A box is (left, top, right, bottom) in pixels, the last two
exclusive, always inside the picture.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np

from avatar.camera import camera_for
from avatar.mesh import Character
from avatar.training.metrics import Region
from avatar.training.moments import Moment, face_vertices, hand_vertices, placed
from trackers.types import FloatArray, ImageArray

FOREGROUND_MARGIN_PX: Final = 8
"""How far the foreground is dilated, at a picture of 512 pixels."""
FACE_MARGIN: Final = 0.15
HAND_MARGIN: Final = 0.2
SMALLEST_PX: Final = 64
"""Boxes are at least this wide and high: LPIPS halves a picture five times."""
_INSIDE = 0.75  # of a box must lie in the picture, or the part does not count as seen


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, picture: FloatArray) -> FloatArray:
        """Return what is inside the box of an (H, W, ...) picture."""
        return picture[self.top : self.bottom, self.left : self.right]

    def mask(self, shape: tuple[int, ...]) -> Region:
        """Return (H, W) bool: true inside."""
        inside = np.zeros(shape[:2], dtype=bool)
        inside[self.top : self.bottom, self.left : self.right] = True
        return inside


class Parts:
    """Finds the face and the hands of one character in pictures of it."""

    def __init__(self, character: Character) -> None:
        self._character = character
        self._face = face_vertices(character)
        self._hands = [hand_vertices(character, side) for side in ("left", "right")]

    def face(self, moment: Moment, *, width_px: int, height_px: int) -> Box | None:
        """Return the box around the unshaped eyes, brows and mouth, grown by `FACE_MARGIN`; None if out of the picture."""
        return self._box(self._face, moment, width_px, height_px, FACE_MARGIN)

    def hands(self, moment: Moment, *, width_px: int, height_px: int) -> list[Box]:
        """Return the boxes of the hands that are in the picture, hidden behind the body or not, grown by `HAND_MARGIN`."""
        boxes = [self._box(vertices, moment, width_px, height_px, HAND_MARGIN) for vertices in self._hands]
        return [box for box in boxes if box is not None]

    def _box(self, vertices: np.ndarray, moment: Moment, width_px: int, height_px: int, margin: float) -> Box | None:
        if len(vertices) == 0:
            return None
        camera = camera_for(moment.framing, width_px=width_px, height_px=height_px)
        seen = camera.project(placed(self._character, vertices, moment.bones))
        return _grown(seen.min(axis=0), seen.max(axis=0), margin, (width_px, height_px))


def foreground(truth: ImageArray) -> Region:
    """Return (H, W) bool: where the truth is not wholly clear, dilated by `FOREGROUND_MARGIN_PX` for each 512 pixels."""
    reach = max(1, round(FOREGROUND_MARGIN_PX * truth.shape[0] / 512))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate((truth[..., 3] > 0).astype(np.uint8), disc) > 0)


def bounds(region: Region) -> Box | None:
    """Return the smallest box that holds a region and is no smaller than `SMALLEST_PX`; None if the region is empty."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if len(rows) == 0:
        return None
    low, high = np.array([columns[0], rows[0]]), np.array([columns[-1] + 1, rows[-1] + 1])
    return _grown(low, high, 0.0, (region.shape[1], region.shape[0]))


def _grown(low: np.ndarray, high: np.ndarray, margin: float, size: tuple[int, int]) -> Box | None:
    """Return the box from `low` to `high` (x, y), grown on each side by `margin` of its extent, cut to the picture."""
    middle, extent = (low + high) / 2, np.maximum((high - low) * (1 + 2 * margin), SMALLEST_PX)
    limit = np.array(size)
    wanted = np.stack([middle - extent / 2, middle + extent / 2])
    cut = np.clip(np.stack([np.floor(wanted[0]), np.ceil(wanted[1])]), 0, limit).astype(int)
    sides = cut[1] - cut[0]
    if sides.prod() < _INSIDE * extent.prod():
        return None
    for axis in range(2):  # cut at the picture's edge it may be too narrow: then it reaches further in
        short = min(SMALLEST_PX, limit[axis]) - sides[axis]
        if short > 0 and cut[0, axis] == 0:
            cut[1, axis] += short
        elif short > 0:
            cut[0, axis] -= short
    return Box(*(int(value) for value in cut.reshape(-1)))
