"""From a tracking to the pose of the humanoid rig.

Owns the order of the work and what is believed: only rotations (and a bounded displacement of the hips) come from the person,
bone lengths stay the avatar's own. What was not observed gets confidence 0, and its rotation is then only a guess; blending
to a natural rest is `motion`'s work. A part that was not looked at in this frame keeps what was made of its last look. Knows
nothing of smoothing or drawing. Used from one thread.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from avatar import turns
from avatar.calibration import Calibration
from avatar.expressions import Face, eyes_open
from avatar.gaze import GazeFollower
from avatar.lift import arm_directions
from avatar.observation import BodyView, body_view, hand_confidence
from avatar.retarget_arms import ArmFrame, WristMemory, arm_frame, arm_pose, plausible
from avatar.retarget_hands import FINGERS, THUMB, ThumbBone, finger_rotations, hand_points, palm_rotation, thumb_bones
from avatar.retarget_head import HeadFollower, Sight, head_from_face, head_from_pixels
from avatar.retarget_root import LegPose, RunningNeutral, leg_pose
from avatar.retarget_torso import UPRIGHT, TorsoPose, neck_and_head, torso_pose
from avatar.rig import BONE_INDEX, BONE_NAMES, Rig
from avatar.turns import Turn, Vector, clamped, smoothstep
from avatar.types import BONE_COUNT, RigPose
from trackers.skeleton import SIDES
from trackers.types import EXPRESSION_COUNT, FaceTracking, FloatArray, Tracking

_SIGNS: Final = {"left": 1.0, "right": -1.0}  # +X is the avatar's left
_SPINE: Final = ("spine", "chest", "upperChest")
_FINGER_BONES: Final = {
    side: [[i for i, name in enumerate(BONE_NAMES) if name.startswith(f"{side}{finger}")] for finger in FINGERS]
    for side in SIDES
}
_HALF_A_FACE_RAD: Final = (math.radians(75.0), math.radians(60.0))  # a yaw at which the mesh makes up the face's other half
_DEFAULT_LEG_M = 0.75  # of an avatar 1.6 m tall


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    """What was made of the last look at the body; a person without shoulders in view stands upright."""

    view: BodyView
    head: Sight
    torso: TorsoPose = UPRIGHT
    root_m: Vector = (0.0, 0.0, 0.0)
    legs: tuple[LegPose, ...] = ()
    arms: tuple[ArmFrame, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """What was made of the last look at a hand."""

    seen: float = 0.0
    palm: Turn = turns.NONE
    fingers: tuple[list[Turn], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """What was made of the last look at the face."""

    head: Sight
    eyes: Turn
    expression: FloatArray
    seen: float
    """0..1 how far eyes and expression may be believed."""
    calibration: Calibration


class _Bones:
    """The rows of the pose while they are filled in."""

    def __init__(self) -> None:
        self.rotations = [turns.NONE] * BONE_COUNT
        self.confidence = [0.0] * BONE_COUNT

    def put(self, bone: int | str, turn: Turn, seen: float) -> None:
        row = BONE_INDEX[bone] if isinstance(bone, str) else bone
        self.rotations[row], self.confidence[row] = turn, seen


class Retargeter:
    """Turns trackings into rig poses. Holds the calibration and where the person's neutral place in the picture is."""

    def __init__(self, rig: Rig | None = None) -> None:
        """Take the avatar's `rig` for the direction of its thumbs and the length of its legs; without one assume usual ones."""
        self.calibration = Calibration()
        self._rig: Rig | None = None
        self._thumb, self._leg_m = THUMB, _DEFAULT_LEG_M
        if rig is not None:
            self.fit(rig)
        self.reset()

    def fit(self, rig: Rig) -> None:
        """Pose for this rig from now on; costs nothing if it is the present one."""
        if rig is not self._rig:
            self._rig, self._thumb, self._leg_m = rig, _thumb_of(rig), _leg_length(rig)

    def reset(self) -> None:
        """Forget where the person was; the calibration stays."""
        self._neutral = RunningNeutral()
        self._wrists = {side: WristMemory() for side in SIDES}
        self._heads = HeadFollower()
        self._person_face = Face()
        self._gaze = GazeFollower()
        self._body: _Body | None = None
        self._hands: dict[str, _Hand | None] = dict.fromkeys(SIDES)
        self._face: _Face | None = None

    def retarget(self, tracking: Tracking) -> RigPose:
        """Return what the avatar does in this frame. Confidence is 0 for all that was not observed."""
        self._look(tracking)
        bones, body, face = _Bones(), self._body, self._face
        if body is not None:
            self._trunk(body, bones)
            for arm, side in zip(body.arms, SIDES, strict=False):
                self._arm(body.view, arm, side, bones, time_ns=tracking.stamp.captured_ns)
        self._head(bones, time_ns=tracking.stamp.captured_ns)
        if face is not None:
            for eye in ("leftEye", "rightEye"):
                bones.put(eye, face.eyes, face.seen)
        return RigPose(
            stamp=tracking.stamp,
            rotations=np.array(bones.rotations, dtype=np.float32),
            root_m=np.array(body.root_m if body else (0.0, 0.0, 0.0), dtype=np.float32),
            expression=face.expression if face else np.zeros(EXPRESSION_COUNT, dtype=np.float32),
            confidence=np.array(bones.confidence, dtype=np.float32),
            face_confidence=face.seen if face else 0.0,
            predicted=tracking.predicted,
        )

    def _look(self, tracking: Tracking) -> None:
        """Take in the parts that were looked at; the others keep what was made of them."""
        time_ns, rests = tracking.stamp.captured_ns, tracking.predicted
        if tracking.body is None or self._body is None or "body" not in rests:
            self._body = self._body_of(tracking)
        for side, hand in zip(SIDES, (tracking.left_hand, tracking.right_hand), strict=True):
            if hand is None or self._hands[side] is None or f"{side}_hand" not in rests:
                self._hands[side] = self._hand_of(tracking, side)
        if tracking.face is None:
            self._face = None
        elif self._face is None or "face" not in rests or self._face.calibration is not self.calibration:
            self._face = self._face_of(tracking.face, time_ns=time_ns)

    def _body_of(self, tracking: Tracking) -> _Body | None:
        """Return trunk, legs and arms without their twist."""
        view = body_view(tracking)
        if view is None or view.both_believed("shoulder") <= 0.0:
            return None if view is None else _Body(view=view, head=head_from_pixels(view))
        sway = self._neutral.update(view, time_ns=tracking.stamp.captured_ns)
        torso = torso_pose(view, lean_rad=sway.lean_rad, tilt_rad=sway.tilt_rad)
        legs: tuple[LegPose, ...] = ()
        drop_m = 0.0
        if max(view.believed("left_knee"), view.believed("right_knee")) > 0.0:
            legs = tuple(leg_pose(view, torso.hips, side=side) for side in SIDES)
            drop_m = clamped(1.0 - max(leg.reach for leg in legs), 0.0, 0.7) * self._leg_m
        hands = (tracking.left_hand, tracking.right_hand)
        arms = tuple(
            arm_frame(torso.chest, *arm_directions(view, hand, side=side), sign=_SIGNS[side])
            for side, hand in zip(SIDES, hands, strict=True)
        )
        # The hips' height: measured by the legs as far as they are in view, else the gentle sway.
        up_m = (1 - torso.legs_seen) * sway.up_m - torso.legs_seen * drop_m
        root_m = (0.5 * sway.across_m, up_m, 0.0)
        return _Body(view=view, head=head_from_pixels(view), torso=torso, root_m=root_m, legs=legs, arms=arms)

    def _hand_of(self, tracking: Tracking, side: str) -> _Hand | None:
        """Return palm and fingers, or only the palm of a hand that cannot be believed."""
        hand = tracking.left_hand if side == "left" else tracking.right_hand
        if hand is None:
            return None
        points, sign = hand_points(hand), _SIGNS[side]
        palm = palm_rotation(points, sign=sign)
        seen = hand_confidence(hand, tracking, side=side)
        fingers = finger_rotations(points, palm, sign=sign, thumb=self._thumb) if seen > 0.0 else []
        return _Hand(seen=seen, palm=palm, fingers=tuple(fingers))

    def _face_of(self, face: FaceTracking, *, time_ns: int) -> _Face:
        """Return the head's turn, and eyes and expression with the calibration taken off."""
        known = self.calibration
        head = head_from_face(face.camera_from_head)
        yaw, score = turns.yaw_pitch_roll(head)[0], smoothstep(face.score, 0.2, 0.5)
        values = self._person_face.update(
            face.expression, neutral=known.neutral_expression, most=known.most, yaw_rad=yaw, time_ns=time_ns
        )
        gaze = self._gaze.update(face.gaze_rad, straight_rad=known.gaze_rad, eyes_open=eyes_open(values), time_ns=time_ns)
        return _Face(
            head=(head, score),
            eyes=turns.from_yaw_pitch_roll(float(gaze[0]), float(gaze[1]), 0.0),
            expression=values,
            seen=score * smoothstep(abs(yaw), *_HALF_A_FACE_RAD),
            calibration=known,
        )

    def _trunk(self, body: _Body, bones: _Bones) -> None:
        """Fill in hips, spine and legs."""
        torso = body.torso
        for bone, turn in zip(("hips", *_SPINE), (torso.hips, *torso.spine), strict=True):
            bones.put(bone, turn, torso.confidence)
        for side, leg in zip(SIDES, body.legs, strict=False):
            for part, turn in (("UpperLeg", leg.upper), ("LowerLeg", leg.lower), ("Foot", leg.foot)):
                bones.put(f"{side}{part}", turn, leg.confidence)

    def _arm(self, view: BodyView, frame: ArmFrame, side: str, bones: _Bones, *, time_ns: int) -> None:
        """Fill in one side's arm, hand and fingers."""
        hand = self._hands[side] or _Hand()
        wrist_seen = max(view.believed(f"{side}_wrist"), hand.seen)
        seen = min(view.believed(f"{side}_shoulder"), wrist_seen, 0.3 + view.believed(f"{side}_elbow"))
        wrist = turns.multiply(turns.inverse(frame.lower_world), hand.palm)
        hand_seen = hand.seen * plausible(wrist, frame.bent)
        arm = arm_pose(frame, self._wrists[side].update(wrist, hand_seen, time_ns=time_ns))
        for part, turn in (("Shoulder", arm.shoulder), ("UpperArm", arm.upper), ("LowerArm", arm.lower)):
            bones.put(f"{side}{part}", turn, seen)
        bones.put(f"{side}Hand", arm.hand, seen * hand_seen)
        for rows, finger in zip(_FINGER_BONES[side], hand.fingers, strict=False):
            for row, turn in zip(rows, finger, strict=True):
                bones.put(row, turn, seen * hand_seen)

    def _head(self, bones: _Bones, *, time_ns: int) -> None:
        """Fill in neck and head from the face and from the body's own head points."""
        straight = turns.inverse(turns.from_matrix(self.calibration.head_offset.tolist()))
        face, body = (
            (turns.multiply(straight, part.head[0]), part.head[1]) if part else None for part in (self._face, self._body)
        )
        head, seen = self._heads.update(face, body, time_ns=time_ns)
        torso = self._body.torso if self._body else UPRIGHT
        for bone, turn in zip(("neck", "head"), neck_and_head(torso.chest, head), strict=True):
            bones.put(bone, turn, seen)


def _thumb_of(rig: Rig) -> tuple[ThumbBone, ...]:
    """Return how the rig's left thumb lies at rest."""
    joints = rig.rest_m[_FINGER_BONES["left"][0]].tolist()
    ways = [turns.minus(end, start) for start, end in pairwise(joints)]
    return thumb_bones([*ways, ways[-1]])  # the last bone has no end in the rig: it goes on as the one before


def _leg_length(rig: Rig) -> float:
    chain = rig.rest_m[[BONE_INDEX[f"left{part}"] for part in ("UpperLeg", "LowerLeg", "Foot")]]
    return float(np.linalg.norm(np.diff(chain, axis=0), axis=1).sum())
