"""What takes the pictures: the studio, or, for a quick look, the puppet's rasteriser.

Owns the quick one. Knows nothing of motions or files.
"""

from typing import Protocol

import numpy as np

from avatar.camera import Framing, camera_for
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.rasteriser import Rasteriser
from trackers.types import FloatArray, ImageArray


class Shooting(Protocol):
    """Takes pictures of one character, without memory: the same pose gives the same bytes."""

    def shoot(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray, framing: Framing) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA of skinning matrices (J, 3, 4), with the face of a pose."""


class QuickDrawing:
    """Draws with the rasteriser of the live puppet: a few milliseconds a picture, plainer than the studio's."""

    def __init__(self, character: Character, *, width_px: int = 512, height_px: int = 512) -> None:
        self._figure, self._rasteriser, self._size = Figure(character), Rasteriser(character), (width_px, height_px)

    def shoot(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray, framing: Framing) -> ImageArray:
        """As `Shooting.shoot`."""
        width_px, height_px = self._size
        camera = camera_for(framing, width_px=width_px, height_px=height_px)
        self._figure.place(bones, rotations=rotations, expression=expression)
        image: ImageArray = np.empty((height_px, width_px, 4), dtype=np.uint8)
        self._rasteriser.draw(self._figure, camera, image)
        return image
