"""The tensors of a network file that takes and gives bytes: the int8 and the fp16 file of a package.

`spec` says what the tensors mean; here is how the same numbers lie in bytes, as pictures do: height, width, channels. So the
drawn picture is fed as it lies in memory, nothing is turned into floats or planes, and a graphics card gets a quarter of the
bytes. Owns steps, zero and order. Knows nothing of any runtime; `avatar.neural` fills and reads such tensors its own fast way,
and its tests hold it against the plain functions here.

For a picture of H x W pixels such a network takes

- `coarse` (1, H, W, 4) uint8: premultiplied RGBA, value = byte / 255,
- `surface` (1, H/2, W/2, 12) uint8: channel c of `spec`'s surface is `surface_steps[c] * (byte - 128)`; 128 is 0 and nothing,
- `code` (1, 52) float32, as ever,

and gives `residual` (1, H/4, W/4, 64) uint8: channel `16 * y + 4 * x + c` is what to add to channel c at row y and column x of
each 4 x 4 pixels, `residual_step * (byte - 128)`. So each four rows of the picture get 4 x 4 bytes in the order of its own.

Both steps stand in the model's metadata (`custom_metadata_map` of onnxruntime). A file without them speaks floats, as `spec`
says. The first dimensions are named in either file, `dimensions`: a session fixes them with
`SessionOptions.add_free_dimension_override_by_name` and is then as fast as one of a file made for that size alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from avatar.neural.spec import BLOCK_PX, COARSE_CHANNELS, RESIDUAL_CHANNELS, SURFACE_CHANNELS
from trackers.types import FloatArray, ImageArray, check_array

ZERO: Final = 128
"""The byte of nothing, in `surface` and `residual`."""
SURFACE_KEY: Final = "posecast.surface_steps"
RESIDUAL_KEY: Final = "posecast.residual_step"

_BLOCKS = (COARSE_CHANNELS, BLOCK_PX, BLOCK_PX)


def dimensions(*, width_px: int, height_px: int) -> dict[str, int]:
    """Return the values of the named dimensions of a network file for one size of picture."""
    return {
        "height_px": height_px,
        "width_px": width_px,
        "half_height_px": height_px // 2,
        "half_width_px": width_px // 2,
    }


@dataclass(frozen=True, slots=True, eq=False)
class ByteLayout:
    """What one byte is worth in a network's tensors."""

    surface_steps: FloatArray
    """(12,) of each channel of `surface`."""
    residual_step: float
    """Of `residual`, where 1 is white."""

    def __post_init__(self) -> None:
        check_array("ByteLayout.surface_steps", self.surface_steps, (SURFACE_CHANNELS,), np.float32)
        finite = np.isfinite(self.surface_steps).all() and np.isfinite(self.residual_step)
        if not finite or self.surface_steps.min() <= 0 or self.residual_step <= 0:
            raise ValueError("ByteLayout's steps must be finite and above 0")

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Self | None:
        """Return the layout that a model's metadata tells, None for a model that speaks floats.

        Raises:
            ValueError: the metadata is there and makes no sense.
        """
        if SURFACE_KEY not in metadata and RESIDUAL_KEY not in metadata:
            return None
        try:
            steps, step = json.loads(metadata[SURFACE_KEY]), float(metadata[RESIDUAL_KEY])
            return cls(surface_steps=np.array(steps, dtype=np.float32), residual_step=step)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the network's byte layout makes no sense: {error}") from error

    def metadata(self) -> dict[str, str]:
        """Return what `of` reads."""
        steps = [float(step) for step in self.surface_steps]
        return {SURFACE_KEY: json.dumps(steps), RESIDUAL_KEY: repr(float(self.residual_step))}

    def surface_bytes(self, surface: FloatArray) -> ImageArray:
        """Return `spec`'s (N, 12, h, w) as (N, h, w, 12) bytes."""
        units = surface.transpose(0, 2, 3, 1) / self.surface_steps
        found: ImageArray = np.clip(np.rint(units) + ZERO, 0, 255).astype(np.uint8)
        return found

    def residual_floats(self, residual: ImageArray) -> FloatArray:
        """Return `spec`'s (N, 64, h, w) of (N, h, w, 64) bytes."""
        values = (residual.astype(np.float32) - ZERO) * np.float32(self.residual_step)
        return np.ascontiguousarray(values[..., spec_order()].transpose(0, 3, 1, 2))

    def picture(self, coarse: ImageArray, residual: ImageArray) -> ImageArray:
        """Return the premultiplied (N, H, W, 4) picture of `coarse` and `residual`, both in bytes."""
        n, high, wide, _ = residual.shape
        blocks = residual.reshape(n, high, wide, BLOCK_PX, BLOCK_PX, COARSE_CHANNELS).transpose(0, 1, 3, 2, 4, 5)
        added = (blocks.reshape(coarse.shape).astype(np.float32) - ZERO) * np.float32(255 * self.residual_step)
        return np.clip(np.rint(coarse + added), 0, 255).astype(np.uint8)


def coarse_bytes(picture: ImageArray) -> ImageArray:
    """Return a straight RGBA picture (H, W, 4) as `coarse` (1, H, W, 4), premultiplied."""
    wide = picture.astype(np.uint16)
    colour = (wide[..., :3] * wide[..., 3:] + 127) // 255
    return np.concatenate([colour, wide[..., 3:]], axis=-1).astype(np.uint8)[None]


def coarse_floats(coarse: ImageArray) -> FloatArray:
    """Return `coarse` in bytes (N, H, W, 4) as `spec`'s floats (N, 4, H, W)."""
    return np.ascontiguousarray(coarse.transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)


def byte_order() -> NDArray[np.int64]:
    """Return which of `spec`'s 64 residual channels stands at each place of the bytes' order."""
    return np.arange(RESIDUAL_CHANNELS).reshape(_BLOCKS).transpose(1, 2, 0).reshape(-1)


def spec_order() -> NDArray[np.int64]:
    """Return at which place of the bytes' order each of `spec`'s 64 residual channels stands."""
    return np.argsort(byte_order())
