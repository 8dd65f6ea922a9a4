"""PNG pictures in and out. Owns the check of every byte of a PNG before it is decoded; knows nothing of what is shown.

cv2 decodes a damaged PNG as far as it goes and says so on stderr only, and reads whatever a file calls itself. So the chunks,
their checksums, the size and the whole stream of rows are checked here, and cv2 is handed only what was checked.
"""

import zlib
from typing import Final

import cv2
import numpy as np

from avatar.package.errors import PackageError, fault
from trackers.types import ImageArray

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {2: 3, 6: 4}  # colour type: red, green, blue, and alpha
_MOST_CHUNKS: Final = 4096


def png_of(image: ImageArray) -> bytes:
    """Return (H, W, 4) uint8 RGBA as PNG, without loss."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError(f"the picture must be RGBA that a PNG can hold, got {image.shape}")
    return data.tobytes()


def image_of(data: bytes, *, place: str, largest_px: int) -> ImageArray:
    """Return a PNG as (H, W, 4) uint8 RGBA.

    Raises:
        PackageError: it is no PNG, damaged, larger than `largest_px` a side, or neither RGB nor RGBA with 8 bits.
    """
    header, packed = _chunks(data, place=place)
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    if not (0 < width <= largest_px and 0 < height <= largest_px):
        raise fault(place, f"have at most {largest_px} x {largest_px} pixels", f"{width} x {height}")
    channels = _CHANNELS.get(header[9])
    if header[8] != 8 or channels is None or header[10:] != bytes(3):
        raise fault(place, "be RGB or RGBA with 8 bits, not interlaced", f"bits {header[8]}, colour type {header[9]}")
    _check_rows(packed, stride=1 + channels * width, height=height, place=place)
    clean = _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    image = cv2.imdecode(np.frombuffer(clean, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.shape != (height, width, channels):
        raise fault(place, "be a PNG that can be decoded", "a damaged one")
    turn = cv2.COLOR_BGRA2RGBA if channels == 4 else cv2.COLOR_BGR2RGBA
    return np.asarray(cv2.cvtColor(image, turn), dtype=np.uint8)


def _chunks(data: bytes, *, place: str) -> tuple[bytes, bytes]:
    """Return the header's 13 bytes and the packed rows; other chunks (notes, profiles) are checked and left out."""
    if not data.startswith(_SIGNATURE):
        raise fault(place, "be a PNG", "something else")
    at, header, packed = len(_SIGNATURE), b"", []
    for _ in range(_MOST_CHUNKS):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if len(data) < end:
            raise _torn(place)
        body = data[at + 8 : end - 4]
        if int.from_bytes(data[end - 4 : end], "big") != zlib.crc32(kind + body):
            raise fault(place, "be a whole PNG", f"a wrong checksum in its part {ascii(kind)[2:-1]}")
        if (kind == b"IHDR") != (at == len(_SIGNATURE)) or (kind == b"IHDR" and length != 13):
            raise fault(place, "begin with one PNG header", ascii(kind)[2:-1])
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            return header, b"".join(packed)
        at = end
    raise fault(place, f"have at most {_MOST_CHUNKS} chunks", "more")


def _check_rows(packed: bytes, *, stride: int, height: int, place: str) -> None:
    """Check that the packed rows unpack to exactly the picture's size, without unpacking more than that."""
    wanted = stride * height
    unpacker = zlib.decompressobj()
    try:
        rows = unpacker.decompress(packed, wanted + 1)
    except zlib.error as error:
        raise fault(place, "be a whole PNG", "damaged rows") from error
    if len(rows) < wanted:
        raise _torn(place)
    if len(rows) > wanted or unpacker.decompress(unpacker.unconsumed_tail, 1) or not unpacker.eof:
        raise fault(place, f"unpack to {wanted:,} bytes", "more")
    if max(rows[::stride]) > 4:
        raise fault(place, "be a whole PNG", "rows with an unknown filter")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _torn(place: str) -> PackageError:
    return fault(place, "be a whole PNG", "one that ends too early")
