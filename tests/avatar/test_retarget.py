"""Tests of `avatar.retarget`: what a synthetic person does, the avatar does."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from synthetic_person import RIG, Person, angle_deg, world_rotations

from avatar import rotations as rot
from avatar import turns
from avatar.calibration import Calibration
from avatar.retarget import Retargeter
from avatar.rig import BONE_INDEX, BONE_NAMES, forward_kinematics, joint_positions, matrices_from_quaternions, mirror_pose
from avatar.types import RigPose
from trackers import quaternions as quat
from trackers.skeleton import BODY_INDEX, EXPRESSION_INDEX
from trackers.types import BodyTracking, Stamp, Tracking

X, Y, Z = rot.X, rot.Y, rot.Z


def retarget(person: Person) -> RigPose:
    """Retarget one frame of `person` with a new retargeter."""
    return Retargeter(RIG).retarget(person.tracking())


def joints(pose: RigPose) -> dict[str, np.ndarray]:
    """Return the posed joints by bone name."""
    places = joint_positions(RIG, forward_kinematics(RIG, pose.rotations, pose.root_m))
    return dict(zip(BONE_NAMES, places, strict=True))


def away() -> Person:
    """A person at three metres with hanging arms, whole in the picture."""
    return Person(distance_m=3.0, camera_height_m=0.85).arms_down()


def bent() -> Person:
    """The same with the elbows bent, forearms forward."""
    return away().turn("leftLowerArm", Y, -90).turn("rightLowerArm", Y, 90)


POSES = {
    "t_pose": Person(distance_m=2.2),
    "arms_down": away(),
    "elbows_bent": bent(),
    "palms_up": bent().turn("leftHand", X, -70).turn("rightHand", X, -70),
    "palms_down": bent().turn("leftHand", X, 60).turn("rightHand", X, 60),
    "hello": away().turn("rightLowerArm", Y, 90).turn("rightUpperArm", X, -80),
    "reach": Person(distance_m=3.0, camera_height_m=0.85).turn("rightUpperArm", Y, 60).turn("leftUpperArm", Y, -60),
    "turned": away().turn("spine", Y, 25),
    "head_turned": away().turn("head", Z, 10).turn("head", X, 15).turn("neck", Y, 30),
}  # fmt: skip


@cache
def both(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (55, 4) avatar_from_bone of a posed person, and what retargeting made of it."""
    person = POSES[name]
    return world_rotations(person.rotations()), world_rotations(retarget(person).rotations)


@pytest.mark.parametrize("name", POSES)
@pytest.mark.parametrize("bone", ["upperChest", "head", "UpperArm", "Hand", "IndexProximal", "MiddleDistal", "ThumbProximal"])
def test_bones_turn_as_the_person_s(name: str, bone: str) -> None:
    """Each bone of the avatar stands in space as the person's does."""
    want, got = both(name)
    for full in [bone] if bone in BONE_INDEX else ["left" + bone, "right" + bone]:
        assert angle_deg(want[BONE_INDEX[full]], got[BONE_INDEX[full]]) < 5.0, full


@pytest.mark.parametrize("name", POSES)
def test_forearms_point_as_the_person_s(name: str) -> None:
    """A forearm's direction is the person's; its twist is shared with the hand."""
    want, got = both(name)
    for bone, sign in (("leftLowerArm", 1.0), ("rightLowerArm", -1.0)):
        a, b = (rot.rotate(world[BONE_INDEX[bone]], sign * X) for world in (want, got))
        assert np.degrees(np.arccos(np.clip(a @ b, -1, 1))) < 5.0


def test_a_turned_palm_turns_the_forearm_more_than_the_wrist() -> None:
    """Twist is shared, so that the skin of the wrist does not wring: the forearm takes the larger part."""
    pose = retarget(POSES["palms_down"])
    forearm, hand = (turns.swing_roll(pose.rotations[BONE_INDEX[bone]].tolist())[1] for bone in ("leftLowerArm", "leftHand"))
    assert np.degrees(forearm) == pytest.approx(36, abs=4)
    assert np.degrees(hand) == pytest.approx(24, abs=4)


