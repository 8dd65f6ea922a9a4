"""What the network is told of a pose: the drawn proxy, and at half size which surface lies where and how it is turned.

Owns the reading of what the rasteriser saw (numba, one core, GIL released): the one way in which training and the live
renderer come to the same inputs. Knows nothing of the learnt texture or of any network.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numba import njit

from avatar.camera import Camera, Framing, camera_for
from avatar.figure import Figure
from avatar.fill import JIT
from avatar.mesh import Character, IntArray
from avatar.neural.spec import ALIGN_PX
from avatar.rasteriser import Rasteriser
from avatar.shading import screen_area, slopes
from trackers.types import FloatArray, ImageArray, check_array

_F, _U = np.float32, np.uint32
_ZERO, _ONE, _HALF = _F(0), _F(1), _F(0.5)

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py, shading.py 6bf9959221e5


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One posed proxy as the network is shown it, before the learnt texture; H and W are multiples of 64."""

    coarse: ImageArray
    """(H, W, 4) uint8 straight RGBA: the proxy lit, textured, anti-aliased and inked, as it is shown without a network."""
    uv: FloatArray
    """(H/2, W/2, 2) texture coordinates 0..1, origin top left, under the middle of each 2 x 2 pixels; 0 on ink and nothing."""
    normal: FloatArray
    """(H/2, W/2, 3) unit normal in view space: x right, y up, z to the viewer; 0 where `uv` is."""
    mask: FloatArray
    """(H/2, W/2) 1 where there is a surface or ink, else 0."""

    def __post_init__(self) -> None:
        check_array("Condition.coarse", self.coarse, (None, None, 4), np.uint8)
        half = (self.coarse.shape[0] // 2, self.coarse.shape[1] // 2)
        check_array("Condition.uv", self.uv, (*half, 2), np.float32)
        check_array("Condition.normal", self.normal, (*half, 3), np.float32)
        check_array("Condition.mask", self.mask, half, np.float32)

    @classmethod
    def blank(cls, *, width_px: int, height_px: int) -> Self:
        """Return one of nothing, whose arrays may be written to."""
        half = (height_px // 2, width_px // 2)
        return cls(
            coarse=np.zeros((height_px, width_px, 4), dtype=np.uint8),
            uv=np.zeros((*half, 2), dtype=np.float32),
            normal=np.zeros((*half, 3), dtype=np.float32),
            mask=np.zeros(half, dtype=np.float32),
        )


class Conditioner:
    """Turns posed figures of one character into conditions of one size. Not thread-safe.

    Args:
        character: the proxy level; figures given to `condition` must be of it.
        width_px: of the condition, a multiple of 64, as `height_px`.
        shown_px: width and height that the framing fills, in the middle of the condition; None is all of it. So a picture of
            any size is painted in the next larger one that the network takes.
        threads: that draw the proxy together; more than one are ended by `close`.
        rasteriser: to draw with, if it is shared with conditioners of other sizes; then its threads draw, and who made it
            closes it.

    Raises:
        ValueError: a size that the network cannot halve evenly.
    """

    def __init__(
        self,
        character: Character,
        *,
        width_px: int,
        height_px: int,
        shown_px: tuple[int, int] | None = None,
        threads: int = 1,
        rasteriser: Rasteriser | None = None,
    ) -> None:
        if width_px < ALIGN_PX or height_px < ALIGN_PX or width_px % ALIGN_PX or height_px % ALIGN_PX:
            raise ValueError(f"width and height must be multiples of {ALIGN_PX}, got {width_px}x{height_px}")
        self.character = character
        self.size_px = (width_px, height_px)
        self._shown_px = shown_px or self.size_px
        self._owns_rasteriser, self._rasteriser = rasteriser is None, rasteriser or Rasteriser(character, threads=threads)
        mesh = character.mesh
        self._shown: IntArray = np.zeros((height_px // 2, width_px // 2), dtype=np.int32)
        self._normals: FloatArray = np.zeros((len(mesh.vertices), 3), dtype=np.float32)
        self._turns: FloatArray = np.zeros((len(mesh.triangles), 9), dtype=np.float32)

    def close(self) -> None:
        """End the threads that help drawing, if they are its own. It draws no more afterwards."""
        if self._owns_rasteriser:
            self._rasteriser.close()

    def camera(self, framing: Framing) -> Camera:
        """Return the camera of the condition's picture."""
        width_px, height_px = self._shown_px
        camera = camera_for(framing, width_px=width_px, height_px=height_px)
        return replace(camera, width_px=self.size_px[0], height_px=self.size_px[1])

    def condition(self, figure: Figure, framing: Framing) -> Condition:
        """Return the posed figure's condition; its arrays are its own."""
        out = Condition.blank(width_px=self.size_px[0], height_px=self.size_px[1])
        self.draw(figure, framing, out)
        self.gather(figure, out)
        return out

    def draw(self, figure: Figure, framing: Framing, out: Condition, *, empty: int = 0) -> None:
        """Write `out.coarse`, on pixels that are `empty`; `gather` then reads what this leaves behind."""
        self._rasteriser.draw(figure, self.camera(framing), out.coarse, empty=empty, shown=self._shown)

    def gather(self, figure: Figure, out: Condition) -> tuple[int, int, int, int]:
        """Write all but `out.coarse`, of the figure as `draw` drew it last.

        Returns left, top, right and bottom of what is not empty, pixels; all 0 if nothing is seen.
        """
        mesh, rasteriser = self.character.mesh, self._rasteriser
        _turn(mesh.normals, mesh.bone_index, mesh.bone_weight, figure.bones, self._normals)
        _slope(figure.projected, mesh.triangles, self._normals, self._turns)
        box = _gather(self._shown, rasteriser.planes, self._turns, out.uv, out.normal, out.mask)
        left, top, right, bottom = (2 * int(side) for side in box)
        return left, top, right, bottom


@njit(**JIT)
def _turn(normals, index, weight, bones, out):  # type: ignore[no-untyped-def]
    """Write the posed normal of each vertex to `out` (V, 3). Avatar space is view space: the camera looks along -Z."""
    for v in range(normals.shape[0]):
        x = y = z = _ZERO
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        for k in range(4):
            w = weight[v, k]
            if w == 0:
                break
            j = index[v, k]
            x += w * (bones[j, 0, 0] * nx + bones[j, 0, 1] * ny + bones[j, 0, 2] * nz)
            y += w * (bones[j, 1, 0] * nx + bones[j, 1, 1] * ny + bones[j, 1, 2] * nz)
            z += w * (bones[j, 2, 0] * nx + bones[j, 2, 1] * ny + bones[j, 2, 2] * nz)
        length = np.sqrt(x * x + y * y + z * z) + _F(1e-9)
        out[v, 0], out[v, 1], out[v, 2] = x / length, y / length, z / length


@njit(**JIT)
def _slope(projected, triangles, normals, out):  # type: ignore[no-untyped-def]
    """Write (T, 9) of each triangle that is drawn how its normal lies over the screen, as `slopes` does."""
    for t in range(triangles.shape[0]):
        if screen_area(projected, _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2]), _U(0)) > _F(1e-3):
            slopes(projected, triangles, t, normals, 0, out, 0)


@njit(**JIT)
def _gather(shown, planes, turns, uv, normal, mask):  # type: ignore[no-untyped-def]
    """Write what is known of the triangles shown; return the box of what is seen.

    At the place of the sample that `raster` noted, not in the very middle of the 2 x 2 pixels: there the triangle may have
    ended, and its texture's tile with it.
    """
    high, wide = mask.shape
    west, north, east, south = wide, high, 0, 0
    for row in range(high):
        y = _F(4 * row) + _F(1.5)
        begin, end = wide, 0
        for col in range(wide):
            at = 4 * col + 1
            ident = shown[row, col]
            u = v = nx = ny = nz = _ZERO
            if 0 < ident <= planes.shape[0]:  # not ink
                t = _U(ident - 1)
                x = _F(at) + _F(0.75)  # odd rows are shifted by half a sample; see `raster`
                dx, dy = x - planes[t, 0], y - planes[t, 1]
                share = _ONE / planes[t, 15]  # of the texture is one texel of its mip level
                u = min(_ONE, max(_ZERO, (planes[t, 2] + planes[t, 3] * dx + planes[t, 4] * dy + _HALF) * share))
                v = min(_ONE, max(_ZERO, (planes[t, 5] + planes[t, 6] * dx + planes[t, 7] * dy + _HALF) * share))
                nx = turns[t, 0] + turns[t, 1] * dx + turns[t, 2] * dy
                ny = turns[t, 3] + turns[t, 4] * dx + turns[t, 5] * dy
                nz = turns[t, 6] + turns[t, 7] * dx + turns[t, 8] * dy
                length = _ONE / (np.sqrt(nx * nx + ny * ny + nz * nz) + _F(1e-9))
                nx, ny, nz = nx * length, ny * length, nz * length
            uv[row, col, 0], uv[row, col, 1] = u, v
            normal[row, col, 0], normal[row, col, 1], normal[row, col, 2] = nx, ny, nz
            mask[row, col] = _F(ident > 0)
            begin, end = (min(begin, col), col + 1) if ident > 0 else (begin, end)
        if end > 0:
            west, north, east, south = min(west, begin), min(north, row), max(east, end), row + 1
    return (west, north, east, south) if east > 0 else (0, 0, 0, 0)
