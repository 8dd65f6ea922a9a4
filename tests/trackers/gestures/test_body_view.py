"""The geometry that poses are judged by: right for known angles, the same wherever and however large a person is."""

from dataclasses import replace

import numpy as np
import pytest
from people import DESK, FAR, Arm, Camera, Pose, look_at

from trackers.gestures.body_view import BodyView, view_body
from trackers.types import BodyTracking


def body_of(pose: Pose, camera: Camera = FAR) -> BodyTracking:
    body = look_at(pose, camera=camera).tracking.body
    assert body is not None
    return body


def view_of(pose: Pose, camera: Camera = FAR) -> BodyView:
    return view_body(body_of(pose, camera))


def numbers(view: BodyView) -> list[float]:
    out = [*view.head, view.torso, view.trunk_deg / 90, view.slope_deg / 90]
    for arm in view.arms.values():
        out += [*arm.elbow, *arm.wrist, *arm.hand, arm.upper.raised_deg / 90, arm.fore.raised_deg / 90, arm.elbow_deg / 90]
    return out


def test_angles_are_those_of_the_joints() -> None:
    """Arms in the picture's plane are seen at their true angles, each to its own side."""
    view = view_of(Pose(left=Arm(90, 0, 180), right=Arm(30)), replace(FAR, away_m=8.0))
    left, right = view.arms["left"], view.arms["right"]
    assert left.upper.raised_deg == pytest.approx(90, abs=2)
    assert left.upper.out == pytest.approx(1, abs=0.02)
    assert left.fore.raised_deg == pytest.approx(180, abs=2)
    assert left.elbow_deg == pytest.approx(90, abs=2)
    assert right.upper.raised_deg == pytest.approx(30, abs=2)
    assert right.elbow_deg == pytest.approx(180, abs=2)
    assert right.wrist[0] > right.elbow[0] > 0.5


def test_place_and_size_in_the_picture_do_not_matter() -> None:
    """Shifted and twice as large, every number stays."""
    body = body_of(Pose(left=Arm(100), right=Arm(40, 20)))
    moved = replace(body, keypoints_px=(body.keypoints_px * 2 + np.array([70, -30, 0])).astype(np.float32))
    assert np.allclose(numbers(view_body(body)), numbers(view_body(moved)), atol=1e-3)


def test_a_person_seen_from_behind_keeps_left_and_right() -> None:
    """Each arm still points out to its own side."""
    view = view_of(Pose(left=Arm(90), right=Arm(20), turn_deg=180))
    assert view.arms["left"].wrist[0] > 1.5
    assert 0.5 < view.arms["right"].wrist[0] < 1.2


@pytest.mark.parametrize("turn_deg", [-20, 20])
def test_a_small_turn_changes_little(turn_deg: float) -> None:
    """Turned by 20 degrees, level arms are still level, and places move by less than a quarter of the shoulders."""
    straight, turned = (view_of(Pose(left=Arm(90), right=Arm(90), turn_deg=deg)) for deg in (0, turn_deg))
    for side in ("left", "right"):
        one, other = straight.arms[side], turned.arms[side]
        assert other.upper.raised_deg == pytest.approx(one.upper.raised_deg, abs=6)
        assert np.allclose(one.wrist, other.wrist, atol=0.25)


def test_leaning_has_its_sign_by_the_person() -> None:
    """Both the trunk's and the shoulders' angle are positive to the person's left."""
    view = view_of(Pose(lean_deg=20))
    assert view.trunk_deg == pytest.approx(20, abs=2)
    assert view.slope_deg == pytest.approx(20, abs=2)


def test_arms_are_told_in_the_frame_of_a_leaning_trunk() -> None:
    """A T pose that leans is a T pose."""
    view = view_of(Pose(left=Arm(90), right=Arm(90), lean_deg=15))
    for arm in view.arms.values():
        assert arm.upper.raised_deg == pytest.approx(90, abs=3)


def test_what_is_out_of_the_picture_is_not_seen() -> None:
    """At a desk the hips are guessed, and a wrist above the picture is too."""
    view = view_of(Pose(left=Arm(175)), DESK)
    assert view.hips_seen == 0.0
    assert view.arms["left"].seen == 0.0
    assert view.arms["left"].upper_seen > 0.9 or view.arms["left"].elbow[1] > 0.5
    assert view.shoulders_seen == 1.0


def test_an_arm_that_points_at_the_lens_is_short_and_near() -> None:
    """Its length in the picture is small, its guessed reach is not."""
    arm = view_of(Pose(left=Arm(90, 90))).arms["left"]
    assert arm.upper.length < 0.3
    assert arm.reach_m == pytest.approx(0.53, abs=0.05)


def test_points_that_all_lie_in_one_place_are_answered() -> None:
    """A body without any extent gives finite numbers."""
    body = body_of(Pose())
    flat = replace(body, keypoints_px=np.full_like(body.keypoints_px, 5), world_m=np.zeros_like(body.world_m))
    assert np.isfinite(numbers(view_body(flat))).all()
