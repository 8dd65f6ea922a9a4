"""The studio: one picture of a character in one pose, drawn as well as we can, without memory.

Owns the buffers of a picture and the order of its stages: pose, samples, the light's own picture (for cast shadows), contact,
ink, light and paint. Offline: about a tenth to a quarter of a second a picture. Knows nothing of where poses come from.
"""

from typing import Any

import numpy as np

from avatar.camera import LIGHT, Camera, Framing, camera_for, light_view
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.mipmaps import mip_levels
from avatar.silhouette import unbroken_sheets
from avatar.studio import contact, ink, light, surface
from trackers.types import FloatArray, ImageArray

_MAP_SIDE = 1280  # texels of the light's picture
_LINE_PX = 2.3  # the thickest line in a picture of 512 pixels
_THINNEST_PX, _FLOOR_PX = 1.2, 0.6  # an outline of usual thickness is never thinner: in a picture of 512 pixels, in any
_USUAL_OUTLINE_M = 0.0046
_RIM_PX = 3.2


class Studio:
    """Draws one character. Not thread-safe; pictures do not depend on each other.

    Args:
        width_px, height_px: size of the pictures.
    """

    def __init__(self, character: Character, *, width_px: int = 512, height_px: int = 512) -> None:
        self.character = character
        self._size = (width_px, height_px)
        self._figure = Figure(character)
        mesh, materials = character.mesh, character.materials
        wide, high = light.ACROSS * width_px, light.ACROSS * height_px
        self._sheets = unbroken_sheets(mesh, materials=len(materials.rim))
        self._solid = materials.is_lit[mesh.material]  # drawn features cast no shadow
        built = np.where(materials.rim[mesh.material] > 0, ink.BUILT, ink.FLOWING)  # skin takes no rim light
        self._kind = np.where(self._solid, built, ink.DRAWN).astype(np.int32)
        self._surface = np.zeros((len(mesh.vertices), surface.SURFACE_FLOATS), dtype=np.float32)
        self._weights = np.zeros((len(mesh.triangles), 6), dtype=np.float32)
        self._levels = np.zeros(len(mesh.triangles), dtype=np.int32)
        self._depth, self._field = np.empty((high, wide), dtype=np.float32), np.empty((high, wide), dtype=np.float32)
        self._seen, self._owner = np.empty((high, wide), dtype=np.int32), np.zeros((high, wide), dtype=np.int32)
        self._heights = np.empty((height_px, width_px), dtype=np.float32)
        self._contact = np.empty((height_px, width_px), dtype=np.float32)
        self._map_depth = np.empty((_MAP_SIDE, _MAP_SIDE), dtype=np.float32)
        self._map_seen = np.empty((_MAP_SIDE, _MAP_SIDE), dtype=np.int32)
        columns = [materials.shade, materials.ink, materials.terminator[:, None], materials.rim[:, None]]
        self._tints = np.concatenate(columns, axis=1).astype(np.float32)
        self._texels, self._mips = mip_levels(character.texture[..., :3])

    def shoot(self, bones: FloatArray, *, rotations: FloatArray, expression: FloatArray, framing: Framing) -> ImageArray:
        """Return the picture (H, W, 4) uint8, straight RGBA: same input, same bytes.

        Args:
            bones: (J, 3, 4) skinning matrices, swinging bones included, as `Figure.bones` holds them after `Figure.pose`.
            rotations: (55, 4) the pose's quaternions; the eyes' turn the gaze.
            expression: (52,)
        """
        width_px, height_px = self._size
        camera = camera_for(framing, width_px=width_px, height_px=height_px)
        self._figure.place(bones, rotations=rotations, expression=expression)
        mesh = self.character.mesh
        shape = (self._figure.points, mesh.normals, self._figure.uv, mesh.outline_m, mesh.bone_index, mesh.bone_weight)
        surface.pose_surface(*shape, self._figure.bones, self._surface)
        self._take_samples(camera)
        self._draw_lines(camera)
        px_per_m = np.float32(1 / camera.metres_per_px)
        contact.heights(self._seen, light.ACROSS, mesh.triangles, self._weights, self._surface, self._heights)
        contact.occlusion(self._heights, px_per_m, self._contact)
        return self._develop(self._look_from_light(camera))

    def _take_samples(self, camera: Camera) -> None:
        mesh = self.character.mesh
        projected = self._figure.project(camera, outline_floor_m=0.0)
        at = projected[:, :3] * np.array([light.ACROSS / 2, light.ACROSS / 2, 1], dtype=np.float32)
        everything = np.ones(len(mesh.triangles), dtype=np.bool_)
        surface.fill(at, mesh.triangles, everything, False, self._depth, self._seen)
        surface.weights_of(at, mesh.triangles, self._weights)
        light.levels_of(at, self._figure.uv, mesh.triangles, self._mips[0, 1], len(self._mips), self._levels)

    def _draw_lines(self, camera: Camera) -> None:
        mesh = self.character.mesh
        thinnest = max(_THINNEST_PX * self._scale, _FLOOR_PX)
        usual_px = min(max(_USUAL_OUTLINE_M / camera.metres_per_px, thinnest), max(_LINE_PX * self._scale, thinnest))
        px_per_m = np.float32(light.ACROSS * usual_px / _USUAL_OUTLINE_M)
        thickest = np.float32(1.5 * light.ACROSS * usual_px)
        seen = (self._depth, self._seen, self._sheets, self._kind, mesh.triangles, self._weights, self._surface)
        ink.draw_lines(*seen, px_per_m, thickest, self._field, self._owner)

    def _look_from_light(self, camera: Camera) -> FloatArray:
        """Fill the light's picture; return what maps world metres to its texels and to metres away from the light."""
        mesh = self.character.mesh
        view = light_view(camera, side=_MAP_SIDE)
        world = self._surface[:, 5:8]
        at = np.ascontiguousarray(world @ view[:, :3].T + view[:, 3])
        surface.fill(at, mesh.triangles, self._solid, True, self._map_depth, self._map_seen)
        return view

    def _develop(self, view: FloatArray) -> ImageArray:
        mesh = self.character.mesh
        picture = np.empty((*self._heights.shape, 4), dtype=np.uint8)
        samples: tuple[Any, ...] = (self._depth, self._seen, self._field, self._owner, self._contact)
        model = (mesh.triangles, mesh.material, self._sheets, self._weights, self._surface)
        paint = (self._texels, self._mips, self._levels, self._tints)
        reach = np.float32(light.ACROSS * _RIM_PX * self._scale)
        light.develop(*samples, LIGHT, (view, self._map_depth, self._map_seen), model, paint, reach, picture)
        return picture

    @property
    def _scale(self) -> float:
        """How much finer or coarser the picture is than one of 512 pixels."""
        return min(self._size) / 512
