"""The inside of a `.pcast` chunk: trackings to compressed bytes and back.

Owns the quantisation steps and the order of the columns (docs/pcast.md). Pure functions of values; knows nothing of files.

Numbers are rounded to fixed point, stored column by column as differences between neighbouring frames, zigzag coded so that
small differences are small whatever their sign, and split into byte planes, which leaves long runs of zeros for zlib.
"""

import zlib
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackers.types import (
    BODY_COUNT,
    EXPRESSION_COUNT,
    FACE_COUNT,
    HAND_COUNT,
    BodyTracking,
    FaceTracking,
    HandTracking,
    Stamp,
    Tracking,
)

MAX_TRACKINGS_IN_CHUNK: Final = 1000
LIMIT: Final = 1 << 22
"""Quantised numbers are clamped to this size: float32 still tells every step apart, so a second write changes no byte."""

PX: Final = 1 / 16
METRE: Final = 1e-4
UNIT: Final = 1e-3
RADIAN: Final = 1e-4
EXACT: Final = 0.0
"""Step of a field whose float32 bits are kept as they are: rounding would leave a matrix that is no rotation."""


class Field(NamedTuple):
    """One field of a part: its name, shape (() for a plain float) and the step that it is rounded to."""

    name: str
    shape: tuple[int, ...]
    step: float

    @property
    def columns(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))


_HAND_FIELDS: Final = (
    Field("keypoints_px", (HAND_COUNT, 3), PX),
    Field("world_m", (HAND_COUNT, 3), METRE),
    Field("score", (), UNIT),
    Field("right_probability", (), UNIT),
)
PARTS: Final[tuple[tuple[str, Any, tuple[Field, ...]], ...]] = (
    (
        "body",
        BodyTracking,
        (
            Field("keypoints_px", (BODY_COUNT, 3), PX),
            Field("world_m", (BODY_COUNT, 3), METRE),
            Field("visibility", (BODY_COUNT,), UNIT),
            Field("presence", (BODY_COUNT,), UNIT),
            Field("score", (), UNIT),
        ),
    ),
    ("left_hand", HandTracking, _HAND_FIELDS),
    ("right_hand", HandTracking, _HAND_FIELDS),
    (
        "face",
        FaceTracking,
        (
            Field("keypoints_px", (FACE_COUNT, 3), PX),
            Field("camera_from_head", (3, 3), EXACT),
            Field("head_position_m", (3,), METRE),
            Field("gaze_rad", (2,), RADIAN),
            Field("expression", (EXPRESSION_COUNT,), UNIT),
            Field("score", (), UNIT),
        ),
    ),
)
"""The parts of a tracking in file order; bit i of a frame's mask says whether part i was found, bit 4 + i whether it was only
predicted."""

_PREDICTED: Final = [frozenset(name for bit, (name, _, _) in enumerate(PARTS) if mask >> bit & 1) for mask in range(16)]
"""The sets of predicted parts by the upper half of a mask."""

_FRAME_BYTES: Final = 1 + 4 * 8 + 4 * sum(field.columns for _, _, part_fields in PARTS for field in part_fields)


def raw_limit_bytes(count: int) -> int:
    """The most bytes that `count` trackings can take before compression (and, nearly, after it)."""
    return count * _FRAME_BYTES + 64


def check_finite(tracking: Tracking) -> None:
    """Raise ValueError, naming the field, if any number of `tracking` is nan or infinite (fixed point has neither)."""
    for name, _, part_fields in PARTS:
        part = getattr(tracking, name)
        for field in part_fields if part is not None else ():
            if not np.isfinite(getattr(part, field.name)).all():
                raise ValueError(f"{name}.{field.name} must be finite to be recorded, got nan or inf")


def encode_chunk(trackings: list[Tracking]) -> bytes:
    """Return the compressed payload of one chunk of trackings that passed `check_finite`."""
    masks = bytes(_mask(tracking) for tracking in trackings)
    frames = np.array([[t.stamp.seq, t.stamp.captured_ns, t.width_px, t.height_px] for t in trackings], np.int64)  # (N, 4)
    blocks = [masks, _planes(_differences(frames))]
    for name, _, part_fields in PARTS:
        found = [part for part in (getattr(tracking, name) for tracking in trackings) if part is not None]
        if found:
            blocks += [_encode_field(found, field) for field in part_fields]
    return zlib.compress(b"".join(blocks), 6)


