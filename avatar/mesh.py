"""The drawable character as plain data: `Mesh`, `Morph`, `Gaze`, `Materials`, `Character`.

Owns the layout of a skinned, textured mesh and what drives its face. Knows nothing of how a character was made (painted in
code, loaded from a file) or how it is drawn, so that a neural renderer can take the same mesh and rig as the rasteriser.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.rig import Rig
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, check_array

IntArray = NDArray[np.int32]
_ALWAYS_LIT = -1.0  # a terminator below this is never reached


@dataclass(frozen=True, slots=True, eq=False)
class Morph:
    """One shape that the face can take: sparse offsets, scaled by a weight 0..1."""

    name: str
    vertex: IntArray
    """(N,) vertices that move."""
    offset_m: FloatArray
    """(N, 3) displacement at weight 1, rest space, metres."""
    offset_uv: FloatArray
    """(N, 2) displacement of the texture coordinates at weight 1."""
    drive: FloatArray
    """(52,) the weight is clip(drive @ expression, 0, 1)."""
    gate: int
    """Index of an earlier morph whose weight multiplies this one's; -1 for none."""

    def __post_init__(self) -> None:
        check_array("Morph.vertex", self.vertex, (None,), np.int32)
        check_array("Morph.offset_m", self.offset_m, (len(self.vertex), 3), np.float32)
        check_array("Morph.offset_uv", self.offset_uv, (len(self.vertex), 2), np.float32)
        check_array("Morph.drive", self.drive, (EXPRESSION_COUNT,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Gaze:
    """How one eye looks about: its iris is painted in the texture and moves by shifting texture coordinates."""

    bone: int
    """Index of the eye's bone; its rotation wins over the coefficients when it is not identity."""
    vertex: IntArray
    """(N,) vertices of the eyeball patch."""
    uv_left: FloatArray
    """(2,) shift of texture coordinates for a full look to the avatar's left."""
    uv_up: FloatArray
    """(2,) shift for a full look up."""
    look: tuple[int, int, int, int]
    """Indices into the expression: look to the avatar's left, right, up, down."""

    def __post_init__(self) -> None:
        check_array("Gaze.vertex", self.vertex, (None,), np.int32)
        check_array("Gaze.uv_left", self.uv_left, (2,), np.float32)
        check_array("Gaze.uv_up", self.uv_up, (2,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Materials:
    """How each of M materials takes the light."""

    shade: FloatArray
    """(M, 3) factors that turn the lit colour into the shaded one (a warm tint, not only darker)."""
    ink: FloatArray
    """(M, 3) colour of the outline, 0..255."""
    terminator: FloatArray
    """(M,) N.L at which light turns to shade; below -1 the material is always lit."""
    rim: FloatArray
    """(M,) 0..1 strength of the rim light."""

    def __post_init__(self) -> None:
        count = len(self.terminator)
        check_array("Materials.shade", self.shade, (count, 3), np.float32)
        check_array("Materials.ink", self.ink, (count, 3), np.float32)
        check_array("Materials.terminator", self.terminator, (count,), np.float32)
        check_array("Materials.rim", self.rim, (count,), np.float32)

    @property
    def is_lit(self) -> NDArray[np.bool_]:
        """(M,) False for what is drawn as it is, like an eye: no light falls on it, and it throws no shadow."""
        return self.terminator >= _ALWAYS_LIT


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A skinned, textured triangle mesh at rest, avatar space, metres."""

    vertices: FloatArray
    """(V, 3)"""
    triangles: IntArray
    """(T, 3) counter-clockwise seen from outside."""
    uv: FloatArray
    """(V, 2) 0..1, origin top left of the texture."""
    normals: FloatArray
    """(V, 3) unit normals for the light; may be bent away from the geometry's own."""
    hull_normals: FloatArray
    """(V, 3) unit normals of the geometry, along which the outline's hull grows."""
    bone_index: IntArray
    """(V, 4)"""
    bone_weight: FloatArray
    """(V, 4) sums to 1."""
    outline_m: FloatArray
    """(V,) thickness of the ink outline; 0 where a line tapers out. A triangle with three zeros has no outline. Negative: a
    line this thick, but only before another part of the texture, which the studio can tell; the puppet draws none."""
    bias_m: FloatArray
    """(V,) how far the vertex is drawn nearer to the camera than it is, so that brows show above the fringe."""
    material: IntArray
    """(T,) index into `Character.materials`."""
    morphs: tuple[Morph, ...]
    gazes: tuple[Gaze, ...]
    lids: IntArray
    """(P, 2) pairs (upper, lower) of vertices: lids and lips. The upper never sinks below the lower one."""

    def __post_init__(self) -> None:
        count = len(self.vertices)
        check_array("Mesh.vertices", self.vertices, (None, 3), np.float32)
        check_array("Mesh.triangles", self.triangles, (None, 3), np.int32)
        check_array("Mesh.uv", self.uv, (count, 2), np.float32)
        check_array("Mesh.normals", self.normals, (count, 3), np.float32)
        check_array("Mesh.hull_normals", self.hull_normals, (count, 3), np.float32)
        check_array("Mesh.bone_index", self.bone_index, (count, 4), np.int32)
        check_array("Mesh.bone_weight", self.bone_weight, (count, 4), np.float32)
        check_array("Mesh.outline_m", self.outline_m, (count,), np.float32)
        check_array("Mesh.bias_m", self.bias_m, (count,), np.float32)
        check_array("Mesh.material", self.material, (len(self.triangles),), np.int32)
        check_array("Mesh.lids", self.lids, (None, 2), np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Spring:
    """One secondary bone that follows its parent late: the tip of an ear, of the tail, of a lock."""

    bone: int
    tip_m: FloatArray
    """(3,) where the bone ends at rest; the pendulum's bob."""
    frequency_hz: float
    """How fast it swings back."""
    damping: float
    """1 is critical: below, it overshoots."""
    limit_rad: float
    """How far it may bend away from where its parent carries it."""
    react: FloatArray
    """(52, 3) rotation vector, radians in rest space, that each coefficient adds to its rest (ears that react)."""
    sway_rad: FloatArray
    """(3,) amplitude of the slow sway that keeps it alive, as a rotation vector."""

    def __post_init__(self) -> None:
        check_array("Spring.tip_m", self.tip_m, (3,), np.float32)
        check_array("Spring.react", self.react, (EXPRESSION_COUNT, 3), np.float32)
        check_array("Spring.sway_rad", self.sway_rad, (3,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """The ellipsoid that arms keep out of: the head with its hair."""

    bone: int
    centre_m: FloatArray
    """(3,) at rest."""
    radii_m: FloatArray
    """(3,)"""

    def __post_init__(self) -> None:
        check_array("Guard.centre_m", self.centre_m, (3,), np.float32)
        check_array("Guard.radii_m", self.radii_m, (3,), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """Everything that is needed to draw one avatar."""

    name: str
    rig: Rig
    mesh: Mesh
    materials: Materials
    springs: tuple[Spring, ...]
    """Parents before children."""
    guard: Guard
    texture: ImageArray
    """(S, S, 4) uint8 RGBA, S a power of two; alpha is 255 (reserved)."""

    def __post_init__(self) -> None:
        check_array("Character.texture", self.texture, (None, None, 4), np.uint8)
        side = self.texture.shape[0]
        if self.texture.shape[1] != side or side & (side - 1):
            raise ValueError(f"Character.texture must be square with a power of two, got {self.texture.shape[:2]}")
        if int(self.mesh.bone_index.max()) >= len(self.rig.names):
            raise ValueError("Character.mesh names a bone that its rig does not have")