def test_right_arm_up_raises_the_avatar_s_right_arm() -> None:
    """The person's right is the avatar's right, on the -X side; in a mirror it is the left."""
    pose = retarget(away().turn("rightUpperArm", Z, -150))
    places = joints(pose)
    assert places["rightHand"][1] > places["head"][1] > places["leftHand"][1]
    assert places["rightHand"][0] < 0
    mirrored = joints(mirror_pose(pose))
    assert mirrored["leftHand"][1] > mirrored["head"][1] > mirrored["rightHand"][1]
    assert mirrored["leftHand"][0] > 0


def test_a_raised_arm_lifts_the_shoulder() -> None:
    """The collar bone follows an arm that goes up, and stays down with one that hangs."""
    pose = retarget(away().turn("rightUpperArm", Z, -150))
    right, left = (np.degrees(np.linalg.norm(_vector(pose, f"{side}Shoulder"))) for side in ("right", "left"))
    assert right > 12.0
    assert left < 2.0


@pytest.mark.parametrize(
    ("axis", "point", "component", "sign"),
    [
        (Y, (0, 0, 1), 0, 1),  # +yaw: the nose goes to the own left, +X
        (X, (0, 0, 1), 1, -1),  # +pitch: the nose goes down
        (Z, (1, 0, 0), 1, 1),  # +roll: the left ear goes up
    ],
)
def test_the_head_turns_the_right_way(axis: np.ndarray, point: tuple[float, ...], component: int, sign: int) -> None:
    """Yaw, pitch and roll move the avatar's nose and ears as architecture.md says."""
    pose = retarget(away().turn("head", axis, 20))
    head = world_rotations(pose.rotations)[BONE_INDEX["head"]]
    moved = rot.rotate(head, np.array(point, dtype=np.float64))[component]
    assert moved == pytest.approx(sign * np.sin(np.radians(20)), abs=0.02)


def test_neck_and_head_share_the_turn() -> None:
    """The neck has about 40 % of the head's turn against the chest."""
    pose = retarget(away().turn("head", Y, 40))
    neck, head = (np.degrees(np.linalg.norm(_vector(pose, bone))) for bone in ("neck", "head"))
    assert neck == pytest.approx(16, abs=1)
    assert head == pytest.approx(24, abs=1)


def test_without_a_face_the_head_follows_ears_and_nose() -> None:
    """The body's own head points turn the head too, less exactly."""
    person = Person(distance_m=3.0, camera_height_m=1.45).arms_down().turn("head", Y, 30)
    person.with_face = False
    pose = retarget(person)
    yaw, pitch, roll = rot.yaw_pitch_roll(world_rotations(pose.rotations)[BONE_INDEX["head"]])
    assert np.degrees(yaw) == pytest.approx(30, abs=4)
    assert abs(np.degrees(roll)) < 5
    assert abs(np.degrees(pitch)) < 12
    assert pose.confidence[BONE_INDEX["head"]] > 0.9
    assert pose.face_confidence == 0.0


def test_a_person_cut_at_the_chest_stays_upright() -> None:
    """Hips out of the picture are not believed, however wildly the model places them."""
    tracking = Person(distance_m=0.75, camera_height_m=1.4).arms_down().tracking()
    body = tracking.body
    assert body is not None
    assert body.presence[BODY_INDEX["left_hip"]] < 0.1
    body.world_m[:, 2] -= 0.6 * -body.world_m[:, 1]  # leans 31 degrees towards the lens
    pose = Retargeter(RIG).retarget(tracking)
    up = rot.rotate(world_rotations(pose.rotations)[BONE_INDEX["upperChest"]], Y)
    assert np.degrees(np.arccos(up[1])) < 3.0
    assert pose.confidence[BONE_INDEX["upperChest"]] > 0.9


def test_leaning_is_believed_when_the_legs_are_in_view() -> None:
    """A person seen whole who bows, bows."""
    pose = retarget(away().turn("spine", X, 40))
    up = rot.rotate(world_rotations(pose.rotations)[BONE_INDEX["upperChest"]], Y)
    assert np.degrees(np.arccos(up[1])) == pytest.approx(33, abs=8)


def test_an_arm_that_leaves_the_picture_is_not_observed() -> None:
    """A wrist below the picture's edge takes the confidence of its whole arm with it, and of no other."""
    person = Person(distance_m=1.0, camera_height_m=1.45).arms_down()
    person.turn("rightLowerArm", Y, 140).with_hands = False
    pose = retarget(person)
    names = ("UpperArm", "LowerArm", "Hand", "IndexDistal")
    assert [pose.confidence[BONE_INDEX[f"left{name}"]] for name in names] == [0, 0, 0, 0]
    assert pose.confidence[BONE_INDEX["rightUpperArm"]] > 0.9
    assert pose.confidence[BONE_INDEX["rightHand"]] == 0.0  # the arm is seen, the hand was not found


