"""The tensors of a network file that takes and gives bytes: the int8 and the fp16 file of a package.

`spec` says what the tensors mean; here is how the same numbers lie in bytes, so that nothing is turned into floats or planes,
a graphics card gets fewer bytes, and the network's first layer, in `spec` two convolutions and their sum, is one matrix
product without a byte to move. Owns steps, zero and order. Knows nothing of any runtime; `avatar.neural` fills and reads such
tensors its own fast way, and its tests hold it against the plain functions here.

For a picture of H x W pixels such a network takes

- `blocks` (1, H/4, W/4, 172) uint8, of each 4 x 4 pixels what the first layer sees there:
  64 of `coarse`: channel `16 * y + 4 * x + c` is channel c at row y and column x, premultiplied RGBA, value = byte / 255;
  108 of `surface`: channel `64 + 36 * y + 12 * x + c` is channel c at row y - 1 and column x - 1 from the left top of the
  block's 2 x 2, so the row and the column before it too: `surface_steps[c] * (byte - 128)`; 128 is 0, nothing, and what lies
  outside,
- `code` (1, 52) float32, as ever,

and gives `paint` (1, H/4, W/4, 80) uint8: 64 of colour in the order of `coarse`'s blocks, what to add,
`colour_step * (byte - colour_zero)`; then 16 of cover, channel `64 + 4 * y + x`, byte / 255.

Steps and zero stand in the model's metadata (`custom_metadata_map` of onnxruntime). A file without them speaks floats, as
`spec` says. The first dimensions are named in either file, `dimensions`: a session fixes them with
`SessionOptions.add_free_dimension_override_by_name` and is then as fast as one of a file made for that size alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from avatar.neural.spec import BLOCK_PX, COARSE_CHANNELS, COLOUR_CHANNELS, PAINT_CHANNELS, SURFACE_CHANNELS
from trackers.types import FloatArray, ImageArray, check_array

OUTPUT: Final = "paint"
"""What a network gives, in either form."""
ZERO: Final = 128
"""The byte of nothing, of surface; of colour too, in a file that tells no other."""
DRAWN_CHANNELS: Final = COLOUR_CHANNELS
"""Of `blocks`, the first ones: the drawn picture's."""
BLOCK_CHANNELS: Final = DRAWN_CHANNELS + 9 * SURFACE_CHANNELS
SURFACE_KEY: Final = "posecast.surface_steps"
COLOUR_KEY: Final = "posecast.colour_step"
COLOUR_ZERO_KEY: Final = "posecast.colour_zero"

_BLOCKS = (COARSE_CHANNELS, BLOCK_PX, BLOCK_PX)


def dimensions(*, width_px: int, height_px: int) -> dict[str, int]:
    """Return the values of the named dimensions of a network file for one size of picture."""
    return {
        "height_px": height_px,
        "width_px": width_px,
        "half_height_px": height_px // 2,
        "half_width_px": width_px // 2,
        "quarter_height_px": height_px // BLOCK_PX,
        "quarter_width_px": width_px // BLOCK_PX,
    }


