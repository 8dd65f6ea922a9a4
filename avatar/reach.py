"""Keeps the arms of a big-headed avatar out of its head.

A person's raised arm passes beside a small head; the same rotations put a mascot's arm through its large one. Owns that one
correction, on skinning matrices. Knows nothing of poses or drawing.
"""

import numpy as np

from avatar.mesh import Guard
from avatar.rig import Rig
from trackers.types import FloatArray

_ROUNDS = 3


class Reach:
    """Turns whole arms about their shoulders until elbow, wrist and fingers are clear of the head."""

    def __init__(self, rig: Rig, guard: Guard) -> None:
        self._guard = guard
        self._arms = []
        for side in ("left", "right"):
            shoulder = rig.names.index(f"{side}UpperArm")
            below = [j for j in range(len(rig.names)) if _descends(rig.parents, j, shoulder)]
            probes = [f"{side}LowerArm", f"{side}Hand", f"{side}MiddleProximal", f"{side}MiddleDistal", f"{side}ThumbDistal"]
            index = [rig.names.index(name) for name in probes]
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
    """Return the (3, 3) shortest rotation that brings the direction of `a` to that of `b`."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis, cosine = np.cross(a, b), float(a @ b)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]], dtype=np.float32)
    return (np.eye(3, dtype=np.float32) + cross + cross @ cross / (1 + cosine)).astype(np.float32)