def test_a_hand_that_looks_like_the_other_one_is_not_believed() -> None:
    """A left hand in the right hand's place has its palm back to front: the hand rests, the arm goes on."""
    tracking = bent().tracking()
    assert tracking.right_hand is not None
    pose = Retargeter(RIG).retarget(replace(tracking, right_hand=replace(tracking.right_hand, right_probability=0.2)))
    assert pose.confidence[BONE_INDEX["rightHand"]] == 0.0
    assert pose.confidence[BONE_INDEX["rightIndexDistal"]] == 0.0
    assert pose.confidence[BONE_INDEX["rightLowerArm"]] > 0.9
    assert pose.confidence[BONE_INDEX["leftHand"]] > 0.9


def test_a_palm_no_arm_can_turn_is_not_believed() -> None:
    """A palm beyond the range of forearm and wrist is a mistaken measurement; the last good one is kept."""
    retargeter = Retargeter(RIG)
    good = retargeter.retarget(bent().turn("rightHand", X, 40).tracking(0))
    bad = retargeter.retarget(bent().turn("rightHand", X, 175).tracking(1))
    assert bad.confidence[BONE_INDEX["rightHand"]] == 0.0
    assert angle_deg(good.rotations[BONE_INDEX["rightHand"]], bad.rotations[BONE_INDEX["rightHand"]]) < 5.0


def test_nothing_tracked_is_a_pose_without_confidence() -> None:
    """An empty picture gives a pose that claims nothing."""
    empty = Tracking(Stamp(3, 5), 640, 480, body=None, left_hand=None, right_hand=None, face=None)
    pose = Retargeter().retarget(empty)
    assert pose.stamp == Stamp(3, 5)
    assert not pose.confidence.any()
    assert pose.face_confidence == 0.0


def test_a_face_alone_turns_the_head() -> None:
    """A close-up without shoulders still moves head, eyes and expression."""
    whole = away().turn("head", Y, 20).tracking()
    pose = Retargeter().retarget(Tracking(whole.stamp, 640, 480, body=None, left_hand=None, right_hand=None, face=whole.face))
    assert np.degrees(rot.yaw_pitch_roll(world_rotations(pose.rotations)[BONE_INDEX["head"]])[0]) == pytest.approx(20, abs=0.5)
    assert pose.confidence[BONE_INDEX["head"]] == 1.0
    assert pose.confidence[BONE_INDEX["hips"]] == 0.0


def test_squatting_bends_the_knees_and_lowers_the_hips() -> None:
    """With the legs in view they are followed, and the feet stay about where the floor is."""
    person = away()
    for side in ("left", "right"):
        person.turn(f"{side}UpperLeg", X, -60).turn(f"{side}LowerLeg", X, 100)
    pose = retarget(person)
    assert np.degrees(_vector(pose, "leftLowerLeg")[0]) == pytest.approx(100, abs=4)
    assert np.degrees(_vector(pose, "rightUpperLeg")[0]) == pytest.approx(-60, abs=4)
    assert joints(pose)["leftFoot"][1] == pytest.approx(RIG.rest_m[BONE_INDEX["leftFoot"]][1], abs=0.05)


@pytest.mark.needs_data
def test_real_squats_go_down_and_up_on_flat_feet(data_folder: Path) -> None:
    """In a recorded set of squats the hips sink and rise, knees bend by a right angle and more, feet stay on the floor."""
    world, pixels = (
        np.array(json.loads((data_folder / "body" / f"pose_squats{kind}.full.json").read_text()), dtype=np.float32)
        for kind in ("_3d", "")
    )
    sure = np.ones(33, dtype=np.float32)
    retargeter, hips, knees, feet = Retargeter(RIG), [], [], []
    for i, (points, px) in enumerate(zip(world, pixels, strict=True)):
        body = BodyTracking(px[:, :3], points[:, :3], sure, sure, 1.0)
        pose = retargeter.retarget(Tracking(Stamp(i, i * 200_000_000), 720, 1280, body, None, None, None))
        hips.append(pose.root_m[1])
        knees.append(np.degrees(_vector(pose, "leftLowerLeg")[0]))
        feet.append(min(joints(pose)[f"{side}Foot"][1] for side in ("left", "right")))
    assert min(hips) < -0.2
    assert max(hips) > -0.05
    assert max(knees) > 80
    assert np.abs(np.array(feet) - RIG.rest_m[BONE_INDEX["leftFoot"]][1]).max() < 0.08


