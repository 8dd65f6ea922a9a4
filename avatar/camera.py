"""Where the viewer stands and the light: `Framing`, and the projections from avatar space to pixels and to the light's picture.

Owns the numbers that turn a framing and a picture size into a long-lens camera. Knows nothing of meshes or poses.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np

from trackers.types import FloatArray

DISTANCE_M = 6.0  # a long lens: the face stays calm and hands near the camera do not balloon

LIGHT: Final[FloatArray] = np.array([-0.4202, 0.6003, 0.6804], dtype=np.float32)
"""(3,) unit vector towards the light: from the upper left of the picture, before the avatar."""


class Framing(StrEnum):
    """How much of the avatar is in the picture."""

    BUST = "bust"
    """The head takes about 45 % of the picture."""
    UPPER = "upper"
    """To the hips, with room for raised hands."""
    FULL = "full"
    """The whole body with its tail."""


_VIEWS = {Framing.BUST: (1.255, 1.16), Framing.UPPER: (1.13, 1.52), Framing.FULL: (0.90, 2.02)}  # centre height, extent (m)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera before the avatar, looking along -Z at height `centre_m`."""

    centre_m: float
    """Height of the picture's middle, metres, avatar space."""
    focal_px: float
    distance_m: float
    width_px: int
    height_px: int

    @property
    def metres_per_px(self) -> float:
        """Size of a pixel at the avatar's own depth."""
        return self.distance_m / self.focal_px

    def project(self, points_m: FloatArray) -> FloatArray:
        """Return (N, 2) pixels (origin top left) of (N, 3) points in avatar space."""
        scale = self.focal_px / (self.distance_m - points_m[:, 2])
        x = self.width_px / 2 + points_m[:, 0] * scale
        y = self.height_px / 2 - (points_m[:, 1] - self.centre_m) * scale
        return np.stack([x, y], axis=1).astype(np.float32)


def camera_for(framing: Framing, *, width_px: int, height_px: int) -> Camera:
    """Return the camera that shows `framing` in a picture of the given size; the shorter side holds the framing."""
    centre_m, extent_m = _VIEWS[framing]
    focal_px = DISTANCE_M / extent_m * min(width_px, height_px)
    return Camera(centre_m=centre_m, focal_px=focal_px, distance_m=DISTANCE_M, width_px=width_px, height_px=height_px)


@lru_cache(maxsize=16)
def light_view(camera: Camera, *, side: int) -> FloatArray:
    """Return (3, 4): metres to texel x, y of a picture of `side` texels from the light, and to metres away from the light.

    It shows what the camera does, in parallel, and stands as still as the camera, so that shadows do not crawl.
    """
    right = np.cross([0.0, 1.0, 0.0], LIGHT)
    right /= np.linalg.norm(right)
    up = np.cross(LIGHT, right)
    half_m = 0.62 * camera.metres_per_px * min(camera.width_px, camera.height_px) + 0.12
    texels = side / (2 * half_m)
    axes = np.stack([right * texels, -up * texels, -LIGHT])
    centre = np.array([0.0, camera.centre_m, 0.0])
    offset = np.array([side / 2, side / 2, 0.0]) - axes @ centre
    view: FloatArray = np.concatenate([axes, offset[:, None]], axis=1).astype(np.float32)
    view.setflags(write=False)  # it is kept
    return view
