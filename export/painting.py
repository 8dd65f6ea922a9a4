"""Runs a network file of any precision on examples, so that files can be held against each other.

Owns the session and the feeding of floats or bytes. Slow and plain: the live renderer has its own, quick way.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from avatar.neural import spec
from avatar.neural.byte_layout import ByteLayout, coarse_bytes, coarse_floats, dimensions
from avatar.neural.runtime import cover_clipped
from export.to_onnx import need
from trackers.types import FloatArray, ImageArray, check_array


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a network is shown."""

    coarse: ImageArray
    """(H, W, 4) uint8 straight RGBA: the drawn proxy."""
    surface: FloatArray
    """(12, H/2, W/2), as `spec` says."""
    code: FloatArray
    """(52,) the expression."""

    def __post_init__(self) -> None:
        check_array("Example.coarse", self.coarse, (None, None, 4), np.uint8)
        high, wide = self.coarse.shape[:2]
        check_array("Example.surface", self.surface, (spec.SURFACE_CHANNELS, high // 2, wide // 2), np.float32)
        check_array("Example.code", self.code, (spec.CODE_LENGTH,), np.float32)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.coarse.shape[1], self.coarse.shape[0]

    def floats(self) -> dict[str, FloatArray]:
        """Return the inputs of a file that speaks floats."""
        return {
            "coarse": coarse_floats(coarse_bytes(self.coarse)),
            "surface": np.ascontiguousarray(self.surface[None]),
            "code": self.code[None],
        }


class Painter:
    """A network file on this computer's CPU, for pictures of one size."""

    def __init__(self, data: bytes, *, width_px: int, height_px: int) -> None:
        ort = need("onnxruntime")
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
        options.log_severity_level = 3
        for name, value in dimensions(width_px=width_px, height_px=height_px).items():
            options.add_free_dimension_override_by_name(name, value)
        self._session: Any = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.layout = ByteLayout.of(self._session.get_modelmeta().custom_metadata_map)

    def feed(self, example: Example) -> dict[str, Any]:
        """Return the session's inputs."""
        floats = example.floats()
        if self.layout is None:
            return dict(floats)
        return {"blocks": self.layout.block_bytes(coarse_bytes(example.coarse), floats["surface"]), "code": floats["code"]}

    def paint(self, example: Example) -> FloatArray:
        """Return (80, H/4, W/4) floats in `spec`'s order, covers clipped."""
        found = self._session.run(None, self.feed(example))[0]
        floats: FloatArray = found if self.layout is None else self.layout.paint_floats(found)
        return np.asarray(cover_clipped(floats)[0], dtype=np.float32)


def composed(example: Example, paint: FloatArray) -> ImageArray:
    """Return the premultiplied (H, W, 4) picture of a paint (80, H/4, W/4)."""
    coarse = coarse_bytes(example.coarse)[0].astype(np.float32)
    colour, cover = (_shuffled(part) for part in (paint[: spec.COLOUR_CHANNELS], paint[spec.COLOUR_CHANNELS :]))
    return np.asarray(np.clip(np.rint(coarse * (1 - np.clip(cover, 0, 1)) + 255 * colour), 0, 255), dtype=np.uint8)


def _shuffled(planes: FloatArray) -> FloatArray:
    """Return (H, W, C) of (16 C, H/4, W/4)."""
    block, (channels, high, wide) = spec.BLOCK_PX, planes.shape
    blocks = planes.reshape(-1, block, block, high, wide)
    return blocks.transpose(3, 1, 4, 2, 0).reshape(block * high, block * wide, channels // block**2)


def random_examples(count: int, *, width_px: int, height_px: int, seed: int = 0) -> tuple[Example, ...]:
    """Return examples of noise within the contract's ranges, smooth and with a hole as a figure's are."""
    rng = np.random.default_rng(seed)
    return tuple(_random_example(rng, width_px, height_px) for _ in range(count))


def _random_example(rng: np.random.Generator, wide: int, high: int) -> Example:
    block = spec.BLOCK_PX
    large = rng.integers(0, 256, (high // block, wide // block, 4), dtype=np.uint8).repeat(block, axis=0).repeat(block, axis=1)
    half = (high // 2, wide // 2)
    features = rng.normal(0, 0.5, (spec.FEATURES, *half))
    normal = rng.normal(0, 1, (3, *half))
    normal /= np.linalg.norm(normal, axis=0)
    mask = np.zeros(half)
    mask[half[0] // 8 : half[0] * 7 // 8, half[1] // 8 : half[1] * 7 // 8] = 1
    surface = np.concatenate([features * mask, normal * mask, mask[None]]).astype(np.float32)
    return Example(coarse=large, surface=surface, code=rng.uniform(0, 1, spec.CODE_LENGTH).astype(np.float32))