def test_hidden_legs_are_not_observed() -> None:
    """The normal webcam case claims nothing about legs."""
    pose = retarget(Person(distance_m=1.0, camera_height_m=1.4).arms_down())
    assert [pose.confidence[BONE_INDEX[f"left{name}"]] for name in ("UpperLeg", "LowerLeg", "Foot")] == [0, 0, 0]
    assert pose.root_m[1] == pytest.approx(0, abs=1e-6)


def test_swaying_to_the_left_moves_the_avatar_to_its_left_gently() -> None:
    """The figure follows the person's place in the picture, bounded, and a new place becomes the neutral in time."""
    still, moved = Person(camera_height_m=1.4).arms_down(), Person(camera_height_m=1.4, move_m=(0.5, 0, 0)).arms_down()
    retargeter = Retargeter()
    before, after = still.tracking(), moved.tracking()
    for i in range(20):
        retargeter.retarget(replace(before, stamp=Stamp(i, i * 100_000_000)))
    root = [retargeter.retarget(replace(after, stamp=Stamp(i, i * 100_000_000))).root_m[0] for i in range(20, 420)]
    assert 0.03 < root[0] <= 0.07
    assert root[-1] < 0.4 * root[0]


def test_blink_gaze_and_calibration_reach_the_avatar() -> None:
    """A blink closes both lids, the eyes look where the person looks, and the calibrated neutral is taken off."""
    person = away()
    person.gaze_rad = (0.2, 0.1)
    pose = retarget(person)
    yaw, pitch, _ = rot.yaw_pitch_roll(pose.rotations[BONE_INDEX["leftEye"]].astype(np.float64))
    assert (yaw, pitch) == (pytest.approx(0.2, abs=1e-4), pytest.approx(0.1, abs=1e-4))
    person.expression = {EXPRESSION_INDEX["eyeBlinkLeft"]: 0.75, EXPRESSION_INDEX["eyeBlinkRight"]: 0.7}
    closed = retarget(person)
    assert closed.expression[EXPRESSION_INDEX["eyeBlinkLeft"]] > 0.95
    assert closed.expression[EXPRESSION_INDEX["eyeBlinkRight"]] > 0.95
    retargeter = Retargeter()
    head = rot.from_yaw_pitch_roll(0.0, 0.3, 0.0)
    retargeter.calibration = Calibration(head_offset=_matrix(head), gaze_rad=np.array([0.2, 0.1], dtype=np.float32))
    pose = retargeter.retarget(away().turn("head", X, np.degrees(0.3)).tracking())
    assert angle_deg(world_rotations(pose.rotations)[BONE_INDEX["head"]], np.array([0, 0, 0, 1.0])) < 0.5


def test_same_trackings_give_the_same_bytes() -> None:
    """Retargeting depends on nothing but the trackings and their stamps."""
    frames = [away().turn("head", Y, i).turn("leftLowerArm", Y, -3 * i).tracking(i) for i in range(20)]
    first, second = Retargeter(), Retargeter()
    second.retarget(frames[-1])
    second.reset()
    for frame in frames:
        a, b = first.retarget(frame), second.retarget(frame)
        assert a.rotations.tobytes() == b.rotations.tobytes()
        assert a.root_m.tobytes() == b.root_m.tobytes()


def _vector(pose: RigPose, bone: str) -> np.ndarray:
    return quat.log(pose.rotations[BONE_INDEX[bone]].astype(np.float64))


def _matrix(q: np.ndarray) -> np.ndarray:
    return matrices_from_quaternions(q[None].astype(np.float32))[0]


def test_another_avatar_s_rig_is_posed_for_from_the_next_frame_on() -> None:
    """As if it had been there from the start, where the person's place does not matter: thumbs and fingers."""
    longer = replace(RIG, rest_m=(RIG.rest_m * 1.2).astype(np.float32))
    changed, fresh = Retargeter(RIG), Retargeter(longer)
    assert changed._leg_m != fresh._leg_m
    changed.fit(longer)
    assert (changed._leg_m, changed._thumb) == (fresh._leg_m, fresh._thumb)
