"""What flows from the rig to the sinks: `RigPose` and `Rendered`.

Owns their shapes, units and spaces. Avatar space is VRM 1.0's: metres, right-handed, +X to the avatar's own left, +Y up,
+Z the way the avatar faces. Knows nothing of cameras, trackers' pixels or sinks.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, Stamp, check_array

BONE_COUNT: Final = 55


@dataclass(frozen=True, slots=True, eq=False)
class RigPose:
    """What the avatar does, independent of any camera: VRM 1.0 humanoid bones and expressions."""

    stamp: Stamp
    """Of the newest tracking that shaped this pose."""
    rotations: FloatArray
    """(55, 4) unit quaternions (x, y, z, w), local to the parent bone, in the order of `rig.BONE_NAMES`.

    Normalised as VRM's: every bone's axes are the avatar's axes in the rest pose, so identity everywhere is the T-pose."""
    root_m: FloatArray
    """(3,) displacement of the hips from their rest position, metres of an avatar 1.6 m tall."""
    expression: FloatArray
    """(52,) ARKit coefficients 0..1 in the order of `trackers.skeleton.EXPRESSION_NAMES`."""
    confidence: FloatArray
    """(55,) 0..1 per bone: 1 measured in this frame, 0 not observed (the rotation is then only a guess)."""
    face_confidence: float
    """0..1: 1 if `expression` was measured, 0 if it is a guess."""
    predicted: frozenset[str] = frozenset()
    """The tracking's parts (`trackers.types.PARTS`) that were not looked at in this frame: bones that rest on them are no new
    measurement, though the person is believed to be there."""

    def __post_init__(self) -> None:
        check_array("RigPose.rotations", self.rotations, (BONE_COUNT, 4), np.float32)
        check_array("RigPose.root_m", self.root_m, (3,), np.float32)
        check_array("RigPose.expression", self.expression, (EXPRESSION_COUNT,), np.float32)
        check_array("RigPose.confidence", self.confidence, (BONE_COUNT,), np.float32)

    @classmethod
    def at_rest(cls) -> Self:
        """Return the T-pose with a calm face, measured at no time: what a renderer warms up with."""
        rotations = np.zeros((BONE_COUNT, 4), dtype=np.float32)
        rotations[:, 3] = 1
        return cls(
            stamp=Stamp(seq=0, captured_ns=0),
            rotations=rotations,
            root_m=np.zeros(3, dtype=np.float32),
            expression=np.zeros(EXPRESSION_COUNT, dtype=np.float32),
            confidence=np.ones(BONE_COUNT, dtype=np.float32),
            face_confidence=1.0,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """One picture of the avatar."""

    image: ImageArray
    """(H, W, 4) uint8 RGBA, straight alpha."""
    stamp: Stamp
    """Of the newest tracking that shaped the picture."""

    def __post_init__(self) -> None:
        check_array("Rendered.image", self.image, (None, None, 4), np.uint8)
