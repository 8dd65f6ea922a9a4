"""Points without depth lifted into a person: held against recorded trackings that have depth."""

import math
from pathlib import Path

import numpy as np
import pytest

from trackers import keypoint_sets as sets
from trackers.geometry import head_angles
from trackers.keypoint_lift import TORSO_M, lift, lift_body, missing_depth
from trackers.keypoint_sets import Points
from trackers.recording import read_pcast
from trackers.skeleton import BODY_INDEX
from trackers.types import Stamp, Tracking

DEMO = Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast"


def facing_person() -> np.ndarray:
    """(33, 3) someone who faces the lens at 500 px a metre, arms hanging, whole; the left side is on the image's right."""
    points = sets.empty(33)
    places = {"shoulder": (0.17, -0.48), "elbow": (0.2, -0.23), "wrist": (0.2, 0.0), "hip": (0.1, 0.0), "knee": (0.1, 0.35)}
    places |= {"ankle": (0.1, 0.73), "ear": (0.075, -0.66), "eye": (0.035, -0.69)}
    for name, (x, y) in places.items():
        for side, sign in (("left", 1), ("right", -1)):
            points[BODY_INDEX[f"{side}_{name}"]] = [320 + 500 * sign * x, 400 + 500 * y, 0.9]
    points[BODY_INDEX["nose"]] = [320, 400 - 500 * 0.645, 0.9]
    return points


def as_openpose(tracking: Tracking) -> Points:
    """The tracking as OpenPose would have seen it."""
    points = sets.points_of(tracking)
    return sets.points_from_openpose(
        sets.body_25(points), left_hand=points.left_hand, right_hand=points.right_hand, face=points.face
    )


def lifted(tracking: Tracking) -> Tracking:
    return lift(as_openpose(tracking), stamp=tracking.stamp, width_px=tracking.width_px, height_px=tracking.height_px)


@pytest.fixture(scope="module")
def recorded() -> list[Tracking]:
    """Every fifth tracking of the built-in performance."""
    return list(read_pcast(DEMO))[::5]


def test_facing_person_has_the_bodys_size_and_lies_in_the_plane() -> None:
    """Metres follow from the shoulders, the origin is between the hips, and only the head stands out."""
    body = lift_body(facing_person())
    assert body is not None
    world = body.world_m
    hips = world[[BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]]
    assert np.abs(hips.mean(axis=0)).max() < 1e-6
    assert world[BODY_INDEX["left_shoulder"]] == pytest.approx([0.17, -0.48, 0], abs=1e-3)
    assert world[BODY_INDEX["right_wrist"]] == pytest.approx([-0.2, 0, 0], abs=1e-3)
    assert world[BODY_INDEX["nose"], 2] < -0.1
    assert np.abs(world[[BODY_INDEX["left_ear"], BODY_INDEX["right_ear"]], 2]).max() < 1e-6
    known = facing_person()[:, 2] > 0
    assert np.abs(body.keypoints_px[known, :2] - facing_person()[known, :2]).max() < 0.01


def test_what_was_not_measured_is_unseen() -> None:
    """Visibility and presence are 0 for every point that is missing, and the numbers stay finite."""
    points = facing_person()
    points[BODY_INDEX["left_hip"]] = 0
    points[BODY_INDEX["right_elbow"]] = 0
    body = lift_body(points)
    assert body is not None
    missing = points[:, 2] == 0
    assert not body.visibility[missing].any()
    assert not body.presence[missing].any()
    assert (body.presence[~missing] == 1).all()
    assert np.isfinite(body.world_m).all()
    shoulders = body.world_m[[BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]]]
    assert shoulders[:, 1] == pytest.approx(-TORSO_M, abs=1e-3)  # without hips the torso has its usual length


def test_without_shoulders_there_is_no_body() -> None:
    """One shoulder gives no scale."""
    points = facing_person()
    points[BODY_INDEX["left_shoulder"]] = 0
    assert lift_body(points) is None
    assert lift_body(sets.empty(33)) is None


def test_short_limbs_point_at_the_lens_and_shins_away() -> None:
    """A forearm that looks half as long reaches towards the lens by what its length lacks; knees bend forward."""
    points = facing_person()
    points[BODY_INDEX["left_wrist"], :2] = points[BODY_INDEX["left_elbow"], :2] + [0, -20]
    for side in ("left", "right"):
        points[BODY_INDEX[f"{side}_knee"], 1] -= 120
        points[BODY_INDEX[f"{side}_ankle"], 1] -= 180
    body = lift_body(points)
    assert body is not None
    depth = body.world_m[:, 2]
    assert depth[BODY_INDEX["left_wrist"]] == pytest.approx(-missing_depth(0.235, 0.04), abs=1e-4)
    assert depth[BODY_INDEX["right_wrist"]] == 0
    assert depth[BODY_INDEX["left_knee"]] < -0.2
    assert depth[BODY_INDEX["left_ankle"]] > depth[BODY_INDEX["left_knee"]] + 0.1


def test_wrist_before_the_chest_is_in_front_of_it() -> None:
    """A wrist that covers the trunk cannot be in it; one beside it stays in the plane, and between them nothing jumps."""
    depths = []
    for x_px in range(320, 480, 4):
        points = facing_person()
        points[BODY_INDEX["left_elbow"], :2] = [x_px + 100, 280]
        points[BODY_INDEX["left_wrist"], :2] = [x_px, 280]
        body = lift_body(points)
        assert body is not None
        depths.append(float(body.world_m[BODY_INDEX["left_wrist"], 2]))
        assert body.world_m[BODY_INDEX["left_elbow"], 2] <= depths[-1] / 2 + 1e-6
    assert depths[0] == pytest.approx(-0.25)
    assert depths[-1] == pytest.approx(-missing_depth(0.235, 0.2))
    assert np.abs(np.diff(depths)).max() < 0.03


