"""What a neural avatar is made of, as plain data in memory: `AvatarParts`.

Owns the shapes and their check. Knows nothing of files, of training or of any runtime: a package is read into it, training
writes it, the renderer takes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.mesh import Character
from avatar.neural import spec
from trackers.types import EXPRESSION_COUNT, FloatArray, check_array

PRECISIONS: Final = ("fp32", "fp16", "int8")
"""In which numbers a network computes; int8 means its weights and activations, not its input and output."""


@dataclass(frozen=True, slots=True, eq=False)
class AvatarParts:
    """One neural avatar: the proxy, the learnt texture and the networks."""

    character: Character
    """The proxy that the network was trained on."""
    features: FloatArray
    """(256, 256, 8) the learnt texture at rest, in the texture coordinates of the painted one."""
    deltas: FloatArray
    """(16, h, w, 8) what each mixture of the expression adds to the features within `window`."""
    window: tuple[int, int, int, int]
    """Left, top, width and height of the deltas' rectangle, texels of `features`."""
    mix: FloatArray
    """(16, 52) how much of each mixture an expression e has: clip(mix @ e, 0, 1)."""
    networks: Mapping[tuple[str, str], bytes]
    """ONNX models by size (a key of `spec.SIZES`) and precision ("fp32", "fp16" or "int8")."""

    def __post_init__(self) -> None:
        left, top, width, height = self.window
        side = spec.FEATURE_SIDE_TEXELS
        check_array("AvatarParts.features", self.features, (side, side, spec.FEATURES), np.float32)
        check_array("AvatarParts.deltas", self.deltas, (spec.MIXES, height, width, spec.FEATURES), np.float32)
        check_array("AvatarParts.mix", self.mix, (spec.MIXES, EXPRESSION_COUNT), np.float32)
        if not (left >= 0 and 0 < width <= side - left and top >= 0 and 0 < height <= side - top):
            raise ValueError(f"AvatarParts.window must lie within {side} x {side} texels, got {self.window}")
        unknown = [key for key in self.networks if key[0] not in spec.SIZES or key[1] not in PRECISIONS]
        if unknown:
            raise ValueError(f"AvatarParts.networks must be of a size and precision of spec, got {unknown[0]}")
