"""The conversions between our keypoints and those of COCO, COCO-WholeBody, OpenPose and iBUG."""

from pathlib import Path

import numpy as np
import pytest
from whole_bodies import whole_body

from trackers import keypoint_sets as sets
from trackers import keypoint_tables as tables
from trackers.skeleton import BODY_INDEX, BODY_NAMES
from trackers.types import BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

RNG = np.random.default_rng(7)


def some_tracking(width_px: int = 640, height_px: int = 480) -> Tracking:
    """A tracking in which every keypoint has a place and a confidence of its own, all inside the picture."""

    def spread(count: int) -> np.ndarray:
        return (RNG.uniform(0.1, 0.9, (count, 3)) * [width_px, height_px, 50]).astype(np.float32)

    body = BodyTracking(
        keypoints_px=spread(33),
        world_m=np.zeros((33, 3), np.float32),
        visibility=np.linspace(0.5, 0.9, 33, dtype=np.float32),
        presence=np.ones(33, np.float32),
        score=0.9,
    )
    left, right = (HandTracking(spread(21), np.zeros((21, 3), np.float32), score, 0.5) for score in (0.8, 0.7))
    face = FaceTracking(
        keypoints_px=spread(478),
        camera_from_head=np.eye(3, dtype=np.float32),
        head_position_m=np.zeros(3, np.float32),
        gaze_rad=np.zeros(2, np.float32),
        expression=np.zeros(52, np.float32),
        score=0.95,
    )
    return Tracking(Stamp(0, 0), width_px, height_px, body, left, right, face)


def test_tables_have_the_published_sizes() -> None:
    """Each set has as many points as its documentation says, none twice."""
    assert len(set(tables.COCO_NAMES)) == 17
    assert len(set(tables.BODY_25_NAMES)) == 25
    assert len(set(tables.OPENPOSE_18_NAMES)) == 18
    assert len(set(tables.COCO_FEET)) == 6
    assert len(set(tables.IBUG_FROM_MESH)) == 68
    assert set(tables.TWINS.values()) <= set(BODY_NAMES)
    parts = (tables.WHOLEBODY_BODY, tables.WHOLEBODY_FEET, tables.WHOLEBODY_FACE)
    hands = (tables.WHOLEBODY_LEFT_HAND, tables.WHOLEBODY_RIGHT_HAND)
    assert [i for part in (*parts, *hands) for i in range(133)[part]] == list(range(133))


def test_places_in_body_25_are_openposes() -> None:
    """Spot checks against OpenPose's list, sides included."""
    known = {0: "nose", 1: "neck", 4: "right_wrist", 7: "left_wrist", 8: "mid_hip", 11: "right_ankle", 14: "left_ankle"}
    known |= {15: "right_eye", 18: "left_ear", 19: "left_big_toe", 21: "left_heel", 22: "right_big_toe", 24: "right_heel"}
    assert {index: tables.BODY_25_NAMES[index] for index in known} == known


def test_every_point_of_a_set_is_our_twin_of_it() -> None:
    """Bodies, feet, hands and face stand where the set wants them, with their own confidence."""
    tracking = some_tracking()
    points = sets.points_of(tracking)
    body, whole = tracking.body, whole_body(points)
    assert body is not None
    assert tracking.left_hand is not None
    for index, name in enumerate(tables.COCO_NAMES):
        assert whole[index] == pytest.approx([*body.keypoints_px[BODY_INDEX[name], :2], body.visibility[BODY_INDEX[name]]])
    assert whole[17, :2] == pytest.approx(body.keypoints_px[BODY_INDEX["left_foot_index"], :2])
    assert whole[22, :2] == pytest.approx(body.keypoints_px[BODY_INDEX["right_heel"], :2])
    assert whole[91:112, :2] == pytest.approx(tracking.left_hand.keypoints_px[:, :2])
    assert whole[112:, 2] == pytest.approx(0.7)
    assert np.array_equal(whole[23:91], sets.ibug_68(points))
    assert np.array_equal(sets.coco_17(points), whole[:17])


