"""The learnt texture, live: mixed for this frame's expression, and fetched where the proxy shows it.

Owns the mixing and the fetch into a network's `surface`, in floats or in bytes (numba, one core, GIL released, nothing
allocated per frame). Knows nothing of how the texture was learnt or of what runs the network.
"""

import numpy as np
from numba import njit

from avatar.fill import JIT
from avatar.neural.byte_layout import DRAWN_CHANNELS
from avatar.neural.conditioning import Condition
from avatar.neural.parts import AvatarParts
from trackers.types import FloatArray, ImageArray

# numba's cache looks at this file only (tests/avatar/test_compiled_from.py)
# compiled in: fill.py ac19977aa755

_F, _I, _U, _L = np.float32, np.int32, np.uint32, np.uint64  # indexes without a sign need no care for negative ones
_ZERO, _ONE, _HALF = _F(0), _F(1), _F(0.5)

_NOTHING, _MOST = 1e-6, 32767
_MIDDLE, _MAX = _F(128.5), _F(255)  # of a byte: it is cut off, not rounded
_NOTHINGS = _U(0x80808080)  # four bytes of nothing
_FIRST, _SECOND, _THIRD = (_L(DRAWN_CHANNELS // 4 + 9 * n) for n in range(3))  # words of a block where the surface's rows begin
_BLOCK = 512  # numbers that are summed together, so that they stay in the nearest cache meanwhile: 64 texels

Region = tuple[int, int, int, int]
"""Left, top, width and height of what the network paints, pixels of the condition: multiples of 4."""


class LiveTexture:
    """The texture of one avatar. Not thread-safe."""

    def __init__(self, parts: AvatarParts) -> None:
        self.texels: FloatArray = parts.features.copy()
        """(256, 256, 8) features for the expression that `express` was given last."""
        left, top, _, _ = parts.window
        rows, cols = np.nonzero((np.abs(parts.deltas) > _NOTHING).any(axis=(0, 3)))  # parts of the texture are never seen
        self._at = np.stack([rows + top, cols + left], axis=1).astype(np.int32)  # (n, 2)
        self._rest: FloatArray = parts.features[self._at[:, 0], self._at[:, 1]]
        deltas = parts.deltas[:, rows, cols].reshape(len(parts.mix), -1)  # (16, n * 8)
        self._step = np.maximum(np.abs(deltas).max(axis=1, initial=0), np.float32(_NOTHING)) / np.float32(_MOST)
        blocks = -(-deltas.shape[1] // _BLOCK)
        self._deltas = np.zeros((len(deltas), blocks * _BLOCK), dtype=np.int16)
        self._deltas[:, : deltas.shape[1]] = np.rint(deltas / self._step[:, None])
        self._deltas = np.ascontiguousarray(self._deltas.reshape(len(deltas), blocks, _BLOCK).transpose(1, 0, 2))
        self._mix = parts.mix
        self._weights: FloatArray = np.zeros(len(parts.mix), dtype=np.float32)

    def express(self, expression: FloatArray) -> None:
        """Mix the texture for an expression (52,)."""
        weights = np.clip(self._mix @ expression, 0, 1)
        if not np.array_equal(weights, self._weights):
            np.copyto(self._weights, weights)
            _mix(self._at, self._rest, self._deltas, self._weights * self._step, self.texels)


def write_surface(condition: Condition, texels: FloatArray, region: Region, out: FloatArray) -> None:
    """Write the network's `surface` (1, 12, h/2, w/2) of a region: learnt features, normal, mask.

    The fetch is bilinear as torch's `grid_sample` does it with align_corners=False and padding_mode="border".
    """
    left, top, _, _ = region
    _surface(condition.uv, condition.normal, condition.mask, texels, top // 2, left // 2, out[0])


def write_surface_bytes(condition: Condition, texels: FloatArray, region: Region, steps: FloatArray, out: ImageArray) -> None:
    """Write the surface's part of `byte_layout`'s blocks (1, h/4, w/4, 172); `steps` (12,): what their bytes are worth."""
    left, top, _, _ = region
    _surface_bytes(
        condition.uv,
        condition.normal,
        condition.mask,
        texels,
        top // 2,
        left // 2,
        np.float32(1) / steps,
        out[0].view(np.uint32),
    )


@njit(**JIT)
def _mix(at, rest, deltas, weights, texels):  # type: ignore[no-untyped-def]
    """Write rest plus all deltas; they are kept in 16 bits, for memory is what this waits for."""
    sums = np.empty(_BLOCK, dtype=np.float32)
    for block in range(deltas.shape[0]):
        sums[:] = _ZERO
        for k in range(weights.shape[0]):
            if weights[k] > _ZERO:
                _add(deltas[block, k], weights[k], sums)
        for n in range(_BLOCK // 8 * block, min(at.shape[0], _BLOCK // 8 * (block + 1))):
            first = 8 * (n - _BLOCK // 8 * block)
            for c in range(8):
                texels[at[n, 0], at[n, 1], c] = rest[n, c] + sums[first + c]


@njit(**JIT)
def _add(delta, weight, sums):  # type: ignore[no-untyped-def]
    for i in range(sums.shape[0]):
        sums[i] += weight * _F(delta[i])


@njit(inline="always", **JIT)
def _fetch(texels, u, v, scale, line, col):  # type: ignore[no-untyped-def]
    """Write the eight features at u, v (0..1), each times its `scale`, to `line[col]`."""
    side, last = _F(texels.shape[0]), _L(texels.shape[0] - 1)
    x = min(side - _ONE, max(_ZERO, u * side - _HALF))
    y = min(side - _ONE, max(_ZERO, v * side - _HALF))
    x0, y0 = _L(_I(x)), _L(_I(y))
    x1, y1 = min(last, x0 + _L(1)), min(last, y0 + _L(1))
    fx, fy = x - _F(_I(x)), y - _F(_I(y))
    a, b, c, d = (_ONE - fx) * (_ONE - fy), fx * (_ONE - fy), (_ONE - fx) * fy, fx * fy
    for k in range(_L(8)):
        near = a * texels[y0, x0, k] + b * texels[y0, x1, k]
        line[col, k] = (near + c * texels[y1, x0, k] + d * texels[y1, x1, k]) * scale[k]


@njit(**JIT)
def _surface(uv, normal, mask, texels, top, left, out):  # type: ignore[no-untyped-def]
    """Write the twelve planes row by row: a row is gathered with its channels side by side, then turned into planes."""
    height, width = out.shape[1], out.shape[2]
    line, same = np.empty((width, 8), dtype=np.float32), np.ones(8, dtype=np.float32)
    for row in range(height):
        r = row + top
        for col in range(width):
            c = col + left
            if mask[r, c] == _ZERO:
                line[col] = _ZERO
            else:
                _fetch(texels, uv[r, c, 0], uv[r, c, 1], same, line, _L(col))
        for k in range(8):
            for col in range(width):
                out[k, row, col] = line[col, k]
        for k in range(3):
            for col in range(width):
                out[8 + k, row, col] = normal[r, col + left, k]
        for col in range(width):
            out[11, row, col] = mask[r, col + left]


@njit(**JIT)
def _surface_bytes(uv, normal, mask, texels, top, left, per_step, out):  # type: ignore[no-untyped-def]
    """Each row is made once, then goes into the blocks that see it: `out` (h, w, 43) words, the last 27 three times nine."""
    high, wide = out.shape[0], out.shape[1]
    line = np.empty((2 * wide, 12), dtype=np.float32)
    quads = np.empty(3 * (2 * wide + 1), dtype=np.uint32)  # what lies left of the region comes first, and is nothing
    quads[:] = _NOTHINGS
    _spread(quads, out[0], _FIRST)
    pixels, empty = quads[3:].view(np.uint8), True
    for row in range(2 * high):
        first, last = _line(uv[row + top], normal[row + top], mask[row + top], texels, left, per_step, line)
        if first < last or not empty:
            quads[3:] = _NOTHINGS
            _to_bytes(line[first:last].reshape(-1), pixels[12 * first : 12 * last])
        empty = first == last
        if row % 2 == 0:
            _spread(quads, out[row // 2], _SECOND)
        else:
            _spread(quads, out[row // 2], _THIRD)
            if row + 1 < 2 * high:
                _spread(quads, out[row // 2 + 1], _FIRST)


@njit(**JIT)
def _line(uv, normal, mask, texels, left, per_step, line):  # type: ignore[no-untyped-def]
    """Write one row's twelve channels in steps, from the first place that shows anything to the last; return these ends."""
    first, last = line.shape[0], 0
    for n in range(line.shape[0]):
        if mask[n + left] != _ZERO:
            first, last = min(first, n), n + 1
    p8, p9, p10, p11 = per_step[8], per_step[9], per_step[10], per_step[11]
    for n in range(first, last):
        col, c = _L(n), _L(n + left)
        if mask[c] == _ZERO:
            line[col] = _ZERO
        else:
            _fetch(texels, uv[c, 0], uv[c, 1], per_step, line, col)
            line[col, 8], line[col, 9], line[col, 10] = normal[c, 0] * p8, normal[c, 1] * p9, normal[c, 2] * p10
        line[col, 11] = mask[c] * p11
    return (first, last) if last > 0 else (0, 0)


@njit(**JIT)
def _to_bytes(line, out):  # type: ignore[no-untyped-def]
    for n in range(out.shape[0]):
        out[n] = np.uint8(np.int32(min(_MAX, max(_ZERO, line[n] + _MIDDLE))))


@njit(**JIT)
def _spread(quads, out, first):  # type: ignore[no-untyped-def]
    """Write three pixels of a row to each block: the second and third are its own, the first is its neighbour's."""
    for n in range(_L(out.shape[0])):
        for k in range(_L(9)):
            out[n, first + k] = quads[_L(6) * n + k]
