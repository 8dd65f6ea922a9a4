"""The proxy as the puppet's rasteriser draws it, and what that leaves behind: which triangle each sample shows, and its planes.

Owns the buffers of one character at one size. Knows nothing of networks; `conditioning` reads the samples and planes.
"""

import numpy as np

from avatar import raster, shading
from avatar.camera import Camera
from avatar.crew import Crew
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.puppet import OUTLINE_FLOOR_PX, pyramid
from avatar.silhouette import outlined_edges, unbroken_sheets
from trackers.types import FloatArray, ImageArray


class Proxy:
    """Draws one character into pictures of one size. Not thread-safe.

    Args:
        across: samples across a pixel, 2 or 1; there are always two down.
        threads: that draw one picture together; more than one are ended by `close`.

    Raises:
        ValueError: the mesh has more triangles than a sample can name.
    """

    def __init__(self, character: Character, *, width_px: int, height_px: int, across: int = 2, threads: int = 1) -> None:
        mesh, m = character.mesh, character.materials
        if len(mesh.triangles) + len(m.rim) >= shading.ID_MASK:
            raise ValueError(f"Character.mesh must have fewer than {shading.ID_MASK} triangles, got {len(mesh.triangles)}")
        self.across = across
        self.mesh = mesh
        self.samples = np.full((2 * height_px, across * width_px + shading.PAD), shading.ID_MASK + 1, dtype=np.int32)
        """(2H, across * W + PAD) identities in the low bits, as `raster` describes them, of the last picture."""
        self.planes: FloatArray = np.zeros((len(mesh.triangles), shading.PLANE_FLOATS), dtype=np.float32)
        """(T, 16) of each triangle that the last picture shows: texture coordinates and light over the screen."""
        self._edges = {True: outlined_edges(mesh), False: np.zeros((0, 4), dtype=np.int32)}
        self._sheets = unbroken_sheets(mesh, materials=len(m.rim))
        items = len(mesh.triangles) + 2 * len(self._edges[True])
        self._scratch, self._going = np.zeros((4, items), dtype=np.int32), np.zeros((threads, items), dtype=np.int32)
        self._tints = np.concatenate([m.shade, m.ink, m.terminator[:, None], m.rim[:, None]], axis=1)
        self._texture, self._mips = pyramid(character.texture)
        self._crew = Crew(threads)

    def draw(self, figure: Figure, camera: Camera, out: ImageArray, *, inked: bool, empty: int = 0) -> None:
        """Draw the posed figure into `out` (H, W, 4) uint8, straight RGBA, with ink or without, on pixels that are `empty`."""
        projected = figure.project(camera, across=self.across, outline_floor_m=OUTLINE_FLOOR_PX * camera.metres_per_px)
        shape = (projected, figure.uv, self.mesh.triangles, self._edges[inked], self.mesh.material, self._sheets)
        paint = (self._texture, self._mips, self._tints)
        buffers = (self.planes, self._scratch, self._going, self.samples, out.view(np.uint32)[..., 0])
        raster.draw(*shape, *paint, *buffers, crew=self._crew, empty=empty)

    def close(self) -> None:
        """End the threads that help drawing. It draws no more afterwards."""
        self._crew.close()
