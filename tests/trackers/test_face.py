"""The face against the published expectations of the portrait, and head turns against the turning-head clip."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from head_turns import head_rotation

from trackers.detector import FACE, Detector
from trackers.face import FaceEstimate, FaceModel, expression_from_coefficients, region_from_detection
from trackers.face_model import fit_head, gaze, head_position
from trackers.geometry import head_angles, whole_picture
from trackers.interpreter import open_session
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Frame


@pytest.fixture(scope="module")
def face(models: None) -> FaceModel:
    return FaceModel.open(threads=2)


@pytest.fixture(scope="module")
def portrait(face: FaceModel, read_picture: Callable[[str], Frame]) -> FaceEstimate:
    image = read_picture("face/portrait.jpg").image
    finder = Detector(FACE, open_session(FACE.asset, member=FACE.member))
    return face.find(image, region_from_detection(finder.find(image, whole_picture(820, 1024))[0]))


@pytest.mark.needs_data
def test_keypoints_agree_with_the_published_portrait(portrait: FaceEstimate, data_folder: Path) -> None:
    """478 points, on average within 2 px of a face 250 px wide."""
    text = (data_folder / "face" / "portrait_expected_face_landmarks.pbtxt").read_text()
    wanted = np.array(re.findall(r"x: ([-\d.e]+)\s+y: ([-\d.e]+)", text), dtype=float) * [820, 1024]
    assert wanted.shape == (478, 2)
    gaps = np.hypot(*(portrait.keypoints_px[:, :2] - wanted).T)
    assert gaps.mean() < 2.0
    assert portrait.score > 0.99


@pytest.mark.needs_data
def test_expression_agrees_with_the_published_portrait(face: FaceModel, portrait: FaceEstimate, data_folder: Path) -> None:
    """Every one of the 51 coefficients that the model has, by name: no two can have changed places."""
    tracking = face.read(portrait, width_px=820, height_px=1024)
    text = (data_folder / "face" / "portrait_expected_blendshapes.pbtxt").read_text()
    wanted = {name: float(score) for score, name in re.findall(r'score: ([-\d.e]+)\s+label: "(\w+)"', text)}
    del wanted["_neutral"]
    assert len(wanted) == 51
    gaps = {name: abs(score - float(tracking.expression[EXPRESSION_INDEX[name]])) for name, score in wanted.items()}
    assert max(gaps.values()) < 0.15, max(gaps.items(), key=lambda item: item[1])
    assert tracking.expression[EXPRESSION_INDEX["tongueOut"]] == 0


@pytest.mark.needs_data
def test_a_straight_look_is_straight(face: FaceModel, portrait: FaceEstimate) -> None:
    """The portrait faces the lens: every angle of head and gaze is small, and the head is a few decimetres away."""
    tracking = face.read(portrait, width_px=820, height_px=1024)
    assert np.abs(np.degrees(head_angles(tracking.camera_from_head))).max() < 6
    assert np.abs(np.degrees(tracking.gaze_rad)).max() < 10
    assert 0.3 < tracking.head_position_m[2] < 1.5
    assert np.linalg.det(tracking.camera_from_head) == pytest.approx(1, abs=1e-4)


@pytest.mark.needs_data
@pytest.mark.parametrize("angles", [(0.4, 0, 0), (0, -0.3, 0), (0.2, 0.3, -0.5)])
def test_head_pose_is_recovered_from_a_posed_canonical_face(face: FaceModel, angles: tuple[float, float, float]) -> None:
    """The canonical face, turned, scaled to pixels and moved, gives its angles and its place back."""
    canonical = face._canonical
    points = np.zeros((478, 3), dtype=np.float32)
    points[canonical.basis] = 12.0 * canonical.points_cm @ head_rotation(*angles).T + [320, 240, 0]
    fit = fit_head(points, canonical)
    np.testing.assert_allclose(head_angles(fit.rotation), angles, atol=1e-3)
    np.testing.assert_allclose(head_position(fit, width_px=640, height_px=480), [0, 0, 0.48], atol=1e-3)


@pytest.mark.needs_data
def test_gaze_turns_with_the_iris(face: FaceModel, portrait: FaceEstimate) -> None:
    """Irises moved image-right look to the person's left (+yaw), moved down look down (+pitch); shut eyes say nothing."""
    points = portrait.keypoints_px
    fit = fit_head(points, face._canonical)
    neutral = np.zeros(52, dtype=np.float32)
    before = gaze(points, fit, neutral)
    for axis in (0, 1):
        moved = points.copy()
        moved[468:, axis] += 0.4 * fit.scale  # 4 mm
        step = gaze(moved, fit, neutral) - before
        assert step[axis] > 0.25
        assert abs(step[1 - axis]) < 0.1
    shut = neutral.copy()
    shut[[EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]] = 1.0
    assert np.abs(gaze(points, fit, shut)).max() < 0.02


def test_expression_drops_neutral_and_adds_the_tongue() -> None:
    """The model's first coefficient is `_neutral`; ours ends with `tongueOut`, which it lacks."""
    expression = expression_from_coefficients(np.linspace(0, 1.02, 52, dtype=np.float32))
    assert expression[0] == pytest.approx(0.02)
    assert expression[50] == 1.0
    assert expression[51] == 0.0
