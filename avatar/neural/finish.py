"""The drawn picture into the network, and the painted one out of it: premultiplied in, straight-alpha RGBA out.

Owns that arithmetic, in floats and in bytes (numba, one core, GIL released, nothing allocated per frame), and the check that
the network gave numbers. Knows nothing of what runs the network.
"""

from typing import Any

import numpy as np
from numba import njit

from avatar.neural.texture import Region
from avatar.shading import JIT
from trackers.types import FloatArray, ImageArray

# As fast as may be without assuming that there is no NaN: finding one is the point.
_WARY: dict[str, Any] = {**JIT, "fastmath": {"contract", "arcp", "nsz", "reassoc"}}
_F, _I, _B, _U = np.float32, np.int32, np.uint8, np.uint32
_ZERO, _ONE, _HALF, _FULL = _F(0), _F(1), _F(0.5), _F(255)


def write_coarse(picture: ImageArray, region: Region, out: FloatArray) -> None:
    """Write the network's `coarse` (1, 4, h, w) of a region of a straight RGBA picture: premultiplied by alpha, 0..1."""
    _coarse(picture, region[1], region[0], out[0])


def write_coarse_bytes(picture: ImageArray, region: Region, out: ImageArray) -> None:
    """Write the same in bytes, (1, h, w, 4), as `byte_layout` says."""
    left, top, width, height = region
    words = picture[top : top + height, left : left + width].view(np.uint32)[..., 0]
    _coarse_bytes(words, out[0].view(np.uint32)[..., 0])


def write_picture(coarse: FloatArray, residual: FloatArray, at_px: tuple[int, int], out: ImageArray) -> bool:
    """Write clip(coarse + shuffled residual, 0, 1) as straight RGBA; what of `out` lies outside stays.

    Args:
        coarse: (1, 4, h, w) premultiplied, as the network was given it.
        residual: (1, 64, h/4, w/4) as the network gave it.
        at_px: left and top of the region in `out`; it may reach over the edges, and there nothing is written.
        out: (H, W, 4) uint8.

    Returns whether all of it was finite; if not, the picture is not fit to be shown.
    """
    return bool(_finish(coarse[0], residual[0], at_px[1], at_px[0], out))


def write_picture_bytes(
    coarse: ImageArray, residual: ImageArray, at_px: tuple[int, int], out: ImageArray, *, step: float
) -> None:
    """Write the same from bytes: `coarse` (1, h, w, 4), `residual` (1, h/4, w/4, 64) of which one is worth `step`."""
    _finish_bytes(coarse[0], residual[0], at_px[1], at_px[0], _F(255 * step), out.view(np.uint32)[..., 0])


@njit(**JIT)
def _coarse(picture, top, left, out):  # type: ignore[no-untyped-def]
    per_level = _ONE / _FULL
    for row in range(out.shape[1]):
        line = picture[row + top]
        for col in range(out.shape[2]):
            alpha = _F(line[col + left, 3]) * per_level
            share = alpha * per_level
            out[0, row, col] = _F(line[col + left, 0]) * share
            out[1, row, col] = _F(line[col + left, 1]) * share
            out[2, row, col] = _F(line[col + left, 2]) * share
            out[3, row, col] = alpha


@njit(**JIT)
def _coarse_bytes(picture, out):  # type: ignore[no-untyped-def]
    """Pixels are one number each, red lowest; most are opaque or clear, and those stay as they are."""
    for row in range(out.shape[0]):
        for col in range(out.shape[1]):
            word = picture[row, col]
            alpha = word >> _U(24)
            if alpha == 0:
                word = _U(0)
            elif alpha < 255:
                red = ((word & _U(255)) * alpha + _U(127)) // _U(255)
                green = ((word >> _U(8) & _U(255)) * alpha + _U(127)) // _U(255)
                blue = ((word >> _U(16) & _U(255)) * alpha + _U(127)) // _U(255)
                word = _U(red | green << _U(8) | blue << _U(16) | alpha << _U(24))
            out[row, col] = word


@njit(**_WARY)
def _finish(coarse, residual, top, left, out):  # type: ignore[no-untyped-def]
    """Row by row; the residual's values of a row are spread first, which reads each of its planes in order."""
    width = coarse.shape[2]
    first, last = max(0, -left), min(width, out.shape[1] - left)
    line = np.empty((4, width), dtype=np.float32)
    worst = _ZERO
    for row in range(max(0, -top), min(coarse.shape[1], out.shape[0] - top)):
        block, y = row // 4, row % 4
        for c in range(4):
            for x in range(4):
                plane = residual[16 * c + 4 * y + x, block]
                for k in range(plane.shape[0]):
                    line[c, 4 * k + x] = plane[k]
            for col in range(width):
                value = line[c, col]
                worst += value * _ZERO  # NaN and infinity stay
                line[c, col] = min(_ONE, max(_ZERO, value + coarse[c, row, col]))
        target = out[row + top]
        for col in range(first, last):
            alpha = line[3, col]
            scale = _FULL / max(alpha, _F(1e-4))
            shown = _F(alpha * _FULL >= _HALF)
            for c in range(3):
                target[col + left, c] = _B(min(_FULL, line[c, col] * scale) * shown + _HALF)
            target[col + left, 3] = _B(alpha * _FULL + _HALF)
    return worst == _ZERO


@njit(**JIT)
def _finish_bytes(coarse, residual, top, left, step, out):  # type: ignore[no-untyped-def]
    """Row by row: first all bytes alike, which becomes vector code, then those few that are neither opaque nor clear."""
    width = coarse.shape[1]
    first, last = max(0, -left), min(width, out.shape[1] - left)
    line = np.empty((width, 4), dtype=np.uint8)
    for row in range(max(0, -top), min(coarse.shape[0], out.shape[0] - top)):
        block, y = row // 4, row % 4
        drawn, target = coarse[row].reshape(width // 4, 16), line.reshape(width // 4, 16)
        for k in range(width // 4):
            added = residual[block, k, 16 * y : 16 * y + 16]
            for n in range(16):
                value = _F(drawn[k, n]) + _F(_I(added[n]) - _I(128)) * step
                target[k, n] = _B(_I(min(_FULL, max(_ZERO, value)) + _HALF))
        for col in range(first, last):
            red, green, blue, alpha = _U(line[col, 0]), _U(line[col, 1]), _U(line[col, 2]), _U(line[col, 3])
            if alpha == 0:
                red = green = blue = _U(0)
            elif alpha < 255:
                scale = _FULL / _F(alpha)
                red = _U(min(_FULL, _F(red) * scale) + _HALF)
                green = _U(min(_FULL, _F(green) * scale) + _HALF)
                blue = _U(min(_FULL, _F(blue) * scale) + _HALF)
            out[row + top, col + left] = red | green << _U(8) | blue << _U(16) | alpha << _U(24)
