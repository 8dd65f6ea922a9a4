"""Tests of pictures that somebody else made: each byte is checked before a decoder sees any."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from avatar.package.errors import PackageError
from avatar.package.picture import image_of, png_of

IMAGE = np.random.default_rng(1).integers(0, 256, (5, 7, 4), dtype=np.uint8)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    *, width: int = 2, height: int = 2, depth: int = 8, kind: int = 6, rows: bytes | None = None, extra: bytes = b""
) -> bytes:
    """Return a PNG by hand, clear where nothing is said."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    packed = zlib.compress(bytes(18) if rows is None else rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_rgba_comes_back_and_rgb_gets_an_alpha() -> None:
    """Without loss; what clear pixels hold is kept too."""
    assert np.array_equal(image_of(png_of(IMAGE), place="x", largest_px=8), IMAGE)
    done, data = cv2.imencode(".png", IMAGE[..., 2::-1])
    assert done
    back = image_of(data.tobytes(), place="x", largest_px=8)
    assert np.array_equal(back[..., :3], IMAGE[..., :3])
    assert back[..., 3].min() == 255


def test_notes_of_an_image_editor_are_left_out() -> None:
    """Only the picture itself reaches the decoder."""
    notes = chunk(b"tEXt", b"Software\0Any") + chunk(b"iCCP", b"not a profile at all")
    assert image_of(png(extra=notes), place="x", largest_px=8).shape == (2, 2, 4)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"GIF89a", "x must be a PNG, got something else"),
        (png_of(IMAGE)[:-1], "x must be a whole PNG, got one that ends too early"),
        (png_of(IMAGE)[:20], "x must be a whole PNG, got one that ends too early"),
        (png(width=60_000, height=60_000), "x must have at most 8 x 8 pixels, got 60000 x 60000"),
        (png(width=0), "x must have at most 8 x 8 pixels, got 0 x 2"),
        (png(kind=3), "x must be RGB or RGBA with 8 bits, not interlaced, got bits 8, colour type 3"),
        (png(depth=16), "x must be RGB or RGBA with 8 bits, not interlaced, got bits 16, colour type 6"),
        (png(rows=bytes(17)), "x must be a whole PNG, got one that ends too early"),
        (png(rows=bytes(50_000_000)), "x must unpack to 18 bytes, got more"),
        (png(rows=b"\x05" + bytes(17)), "x must be a whole PNG, got rows with an unknown filter"),
        (png().replace(b"IDAT", b"IDAx"), "x must be a whole PNG, got a wrong checksum in its part IDAx"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "x must begin with one PNG header, got IEND"),
    ],
)
def test_a_picture_that_is_not_whole_is_one_sentence(data: bytes, sentence: str) -> None:
    """Its size is known before anything is unpacked, and no more than that ever is."""
    with pytest.raises(PackageError) as told:
        image_of(data, place="x", largest_px=8)
    assert str(told.value).startswith(sentence + ";")


def test_no_flipped_byte_gets_by() -> None:
    """Every byte of a PNG is under some checksum or part of the frame around it."""
    whole = png_of(IMAGE)
    for at in range(len(whole)):
        data = bytearray(whole)
        data[at] ^= 0x10
        with pytest.raises(PackageError, match="x must"):
            image_of(bytes(data), place="x", largest_px=8)