def test_missing_depth_is_pythagoras_with_slack() -> None:
    """Nothing is missing from a limb that looks nearly as long as it is."""
    assert missing_depth(0.5, 0.46) == 0
    assert missing_depth(0.5, 0.0) == pytest.approx(0.45)
    assert missing_depth(0.5, 0.27) == pytest.approx(math.sqrt(0.45**2 - 0.27**2))


@pytest.mark.parametrize(("hidden", "way"), [("left_ear", 1), ("right_ear", -1)])
def test_profile_turns_the_head_to_the_hidden_ears_side(hidden: str, way: int) -> None:
    """One ear seen and the nose far on the other side: the head is turned well over half of a right angle, nose first."""
    points = facing_person()
    points[BODY_INDEX[hidden]] = 0
    ear = BODY_INDEX["right_ear" if hidden == "left_ear" else "left_ear"]
    points[ear, :2] = [320, 70]
    points[BODY_INDEX["nose"], :2] = [320 + way * 60, 75]
    body = lift_body(points)
    assert body is not None
    left, right = body.world_m[BODY_INDEX["left_ear"]], body.world_m[BODY_INDEX["right_ear"]]
    nose = body.world_m[BODY_INDEX["nose"]] - (left + right) / 2
    yaw_deg = math.degrees(math.atan2(nose[0], -nose[2]))
    assert 50 < way * yaw_deg < 100
    assert np.linalg.norm(left - right) == pytest.approx(0.15, abs=1e-3)
    assert body.visibility[BODY_INDEX[hidden]] == 0


def test_recorded_heads_turn_as_they_did(recorded: list[Tracking]) -> None:
    """Yaw, pitch and roll from 68 points follow those of the whole mesh: median within 3 degrees, all within 10."""
    pairs = [(t.face, lifted(t).face) for t in recorded if t.face is not None]
    turns = [
        np.degrees(np.subtract(head_angles(theirs.camera_from_head), head_angles(ours.camera_from_head)))
        for ours, theirs in pairs
        if theirs is not None
    ]
    assert len(turns) > 0.95 * len(pairs)
    assert np.median(np.abs(turns), axis=0).max() < 3
    assert np.abs(turns).max() < 10


def test_recorded_hands_point_where_they_did(recorded: list[Tracking]) -> None:
    """Of a hand's length and of its palm's normal the median is bounded; flat hands pointing at the lens would be far off."""
    along, normal = [], []
    for tracking in recorded:
        again = lifted(tracking)
        for ours, theirs in ((tracking.left_hand, again.left_hand), (tracking.right_hand, again.right_hand)):
            if ours is None or theirs is None or ours.score < 0.7:
                continue
            palms = [hand.world_m[[5, 9, 17]].astype(np.float64) - hand.world_m[0] for hand in (ours, theirs)]
            along.append(_angle_deg(*(palm[1] for palm in palms)))
            normal.append(_angle_deg(*(np.cross(palm[0], palm[2]) for palm in palms)))
    assert len(along) > 60
    assert np.median(along) < 16
    assert np.median(normal) < 25


def _angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return math.degrees(math.acos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


def test_recorded_eyes_blink_and_brows_rise_with_them(recorded: list[Tracking]) -> None:
    """Coefficients from 68 points rise and fall with the model's own."""
    names = {"eyeBlinkLeft": 8, "eyeBlinkRight": 9, "browInnerUp": 2}
    pairs = [(t.face, lifted(t).face) for t in recorded if t.face is not None]
    for name, index in names.items():
        ours = [a.expression[index] for a, b in pairs if b is not None]
        theirs = [b.expression[index] for a, b in pairs if b is not None]
        assert np.corrcoef(ours, theirs)[0, 1] > 0.8, name


def test_recorded_mesh_lies_where_it_was(recorded: list[Tracking]) -> None:
    """The points that were measured are kept, and the rest of the mesh lies by the nearest of them."""
    tracking = next(t for t in recorded if t.face is not None)
    face = lifted(tracking).face
    assert face is not None
    assert tracking.face is not None
    points = sets.points_of(tracking).face
    assert np.abs(sets.points_of(lifted(tracking)).face[27:68, :2] - points[27:68, :2]).max() < 0.01
    away = np.linalg.norm(face.keypoints_px[:, :2] - tracking.face.keypoints_px[:, :2], axis=1)
    width = np.ptp(points[:17, 0])
    assert np.percentile(away, 75) < 0.15 * width


def test_points_that_fall_together_are_no_face() -> None:
    """A detector that says one place for all of them gives no face, and a hand and a body whose numbers are finite."""
    points = np.tile(np.array([100.0, 100.0, 0.9], dtype=np.float32), (133, 1))
    found = lift(sets.points_from_wholebody(points), stamp=Stamp(0, 0), width_px=640, height_px=480)
    assert found.face is None
    assert found.body is not None
    assert found.left_hand is not None
    assert np.isfinite(found.body.keypoints_px).all()
    assert np.isfinite(found.left_hand.world_m).all()


def test_half_a_face_is_no_face(recorded: list[Tracking]) -> None:
    """With the nose gone, or nearly all gone, nothing is made up."""
    tracking = next(t for t in recorded if t.face is not None)
    points = as_openpose(tracking)
    points.face[27:36] = 0
    assert lift(points, stamp=Stamp(0, 0), width_px=640, height_px=480).face is None
