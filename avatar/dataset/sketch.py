"""A motion while it is made (`Sketch`) and when it is done (`Take`).

Owns the layers: the idle life underneath, turns and coefficients added on top, joint limits at the end. Knows nothing of
which style does what, or of pictures.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import idle
from avatar.dataset.curves import FPS
from avatar.dataset.limits import held
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, FloatArray, Stamp, check_array

_NECK_SHARE: Final = 0.35
_CHEST_SHARE: Final = 0.10  # shoulders follow the head
_STILL: Final = np.zeros(1)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One motion at 30 Hz: what the rig and the face do, without springs."""

    time_ns: np.ndarray
    """(F,) int64, a thirtieth of a second apart."""
    rotations: FloatArray
    """(F, 55, 4) as `RigPose.rotations`."""
    root_m: FloatArray
    """(F, 3)"""
    expression: FloatArray
    """(F, 52)"""

    def __post_init__(self) -> None:
        frames = len(self.time_ns)
        check_array("Take.time_ns", self.time_ns, (None,), np.int64)
        check_array("Take.rotations", self.rotations, (frames, BONE_COUNT, 4), np.float32)
        check_array("Take.root_m", self.root_m, (frames, 3), np.float32)
        check_array("Take.expression", self.expression, (frames, EXPRESSION_COUNT), np.float32)

    def pose(self, frame: int) -> RigPose:
        """Return one frame as the pose that a renderer takes."""
        return RigPose(
            stamp=Stamp(seq=frame, captured_ns=int(self.time_ns[frame])),
            rotations=self.rotations[frame],
            root_m=self.root_m[frame],
            expression=self.expression[frame],
            confidence=np.ones(BONE_COUNT, dtype=np.float32),
            face_confidence=1.0,
        )


class Sketch:
    """Begins as the idle pose with a resting face; each behaviour adds to it. Not thread-safe."""

    def __init__(self, rng: np.random.Generator, *, seconds: float) -> None:
        self.rng = rng
        self.frames = max(2, round(seconds * FPS))
        self.times_s: Array = rng.uniform(0, 600) + np.arange(self.frames) / FPS
        """(F,) seconds; where in the idle life it begins is chance."""
        self.rotations: Array = np.stack([idle.idle_rotations(float(time)) for time in self.times_s])
        """(F, 55, 4)"""
        self.rotations[:, [BONE_INDEX["leftEye"], BONE_INDEX["rightEye"]]] = quat.IDENTITY
        self.root_m: Array = np.stack([idle.idle_root(float(time)) for time in self.times_s])
        self.expression: Array = np.zeros((self.frames, EXPRESSION_COUNT))

    def turn(self, bone: str, *, x: Array = _STILL, y: Array = _STILL, z: Array = _STILL) -> None:
        """Turn a bone further, in its parent's axes, by the rotation vectors (x, y, z), degrees, each (F,) or one."""
        vector = np.radians(np.stack([np.broadcast_to(part, self.frames) for part in (x, y, z)], axis=1))
        row = BONE_INDEX[bone]
        self.rotations[:, row] = quat.multiply(quat.exp(vector), self.rotations[:, row])

    def set(self, bone: str, turns: Array) -> None:
        """Replace what a bone does by (F, 4) or (4,)."""
        self.rotations[:, BONE_INDEX[bone]] = turns

    def look(self, *, yaw: Array = _STILL, pitch: Array = _STILL, roll: Array = _STILL) -> None:
        """Turn the head by these angles in degrees; the neck has its share, the shoulders follow a little."""
        for bone, share in (("upperChest", _CHEST_SHARE), ("neck", _NECK_SHARE), ("head", 1 - _NECK_SHARE)):
            self.turn(bone, z=share * roll)
            self.turn(bone, x=share * pitch)
            self.turn(bone, y=share * yaw)

    def move(self, *, across: Array = _STILL, up: Array = _STILL, forward: Array = _STILL) -> None:
        """Move the hips further, metres."""
        for axis, part in enumerate((across, up, forward)):
            self.root_m[:, axis] += part

    def show(self, name: str, values: Array | float) -> None:
        """Raise a coefficient to at least these values (F,); a name without its side raises both sides."""
        names = [name] if name in EXPRESSION_INDEX else [name + "Left", name + "Right"]
        for each in names:
            row = EXPRESSION_INDEX[each]
            self.expression[:, row] = np.maximum(self.expression[:, row], values)

    def done(self) -> Take:
        """Return the motion, with joints and coefficients within their limits."""
        time_ns = np.round(self.times_s[0] * 1e9).astype(np.int64) + np.round(np.arange(self.frames) * 1e9 / FPS).astype(
            np.int64
        )
        return Take(
            time_ns=time_ns,
            rotations=held(self.rotations).astype(np.float32),
            root_m=self.root_m.astype(np.float32),
            expression=np.clip(self.expression, 0.0, 1.0).astype(np.float32),
        )
