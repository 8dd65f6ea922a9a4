"""The drawn picture into the network, and the painted one out of it: premultiplied in, straight-alpha RGBA out.

Owns that arithmetic, in floats and in bytes (numba, one core, GIL released, nothing allocated per frame), and the check that
the network gave numbers. Knows nothing of what runs the network.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from avatar.fill import JIT
from avatar.neural.byte_layout import ByteLayout
from avatar.neural.texture import Region
from trackers.types import FloatArray, ImageArray

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py ac19977aa755

_F, _I, _U, _L = np.float32, np.int32, np.uint32, np.uint64
_ZERO, _ONE, _HALF, _FULL = _F(0), _F(1), _F(0.5), _F(255)
_FAINT = _U(0x01000000)  # the least word with any alpha
_BYTE, _EXPONENT = _I(255), _I(0x7F800000)


def write_coarse(picture: ImageArray, region: Region, out: FloatArray) -> None:
    """Write the network's `coarse` (1, 4, h, w) of a region of a straight RGBA picture: premultiplied by alpha, 0..1."""
    _coarse(picture, region[1], region[0], out[0])


def write_coarse_bytes(picture: ImageArray, region: Region, out: ImageArray) -> None:
    """Write the same in bytes, the picture's part of `byte_layout`'s blocks (1, h/4, w/4, 172)."""
    _coarse_bytes(_words(picture), region[1], region[0], out[0].view(np.uint32))


def write_picture(coarse: FloatArray, paint: FloatArray, at_px: tuple[int, int], out: ImageArray, *, clear: int = 0) -> bool:
    """Write clip(coarse * (1 - cover) + colour, 0, 1) as straight RGBA; what of `out` lies outside stays.

    Args:
        coarse: (1, 4, h, w) premultiplied, as the network was given it.
        paint: (1, 80, h/4, w/4) as the network gave it.
        at_px: left and top of the region in `out`; it may reach over the edges, and there nothing is written.
        out: (H, W, 4) uint8.
        clear: what a pixel without alpha becomes, red lowest.

    Returns whether all of it was finite; if not, the picture is not fit to be shown.
    """
    return bool(_finish(coarse[0], paint[0], at_px[1], at_px[0], _words(out), _U(clear)))


def write_picture_bytes(
    blocks: ImageArray, paint: ImageArray, at_px: tuple[int, int], out: ImageArray, *, layout: ByteLayout, clear: int = 0
) -> None:
    """Write the same from bytes: `blocks` (1, h/4, w/4, 172), `paint` (1, h/4, w/4, 80)."""
    drawn, added = blocks[0].view(np.uint32), paint[0].view(np.uint32)
    step, zero = _F(255 * layout.colour_step), _I(layout.colour_zero)
    _finish_bytes(drawn, added, at_px[1], at_px[0], step, zero, _words(out), _U(clear))


