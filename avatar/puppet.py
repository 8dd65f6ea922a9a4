"""The puppet: a character drawn from its mesh and painted texture, without any network.

Owns the buffers of one picture and how much work it is; `figure` poses the character, `raster` and `shading` draw it. Knows
nothing of where a pose comes from or where the picture goes.
"""

import time
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar import raster, shading
from avatar.camera import Framing, camera_for
from avatar.crew import Crew
from avatar.figure import Figure
from avatar.mesh import Character, IntArray, Materials
from avatar.renderer import Drawing
from avatar.silhouette import outlined_edges, unbroken_sheets
from avatar.types import Rendered, RigPose
from trackers.types import ImageArray

OUTLINE_FLOOR_PX: Final = 0.55  # a line never gets thinner than this at any size

_WARM_UP_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a picture is."""

    across: int
    """Samples across a pixel; there are always two down."""
    scale: float
    """Size at which it is drawn, before it is enlarged to its own."""
    words: str

    def size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the width and height that are drawn for a picture of this size."""
        return round(width_px * self.scale), round(height_px * self.scale)


EFFORTS: Final = (
    Effort(2, 1.0, "4 samples a pixel"),
    Effort(1, 1.0, "2 samples a pixel"),
    Effort(1, 0.75, "2 samples a pixel, at three quarters of the size"),
    Effort(2, 0.5, "4 samples a pixel, at half the size"),
)
"""From the best picture to the quickest: the last takes less than half of the time of the first."""


class PuppetRenderer:
    """Draws a character. Not thread-safe: one thread uses it. `framing` may be set between frames.

    Args:
        threads: that draw one picture together; more than one are ended by `close`.
    """

    def __init__(
        self,
        character: Character,
        *,
        width_px: int = 512,
        height_px: int = 512,
        framing: Framing = Framing.BUST,
        threads: int = 1,
    ) -> None:
        self.crew = Crew(threads)
        self.character = character
        self.framing = framing
        self.rung = 0
        """Which of `EFFORTS` draws: 0 is the best, each further one takes less time. May be set between frames."""
        self._size = (width_px, height_px)
        mesh = character.mesh
        if len(mesh.triangles) + len(character.materials.rim) >= shading.ID_MASK:
            raise ValueError(f"Character.mesh must have fewer than {shading.ID_MASK} triangles, got {len(mesh.triangles)}")
        self._figure = Figure(character)
        self._edges = outlined_edges(mesh)
        self._sheets = unbroken_sheets(mesh, materials=len(character.materials.rim))
        self._planes = np.zeros((len(mesh.triangles), shading.PLANE_FLOATS), dtype=np.float32)
        self._samples = [
            np.empty((2 * high_px, effort.across * wide_px + shading.PAD), dtype=np.int32)
            for effort in EFFORTS
            for wide_px, high_px in [effort.size_px(width_px, height_px)]
        ]
        items = len(mesh.triangles) + 2 * len(self._edges)
        self._scratch, self._going = np.zeros((4, items), dtype=np.int32), np.zeros((threads, items), dtype=np.int32)
        m = character.materials
        self._tints = np.concatenate([m.shade, m.ink, m.terminator[:, None], m.rim[:, None]], axis=1)
        self._clear_ink = clear_ink(m)
        self._texture, self._mips = pyramid(character.texture)

    @property
    def efforts(self) -> tuple[str, ...]:
        """In words, from the best picture to the quickest."""
        return tuple(effort.words for effort in EFFORTS)

    @property
    def drawing(self) -> Drawing:
        """What draws now, for people."""
        threads = self.crew.threads
        eased = "; eased to keep the beat" if self.rung else ""
        return Drawing("puppet", f"CPU, {threads} thread{'s' * (threads > 1)}", EFFORTS[self.rung].words + eased)

    def close(self) -> None:
        """End the threads that help drawing. It draws no more afterwards."""
        self.crew.close()

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away, so that the first real one is not late (loads compiled code).

        Returns the time that the quickest of them took, in milliseconds.
        """
        pose, times_ms = RigPose.at_rest(), []
        for _ in range(_WARM_UP_PICTURES):
            started_ns = time.perf_counter_ns()
            self.render(pose, time_ns=0)
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        self._figure.settle()
        return min(times_ms)

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns` (moves ears, tail and hair on from the last call).

        Raises ValueError if the pose holds a number that is not finite.
        """
        rung, effort = self.rung, EFFORTS[self.rung]
        width_px, height_px = effort.size_px(*self._size)
        camera = camera_for(self.framing, width_px=width_px, height_px=height_px)
        self._figure.pose(pose, time_ns=time_ns)
        projected = self._figure.project(camera, across=effort.across, outline_floor_m=OUTLINE_FLOOR_PX * camera.metres_per_px)
        image = np.empty((height_px, width_px, 4), dtype=np.uint8)
        mesh = self.character.mesh
        shape = (projected, self._figure.uv, mesh.triangles, self._edges, mesh.material, self._sheets)
        paint = (self._texture, self._mips, self._tints)
        buffers = (self._planes, self._scratch, self._going, self._samples[rung], image.view(np.uint32)[..., 0])
        # Enlarging mixes what is beside the edge into it: clear, but of the ink that runs along every edge, it leaves no seam.
        raster.draw(*shape, *paint, *buffers, crew=self.crew, empty=self._clear_ink if effort.scale < 1 else 0)
        if effort.scale < 1:
            image = np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        return Rendered(image=image, stamp=pose.stamp)


def clear_ink(materials: Materials) -> int:
    """Return a pixel, red lowest, of no alpha and the mean colour of the ink."""
    red, green, blue = (int(value) for value in materials.ink.mean(axis=0))
    return red | green << 8 | blue << 16


def pyramid(texture: ImageArray) -> tuple[NDArray[np.uint64], IntArray]:
    """Return all mip levels as one (N,) array of RGBA, 16 bits a channel and red lowest, and (L, 2) offset and side of each."""
    levels = [texture]
    while levels[-1].shape[0] > 16:
        big = levels[-1].astype(np.uint16)
        small = (big[::2, ::2] + big[1::2, ::2] + big[::2, 1::2] + big[1::2, 1::2] + 2) // 4
        levels.append(small.astype(np.uint8))
    sides = [level.shape[0] for level in levels]
    offsets = np.concatenate([[0], np.cumsum([side * side for side in sides])[:-1]])
    table = np.stack([offsets, sides], axis=1).astype(np.int32)
    texels = np.concatenate([level.reshape(-1, 4) for level in levels])
    return texels.astype("<u2").view("<u8").reshape(-1), table
