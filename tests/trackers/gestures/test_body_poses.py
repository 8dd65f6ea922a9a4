"""Poses of the body: told for many made-up people, for the motions and clips that hold them, and not for the rest."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from made_poses import MAKERS, everyday, made
from people import FAR, Arm, Pose, look_at

from trackers.engine import TrackerSettings, open_tracker
from trackers.gestures.body_poses import POSES, SPECS, BodyPoses
from trackers.gestures.types import Look
from trackers.skeleton import BODY_INDEX
from trackers.types import Frame

ENTER = {spec.name: spec.enter for spec in SPECS}


def told(look: Look) -> set[str]:
    return {name for name, reading in BodyPoses().push(look).items() if reading.confidence >= ENTER[name]}


def test_every_pose_has_its_spec_in_order() -> None:
    """The detector's names, the poses and the specs are the same list, and each is judged by the body."""
    assert BodyPoses().names == tuple(POSES) == tuple(spec.name for spec in SPECS) == tuple(MAKERS)
    assert all(spec.parts == ("body",) for spec in SPECS)


@pytest.mark.parametrize("name", list(MAKERS))
def test_made_up_people_are_told(name: str) -> None:
    """Of 80 people of other builds, cameras, turns and noise nine in ten are told; hardly anything else is told of them."""
    rng = np.random.default_rng(11)
    answers = [told(made(name, rng)) for _ in range(80)]
    assert sum(name in answer for answer in answers) >= 72
    assert sum(bool(answer - {name}) for answer in answers) <= 2


def test_everyday_movements_are_no_pose() -> None:
    """Typing, talking, waving, reaching: of 200 looks at most 3 tell anything."""
    rng = np.random.default_rng(12)
    answers = [told(everyday(rng)) for _ in range(200)]
    assert sum(bool(answer) for answer in answers) <= 3


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_arm_is_raised_by_an_elbow_as_high_as_the_shoulder(side: str) -> None:
    """A webcam may not see over the head. A hand at the brow salutes, and who waves keeps the elbow lower."""

    def of(arm: Arm) -> set[str]:
        return told(look_at(Pose(left=arm) if side == "left" else Pose(right=arm), camera=FAR))

    assert of(Arm(150)) == of(Arm(92, 0, 175)) == of(Arm(84, 0, 172)) == {f"{side}_arm_raised"}
    assert of(Arm(92, 0, 140, 180)) == of(Arm(65, 0, 172)) == set()


@pytest.mark.parametrize(
    ("name", "hidden"), [("t_pose", "left_wrist"), ("arms_up", "right_wrist"), ("hands_on_hips", "left_elbow")]
)
def test_a_point_that_is_not_visible_makes_its_poses_unlikely(name: str, hidden: str) -> None:
    """The same body, but one point is guessed: nothing is told."""
    pose = {"t_pose": Pose(left=Arm(90), right=Arm(90)), "arms_up": Pose(left=Arm(160), right=Arm(160))}.get(name, Pose())
    assert name not in told(look_at(pose, camera=FAR, hidden=(hidden,)))
    if name != "hands_on_hips":
        assert told(look_at(pose, camera=FAR)) == {name}


@pytest.mark.parametrize("name", ["arms_crossed", "hands_together", "left_arm_raised", "arms_up", "t_pose", "dab_left"])
def test_poses_need_no_hips(name: str) -> None:
    """With hips and legs hidden, as at a desk, they are told all the same."""
    rng = np.random.default_rng(13)
    legs = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    count = 0
    for _ in range(40):
        look = made(name, rng)
        body = look.tracking.body
        assert body is not None
        body.visibility[[BODY_INDEX[leg] for leg in legs]] = 0.05
        count += name in told(look)
    assert count >= 35


def test_a_lunge_with_level_arms_is_no_t_pose() -> None:
    """Yoga's warrior: the feet far apart and one knee bent."""
    look = look_at(Pose(left=Arm(90), right=Arm(90)), camera=FAR)
    body = look.tracking.body
    assert body is not None
    assert told(look) == {"t_pose"}
    points = body.keypoints_px.copy()
    for name, (x, y) in {"left_ankle": (150, 0), "right_ankle": (-90, 0), "left_knee": (-10, -10)}.items():
        points[BODY_INDEX[name], :2] += (x, y)
    lunge = replace(look.tracking, body=replace(body, keypoints_px=points))
    assert told(replace(look, tracking=lunge)) == set()


def test_points_that_are_no_numbers_are_answered() -> None:
    """Even then readings are finite."""
    look = look_at(Pose())
    assert look.tracking.body is not None
    look.tracking.body.keypoints_px[:] = np.nan
    assert all(reading.confidence == 0.0 for reading in BodyPoses().push(look).values())


@pytest.mark.needs_data
def test_a_president_crosses_his_arms(models: None, read_picture: Callable[[str], Frame]) -> None:
    """The portrait among the test data shows crossed arms, and nothing else is told of it."""
    with open_tracker(TrackerSettings()) as tracker:
        tracking = tracker.track(read_picture("face/portrait.jpg"))
    parts = frozenset({"body", "face"})
    assert told(Look(tracking, parts, parts)) == {"arms_crossed"}


@pytest.mark.needs_data
def test_squats_are_no_pose_but_hands_that_meet(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Two squats, every third picture: the only thing told is that the hands meet before the chest."""
    names: set[str] = set()
    with open_tracker(TrackerSettings()) as tracker:
        for frame in read_clip("body/pose_squats.mp4", step=3):
            tracking = tracker.track(frame)
            names |= told(Look(tracking, frozenset({"body"}), frozenset({"body"})))
    assert names <= {"hands_together"}
