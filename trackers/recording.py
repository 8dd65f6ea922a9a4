"""The `.pcast` file: a stream of `Tracking` on disk, without pictures.

Owns the file format (docs/pcast.md describes every byte), its accuracy and what happens to a file that was cut short or
damaged. Knows nothing of who recorded the stream or who replays it, and nothing of clocks: stamps pass through unchanged.
"""

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from trackers.errors import SourceError, UserError
from trackers.recording_codec import MAX_TRACKINGS_IN_CHUNK, check_finite, decode_chunk, encode_chunk, raw_limit_bytes
from trackers.types import Tracking
from trackers.whole_files import open_for_owner

MAGIC: Final = b"PCAST\r\n\x1a"
"""First eight bytes. The line end and the control character reveal a file that was copied as text."""
VERSION: Final = 1
CHUNK_NS: Final = 1_000_000_000
_MOST_FPS: Final = 1000
_MOST_PX: Final = 1_000_000

_HEAD: Final = struct.Struct("<8sHHII")  # magic, version, reserved, length of the metadata, its crc32
_CHUNK: Final = struct.Struct("<4sIII")  # tag, length of the payload, trackings in it, crc32 of the payload
_CRC: Final = struct.Struct("<I")  # crc32 of the chunk's head, so that a damaged length is never taken for an early end
_DATA_TAG: Final = b"DATA"
_END_TAG: Final = b"DONE"


@dataclass(frozen=True, slots=True)
class RecordingMetadata:
    """What a recording says of itself. Stored as JSON with these names as keys."""

    source: str
    """Name of the source that was tracked, as `SourceInfo.name` gives it."""
    fps: float
    """Nominal frames per second of the source."""
    width_px: int
    height_px: int
    created: str
    """When the recording began, ISO 8601 with its offset."""
    engine: str = ""
    """Which tracker made it, for instance `litert 2.1`."""
    attribution: str = ""
    """Whose pictures were tracked and under which licence, where that must be said."""