def test_middles_are_as_sure_as_the_less_sure_side() -> None:
    """OpenPose's neck and mid-hip lie between shoulders and hips."""
    tracking = some_tracking()
    body = tracking.body
    assert body is not None
    neck = sets.body_25(sets.points_of(tracking))[1]
    left, right = BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]
    assert neck[:2] == pytest.approx(body.keypoints_px[[left, right], :2].mean(axis=0))
    assert neck[2] == pytest.approx(min(body.visibility[left], body.visibility[right]))


def test_what_is_not_known_is_zero() -> None:
    """No part, a point outside the picture, a middle with one side missing, and small toes: all (0, 0, 0)."""
    whole = some_tracking()
    assert whole.body is not None
    whole.body.keypoints_px[BODY_INDEX["left_shoulder"]] = [-3.0, 100.0, 0.0]
    tracking = Tracking(Stamp(0, 0), 640, 480, whole.body, None, whole.right_hand, None)
    points = sets.points_of(tracking)
    body = sets.body_25(points)
    for index in (tables.BODY_25_NAMES.index(name) for name in ("left_shoulder", "neck", "left_small_toe", "right_small_toe")):
        assert body[index].tolist() == [0, 0, 0]
    assert not points.left_hand.any()
    assert not points.face.any()
    nobody = sets.points_of(Tracking(Stamp(0, 0), 640, 480, None, None, None, None))
    assert not whole_body(nobody).any()


def test_there_and_back_keeps_all_that_the_set_knows() -> None:
    """A person written as BODY_25 with hands and face, or as whole body, reads back to the same points."""
    points = sets.points_of(some_tracking())
    openpose = sets.points_from_openpose(
        sets.body_25(points), left_hand=points.left_hand, right_hand=points.right_hand, face=points.face
    )
    whole = sets.points_from_wholebody(whole_body(points))
    for again in (openpose, whole):
        assert np.array_equal(whole_body(again), whole_body(points))
    assert np.array_equal(openpose.face, points.face)
    assert not whole.face[68:].any()
    assert np.array_equal(openpose.body[BODY_INDEX["left_index"]], points.left_hand[5])
    assert np.array_equal(openpose.body[BODY_INDEX["mouth_left"]], points.face[54])
    bare = sets.points_from_coco(sets.coco_17(points))
    assert np.array_equal(sets.coco_17(bare), sets.coco_17(points))
    assert (bare.body[:, 2] > 0).sum() == 17


def test_openposes_older_body_is_read() -> None:
    """18 points are told from 25 by their number."""
    points = sets.points_of(some_tracking())
    eighteen = np.stack([sets.body_25(points)[tables.BODY_25_NAMES.index(name)] for name in tables.OPENPOSE_18_NAMES])
    again = sets.points_from_openpose(eighteen)
    assert np.array_equal(sets.coco_17(again), sets.coco_17(points))


@pytest.mark.needs_data
def test_face_table_is_symmetric_on_the_canonical_face(data_folder: Path) -> None:
    """Mirroring the canonical face maps each of the 68 points onto its twin, and the order runs as iBUG draws it."""
    lines = (data_folder / "face" / "canonical_face_model.obj").read_text().splitlines()
    mesh = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], dtype=np.float64)
    points = mesh[list(tables.IBUG_FROM_MESH)]
    twin = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    twin += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    twin += [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
    assert np.abs(points[twin] * [-1, 1, 1] - points).max() < 0.01
    x, y = points[:, 0], points[:, 1]
    assert (np.diff(x[:17]) > 0).all()  # from the own right (-x) to the left
    assert (np.diff(y[27:31]) < 0).all()  # down the nose
    assert y[37] > y[41]  # upper lid before the lower
    assert y[51] > y[62] > y[66] > y[57]
    lengths = np.linalg.norm(np.diff(points[:17], axis=0), axis=1)
    assert lengths.max() < 2.2 * lengths.min()
