"""The learnt texture, live: mixed for this frame's expression, and fetched where the proxy shows it.

Owns the mixing and the fetch into a network's `surface`, in floats or in bytes (numba, one core, GIL released, nothing
allocated per frame). Knows nothing of how the texture was learnt or of what runs the network.
"""

import numpy as np
from numba import njit

from avatar.neural.conditioning import Condition
from avatar.neural.parts import AvatarParts
from avatar.shading import JIT
from trackers.types import FloatArray, ImageArray

_F, _U = np.float32, np.uint32
_ZERO, _ONE, _HALF = _F(0), _F(1), _F(0.5)

_NOTHING, _MOST = 1e-6, 32767
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
    _surface(condition.uv, condition.normal, condition.mask, condition.inked, texels, top // 2, left // 2, out[0])


def write_surface_bytes(condition: Condition, texels: FloatArray, region: Region, steps: FloatArray, out: ImageArray) -> None:
    """Write the same in bytes, (1, h/2, w/2, 12), as `byte_layout` says; `steps` (12,) is what each channel's byte is worth."""
    left, top, _, _ = region
    _surface_bytes(
        condition.uv,
        condition.normal,
        condition.mask,
        condition.inked,
        texels,
        top // 2,
        left // 2,
        np.float32(1) / steps,
        out[0],
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
def _fetch(texels, u, v, line, col):  # type: ignore[no-untyped-def]
    """Write the eight features at u, v (0..1) to `line[col]`."""
    side, last = _F(texels.shape[0]), _U(texels.shape[0] - 1)
    x = min(side - _ONE, max(_ZERO, u * side - _HALF))
    y = min(side - _ONE, max(_ZERO, v * side - _HALF))
    x0, y0 = _U(x), _U(y)
    x1, y1 = min(last, _U(x0 + _U(1))), min(last, _U(y0 + _U(1)))
    fx, fy = x - _F(x0), y - _F(y0)
    a, b, c, d = (_ONE - fx) * (_ONE - fy), fx * (_ONE - fy), (_ONE - fx) * fy, fx * fy
    for k in range(8):
        near = a * texels[y0, x0, k] + b * texels[y0, x1, k]
        line[col, k] = near + c * texels[y1, x0, k] + d * texels[y1, x1, k]


@njit(**JIT)
def _surface(uv, normal, mask, inked, texels, top, left, out):  # type: ignore[no-untyped-def]
    """Write the twelve planes row by row: a row is gathered with its channels side by side, then turned into planes."""
    height, width = out.shape[1], out.shape[2]
    line = np.empty((width, 8), dtype=np.float32)
    for row in range(height):
        r = row + top
        for col in range(width):
            c = col + left
            if mask[r, c] == _ZERO or inked[r, c]:
                line[col] = _ZERO
            else:
                _fetch(texels, uv[r, c, 0], uv[r, c, 1], line, col)
        for k in range(8):
            for col in range(width):
                out[k, row, col] = line[col, k]
        for k in range(3):
            for col in range(width):
                out[8 + k, row, col] = normal[r, col + left, k]
        for col in range(width):
            out[11, row, col] = mask[r, col + left]


@njit(**JIT)
def _surface_bytes(uv, normal, mask, inked, texels, top, left, per_step, out):  # type: ignore[no-untyped-def]
    """Write twelve bytes side by side for each place."""
    nothing, middle, most = np.uint8(128), _F(128.5), _F(255)
    line = np.empty((1, 8), dtype=np.float32)
    for row in range(out.shape[0]):
        r = row + top
        for col in range(out.shape[1]):
            c = col + left
            if mask[r, c] == _ZERO or inked[r, c]:
                for k in range(11):
                    out[row, col, k] = nothing
            else:
                _fetch(texels, uv[r, c, 0], uv[r, c, 1], line, 0)
                for k in range(8):
                    out[row, col, k] = np.uint8(min(most, max(_ZERO, line[0, k] * per_step[k] + middle)))
                for k in range(3):
                    out[row, col, 8 + k] = np.uint8(min(most, max(_ZERO, normal[r, c, k] * per_step[8 + k] + middle)))
            out[row, col, 11] = np.uint8(min(most, mask[r, c] * per_step[11] + middle))
