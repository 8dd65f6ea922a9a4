"""Pictures as they travel: colour and matte in one JPEG, and the header before it.

Owns the packing and the binary header of `docs/protocol.md`. Pure; knows nothing of sockets.

JPEG has no alpha, and WebP with alpha takes ten times as long, so the picture is packed: colour on top, matte (alpha as grey)
below. Colour is straight, and the colours at the edge are spread a few pixels outward under the transparent part: the JPEG
then sees no jump from colour to black at the edge, which halves the error there.
"""

import struct
from typing import Final

import cv2
import numpy as np

from trackers.types import ImageArray, Stamp

HEADER: Final = struct.Struct("<BBHHHQQ")
"""kind, version, header bytes, width, height, seq, captured_ns; little-endian, 24 bytes."""
HEADER_VERSION: Final = 1
KIND_OVERLAY: Final = 1
KIND_CAMERA: Final = 2

_BLOCK_PX: Final = 16  # JPEG's block with 4:2:0 colour: the matte starts on a block of its own, so nothing bleeds across
_SPREAD: Final = np.ones((5, 5), dtype=np.uint8)


def with_header(jpeg: bytes, *, kind: int, stamp: Stamp | None, width_px: int, height_px: int) -> bytes:
    """Return the binary message: header, then JPEG. Without a stamp, seq and captured_ns are 0."""
    seq, captured_ns = (stamp.seq, stamp.captured_ns) if stamp else (0, 0)
    return HEADER.pack(kind, HEADER_VERSION, HEADER.size, width_px, height_px, seq, captured_ns) + jpeg


def pack_picture(image: ImageArray, *, quality: int) -> bytes:
    """Return a JPEG of twice the height: colour in the upper half, matte in the lower.

    Each half is padded below, with its last row, to a multiple of 16 rows: the matte starts in the middle of the JPEG whatever
    the height, and no JPEG block holds both.

    Args:
        image: (H, W, 4) uint8 RGBA, straight alpha.
        quality: 1..100, JPEG's own scale.
    """
    height, width = image.shape[:2]
    half = -(-height // _BLOCK_PX) * _BLOCK_PX
    packed = np.empty((2 * half, width, 3), dtype=np.uint8)
    alpha = cv2.extractChannel(image, 3)
    colour = cv2.cvtColor(image, cv2.COLOR_RGBA2BGR)
    packed[:height] = colour
    cv2.copyTo(cv2.dilate(colour, _SPREAD), np.equal(alpha, 0).view(np.uint8), packed[:height])
    cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR, dst=packed[half : half + height])
    if half > height:
        packed[height:half] = packed[height - 1]
        packed[half + height :] = packed[half + height - 1]
    return _jpeg(packed, quality)


def camera_picture(image: ImageArray, *, max_width_px: int = 640, quality: int = 80) -> bytes:
    """Return a JPEG of a camera's (H, W, 3) RGB picture, made smaller if it is wider than `max_width_px`."""
    height, width = image.shape[:2]
    if width > max_width_px:
        size = (max_width_px, max(1, round(height * max_width_px / width)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return _jpeg(cv2.cvtColor(image, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False), quality)


def _jpeg(bgr: ImageArray, quality: int) -> bytes:
    encoded, data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not encoded:  # OpenCV raises for every cause it knows
        raise RuntimeError(f"a picture of {bgr.shape[1]} x {bgr.shape[0]} could not be encoded as JPEG")
    return data.tobytes()