def _words(picture: ImageArray) -> NDArray[np.uint32]:
    """Return (H, W) pixels, one number each, red lowest."""
    return picture.view(np.uint32)[..., 0]


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
def _coarse_bytes(picture, top, left, out):  # type: ignore[no-untyped-def]
    """Row by row, all pixels alike; they are one number each, red lowest."""
    wide = out.shape[1]
    line = np.empty(4 * wide, dtype=np.uint32)
    for row in range(4 * out.shape[0]):
        _premultiply(picture[row + top, left : left + 4 * wide], line)
        _to_blocks(line, out[row // 4], _L(4 * (row % 4)))


@njit(**JIT)
def _premultiply(words, out):  # type: ignore[no-untyped-def]
    """Write rounded colour times alpha; x / 255 is (x + 128 + (x + 128 >> 8)) >> 8 for all that two bytes give."""
    for n in range(out.shape[0]):
        word = words[n]
        alpha = _U(word >> _U(24))
        red = _U(_U(word & _U(255)) * alpha + _U(128))
        green = _U(_U(word >> _U(8) & _U(255)) * alpha + _U(128))
        blue = _U(_U(word >> _U(16) & _U(255)) * alpha + _U(128))
        red, blue = _U(red + (red >> _U(8))) >> _U(8), _U(blue + (blue >> _U(8))) >> _U(8)
        green = _U(green + (green >> _U(8))) & _U(0xFF00)
        out[n] = _U(red | green | blue << _U(16) | alpha << _U(24))


@njit(**JIT)
def _to_blocks(line, out, first):  # type: ignore[no-untyped-def]
    for n in range(_L(out.shape[0])):
        for k in range(_L(4)):
            out[n, first + k] = line[_L(4) * n + k]


@njit(**JIT)
def _from_blocks(blocks, first, line):  # type: ignore[no-untyped-def]
    for n in range(_L(blocks.shape[0])):
        for k in range(_L(4)):
            line[_L(4) * n + k] = blocks[n, first + k]


@njit(**JIT)
def _finish(coarse, paint, top, left, out, clear):  # type: ignore[no-untyped-def]
    """Row by row; a row's values are spread first, then all its pixels are alike, without branches: that is vector code."""
    wide = paint.shape[2]
    first, last = max(0, -left), min(4 * wide, out.shape[1] - left)
    line, bare = np.empty((4, 4 * wide), dtype=np.float32), np.empty(4 * wide, dtype=np.float32)
    worst = _I(0)
    for row in range(max(0, -top), min(coarse.shape[1], out.shape[0] - top)):
        worst = max(worst, _spread(paint, 64 + 4 * (row % 4), row // 4, bare))
        for k in range(4 * wide):
            bare[k] = _ONE - min(_ONE, max(_ZERO, bare[k]))
        for c in range(4):
            worst = max(worst, _spread(paint, 16 * c + 4 * (row % 4), row // 4, line[c]))
            drawn = coarse[c, row]
            for k in range(4 * wide):
                line[c, k] += drawn[k] * bare[k]
        _straighten(line, first, last, clear, out[row + top, first + left : last + left])
    return worst < _EXPONENT


@njit(**JIT)
def _spread(paint, n, block, line):  # type: ignore[no-untyped-def]
    """Write one row of four channels, which are its pixels in turn; return the largest exponent.

    That is all ones in NaN and infinity, which comparing would not see: `JIT` assumes that there are none.
    """
    bits, worst = line.view(np.int32), _I(0)
    p, q, r, s = paint[n, block], paint[n + 1, block], paint[n + 2, block], paint[n + 3, block]
    for k in range(p.shape[0]):
        line[4 * k], line[4 * k + 1], line[4 * k + 2], line[4 * k + 3] = p[k], q[k], r[k], s[k]
    for k in range(line.shape[0]):
        worst = max(worst, bits[k] & _EXPONENT)
    return worst


@njit(**JIT)
def _straighten(line, first, last, clear, target):  # type: ignore[no-untyped-def]
    red, green, blue, alpha = line[0, first:last], line[1, first:last], line[2, first:last], line[3, first:last]
    for k in range(target.shape[0]):
        opacity = min(_ONE, max(_ZERO, alpha[k]))
        scale = _FULL / max(opacity, _F(1e-4))
        scale = scale if opacity * _FULL >= _HALF else _ZERO
        r = _I(min(_FULL, max(_ZERO, red[k] * scale)) + _HALF)
        g = _I(min(_FULL, max(_ZERO, green[k] * scale)) + _HALF)
        b = _I(min(_FULL, max(_ZERO, blue[k] * scale)) + _HALF)
        word = _U(r | g << _I(8) | b << _I(16) | _I(opacity * _FULL + _HALF) << _I(24))
        target[k] = word if opacity * _FULL >= _HALF else clear


@njit(**JIT)
def _finish_bytes(drawn, added, top, left, step, zero, out, clear):  # type: ignore[no-untyped-def]
    """The same on pixels of one number each: `drawn` (h/4, w/4, 43), `added` (h/4, w/4, 20)."""
    wide = 4 * added.shape[1]
    here, there = np.empty(wide, dtype=np.uint32), np.empty(wide, dtype=np.uint32)
    adding = _U(zero + _I(1)) << _U(24)  # the least word of a colour that adds alpha
    quads = np.empty(added.shape[1], dtype=np.uint32)  # of each block's row the covers of its four pixels
    cover = quads.view(np.uint8)
    for row in range(max(0, -top), min(4 * added.shape[0], out.shape[0] - top)):
        block, y = row // 4, _L(4 * (row % 4))
        if row % 4 == 0 or row == -top:
            begin, end = _painted(drawn[block], added[block], adding)
            first, last = max(4 * begin, -left), min(4 * end, out.shape[1] - left)
        out[row + top, max(0, left) : max(0, min(out.shape[1], left + wide))] = clear
        if first < last:
            _from_blocks(drawn[block, begin:end], y, here[4 * begin :])
            _from_blocks(added[block, begin:end], y, there[4 * begin :])
            quads[begin:end] = added[block, begin:end, 16 + row % 4]
            target = out[row + top, first + left : last + left]
            _compose(here[first:last], there[first:last], cover[first:last], step, zero, clear, target)


@njit(**JIT)
def _painted(drawn, added, adding):  # type: ignore[no-untyped-def]
    """Return the first and one past the last block that is not clear: of all others no pixel gets alpha."""
    first, last = drawn.shape[0], 0
    for n in range(drawn.shape[0]):
        visible, most = _U(0), _U(0)
        for k in range(16):
            visible, most = max(visible, drawn[n, k]), max(most, added[n, k])
        if visible >= _FAINT or most >= adding:
            first, last = min(first, n), n + 1
    return first, last


@njit(inline="always", **JIT)
def _sum(drawn, added, bare, shift, step, zero):  # type: ignore[no-untyped-def]
    """Return one channel of what is left bare of drawn, plus added, rounded, 0..255."""
    value = _F(_I(drawn >> shift) & _BYTE) * bare + _F((_I(added >> shift) & _BYTE) - zero) * step
    return _F(_I(min(_FULL, max(_ZERO, value)) + _HALF))


@njit(**JIT)
def _compose(drawn, added, cover, step, zero, clear, out):  # type: ignore[no-untyped-def]
    for k in range(out.shape[0]):
        bare = _ONE - _F(cover[k]) * _F(1 / 255)
        alpha = _sum(drawn[k], added[k], bare, _U(24), step, zero)
        scale = _FULL / max(alpha, _ONE)
        scale = scale if alpha >= _ONE else _ZERO
        r = _I(min(_FULL, _sum(drawn[k], added[k], bare, _U(0), step, zero) * scale) + _HALF)
        g = _I(min(_FULL, _sum(drawn[k], added[k], bare, _U(8), step, zero) * scale) + _HALF)
        b = _I(min(_FULL, _sum(drawn[k], added[k], bare, _U(16), step, zero) * scale) + _HALF)
        word = _U(r | g << _I(8) | b << _I(16) | _I(alpha) << _I(24))
        out[k] = word if alpha >= _ONE else clear
