"""The learnt texture: features of every part of the skin, and what the face's change by with the expression.

Owns its parameters, how they begin and how a surface is looked up in them. Knows nothing of networks or data; `spec` and
`avatar.neural.parts` say what the numbers mean.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from avatar.mesh import Character
from avatar.neural.spec import CODE_LENGTH, FEATURE_SIDE_TEXELS, FEATURES, MIXES
from avatar.training.clipping import clipped
from avatar.training.fetch import fetched
from trackers.skeleton import EXPRESSION_NAMES

Window = tuple[int, int, int, int]

_SPREAD: Final = 0.05
_MARGIN_TEXELS: Final = 2
_BEGINNINGS: Final = (
    ("eyeBlinkLeft", "eyeSquintLeft"),
    ("eyeBlinkRight", "eyeSquintRight"),
    ("eyeWideLeft", "eyeWideRight"),
    ("cheekSquintLeft", "cheekSquintRight", "eyeSquintLeft", "eyeSquintRight"),
    ("browDownLeft", "browDownRight"),
    ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    ("jawOpen",),
    ("mouthFunnel", "mouthPucker"),
    ("mouthSmileLeft", "mouthSmileRight", "mouthDimpleLeft", "mouthDimpleRight"),
    ("mouthFrownLeft", "mouthFrownRight"),
    ("mouthStretchLeft", "mouthStretchRight"),
    ("mouthLeft", "mouthRight", "jawLeft", "jawRight"),
    ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
    ("cheekPuff", "mouthPressLeft", "mouthPressRight", "mouthClose", "mouthRollLower", "mouthRollUpper"),
    ("noseSneerLeft", "noseSneerRight", "mouthShrugLower", "mouthShrugUpper"),
    ("tongueOut",),
)
"""Which coefficients each mixture begins as; training moves them."""


class Texture(nn.Module):
    """The learnt texture of one character."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        left, top, width, height = window
        side = FEATURE_SIDE_TEXELS
        if min(left, top) < 0 or not (0 < width <= side - left and 0 < height <= side - top):
            raise ValueError(f"window must lie within {side} x {side} texels, got {window}")
        self.window = window
        self.features = nn.Parameter(_SPREAD * torch.randn(side, side, FEATURES))
        self.deltas = nn.Parameter(torch.zeros(MIXES, height, width, FEATURES))
        self.mix = nn.Parameter(_first_mix())

    def forward(self, uv: Tensor, shown: Tensor, code: Tensor) -> Tensor:
        """Return (N, h, w, 8) features, 0 where `shown` is 0.

        Args:
            uv: (N, h, w, 2) texture coordinates, 0..1.
            shown: (N, h, w) 1 where there is a surface, else 0.
            code: (N, 52) the expression.
        """
        # Clamped to the middles of the outermost texels: a fetch with the border repeated.
        at = (uv * FEATURE_SIDE_TEXELS - 0.5).clamp(0, FEATURE_SIDE_TEXELS - 1)
        left, top, width, height = self.window
        x, y = at[..., 0], at[..., 1]
        near = (x > left - 1) & (x < left + width) & (y > top - 1) & (y < top + height)
        weights = clipped(code @ self.mix.T)
        changes = (weights @ self.deltas.flatten(1)).view(-1, height, width, FEATURES)
        # Linear between texels both times, so the sum of two fetches is a fetch of the sum.
        return fetched(self.features[None], at, shown) + fetched(changes, at - at.new_tensor([left, top]), shown * near)


def surface_of(features: Tensor, normal_and_mask: Tensor) -> Tensor:
    """Return (N, 12, h, w) the network's `surface` of (N, h, w, 8) features and (N, h, w, 4) normals and mask."""
    return torch.cat([features, normal_and_mask], dim=3).permute(0, 3, 1, 2)


def face_window(character: Character) -> Window:
    """Return the rectangle of the learnt texture, in texels, that holds every part of the skin that the expression moves."""
    mesh = character.mesh
    moved = np.unique(
        np.concatenate([np.zeros(0, np.int32), *(m.vertex for m in mesh.morphs), *(g.vertex for g in mesh.gazes)])
    )
    if not len(moved):
        return 0, 0, 1, 1
    side = FEATURE_SIDE_TEXELS
    texels = mesh.uv[_with_neighbours(moved, mesh.triangles, len(mesh.vertices))] * side
    low = np.clip(np.floor(texels.min(axis=0)).astype(int) - _MARGIN_TEXELS, 0, side - 1)
    high = np.clip(np.ceil(texels.max(axis=0)).astype(int) + _MARGIN_TEXELS, low + 1, side)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _with_neighbours(vertices: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """Return (V,) bool: the vertices and whatever hangs together with them by triangles, so their whole parts."""
    found = np.zeros(count, dtype=bool)
    found[vertices] = True
    while True:
        touched = triangles[found[triangles].any(axis=1)]
        if found[touched].all():
            return found
        found[touched] = True


def _first_mix() -> Tensor:
    mix = torch.zeros(MIXES, CODE_LENGTH)
    for row, names in enumerate(_BEGINNINGS):
        mix[row, [EXPRESSION_NAMES.index(name) for name in names]] = 1.0
    return mix
