"""What takes the pictures: the studio, or, for a quick look, the puppet's rasteriser.

Owns the quick one. Knows nothing of motions or files.
"""

from typing import Protocol

import numpy as np

from avatar import raster
from avatar.camera import Framing, camera_for
from avatar.crew import Crew
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.puppet import OUTLINE_FLOOR_PX, pyramid
from avatar.shading import PAD, PLANE_FLOATS
from avatar.silhouette import outlined_edges, unbroken_sheets
from trackers.types import FloatArray, ImageArray

_ACROSS = 2  # samples across a pixel, as many as down


class Shooting(Protocol):
    """Takes pictures of one character, without memory: the same pose gives the same bytes."""

    def shoot(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray, framing: Framing) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA of skinning matrices (J, 3, 4), with the face of a pose."""


class QuickDrawing:
    """Draws with the rasteriser of the live puppet: a few milliseconds a picture, plainer than the studio's."""

    def __init__(self, character: Character, *, width_px: int = 512, height_px: int = 512) -> None:
        self._figure, self._size = Figure(character), (width_px, height_px)
        self._crew = Crew(1)
        mesh, m = character.mesh, character.materials
        self._edges = outlined_edges(mesh)
        self._sheets = unbroken_sheets(mesh, materials=len(m.rim))
        items = len(mesh.triangles) + 2 * len(self._edges)
        self._planes = np.zeros((len(mesh.triangles), PLANE_FLOATS), dtype=np.float32)
        self._scratch, self._going = np.zeros((4, items), dtype=np.int32), np.zeros((1, items), dtype=np.int32)
        self._samples = np.empty((2 * height_px, _ACROSS * width_px + PAD), dtype=np.int32)
        self._tints = np.concatenate([m.shade, m.ink, m.terminator[:, None], m.rim[:, None]], axis=1)
        self._texture, self._mips = pyramid(character.texture)

    def shoot(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray, framing: Framing) -> ImageArray:
        """As `Shooting.shoot`."""
        width_px, height_px = self._size
        camera = camera_for(framing, width_px=width_px, height_px=height_px)
        self._figure.place(bones, rotations=rotations, expression=expression)
        floor_m = OUTLINE_FLOOR_PX * camera.metres_per_px
        projected = self._figure.project(camera, across=_ACROSS, outline_floor_m=floor_m)
        image = np.empty((height_px, width_px, 4), dtype=np.uint8)
        mesh = self._figure.character.mesh
        shape = (projected, self._figure.uv, mesh.triangles, self._edges, mesh.material, self._sheets)
        paint = (self._texture, self._mips, self._tints)
        buffers = (self._planes, self._scratch, self._going, self._samples, image.view(np.uint32)[..., 0])
        raster.draw(*shape, *paint, *buffers, crew=self._crew, empty=0)
        return image
