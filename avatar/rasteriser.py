"""The rasteriser of one character: all that `raster` wants besides a posed figure, for pictures of any size.

Owns one character's edges, paint and scratch memory, and the threads that draw together. What a picture leaves behind, which
triangles are seen where and their planes, is for whoever asked for it. Knows nothing of poses, networks or where pictures go.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar import raster, shading, shadow
from avatar.camera import Camera
from avatar.figure import Figure
from avatar.fill import ID_MASK, PAD
from avatar.mesh import Character, IntArray
from avatar.mipmaps import mip_levels
from avatar.silhouette import outlined_edges, unbroken_sheets
from avatar.thread_team import ThreadTeam
from trackers.types import FloatArray, ImageArray

OUTLINE_FLOOR_PX: Final = 0.55
"""A line never gets thinner than this at any size."""
_NOWHERE: Final = np.zeros((0, 0), dtype=np.int32)


class Rasteriser:
    """Draws one character. Not thread-safe.

    Args:
        threads: that draw one picture together; more than one are ended by `close`.

    Raises:
        ValueError: the mesh has more triangles than a sample can name.
    """

    def __init__(self, character: Character, *, threads: int = 1) -> None:
        mesh, m = character.mesh, character.materials
        if len(mesh.triangles) + len(m.rim) >= ID_MASK:
            raise ValueError(f"Character.mesh must have fewer than {ID_MASK} triangles, got {len(mesh.triangles)}")
        self.mesh = mesh
        self.team = ThreadTeam(threads)
        self.planes: FloatArray = np.zeros((len(mesh.triangles), shading.PLANE_FLOATS), dtype=np.float32)
        """(T, 16) of each triangle that the last picture shows: texture coordinates and light over the screen."""
        red, green, blue = (int(value) for value in m.ink.mean(axis=0))
        self.clear_ink = red | green << 8 | blue << 16
        """A pixel without alpha, of the ink's mean colour. Enlarging mixes what is beside an edge into it: where that is clear,
        but of the ink that runs along every edge, it leaves no seam."""
        self._edges = outlined_edges(mesh)
        self._sheets = unbroken_sheets(mesh, materials=len(m.rim))
        parts = self._sheets[1 : len(mesh.triangles) + 1]
        rays, items = shadow.new_rays(parts, mesh.material, m.is_lit[mesh.material]), len(mesh.triangles) + 2 * len(self._edges)
        self._memory = raster.Memory(self.planes, rays, shadow.new_map(), np.zeros((4, items), dtype=np.int32))
        self._going = np.zeros((threads, items), dtype=np.int32)
        self._samples: dict[int, IntArray] = {}
        """A band of them for each thread, by how many are in a row."""
        tints = np.concatenate([m.shade, m.ink, m.terminator[:, None], m.rim[:, None]], axis=1)
        texels, levels = mip_levels(character.texture)
        self._paint = raster.Paint(_in_words(texels), levels, tints)

    def draw(
        self,
        figure: Figure,
        camera: Camera,
        out: ImageArray,
        *,
        empty: int = 0,
        shown: IntArray | None = None,
    ) -> None:
        """Draw the posed figure, with lines of ink where it or a part of it ends.

        Args:
            out: (H, W, 4) uint8, becomes straight RGBA.
            empty: what a pixel becomes in which nothing is, red lowest.
            shown: (H/2, W/2) int32, becomes what is seen in the middle of each 2 x 2 pixels: a triangle, counted from 1; a
                number beyond those is ink, 0 is nothing.
        """
        floor_m = OUTLINE_FLOOR_PX * camera.metres_per_px
        projected = figure.project(camera, outline_floor_m=floor_m)
        shape = raster.Shape(projected, figure.uv, self.mesh.triangles, self._edges, self.mesh.material, self._sheets)
        wide = 2 * out.shape[1] + PAD
        if wide not in self._samples:
            self._samples[wide] = np.zeros((self.team.threads, raster.BAND_ROWS, wide), dtype=np.int32)
        threads, pixels = raster.Threads(self._going, self._samples[wide]), out.view(np.uint32)[..., 0]
        shown = _NOWHERE if shown is None else shown
        raster.draw(shape, self._paint, self._memory, threads, pixels, shown, team=self.team, empty=empty)

    def close(self) -> None:
        """End the threads that help drawing. It draws no more afterwards."""
        self.team.close()


def _in_words(texels: ImageArray) -> NDArray[np.uint64]:
    """Return (N, 4) texels as one number each: RGBA, 16 bits a channel and red lowest."""
    return texels.astype("<u2").view("<u8").reshape(-1)
