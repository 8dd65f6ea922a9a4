"""A person made of a skeleton and a pinhole camera: turn its bones and get the `Tracking` that a perfect tracker would give.

Stands at the edge of `retarget`'s tests, in place of a camera and the models. Bones turn as the avatar's do, so what comes out
of retargeting can be compared with what went in.
"""

from dataclasses import dataclass, field

import numpy as np

from avatar import rotations as rot
from avatar.rig import BONE_INDEX, BONE_NAMES, BONE_PARENTS, Rig, forward_kinematics, joint_positions
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX, HAND_NAMES
from trackers.types import BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

_FINGERS = {"Index": (0.09, 0.03), "Middle": (0.095, 0.01), "Ring": (0.09, -0.01), "Little": (0.08, -0.03)}  # x, z
_FINGER_STEPS = (0.0, 0.04, 0.065, 0.087)
_THUMB = ((0.02, -0.005, 0.025), (0.05, -0.013, 0.053), (0.077, -0.02, 0.078), (0.097, -0.026, 0.097))


def _side(side: str, sign: float) -> dict[str, tuple[float, float, float]]:
    wrist = 0.66
    places = {
        "UpperLeg": (0.09, 0.82, 0), "LowerLeg": (0.09, 0.45, 0), "Foot": (0.09, 0.08, 0), "Toes": (0.09, 0.02, 0.12),
        "Shoulder": (0.03, 1.28, 0), "UpperArm": (0.16, 1.29, 0), "LowerArm": (0.42, 1.29, 0), "Hand": (wrist, 1.29, 0),
    }  # fmt: skip
    for finger, (x, z) in _FINGERS.items():
        for joint, step in zip(("Proximal", "Intermediate", "Distal"), _FINGER_STEPS, strict=False):
            places[finger + joint] = (wrist + x + step, 1.29, z)
    for joint, (x, y, z) in zip(("Metacarpal", "Proximal", "Distal"), _THUMB, strict=False):
        places["Thumb" + joint] = (wrist + x, 1.29 + y, z)
    return {side + part: (sign * x, y, z) for part, (x, y, z) in places.items()}


_PLACES = {
    "hips": (0, 0.85, 0), "spine": (0, 0.95, 0), "chest": (0, 1.06, 0), "upperChest": (0, 1.17, 0), "neck": (0, 1.32, 0),
    "head": (0, 1.40, 0.01), "leftEye": (0.03, 1.47, 0.07), "rightEye": (-0.03, 1.47, 0.07), "jaw": (0, 1.42, 0.03),
    **_side("left", 1.0), **_side("right", -1.0),
}  # fmt: skip

RIG = Rig(BONE_NAMES, BONE_PARENTS, np.array([_PLACES[bone] for bone in BONE_NAMES], dtype=np.float32))
"""A plain human, 1.6 m tall, in the T-pose."""

# Points that hang on a bone: (bone, offset from its joint at rest).
_ON_HEAD = {  # as flat as the body model draws a head, which is how `retarget_head` reads it
    "nose": (0, 0.064, 0.10), "left_ear": (0.0625, 0.083, 0.0415), "right_ear": (-0.0625, 0.083, 0.0415),
    "left_eye": (0.0315, 0.0975, 0.08), "right_eye": (-0.0315, 0.0975, 0.08),
    "mouth_left": (0.024, 0.028, 0.084), "mouth_right": (-0.024, 0.028, 0.084),
}  # fmt: skip
_JOINTS = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}


