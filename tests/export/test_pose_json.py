"""What one tracking becomes in each format."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.pose_json import coco_result, openpose_frame, posecast_frame
from trackers import keypoint_sets as sets
from trackers.recording import read_pcast
from trackers.types import Stamp, Tracking

DEMO = Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast"
NOBODY = Tracking(Stamp(3, 100_000_000), 640, 480, None, None, None, None)


@pytest.fixture(scope="module")
def tracking() -> Tracking:
    """A tracking of the built-in performance with every part in it."""
    parts = ("body", "left_hand", "right_hand", "face")
    return next(t for t in read_pcast(DEMO) if all(getattr(t, part) is not None for part in parts))


def rows(flat: list[float]) -> np.ndarray:
    """x, y, confidence, x, … as (N, 3)."""
    return np.array(flat).reshape(-1, 3)


def test_openpose_holds_the_points_of_the_set(tracking: Tracking) -> None:
    """Version, person, lengths and values are those of OpenPose 1.3."""
    frame = json.loads(json.dumps(openpose_frame(tracking)))
    assert (frame["version"], frame["canvas_width"], frame["canvas_height"]) == (1.3, 640, 480)
    (person,) = frame["people"]
    assert person["person_id"] == [-1]
    points = sets.points_of(tracking)
    for name, expected in (
        ("pose_keypoints_2d", sets.body_25(points)),
        ("face_keypoints_2d", points.face),
        ("hand_left_keypoints_2d", points.left_hand),
        ("hand_right_keypoints_2d", points.right_hand),
    ):
        assert np.abs(rows(person[name]) - expected).max() < 1e-3
        assert person[name.replace("2d", "3d")] == []
    assert len(person["pose_keypoints_2d"]) == 75
    assert len(person["face_keypoints_2d"]) == 210


def test_coco_result_has_all_fields(tracking: Tracking) -> None:
    """The five lists of COCO-WholeBody with image, category and score."""
    result = json.loads(json.dumps(coco_result(tracking, image_id=397133)))
    assert (result["image_id"], result["category_id"]) == (397133, 1)
    lengths = {key: len(value) // 3 for key, value in result.items() if isinstance(value, list)}
    assert lengths == {"keypoints": 17, "foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}
    points = sets.points_of(tracking)
    wanted = (sets.coco_17(points), sets.coco_feet(points), sets.ibug_68(points), points.left_hand, points.right_hand)
    for key, expected in zip(lengths, wanted, strict=True):
        assert np.abs(rows(result[key]) - expected).max() < 1e-3
    assert result["score"] == pytest.approx(tracking.body.score, abs=1e-4)  # type: ignore[union-attr]


def test_posecast_holds_everything(tracking: Tracking) -> None:
    """World landmarks, head, gaze and named expression are there, to their stated digits."""
    frame = json.loads(json.dumps(posecast_frame(tracking)))
    assert tracking.body is not None
    assert tracking.face is not None
    assert np.abs(np.array(frame["body"]["world_m"]) - tracking.body.world_m).max() <= 0.51e-4
    assert np.abs(np.array(frame["face"]["keypoints_px"]) - tracking.face.keypoints_px).max() <= 0.51e-2
    assert len(frame["face"]["expression"]) == 52
    assert frame["face"]["expression"]["jawOpen"] == pytest.approx(float(tracking.face.expression[24]), abs=1e-4)
    assert np.radians(frame["face"]["gaze_deg"]) == pytest.approx(tracking.face.gaze_rad, abs=2e-4)
    assert len(frame["left_hand"]["keypoints_px"]) == 21
    rested = replace(tracking, predicted=frozenset({"face", "body"}))
    assert posecast_frame(rested)["predicted"] == ["body", "face"]


def test_nobody_is_nobody_in_each() -> None:
    """An empty frame stays a frame where formats have frames, and is left out of COCO's results."""
    assert openpose_frame(NOBODY)["people"] == []
    assert coco_result(NOBODY, image_id=3) is None
    assert posecast_frame(NOBODY) == {
        "seq": 3, "time_s": 0.1, "body": None, "left_hand": None, "right_hand": None, "face": None, "predicted": [],
    }  # fmt: skip
