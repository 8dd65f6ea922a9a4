"""Head turns and gaze against known ones: the canonical face under a lens, the portrait, the turning-head clip."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from head_turns import head_rotation

from trackers.detector import FACE, Detector
from trackers.face import FaceModel, open_canonical_face, region_from_detection
from trackers.face_model import CanonicalFace, fit_head, gaze
from trackers.geometry import CAMERA_FROM_FACING, head_angles, whole_picture
from trackers.interpreter import open_session
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FloatArray, Frame

DISTANCE_CM, FOCAL_PX = 55.0, 576.0
EYES = {"right": (33, 133, 468), "left": (263, 362, 473)}
NEUTRAL = np.zeros(52, dtype=np.float32)


@pytest.fixture(scope="module")
def canonical(models: None) -> CanonicalFace:
    return open_canonical_face()


@pytest.fixture(scope="module")
def vertices_cm(data_folder: Path) -> np.ndarray:
    """Return (468, 3) the canonical face in head space."""
    lines = (data_folder / "face" / "canonical_face_model.obj").read_text().splitlines()
    return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], dtype=float)


@pytest.fixture(scope="module")
def face(models: None) -> FaceModel:
    return FaceModel.open(threads=1)


def seen(points_cm: np.ndarray, angles_deg: tuple[float, float, float]) -> np.ndarray:
    """Return (N, 3) what a perfect mesh model gives of points in head space: perspective pixels, and depth in their scale."""
    camera = points_cm @ head_rotation(*np.radians(angles_deg)).T + [0, 0, DISTANCE_CM]
    pixels = camera[:, :2] / camera[:, 2:] * FOCAL_PX + [320, 240]
    return np.concatenate([pixels, (camera[:, 2:] - DISTANCE_CM) * FOCAL_PX / DISTANCE_CM], axis=1)


def mesh_like(points_cm: np.ndarray, angles_deg: tuple[float, float, float], rng: np.random.Generator) -> FloatArray:
    """Return the same with the mesh model's errors: a pixel of noise, poor depth, and a far half that it makes up beyond 45."""
    points = seen(points_cm, angles_deg)
    points[:, 2] *= rng.uniform(0.85, 1.15)
    points[:, :2] += rng.normal(0, 1.0, points[:, :2].shape)
    hidden = np.sign(angles_deg[0]) * points_cm[:, 0] > 1.0
    points[hidden, 0] -= np.sign(angles_deg[0]) * max(0.0, abs(angles_deg[0]) - 45.0) * 0.3
    return points.astype(np.float32)


POSES = [
    (yaw, pitch, roll)
    for yaw in (-60, -45, -30, -15, 0, 15, 30, 45, 60)
    for pitch, roll in ((0, 0), (20, 0), (-20, 0), (0, 25), (0, -25), (15, -15))
]


@pytest.mark.needs_data
def test_known_poses_come_back_within_six_degrees(canonical: CanonicalFace, vertices_cm: np.ndarray) -> None:
    """Over 54 poses with the mesh's kind of errors: the mean angle is below 6 degrees, and each sign is right."""
    rng = np.random.default_rng(1)
    errors = []
    for pose in POSES:
        fit = fit_head(mesh_like(vertices_cm, pose, rng), canonical)
        got = np.degrees(head_angles(fit.rotation))
        for want, angle in zip(pose, got, strict=True):
            assert want == 0 or np.sign(want) == np.sign(angle), (pose, got)
        apart = head_rotation(*np.radians(pose)).T @ fit.rotation
        errors.append(np.degrees(np.arccos(np.clip((np.trace(apart) - 1) / 2, -1, 1))))
    assert np.mean(errors) < 4.0
    assert np.max(errors) < 9.0


@pytest.mark.needs_data
def test_the_portrait_s_head_is_turned_as_published(
    face: FaceModel, read_picture: Callable[[str], Frame], data_folder: Path
) -> None:
    """The rotation in the published head geometry of the portrait: yaw and roll within 2 degrees.

    Pitch within 8: theirs is against the axis of a lens in the picture's middle, 19 degrees below this face; ours against the
    line to the face, which does not depend on how the picture was cut.
    """
    image = read_picture("face/portrait.jpg").image
    finder = Detector(FACE, open_session(FACE.asset, member=FACE.member))
    estimate = face.find(image, region_from_detection(finder.find(image, whole_picture(820, 1024))[0]))
    text = (data_folder / "face" / "portrait_expected_face_geometry.pbtxt").read_text()
    packed = [float(value) for value in re.findall(r"packed_data: ([-\d.e]+)", text)]
    wanted = np.array(packed).reshape(4, 4).T[:3, :3]  # column by column; OpenGL's camera axes
    got = CAMERA_FROM_FACING @ face.read(estimate, width_px=820, height_px=1024).camera_from_head
    apart = np.subtract(head_angles(CAMERA_FROM_FACING @ wanted), head_angles(CAMERA_FROM_FACING @ got))
    assert (np.abs(np.degrees(apart)) < (2, 8, 2)).all()


