"""From a tracking to the pose of the humanoid rig.

Owns the order of the work and what is believed: only rotations (and a bounded displacement of the hips) come from the person,
bone lengths stay the avatar's own. What was not observed gets confidence 0, and its rotation is then only a guess; blending
to a natural rest is `motion`'s work. Knows nothing of smoothing or drawing. Used from one thread.
"""

from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.calibration import Calibration
from avatar.expressions import Face, eyes_open
from avatar.gaze import GazeFollower
from avatar.lift import arm_directions
from avatar.observation import SIDES, BodyView, body_view, hand_confidence, rotation_in_avatar
from avatar.retarget_arms import WristMemory, arm_frames, arms_pose, plausible
from avatar.retarget_hands import FINGERS, THUMB_REST, finger_rotations, hand_points, palm_rotations, thumb_axes
from avatar.retarget_head import HeadFollower, head_from_pixels
from avatar.retarget_root import RunningNeutral, Sway, legs_pose
from avatar.retarget_torso import UPRIGHT, TorsoPose, neck_and_head, torso_pose
from avatar.rig import BONE_INDEX, BONE_NAMES, Rig
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.types import EXPRESSION_COUNT, FloatArray, Tracking

_SPINE: Final = [BONE_INDEX[name] for name in ("spine", "chest", "upperChest")]
_NECK_HEAD: Final = [BONE_INDEX["neck"], BONE_INDEX["head"]]
_EYES: Final = [BONE_INDEX["leftEye"], BONE_INDEX["rightEye"]]
_ARM: Final = {part: [BONE_INDEX[f"{side}{part}"] for side in SIDES] for part in ("Shoulder", "UpperArm", "LowerArm", "Hand")}
_LEG: Final = {part: [BONE_INDEX[f"{side}{part}"] for side in SIDES] for part in ("UpperLeg", "LowerLeg", "Foot")}
_FINGER_BONES: Final = {
    side: np.array(
        [[i for i, name in enumerate(BONE_NAMES) if name.startswith(f"{side}{finger}")] for finger in FINGERS]  # (5, 3)
    )
    for side in SIDES
}
_HALF_A_FACE_RAD: Final = np.radians([75.0, 60.0])  # a yaw at which the mesh makes up the face's other half
_DEFAULT_LEG_M = 0.75  # of an avatar 1.6 m tall


