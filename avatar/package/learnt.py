"""The learnt texture in one file of arrays: features in half precision, deltas in bytes.

Owns how the trained numbers are rounded for the disk, and by how much. Knows nothing of what they mean.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.neural import spec
from avatar.package.arrays import arrays_from_bytes, arrays_to_bytes
from avatar.package.errors import fault
from trackers.types import EXPRESSION_COUNT, FloatArray

LARGEST_FEATURE: Final = 1000.0
_LARGEST_MIX: Final = 1000.0
_STEPS: Final = 127


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What lies in `features.npz`; shapes as in `neural.parts.AvatarParts`."""

    features: FloatArray
    deltas: FloatArray
    window: tuple[int, int, int, int]
    mix: FloatArray


def learnt_to_bytes(learnt: Learnt) -> bytes:
    """Return `features.npz`. Features lose what half precision cannot hold, deltas half a step of 1/127 of the greatest one
    of their mixture and channel; the mixtures themselves are kept as they are.

    Raises:
        ValueError: a number is too large or not finite.
    """
    for name, array, most in (("features", learnt.features, LARGEST_FEATURE), ("deltas", learnt.deltas, LARGEST_FEATURE)):
        if not np.abs(array).max() <= most:
            raise ValueError(f"Learnt.{name} must hold numbers from {-most:g} to {most:g}, got {np.abs(array).max()}")
    scale = np.abs(learnt.deltas).max(axis=(1, 2)) / np.float32(_STEPS)  # (16, 8)
    steps = np.rint(learnt.deltas / np.where(scale > 0, scale, 1)[:, None, None, :])
    return arrays_to_bytes(
        {
            "features": learnt.features.astype(np.float16),
            "deltas": np.clip(steps, -_STEPS, _STEPS).astype(np.int8),
            "deltas_scale": scale.astype(np.float32),
            "window": np.array(learnt.window, dtype=np.int32),
            "mix": learnt.mix,
        }
    )


def learnt_from_bytes(data: bytes, *, place: str) -> Learnt:
    """Return the learnt texture.

    Raises:
        PackageError: it is damaged, or anything in it is out of bounds.
    """
    side = spec.FEATURE_SIDE_TEXELS
    arrays = arrays_from_bytes(data, place=place)
    shape = (side, side, spec.FEATURES)
    features = arrays.take("features", np.float16, shape, low=-LARGEST_FEATURE, high=LARGEST_FEATURE)
    left, top, width, height = (int(value) for value in arrays.take("window", np.int32, (4,), low=0, high=side))
    if width < 1 or height < 1 or left + width > side or top + height > side:
        raise fault(f"{place}: window", f"lie within {side} x {side} texels", f"{width} x {height} at {left}, {top}")
    deltas = arrays.take("deltas", np.int8, (spec.MIXES, height, width, spec.FEATURES))
    most = LARGEST_FEATURE / _STEPS
    scale = arrays.take("deltas_scale", np.float32, (spec.MIXES, spec.FEATURES), low=0, high=most)
    mix = arrays.take("mix", np.float32, (spec.MIXES, EXPRESSION_COUNT), low=-_LARGEST_MIX, high=_LARGEST_MIX)
    arrays.end()
    whole = deltas.astype(np.float32) * scale[:, None, None, :]
    return Learnt(features=features.astype(np.float32), deltas=whole, window=(left, top, width, height), mix=mix)