class PcastWriter:
    """Writes trackings to `path`, which must not exist yet. `with` opens and finishes the file.

    Every second of stamps is handed to the system as one chunk, so that a crash loses at most the last second.
    """

    def __init__(self, path: str | os.PathLike[str], *, metadata: RecordingMetadata) -> None:
        self._path = Path(path)
        self._metadata = metadata
        self._file: FileIO | None = None
        self._pending: list[Tracking] = []
        self._count = 0

    @property
    def count(self) -> int:
        """How many trackings were written so far, those of the unfinished chunk included."""
        return self._count + len(self._pending)

    def __enter__(self) -> Self:
        try:
            self._file = open(self._path, "xb", buffering=0, opener=open_for_owner)
        except FileExistsError as error:
            raise UserError(f"{self._path} exists already; remove it or choose another name") from error
        except OSError as error:
            raise UserError(f"{self._path} could not be created ({error.strerror}); choose another path") from error
        try:
            text = json.dumps(asdict(self._metadata), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            self._put(_HEAD.pack(MAGIC, VERSION, 0, len(text), zlib.crc32(text)) + text)
        except BaseException:
            self._give_up()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def write(self, tracking: Tracking) -> None:
        """Add one tracking.

        Raises:
            RuntimeError: the writer is not open.
            UserError: the disk is full or went away.
            ValueError: the tracking holds a number that is not finite.
        """
        if self._file is None:
            raise RuntimeError("PcastWriter.write needs an open writer; use it in a `with` block")
        check_finite(tracking)
        if self._pending:
            age_ns = tracking.stamp.captured_ns - self._pending[0].stamp.captured_ns
            if not 0 <= age_ns < CHUNK_NS or len(self._pending) == MAX_TRACKINGS_IN_CHUNK:
                self._flush()
        self._pending.append(tracking)

    def close(self) -> None:
        """Write what is pending and the end mark, then close. Idempotent."""
        if self._file is None:
            return
        try:
            self._flush()
            self._put(_chunk(_END_TAG, b"", self._count))
        finally:
            file, self._file = self._file, None
            file.close()

    def _give_up(self) -> None:
        """Take back a file that could not be begun: an empty one would be in the way of the next try."""
        file, self._file = self._file, None
        with contextlib.suppress(OSError):
            if file is not None:
                file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _flush(self) -> None:
        if self._pending:
            # Forget the trackings first: one that cannot be written must not spoil every later chunk as well.
            pending, self._pending = self._pending, []
            self._put(_chunk(_DATA_TAG, encode_chunk(pending), len(pending)))
            self._count += len(pending)

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        start, rest = self._file.tell(), memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            # Half a chunk in the middle of the file would spoil all that follows: what could not be written whole goes.
            with contextlib.suppress(OSError):
                self._file.truncate(start)
                self._file.seek(start)
            raise UserError(
                f"{self._path} could not be written ({error.strerror}); free some space or record elsewhere"
            ) from error


class Recording:
    """A recording on disk, checked from end to end. Iterate it for its trackings, as often as you like."""

    def __init__(self, path: Path, metadata: RecordingMetadata, chunks: tuple[tuple[int, int, int], ...], warning: str) -> None:
        self.path = path
        self.metadata = metadata
        self.warning = warning
        """Empty, or one sentence that says how the file was cut short."""
        self._chunks = chunks  # (offset, length, count) of each payload

    def __len__(self) -> int:
        return sum(count for _, _, count in self._chunks)

    def __iter__(self) -> Iterator[Tracking]:
        with open(self.path, "rb") as file:
            for number, (offset, length, count) in enumerate(self._chunks, 1):
                file.seek(offset)
                try:
                    trackings = decode_chunk(file.read(length), count)
                except (ValueError, TypeError, zlib.error) as error:
                    raise _damaged(self.path, number) from error
                yield from trackings


def is_recording(path: Path) -> bool:
    """Tell whether a file is to be read as a recording: by its name, or by what it holds as far as that can be read."""
    try:
        if not path.is_file():
            return False
        if path.suffix.lower() == ".pcast":
            return True
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # whoever opens it says what is wrong with it


def read_pcast(path: str | os.PathLike[str]) -> Recording:
    """Open the recording at `path` and check every byte of it.

    A file that ends early (its program was killed) reads up to its last whole chunk, and `Recording.warning` says so.

    Raises:
        SourceError: no such file, not a recording, of another version, or damaged.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            metadata = _read_head(file, path)
            chunks, finished = _scan(file, path)
    except FileNotFoundError as error:
        raise SourceError(f"{path} was not found; check the path") from error
    except OSError as error:
        raise SourceError(f"{path} could not be read ({error.strerror}); check the path and its permissions") from error
    kept = sum(count for _, _, count in chunks)
    warning = "" if finished else f"{path.name} ends early (its recording was not finished); {kept} trackings could be read"
    return Recording(path, metadata, chunks, warning)


def _chunk(tag: bytes, payload: bytes, count: int) -> bytes:
    head = _CHUNK.pack(tag, len(payload), count, zlib.crc32(payload))
    return head + _CRC.pack(zlib.crc32(head)) + payload


def _damaged(path: Path, number: int) -> SourceError:
    return SourceError(f"{path} is damaged in chunk {number}; take a fresh copy or record it again")


def _read_head(file: BinaryIO, path: Path) -> RecordingMetadata:
    head = file.read(_HEAD.size)
    if not head.startswith(MAGIC) or len(head) < _HEAD.size:
        raise SourceError(f"{path} is not a Posecast recording; record one with --record-session FILE.pcast")
    _, version, _, length, crc = _HEAD.unpack(head)
    if version != VERSION:
        raise SourceError(
            f"{path} has recording format {version}, this Posecast reads format {VERSION}; update Posecast or record it again"
        )
    text = file.read(min(length, os.fstat(file.fileno()).st_size))
    if len(text) != length or zlib.crc32(text) != crc:
        raise SourceError(f"{path} is damaged in its header; take a fresh copy or record it again")
    try:
        values = json.loads(text)
        metadata = RecordingMetadata(**{field.name: values[field.name] for field in fields(RecordingMetadata)})
        _check_metadata(metadata)
        return metadata
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(f"{path} is damaged in its header; take a fresh copy or record it again") from error


def _check_metadata(metadata: RecordingMetadata) -> None:
    """Raise ValueError where a value cannot be: the file may come from anybody."""
    texts = (metadata.source, metadata.created, metadata.engine, metadata.attribution)
    sizes = (metadata.width_px, metadata.height_px)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a name is no text")
    if not all(type(size) is int and 0 <= size <= _MOST_PX for size in sizes):
        raise ValueError("a size is no number of pixels")
    if type(metadata.fps) not in (int, float) or not 0 <= metadata.fps <= _MOST_FPS or 0 < metadata.fps < 1 / _MOST_FPS:
        raise ValueError("the rate is none")


def _scan(file: BinaryIO, path: Path) -> tuple[tuple[tuple[int, int, int], ...], bool]:
    """Walk over the chunks and check them; return (offset, length, count) of each, and whether the end mark was met."""
    chunks: list[tuple[int, int, int]] = []
    while True:
        head = file.read(_CHUNK.size + _CRC.size)
        if len(head) < _CHUNK.size + _CRC.size:
            return tuple(chunks), False
        tag, length, count, crc = _CHUNK.unpack_from(head)
        if zlib.crc32(head[: _CHUNK.size]) != _CRC.unpack_from(head, _CHUNK.size)[0]:
            raise _damaged(path, len(chunks) + 1)
        if tag == _END_TAG and count == sum(chunk[2] for chunk in chunks) and not file.read(1):
            return tuple(chunks), True
        if tag != _DATA_TAG or not 0 < count <= MAX_TRACKINGS_IN_CHUNK or length > raw_limit_bytes(count):
            raise _damaged(path, len(chunks) + 1)
        offset = file.tell()
        payload = file.read(length)
        if len(payload) < length:
            return tuple(chunks), False
        if zlib.crc32(payload) != crc:
            raise _damaged(path, len(chunks) + 1)
        chunks.append((offset, length, count))
