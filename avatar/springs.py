"""Secondary motion: ears, tail, hair and cords that follow late on damped springs.

Owns the state of the swinging bones. Deterministic: the same poses at the same times give the same motion. Time comes in as
an argument; equal sub-steps no longer than `STEP_S` keep it stable, and a jump in time or place settles it at once.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from avatar.mesh import Spring
from avatar.rig import Rig
from trackers.types import FloatArray

STEP_S = 1 / 240
GAP_S = 0.25  # a longer silence is a jump, not a motion
JUMP_M = 0.35  # so is a bone that moves further than this between two frames
_SWAY_HZ = 0.31

# These take microseconds: to release the GIL for them would be to queue for it again, behind whatever Python runs elsewhere.
_JIT: dict[str, Any] = {"cache": True, "fastmath": True, "error_model": "numpy"}
_F = np.float32
_ZERO, _ONE, _TINY = _F(0), _F(1), _F(1e-9)


@njit(**_JIT)
def _carried(parent, at, tip, local, turn, joint, target):  # type: ignore[no-untyped-def]
    """Write where the parent carries the bone (3, 3), its joint and its tip."""
    for r in range(3):
        joint[r] = parent[r, 0] * at[0] + parent[r, 1] * at[1] + parent[r, 2] * at[2] + parent[r, 3]
        target[r] = joint[r]
        for c in range(3):
            turn[r, c] = parent[r, 0] * local[0, c] + parent[r, 1] * local[1, c] + parent[r, 2] * local[2, c]
            target[r] += turn[r, c] * (tip[c] - at[c])


@njit(**_JIT)
def _integrate(state, target, omega, damping, steps, step_s, reset):  # type: ignore[no-untyped-def]
    """Move the bob in `state` (9,) toward the target, which moves evenly from where it was; start anew after a jump."""
    moved = _ZERO
    for r in range(3):
        moved += (target[r] - state[6 + r]) ** 2
    fresh = reset or not moved < JUMP_M * JUMP_M
    for r in range(3):
        if fresh:
            state[r], state[3 + r], state[6 + r] = target[r], _ZERO, target[r]
        for n in range(steps):
            goal = state[6 + r] + (target[r] - state[6 + r]) * _F(n + 1) / _F(steps)
            speed = state[3 + r] + step_s * omega * omega * (goal - state[r])
            speed /= _ONE + _F(2) * damping * omega * step_s
            state[3 + r] = speed
            state[r] += step_s * speed
        state[6 + r] = target[r]


@njit(**_JIT)
def _aim(state, joint, target, limit, bob):  # type: ignore[no-untyped-def]
    """Turn `target` and `bob` into directions from the joint, no further apart than the limit; return their cosine."""
    length = reach = cosine = _ZERO
    for r in range(3):
        bob[r], target[r] = state[r] - joint[r], target[r] - joint[r]
        length, reach = length + target[r] * target[r], reach + bob[r] * bob[r]
    length, reach = np.sqrt(length) + _TINY, np.sqrt(reach) + _TINY
    for r in range(3):
        bob[r], target[r] = bob[r] / reach, target[r] / length
        cosine += bob[r] * target[r]
    if cosine >= limit:
        return cosine
    sine, across = np.sqrt(max(_ZERO, _ONE - limit * limit)), np.sqrt(max(_TINY, _ONE - cosine * cosine))
    for r in range(3):
        bob[r] = target[r] * limit + (bob[r] - target[r] * cosine) / across * sine
        state[r] = joint[r] + bob[r] * length
    return limit


@njit(**_JIT)
def _swing(table, params, local, rest, tips, state, bones, steps, step_s, reset):  # type: ignore[no-untyped-def]
    """Move every bob by `steps` sub-steps and write the matrices of the swinging bones into `bones` (J, 3, 4).

    `table` (S, 2) holds bone and parent, `params` (S, 3) angular frequency, damping and cosine of the limit, `local`
    (S, 3, 3) the bone's rest rotation now, `state` (S, 9) the bob, its velocity and the last target, all in avatar space.
    """
    turn = np.empty((3, 3), np.float32)
    joint, target, bob = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    for s in range(table.shape[0]):
        j, at = bones[table[s, 0]], rest[s]
        _carried(bones[table[s, 1]], at, tips[s], local[s], turn, joint, target)
        _integrate(state[s], target, params[s, 0], params[s, 1], steps, step_s, reset)
        cosine = _aim(state[s], joint, target, params[s, 2], bob)
        kx = target[1] * bob[2] - target[2] * bob[1]
        ky = target[2] * bob[0] - target[0] * bob[2]
        kz = target[0] * bob[1] - target[1] * bob[0]
        for c in range(3):  # the shortest turn from target to bob, after the bone's own
            x, y, z = turn[0, c], turn[1, c], turn[2, c]
            dot = (kx * x + ky * y + kz * z) / (_ONE + cosine)
            j[0, c] = cosine * x + ky * z - kz * y + kx * dot
            j[1, c] = cosine * y + kz * x - kx * z + ky * dot
            j[2, c] = cosine * z + kx * y - ky * x + kz * dot
        for r in range(3):
            j[r, 3] = joint[r] - (j[r, 0] * at[0] + j[r, 1] * at[1] + j[r, 2] * at[2])


def _rotations(vectors: FloatArray) -> FloatArray:
    """Return (S, 3, 3) matrices of (S, 3) rotation vectors (Rodrigues)."""
    angle = np.sqrt((vectors * vectors).sum(axis=1)) + 1e-9
    x, y, z = (vectors / angle[:, None]).T
    c, s = np.cos(angle), np.sin(angle)
    d = 1 - c
    rows = [
        [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
        [x * y * d + z * s, c + y * y * d, y * z * d - x * s],
        [x * z * d - y * s, y * z * d + x * s, c + z * z * d],
    ]
    return np.ascontiguousarray(np.moveaxis(np.array(rows, dtype=np.float32), 2, 0))


class Springs:
    """The swinging bones of one character. One thread uses it."""

    def __init__(self, rig: Rig, springs: tuple[Spring, ...]) -> None:
        bones = [spring.bone for spring in springs]
        self._table = np.array([[bone, rig.parents[bone]] for bone in bones], dtype=np.int32).reshape(-1, 2)
        self._params = np.array(
            [[2 * math.pi * s.frequency_hz, s.damping, math.cos(s.limit_rad)] for s in springs], dtype=np.float32
        ).reshape(-1, 3)
        self._rest = np.ascontiguousarray(rig.rest_m[bones], dtype=np.float32)
        self._tips = np.array([s.tip_m for s in springs], dtype=np.float32).reshape(-1, 3)
        self._react = np.array([s.react for s in springs], dtype=np.float32).reshape(len(springs), -1, 3)
        self._sway = np.array([s.sway_rad for s in springs], dtype=np.float32).reshape(-1, 3)
        self._phase = np.arange(len(springs)) * 0.55
        self._state = np.zeros((len(springs), 9), dtype=np.float32)
        self._last_ns: int | None = None

    def advance(self, bones: FloatArray, *, expression: FloatArray, time_ns: int) -> None:
        """Swing to `time_ns` and write the secondary bones' skinning matrices into `bones` (J, 3, 4), metres."""
        if not len(self._table):
            return
        elapsed_s = 0.0 if self._last_ns is None else (time_ns - self._last_ns) * 1e-9
        reset = self._last_ns is None or elapsed_s < 0 or elapsed_s > GAP_S
        self._last_ns = time_ns
        steps = 0 if reset else math.ceil(elapsed_s / STEP_S - 1e-6)
        wave = np.sin(2 * math.pi * _SWAY_HZ * ((time_ns * 1e-9) % 1e5) - self._phase)
        bend = np.einsum("e,sea->sa", expression, self._react) + self._sway * wave[:, None].astype(np.float32)
        step_s = _F(elapsed_s / steps if steps else STEP_S)
        args = (self._table, self._params, _rotations(bend), self._rest, self._tips, self._state, bones)
        _swing(*args, steps, step_s, reset)
