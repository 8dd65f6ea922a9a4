"""Arrays in one file, in numpy's `.npz` layout, without anything that could hold code.

Owns a reader for the few kinds of arrays that a package needs, far stricter than `numpy.load`: no objects, no strings, no
structures, no Fortran order; and the checks of shapes, kinds and ranges. Knows nothing of what the numbers mean.
"""

import io
import re
from collections.abc import Mapping
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.package.container import read_zip, zip_of
from avatar.package.errors import fault

Array = NDArray[Any]
_MOST_ARRAYS: Final = 64
_MOST_BYTES: Final = 32_000_000
_DEFLATE_RATIO: Final = 1100  # deflate cannot do better: arrays may be all zeros, and the sizes are bounded anyway
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}\.npy")
_KINDS: Final = {"|u1": np.uint8, "|i1": np.int8, "<i4": np.int32, "<f2": np.float16, "<f4": np.float32, "<f8": np.float64}
_MAGIC: Final = b"\x93NUMPY\x01\x00"
_HEADER: Final = re.compile(rb"\{'descr': '([<|][a-z][0-9])', 'fortran_order': False, 'shape': \(([0-9, ]{0,60})\), \} *\n")


def arrays_to_bytes(arrays: Mapping[str, Array]) -> bytes:
    """Return `arrays` as an `.npz` file; the same arrays give the same bytes."""
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    return zip_of(members, packed=True)


def arrays_from_bytes(data: bytes, *, place: str) -> "CheckedArrays":
    """Return the arrays of an `.npz` file.

    Raises:
        PackageError: it is damaged, or holds anything but plain arrays of small integers and floats.
    """
    members = read_zip(data, place=place, limits=_limit, most_members=_MOST_ARRAYS, ratio=_DEFLATE_RATIO)
    arrays = {name.removesuffix(".npy"): _array(raw, place=f"{place}: {name}") for name, raw in members.items()}
    return CheckedArrays(arrays, place=place)


def _limit(name: str) -> int | None:
    return _MOST_BYTES if _NAME.fullmatch(name) else None


def _array(raw: bytes, *, place: str) -> Array:
    """Return one array of the `.npy` format, version 1."""
    length = int.from_bytes(raw[8:10], "little")
    header = _HEADER.fullmatch(raw[10 : 10 + length]) if raw.startswith(_MAGIC) and len(raw) >= 10 + length else None
    kind = _KINDS.get(header[1].decode("ascii")) if header else None
    if header is None or kind is None:
        raise fault(place, f"be a plain array of {', '.join(np.dtype(k).name for k in _KINDS.values())}", "something else")
    shape = tuple(int(size) for size in header[2].split(b",") if size.strip().isdigit())
    body = len(raw) - 10 - length
    if prod(shape) * np.dtype(kind).itemsize != body or len(shape) > 4:
        raise fault(place, f"hold the numbers of its shape {shape}", f"{body:,} bytes")
    return np.frombuffer(raw, dtype=kind, offset=10 + length).reshape(shape).copy()


class CheckedArrays:
    """Arrays out of a file, each taken once with what it must be."""

    def __init__(self, arrays: dict[str, Array], *, place: str) -> None:
        self._arrays = arrays
        self.place = place

    def take(
        self, name: str, kind: type, shape: tuple[int | None, ...], *, low: float | None = None, high: float | None = None
    ) -> Array:
        """Return the array `name`, which has this kind and shape (None: any size) and numbers from `low` to `high`.

        Raises:
            PackageError: it is missing or is something else; numbers that are not finite are never in a range.
        """
        array = self._arrays.pop(name, None)
        inside = f"{self.place}: {name}"
        wanted = f"be {np.dtype(kind).name} of shape ({', '.join('any' if size is None else str(size) for size in shape)})"
        if array is None:
            raise fault(inside, wanted, "nothing")
        fits = array.ndim == len(shape) and all(w is None or w == g for w, g in zip(shape, array.shape, strict=True))
        if array.dtype != kind or not fits:
            raise fault(inside, wanted, f"{array.dtype.name} of shape {array.shape}")
        if low is not None and high is not None and array.size:
            least, most = float(array.min()), float(array.max())  # NaN is passed on by both
            if not (low <= least and most <= high):
                raise fault(inside, f"hold numbers from {low:g} to {high:g}", f"{least:g} to {most:g}")
        return array

    def end(self) -> None:
        """Check that every array was taken.

        Raises:
            PackageError: there are more.
        """
        if self._arrays:
            raise fault(self.place, "hold the known arrays only", f"{sorted(self._arrays)[0]} too")
