"""Keeps the arms of a big-headed avatar out of its head.

A person's raised arm passes beside a small head; the same rotations put a mascot's arm through its large one. Owns that one
correction, on skinning matrices. Knows nothing of poses or drawing.
"""

from typing import Final

import numpy as np

from avatar.mesh import Guard
from avatar.rig import Rig
from trackers.types import FloatArray

PROBES: Final = ("LowerArm", "Hand", "MiddleProximal", "MiddleDistal", "ThumbDistal")
"""Joints of an arm that are kept clear; none of them lies in the shoulder."""
_ROUNDS = 3
_NO_WAY_M = 1e-6


class Reach:
    """Turns whole arms about their shoulders until elbow, wrist and fingers are clear of the head."""

    def __init__(self, rig: Rig, guard: Guard) -> None:
        self._guard = guard
        self._arms = []
        for side in ("left", "right"):
            shoulder = rig.names.index(f"{side}UpperArm")
            below = [j for j in range(len(rig.names)) if _descends(rig.parents, j, shoulder)]
            index = [rig.names.index(f"{side}{probe}") for probe in PROBES]
            self._arms.append((rig.rest_m[shoulder], shoulder, np.array(below), np.array(index), rig.rest_m[index]))

    def clear(self, bones: FloatArray) -> None:
        """Correct `bones` (J, 3, 4) skinning matrices in place."""
        head = bones[self._guard.bone]
        for rest, shoulder, below, index, probes in self._arms:
            for _ in range(_ROUNDS):
                points = np.einsum("kab,kb->ka", bones[index, :, :3], probes) + bones[index, :, 3]
                local = (points - head[:, 3]) @ head[:, :3]  # into the head's rest space
                inside = (local - self._guard.centre_m) / self._guard.radii_m
                depth = np.sqrt((inside * inside).sum(axis=1))
                worst = int(depth.argmin())
                if depth[worst] >= 1:
                    break
                way = inside[worst] * [1.0, 0.15, 1.0]  # sideways or to the front, hardly up or down
                out = self._guard.radii_m * way / (np.linalg.norm(way) + 1e-6) * (1 - depth[worst])
                joint = bones[shoulder, :, :3] @ rest + bones[shoulder, :, 3]
                turn = _turn(points[worst] - joint, points[worst] - joint + head[:, :3] @ out)
                bones[below, :, :3] = turn @ bones[below, :, :3]
                bones[below, :, 3] = (bones[below, :, 3] - joint) @ turn.T + joint


def _descends(parents: tuple[int, ...], bone: int, ancestor: int) -> bool:
    while bone >= 0 and bone != ancestor:
        bone = parents[bone]
    return bone == ancestor


def _turn(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the (3, 3) shortest rotation that brings the direction of `a` to that of `b`; none where that is not one."""
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    still = np.eye(3, dtype=np.float32)
    if min(length_a, length_b) < _NO_WAY_M:
        return still
    a, b = a / length_a, b / length_b
    axis, cosine = np.cross(a, b), float(a @ b)
    if 1 + cosine < 1e-6:  # opposite: every way round is as short
        return still
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]], dtype=np.float32)
    return (still + cross + cross @ cross / (1 + cosine)).astype(np.float32)