@dataclass
class Person:
    """Bones to turn, and a camera on the level of `camera_height_m`, `distance_m` in front."""

    turns: dict[str, Array] = field(default_factory=dict)
    """Local quaternions by bone name; what is not named stays as in the T-pose."""
    distance_m: float = 1.6
    camera_height_m: float = 1.2
    size_px: tuple[int, int] = (640, 480)
    move_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    expression: dict[int, float] = field(default_factory=dict)
    gaze_rad: tuple[float, float] = (0.0, 0.0)
    with_face: bool = True
    with_hands: bool = True

    def turn(self, bone: str, axis: Array, degrees: float) -> "Person":
        """Turn a bone further about an axis of its parent; returns the person."""
        before = self.turns.get(bone, quat.IDENTITY)
        self.turns[bone] = quat.multiply(rot.about(axis, np.radians(degrees)), before)
        return self

    def arms_down(self) -> "Person":
        """Let both arms hang."""
        return self.turn("leftUpperArm", rot.Z, -75).turn("rightUpperArm", rot.Z, 75)

    def rotations(self) -> Array:
        """Return (55, 4) local rotations."""
        out = np.tile(quat.IDENTITY, (len(BONE_NAMES), 1))
        for bone, turn in self.turns.items():
            out[BONE_INDEX[bone]] = turn
        return out

    def tracking(self, seq: int = 0, *, time_ns: int | None = None) -> Tracking:
        """Return what a perfect tracker would see."""
        skinning = forward_kinematics(RIG, self.rotations().astype(np.float32), np.array(self.move_m, dtype=np.float32))
        joints = joint_positions(RIG, skinning).astype(np.float64)
        stamp = Stamp(seq, seq * 33_333_333 if time_ns is None else time_ns)
        return Tracking(
            stamp=stamp,
            width_px=self.size_px[0],
            height_px=self.size_px[1],
            body=self._body(skinning, joints),
            left_hand=self._hand("left", skinning, joints) if self.with_hands else None,
            right_hand=self._hand("right", skinning, joints) if self.with_hands else None,
            face=self._face(skinning) if self.with_face else None,
        )

    def pixels(self, points_m: Array) -> Array:
        """Return (N, 3) pixels of points (N, 3) in avatar space; z as the trackers give it."""
        width, height = self.size_px
        near = self.distance_m - points_m[:, 2]
        scale = 0.87 * max(width, height) / near
        x = width / 2 + points_m[:, 0] * scale
        y = height / 2 - (points_m[:, 1] - self.camera_height_m) * scale
        return np.stack([x, y, -points_m[:, 2] * scale], axis=1)

    def _body(self, skinning: Array, joints: Array) -> BodyTracking:
        points = np.zeros((33, 3))
        for name, index in BODY_INDEX.items():
            side, _, part = name.partition("_")
            if name in _ON_HEAD:
                points[index] = _hung(skinning, "head", _ON_HEAD[name])
            elif part in _JOINTS:
                points[index] = joints[BONE_INDEX[side + _JOINTS[part]]]
            elif part in ("heel", "foot_index"):
                points[index] = _hung(skinning, f"{side}Foot", (0, -0.06, -0.04 if part == "heel" else 0.14))
            elif part in ("pinky", "index", "thumb"):
                points[index] = joints[
                    BONE_INDEX[side + {"pinky": "Little", "index": "Index", "thumb": "Thumb"}[part] + "Proximal"]
                ]
            else:
                points[index] = _hung(skinning, "head", (0, 0.03, 0.08))
        px = self.pixels(points)
        inside = ((px[:, :2] >= 0) & (px[:, :2] <= self.size_px)).all(axis=1)
        middle = points[[BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]].mean(axis=0)
        return BodyTracking(
            keypoints_px=px.astype(np.float32),
            world_m=((points - middle) * [1, -1, -1]).astype(np.float32),
            visibility=np.where(inside, 0.99, 0.1).astype(np.float32),
            presence=np.where(inside, 0.99, 0.05).astype(np.float32),
            score=0.99,
        )

    def _hand(self, side: str, skinning: Array, joints: Array) -> HandTracking:
        sign = 1.0 if side == "left" else -1.0
        points = [joints[BONE_INDEX[f"{side}Hand"]]]
        points += [joints[BONE_INDEX[f"{side}Thumb{joint}"]] for joint in ("Metacarpal", "Proximal", "Distal")]
        points.append(_hung(skinning, f"{side}ThumbDistal", np.subtract(_THUMB[3], _THUMB[2]) * [sign, 1, 1]))
        for finger in _FINGERS:
            points += [joints[BONE_INDEX[f"{side}{finger}{joint}"]] for joint in ("Proximal", "Intermediate", "Distal")]
            points.append(_hung(skinning, f"{side}{finger}Distal", (sign * 0.022, 0, 0)))
        places = np.array(points)
        assert len(places) == len(HAND_NAMES)
        return HandTracking(
            keypoints_px=self.pixels(places).astype(np.float32),
            world_m=((places - places[[0, 5, 17]].mean(axis=0)) * [1, -1, -1]).astype(np.float32),
            score=0.99,
            right_probability=0.01 if side == "left" else 0.99,
        )

    def _face(self, skinning: Array) -> FaceTracking:
        head = skinning[BONE_INDEX["head"], :, :3]
        values = np.zeros(52, dtype=np.float32)
        for index, value in self.expression.items():
            values[index] = value
        return FaceTracking(
            keypoints_px=np.zeros((478, 3), dtype=np.float32),
            camera_from_head=(np.diag([1.0, -1.0, -1.0]) @ head).astype(np.float32),
            head_position_m=np.array([0, 0, self.distance_m], dtype=np.float32),
            gaze_rad=np.array(self.gaze_rad, dtype=np.float32),
            expression=values,
            score=0.99,
        )


def world_rotations(local: Array) -> Array:
    """Return (55, 4) avatar_from_bone of local rotations (55, 4)."""
    world = np.asarray(local, dtype=np.float64).copy()
    for bone, parent in enumerate(BONE_PARENTS):
        if parent >= 0:
            world[bone] = quat.multiply(world[parent], world[bone])
    return world


def angle_deg(a: Array, b: Array) -> float:
    """Return the angle between two rotations (4,)."""
    return float(np.degrees(np.linalg.norm(quat.difference(np.asarray(a, np.float64), np.asarray(b, np.float64)))))


def _hung(skinning: Array, bone: str, offset: tuple[float, float, float] | Array) -> Array:
    index = BONE_INDEX[bone]
    rest = RIG.rest_m[index] + np.asarray(offset)
    return np.asarray(skinning[index, :, :3] @ rest + skinning[index, :, 3], dtype=np.float64)