class Retargeter:
    """Turns trackings into rig poses. Holds the calibration and where the person's neutral place in the picture is."""

    def __init__(self, rig: Rig | None = None) -> None:
        """Take the avatar's `rig` for the direction of its thumbs and the length of its legs; without one assume usual ones."""
        self.calibration = Calibration()
        self._thumb_rest = THUMB_REST if rig is None else _thumb_rest(rig)
        self._thumb_axes = thumb_axes(self._thumb_rest)
        self._leg_m = _DEFAULT_LEG_M if rig is None else _leg_length(rig)
        self.reset()

    def reset(self) -> None:
        """Forget where the person was; the calibration stays."""
        self._neutral = RunningNeutral()
        self._wrists = WristMemory()
        self._heads = HeadFollower()
        self._person_face = Face()
        self._gaze = GazeFollower()

    def retarget(self, tracking: Tracking) -> RigPose:
        """Return what the avatar does in this frame. Confidence is 0 for all that was not observed."""
        rotations = np.tile(quat.IDENTITY, (BONE_COUNT, 1))
        confidence = np.zeros(BONE_COUNT)
        view = body_view(tracking)
        root = np.zeros(3)
        torso = UPRIGHT
        if view is not None and min(view.pair_seen("shoulder")) > 0.0:
            torso, root = self._trunk(view, rotations, confidence, time_ns=tracking.stamp.captured_ns)
            self._arms(view, tracking, torso, rotations, confidence)
        self._head(view, tracking, torso, rotations, confidence)
        expression, face_confidence = self._face(tracking, rotations, confidence)
        return RigPose(
            stamp=tracking.stamp,
            rotations=rotations.astype(np.float32),
            root_m=root.astype(np.float32),
            expression=expression,
            confidence=confidence.astype(np.float32),
            face_confidence=face_confidence,
            predicted=tracking.predicted,
        )

    def _trunk(self, view: BodyView, rotations: Array, confidence: Array, *, time_ns: int) -> tuple[TorsoPose, Array]:
        """Fill in hips, spine and legs; return the trunk and the hips' displacement (3,)."""
        sway = self._neutral.update(view, time_ns=time_ns)
        torso = torso_pose(view, lean_rad=sway.lean_rad, tilt_rad=sway.tilt_rad)
        rotations[BONE_INDEX["hips"]] = torso.hips
        rotations[_SPINE] = torso.spine
        confidence[[BONE_INDEX["hips"], *_SPINE]] = torso.confidence
        drop_m = 0.0
        if view.pair_seen("knee").max() > 0.0:
            legs = legs_pose(view, torso.hips)
            for part, turns in (("UpperLeg", legs.upper), ("LowerLeg", legs.lower), ("Foot", legs.foot)):
                rotations[_LEG[part]] = turns
                confidence[_LEG[part]] = legs.confidence
            drop_m = legs.drop_m * self._leg_m
        return torso, self._root(sway, drop_m=drop_m, legs_seen=torso.legs_seen)

    def _root(self, sway: Sway, *, drop_m: float, legs_seen: float) -> Array:
        """Return the hips' displacement (3,): measured by the legs as far as they are in view, else the gentle sway."""
        return np.array([0.5 * sway.across_m, (1 - legs_seen) * sway.up_m - legs_seen * drop_m, 0.0])

    def _arms(self, view: BodyView, tracking: Tracking, torso: TorsoPose, rotations: Array, confidence: Array) -> None:
        """Fill in both arms, hands and fingers."""
        hands = (tracking.left_hand, tracking.right_hand)
        hand_seen = np.array([hand_confidence(hand, tracking, side=side) for hand, side in zip(hands, SIDES, strict=True)])
        wrist_seen = np.maximum(view.pair_seen("wrist"), hand_seen)
        arm_seen = np.minimum(np.minimum(view.pair_seen("shoulder"), wrist_seen), 0.3 + view.pair_seen("elbow"))
        arm_seen = np.where(wrist_seen > 0.0, np.minimum(arm_seen, 1.0), 0.0)
        points = hand_points(hands)
        palms = palm_rotations(points)
        frames = arm_frames(torso.chest, *arm_directions(view, hands))
        wrist = quat.multiply(quat.inverse(frames.lower_world), palms)
        hand_seen = hand_seen * plausible(wrist, frames.bent)
        wrist = self._wrists.update(wrist, hand_seen, time_ns=tracking.stamp.captured_ns)
        arms = arms_pose(frames, wrist)
        parts = {"Shoulder": arms.shoulder, "UpperArm": arms.upper, "LowerArm": arms.lower, "Hand": arms.hand}
        for part, turns in parts.items():
            rotations[_ARM[part]] = turns
            confidence[_ARM[part]] = arm_seen
        confidence[_ARM["Hand"]] = arm_seen * hand_seen
        if hand_seen.any():
            turns = finger_rotations(points, palms, thumb_rest=self._thumb_rest, axes=self._thumb_axes)
            for row, side in enumerate(SIDES):
                rotations[_FINGER_BONES[side]] = turns[row]
                confidence[_FINGER_BONES[side]] = hand_seen[row] * arm_seen[row]

    def _head(self, view: BodyView | None, tracking: Tracking, torso: TorsoPose, rotations: Array, confidence: Array) -> None:
        """Fill in neck and head from the face and from the body's own head points."""
        straight = quat.inverse(rot.from_matrix(self.calibration.head_offset.astype(np.float64)))
        face = body = None
        if tracking.face is not None:
            turn = rot.from_matrix(rotation_in_avatar(tracking.face.camera_from_head))
            face = quat.multiply(straight, turn), float(rot.smoothstep(tracking.face.score, 0.2, 0.5))
        if view is not None:
            turn, seen = head_from_pixels(view)
            body = quat.multiply(straight, turn), seen
        head, seen = self._heads.update(face, body, time_ns=tracking.stamp.captured_ns)
        rotations[_NECK_HEAD] = neck_and_head(torso.chest, head)
        confidence[_NECK_HEAD] = seen

    def _face(self, tracking: Tracking, rotations: Array, confidence: Array) -> tuple[FloatArray, float]:
        """Fill in the eyes; return the expression (52,) float32 and its confidence."""
        face, time_ns = tracking.face, tracking.stamp.captured_ns
        if face is None:
            return np.zeros(EXPRESSION_COUNT, dtype=np.float32), 0.0
        yaw = rot.yaw_pitch_roll(rot.from_matrix(rotation_in_avatar(face.camera_from_head)))[0]
        seen = float(rot.smoothstep(face.score, 0.2, 0.5) * rot.smoothstep(abs(yaw), *_HALF_A_FACE_RAD))
        known = self.calibration
        values = self._person_face.update(
            face.expression, neutral=known.neutral_expression, most=known.most, yaw_rad=yaw, time_ns=time_ns
        )
        look = self._gaze.update(face.gaze_rad, straight_rad=known.gaze_rad, eyes_open=eyes_open(values), time_ns=time_ns)
        rotations[_EYES] = rot.from_yaw_pitch_roll(float(look[0]), float(look[1]), 0.0)
        confidence[_EYES] = seen
        return values, seen


def _thumb_rest(rig: Rig) -> Array:
    """Return (3, 3) directions of the left thumb's bones at rest."""
    joints = rig.rest_m[_FINGER_BONES["left"][0]].astype(np.float64)
    bones = rot.unit(np.diff(joints, axis=0))
    return np.concatenate([bones, bones[1:]])  # the last bone has no end in the rig: it goes on as the one before


def _leg_length(rig: Rig) -> float:
    chain = rig.rest_m[[BONE_INDEX[f"left{part}"] for part in ("UpperLeg", "LowerLeg", "Foot")]]
    return float(np.linalg.norm(np.diff(chain, axis=0), axis=1).sum())
