"""The contract between the drawn proxy and the network: tensors, their channels and ranges, and the networks' sizes.

Owns numbers and names alone, so that training, export and rendering cannot disagree. Knows nothing of torch or any runtime.

For a picture of H x W pixels, both multiples of `ALIGN_PX`, a network takes

- `coarse` (N, 4, H, W): the proxy drawn by the puppet's rasteriser; red, green, blue premultiplied by alpha, and alpha; 0..1,
- `surface` (N, 12, H/2, W/2): what lies under the middle of each 2 x 2 pixels. 8 learnt features of the texture, the unit
  normal in view space (x right, y up, z to the viewer), and 1 where there is a surface. Where there is none all are 0; ink is
  a surface without a normal, whose features are those of the texture's first corner, where no part of a character may lie,
- `code` (N, 52): the expression, 0..1; never the joints, which would amplify the tracker's jitter,

and gives `paint` (N, 80, H/4, W/4). Its first 64 channels are colour: channel `16 * c + 4 * y + x` is what to add to channel c
at row y and column x of each 4 x 4 pixels (a pixel shuffle by 4). Channel `64 + 4 * y + x` is how much of `coarse` to cover
there, 0..1 once it is clipped. The picture is clip(coarse * (1 - cover) + colour, 0, 1), premultiplied RGBA: an edge that the
proxy has in the wrong place is covered, where a sum alone would have to cancel it pixel by pixel. At the same cost, that is
worth more than one decibel.
"""

from dataclasses import dataclass
from typing import Final

COARSE_CHANNELS: Final = 4
FEATURES: Final = 8
SURFACE_CHANNELS: Final = FEATURES + 4
CODE_LENGTH: Final = 52
BLOCK_PX: Final = 4
COLOUR_CHANNELS: Final = COARSE_CHANNELS * BLOCK_PX**2
PAINT_CHANNELS: Final = COLOUR_CHANNELS + BLOCK_PX**2
ALIGN_PX: Final = 64
"""Width and height of what a network paints are multiples of this, so that every layer halves them evenly."""

PICTURE_PX: Final = 512
"""Width and height of the pictures that networks learn from."""
FEATURE_SIDE_TEXELS: Final = 256
"""Side of the learnt texture; it shares the texture coordinates of the painted one."""
MIXES: Final = 16
"""Learnt mixtures of the expression, each with its own change of the face's features."""


@dataclass(frozen=True, slots=True)
class Size:
    """How wide a network is. All convolutions are 3 x 3 with ReLU and without normalisation, unless they say otherwise.

    Stem at H/4: a 4 x 4 convolution of `coarse` with stride 4 plus one of `surface` with stride 2, both to `stem` channels.
    Then with stride 2 to each of `widths` (at H/8, H/16, H/32), the later ones followed by one more; FiLM by `code` at the
    deepest. Back up: 1 x 1 to the width above, nearest x 2, plus the skip, ReLU, one more. Out: to `PAINT_CHANNELS`.
    """

    name: str
    stem: int
    widths: tuple[int, int, int]


SIZES: Final = {
    "S": Size("S", 16, (32, 48, 64)),
    "M": Size("M", 32, (48, 64, 96)),
    "L": Size("L", 48, (64, 96, 128)),
}