def decode_chunk(payload: bytes, count: int) -> list[Tracking]:
    """Return the `count` trackings of one chunk.

    Raises:
        ValueError: the payload does not hold what it should.
        zlib.error: it cannot be decompressed.
    """
    unpack = zlib.decompressobj()
    reader = _Reader(unpack.decompress(payload, raw_limit_bytes(count) + 1))
    masks = np.frombuffer(reader.take(count), np.uint8)
    frames = reader.columns(count, 4, np.dtype(np.uint64))  # (N, 4)
    parts: list[list[Any]] = []
    for bit, (_, kind, part_fields) in enumerate(PARTS):
        found = np.flatnonzero(masks & (1 << bit))
        values = [_decode_field(reader, len(found), field) for field in part_fields] if len(found) else []
        row: list[Any] = [None] * count
        for index, frame in enumerate(found):
            row[frame] = kind(*(value[index] for value in values))
        parts.append(row)
    reader.finish()
    bodies, lefts, rights, faces = parts
    predicted = (_PREDICTED[mask >> 4] for mask in masks)
    return [
        Tracking(Stamp(int(seq), int(captured_ns)), int(width), int(height), *found)
        for (seq, captured_ns, width, height), *found in zip(frames, bodies, lefts, rights, faces, predicted, strict=True)
    ]


def _mask(tracking: Tracking) -> int:
    found = sum(1 << bit for bit, (name, _, _) in enumerate(PARTS) if getattr(tracking, name) is not None)
    return found | sum(1 << 4 + bit for bit, (name, _, _) in enumerate(PARTS) if name in tracking.predicted)


def _encode_field(found: list[Any], field: Field) -> bytes:
    values = np.array([getattr(item, field.name) for item in found]).reshape(len(found), field.columns)  # (N, C)
    if field.step == EXACT:
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        bits[1:] ^= bits[:-1].copy()
        return _planes(bits)
    steps = np.clip(np.rint(values.astype(np.float64) / field.step), -LIMIT, LIMIT).astype(np.int32)
    return _planes(_differences(steps))


def _decode_field(reader: "_Reader", count: int, field: Field) -> Any:
    if field.step == EXACT:
        bits = reader.planes(count, field.columns, np.dtype(np.uint32))
        np.bitwise_xor.accumulate(bits, axis=0, out=bits)
        exact = bits.view(np.float32)
        if not np.isfinite(exact).all():  # a file may come from anybody, and kept bits can be anything
            raise ValueError(f"{field.name} must be finite, got nan or inf")
        return exact.reshape(count, *field.shape)
    steps = reader.columns(count, field.columns, np.dtype(np.uint32))
    values = steps.astype(np.float64) * field.step
    if not field.shape:
        return values[:, 0].tolist()
    return values.astype(np.float32).reshape(count, *field.shape)


def _differences(values: NDArray[Any]) -> NDArray[Any]:
    """(N, C) int -> (N, C) unsigned: each row less the one before it (the first as it is), zigzag coded."""
    deltas = np.diff(values, axis=0, prepend=values.dtype.type(0))
    return ((deltas << 1) ^ (deltas >> (8 * deltas.itemsize - 1))).view(f"u{deltas.itemsize}")


def _planes(values: NDArray[Any]) -> bytes:
    """(N, C) unsigned -> its bytes, the lowest byte of every value first, then the next, and so on."""
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, little.itemsize).T.tobytes()


class _Reader:
    """Takes the blocks of a payload one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    def take(self, size: int) -> bytes:
        block = self._data[self._offset : self._offset + size]
        if len(block) < size:
            raise ValueError(f"chunk must hold {size} more bytes, got {len(block)}")
        self._offset += size
        return block

    def planes(self, count: int, columns: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Undo `_planes`; (count, columns) of `dtype`, writable."""
        planes = np.frombuffer(self.take(count * columns * dtype.itemsize), np.uint8).reshape(dtype.itemsize, -1)
        little = np.ascontiguousarray(planes.T).view(dtype.newbyteorder("<"))
        return little.astype(dtype).reshape(count, columns)

    def columns(self, count: int, columns: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Undo `_planes` and `_differences`; (count, columns) signed."""
        coded = self.planes(count, columns, dtype)
        deltas = ((coded >> 1) ^ (~(coded & 1) + 1)).view(f"i{dtype.itemsize}")
        return np.cumsum(deltas, axis=0, dtype=deltas.dtype)

    def finish(self) -> None:
        if self._offset != len(self._data):
            raise ValueError(f"chunk must end after {self._offset} bytes, got {len(self._data)}")