@dataclass(frozen=True, slots=True, eq=False)
class ByteLayout:
    """What one byte is worth in a network's tensors."""

    surface_steps: FloatArray
    """(12,) of each channel of `surface`."""
    colour_step: float
    """Of the colours of `paint`, where 1 is white."""
    colour_zero: int = ZERO
    """The byte of a colour that adds nothing: below it something is taken away."""

    def __post_init__(self) -> None:
        check_array("ByteLayout.surface_steps", self.surface_steps, (SURFACE_CHANNELS,), np.float32)
        finite = np.isfinite(self.surface_steps).all() and np.isfinite(self.colour_step)
        if not finite or self.surface_steps.min() <= 0 or self.colour_step <= 0:
            raise ValueError("ByteLayout's steps must be finite and above 0")
        if not 0 <= self.colour_zero <= 255:
            raise ValueError(f"ByteLayout.colour_zero must be a byte, got {self.colour_zero}")

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Self | None:
        """Return the layout that a model's metadata tells, None for a model that speaks floats.

        Raises:
            ValueError: the metadata is there and makes no sense.
        """
        if SURFACE_KEY not in metadata and COLOUR_KEY not in metadata:
            return None
        try:
            steps, step = json.loads(metadata[SURFACE_KEY]), float(metadata[COLOUR_KEY])
            zero = int(metadata.get(COLOUR_ZERO_KEY, ZERO))
            return cls(surface_steps=np.array(steps, dtype=np.float32), colour_step=step, colour_zero=zero)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:  # the last two by hostile JSON
            raise ValueError(f"the network's byte layout makes no sense: {error}") from error

    def metadata(self) -> dict[str, str]:
        """Return what `of` reads."""
        steps = [float(step) for step in self.surface_steps]
        return {
            SURFACE_KEY: json.dumps(steps),
            COLOUR_KEY: repr(float(self.colour_step)),
            COLOUR_ZERO_KEY: str(self.colour_zero),
        }

    def block_bytes(self, coarse: ImageArray, surface: FloatArray) -> ImageArray:
        """Return `blocks` of a premultiplied picture (N, H, W, 4) in bytes and `spec`'s surface (N, 12, H/2, W/2)."""
        units = np.rint(surface.transpose(0, 2, 3, 1) / self.surface_steps) + ZERO
        padded = np.pad(np.clip(units, 0, 255), ((0, 0), (1, 0), (1, 0), (0, 0)), constant_values=ZERO).astype(np.uint8)
        high, wide = (side // 2 * 2 for side in surface.shape[2:])
        taps = [padded[:, y : y + high : 2, x : x + wide : 2] for y in range(3) for x in range(3)]
        return np.concatenate([picture_blocks(coarse), *taps], axis=-1)

    def block_steps(self) -> FloatArray:
        """Return (172,): what one byte of each channel of `blocks` is worth."""
        drawn = np.full(DRAWN_CHANNELS, 1 / 255, dtype=np.float32)
        return np.concatenate([drawn, np.tile(self.surface_steps, 9)])

    def paint_steps(self) -> FloatArray:
        """Return (80,): what one byte of each channel of `paint` is worth."""
        counts = [COLOUR_CHANNELS, PAINT_CHANNELS - COLOUR_CHANNELS]
        return np.repeat(np.array([self.colour_step, 1 / 255], dtype=np.float32), counts)

    def paint_zeros(self) -> NDArray[np.int64]:
        """Return (80,): the byte of nothing in each channel of `paint`."""
        return np.repeat([self.colour_zero, 0], [COLOUR_CHANNELS, PAINT_CHANNELS - COLOUR_CHANNELS])

    def sayable(self, paint: FloatArray) -> FloatArray:
        """Return `spec`'s paint (N, 80, h, w) with its colours clipped to those that a byte can say."""
        colour, cover = paint[:, :COLOUR_CHANNELS], paint[:, COLOUR_CHANNELS:]
        least, most = (np.float32(self.colour_step) * np.float32(byte - self.colour_zero) for byte in (0, 255))
        return np.concatenate([np.clip(colour, least, most), cover], axis=1)

    def paint_floats(self, paint: ImageArray) -> FloatArray:
        """Return `spec`'s (N, 80, h, w) of (N, h, w, 80) bytes."""
        values = (paint - self.paint_zeros().astype(np.float32)) * self.paint_steps()
        return np.ascontiguousarray(values[..., spec_order()].transpose(0, 3, 1, 2))

    def picture(self, coarse: ImageArray, paint: ImageArray) -> ImageArray:
        """Return the premultiplied (N, H, W, 4) picture of `coarse` and `paint`, both in bytes."""
        colour, cover = paint[..., :COLOUR_CHANNELS].astype(np.float32), paint[..., COLOUR_CHANNELS:].astype(np.float32)
        added = _pixels((colour - self.colour_zero) * np.float32(255 * self.colour_step), COARSE_CHANNELS)
        return np.clip(np.rint(coarse * (1 - _pixels(cover, 1) / 255) + added), 0, 255).astype(np.uint8)


def coarse_bytes(picture: ImageArray) -> ImageArray:
    """Return a straight RGBA picture (H, W, 4) premultiplied, (1, H, W, 4)."""
    wide = picture.astype(np.uint16)
    colour = (wide[..., :3] * wide[..., 3:] + 127) // 255
    return np.concatenate([colour, wide[..., 3:]], axis=-1).astype(np.uint8)[None]


def picture_blocks(coarse: ImageArray) -> ImageArray:
    """Return a picture (N, H, W, 4) as blocks (N, H/4, W/4, 64)."""
    n, height, width, _ = coarse.shape
    high, wide = height // BLOCK_PX, width // BLOCK_PX
    split = coarse.reshape(n, high, BLOCK_PX, wide, BLOCK_PX, COARSE_CHANNELS).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(n, high, wide, DRAWN_CHANNELS)


def block_zeros() -> NDArray[np.int64]:
    """Return (172,): the byte of nothing in each channel of `blocks`."""
    return np.repeat([0, ZERO], [DRAWN_CHANNELS, BLOCK_CHANNELS - DRAWN_CHANNELS])


def coarse_floats(coarse: ImageArray) -> FloatArray:
    """Return a premultiplied picture in bytes (N, H, W, 4) as `spec`'s floats (N, 4, H, W)."""
    return np.ascontiguousarray(coarse.transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)


def byte_order() -> NDArray[np.int64]:
    """Return which of `spec`'s 80 channels of paint stands at each place of the bytes' order."""
    colours = np.arange(COLOUR_CHANNELS).reshape(_BLOCKS).transpose(1, 2, 0).reshape(-1)
    return np.concatenate([colours, np.arange(COLOUR_CHANNELS, PAINT_CHANNELS)])


def spec_order() -> NDArray[np.int64]:
    """Return at which place of the bytes' order each of `spec`'s 80 channels of paint stands."""
    return np.argsort(byte_order())


def _pixels(blocks: FloatArray, channels: int) -> FloatArray:
    """Return (N, H, W, channels) of blocks (N, H/4, W/4, 16 * channels)."""
    n, high, wide, _ = blocks.shape
    spread = blocks.reshape(n, high, wide, BLOCK_PX, BLOCK_PX, channels).transpose(0, 1, 3, 2, 4, 5)
    return spread.reshape(n, BLOCK_PX * high, BLOCK_PX * wide, channels)