@pytest.fixture(scope="module")
def turning(face: FaceModel, read_clip: Callable[..., Iterator[Frame]]) -> list[tuple[float, float]]:
    """Return yaw of head and eyes, degrees, in every frame of the turning-head clip."""
    finder, region, out = Detector(FACE, open_session(FACE.asset, member=FACE.member)), None, []
    for frame in read_clip("face/head-pose-face-detection-female.gif"):
        height, width = frame.image.shape[:2]
        if region is None:
            region = region_from_detection(finder.find(frame.image, whole_picture(width, height))[0])
        estimate = face.find(frame.image, region)
        region = estimate.next_region
        tracked = face.read(estimate, width_px=width, height_px=height)
        out.append((np.degrees(head_angles(tracked.camera_from_head)[0]), float(np.degrees(tracked.gaze_rad[0]))))
    return out


@pytest.mark.needs_data
def test_a_turning_head_turns_the_right_way_and_steadily(turning: list[tuple[float, float]]) -> None:
    """From far to the own right to the own left, and back: the clip's time course, with no step against it."""
    yaw = np.array([head for head, _ in turning])
    assert len(yaw) == 23
    assert -60 < yaw[:7].min() < -38
    assert 26 < yaw.max() < 40
    assert (np.diff(yaw[4:14]) > 0).all()  # to the left
    assert (np.diff(yaw[14:]) < 0).all()  # and back


@pytest.mark.needs_data
def test_eyes_that_stay_on_one_spot_turn_against_the_head(turning: list[tuple[float, float]]) -> None:
    """From the eighth frame on the woman keeps her eyes near the lens while her head goes through 58 degrees."""
    head, eyes = np.array(turning[7:]).T
    assert np.ptp(head) > 55
    assert np.std(head + eyes) < 6.5
    assert np.abs(head + eyes).max() < 18


def posed_eyes(vertices_cm: np.ndarray, look_deg: tuple[float, float], head_deg: tuple[float, float, float]) -> FloatArray:
    """Return (478, 3) the face with eyeballs of anatomical size, turned by yaw and pitch, under the lens."""
    points = np.concatenate([vertices_cm, np.zeros((10, 3))])
    yaw, pitch = np.radians(look_deg)
    look = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    for side, (outer, inner, iris) in EYES.items():
        across = 0.085 if side == "left" else -0.085
        points[iris] = vertices_cm[[outer, inner]].mean(axis=0) + [across, 0.10, -0.4] + 1.2 * look
    out = seen(points, head_deg)
    for outer, inner, iris in EYES.values():  # the mesh gives irises the depth of the lids
        out[iris, 2] = out[[outer, inner], 2].mean()
    return out.astype(np.float32)


@pytest.mark.needs_data
@pytest.mark.parametrize("head_deg", [(0, 0, 0), (25, 0, 0), (-25, 10, 0), (0, 15, 20), (-40, 0, 0)])
def test_irises_moved_by_known_angles_give_these_angles(
    canonical: CanonicalFace, vertices_cm: np.ndarray, head_deg: tuple[float, float, float]
) -> None:
    """Left, right, up and down under several turns of the head: within 4 degrees (6 when the far eye is hidden)."""
    for look in ((0, 0), (20, 0), (-20, 0), (0, 15), (0, -15), (25, 10), (-12, -12)):
        points = posed_eyes(vertices_cm, look, head_deg)
        got = np.degrees(gaze(points, fit_head(points, canonical), NEUTRAL))
        near = 4.0 if abs(head_deg[0]) < 30 else 6.0
        np.testing.assert_allclose(got, look, atol=near, err_msg=f"look {look}, head {head_deg}")


@pytest.mark.needs_data
def test_irises_of_a_real_mesh_moved_by_known_amounts(face: FaceModel, read_picture: Callable[[str], Frame]) -> None:
    """In the portrait's mesh, irises shifted as an eyeball's would give the angle of that shift, within 3 degrees."""
    image = read_picture("face/portrait.jpg").image
    finder = Detector(FACE, open_session(FACE.asset, member=FACE.member))
    points = face.find(image, region_from_detection(finder.find(image, whole_picture(820, 1024))[0])).keypoints_px
    fit = fit_head(points, face._canonical)
    before = np.degrees(gaze(points, fit, NEUTRAL))
    for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
        start, wanted = np.radians(before[axis]), np.radians(before[axis] + sign * 15)
        moved = points.copy()
        moved[468:, axis] += (np.sin(wanted) - np.sin(start)) * 1.2 * fit.scale  # image x is the own left, y is down
        step = np.degrees(gaze(moved, fit, NEUTRAL)) - before
        assert step[axis] == pytest.approx(sign * 15, abs=3)
        assert abs(step[1 - axis]) < 3


@pytest.mark.needs_data
def test_a_winking_eye_leaves_the_gaze_to_the_other(canonical: CanonicalFace, vertices_cm: np.ndarray) -> None:
    """The iris of a shut eye is anywhere: the open one decides."""
    points = posed_eyes(vertices_cm, (15, -5), (0, 0, 0))
    points[468, 1] += 12
    expression = NEUTRAL.copy()
    expression[EXPRESSION_INDEX["eyeBlinkRight"]] = 1.0
    got = np.degrees(gaze(points, fit_head(points, canonical), expression))
    np.testing.assert_allclose(got, (15, -5), atol=4)
