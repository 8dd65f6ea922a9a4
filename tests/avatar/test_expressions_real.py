"""Expressions and gaze of real people in webcam clips: blinks of both eyes, calm at rest, and what the avatar can show."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.expressions import Face
from avatar.mascot import build_mascot
from avatar.retarget_head import head_from_face
from avatar.turns import yaw_pitch_roll
from trackers import assets
from trackers.detector import FACE, Detector
from trackers.errors import AssetError
from trackers.face import FaceModel, region_from_detection
from trackers.geometry import whole_picture
from trackers.interpreter import open_session
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_NAMES
from trackers.types import FaceTracking

LIDS = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]
FRAME_NS = 33_333_333


@pytest.fixture(scope="module")
def faces(data_folder: Path) -> Callable[[str], list[FaceTracking]]:
    """Tracks the face, and nothing else, in every frame of a clip."""
    try:
        assets.ensure(asset.name for asset in assets.required_assets())
    except AssetError as error:
        pytest.skip(str(error))
    model, finder = FaceModel.open(threads=1), Detector(FACE, open_session(FACE.asset, member=FACE.member))

    @cache
    def track(name: str) -> list[FaceTracking]:
        capture, out, region = cv2.VideoCapture(str(data_folder / "asl" / f"{name}.mkv")), [], None
        while (read := capture.read())[0]:
            image = np.ascontiguousarray(read[1][:, :, ::-1])
            height, width = image.shape[:2]
            if region is None:
                # The detector wants larger faces than those of people at a metre and a half: the upper middle will do.
                part = np.ascontiguousarray(image[: height // 2, width // 4 : 3 * width // 4])
                found = region_from_detection(finder.find(part, whole_picture(part.shape[1], part.shape[0]))[0])
                region = type(found)(found.x_px + width // 4, found.y_px, found.size_px, found.angle_rad)
            estimate = model.find(image, region)
            region = estimate.next_region
            out.append(model.read(estimate, width_px=width, height_px=height))
        capture.release()
        return out

    return track


def values_of(faces: list[FaceTracking], *, neutral: np.ndarray | None) -> np.ndarray:
    """Return (N, 52) the avatar's coefficients."""
    person = Face()
    return np.array(
        [
            person.update(
                face.expression,
                neutral=neutral,
                most=None,
                yaw_rad=yaw_pitch_roll(head_from_face(face.camera_from_head))[0],
                time_ns=i * FRAME_NS,
            )
            for i, face in enumerate(faces)
        ]
    )


@pytest.mark.needs_data
@pytest.mark.parametrize("name", ["no", "yes"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_real_blinks_close_both_eyes(faces: Callable[[str], list[FaceTracking]], name: str, calibrated: bool) -> None:
    """The tracker reads these people's lids up to 0.27 apart; no frame of the avatar winks, and blinks are seen."""
    tracked = faces(name)
    neutral = np.median([face.expression for face in tracked], axis=0).astype(np.float32) if calibrated else None
    lids = values_of(tracked, neutral=neutral)[:, LIDS]
    np.testing.assert_array_equal(lids[:, 0], lids[:, 1])
    assert lids.max() > 0.3
    assert np.median(lids) < 0.15


@pytest.mark.needs_data
def test_a_face_at_rest_is_calm(faces: Callable[[str], list[FaceTracking]]) -> None:
    """At the end of a clip, with the hands down, what the avatar can show hardly moves from frame to frame."""
    shown = [i for i, name in enumerate(EXPRESSION_NAMES) if i in _visible() and not name.startswith("eyeLook")]
    for name in ("want", "book"):
        values = values_of(faces(name), neutral=None)[-10:, shown]
        assert np.abs(np.diff(values, axis=0)).mean() < 0.01
        assert np.percentile(np.abs(np.diff(values, axis=0)), 98) < 0.1


@cache
def _visible() -> set[int]:
    return {int(index) for morph in build_mascot().mesh.morphs for index in np.flatnonzero(morph.drive)}


STRONG = {  # about what the tracker reads of people who mean it
    "jawOpen": 0.6, "mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "mouthPucker": 0.9, "mouthFunnel": 0.4, "browInnerUp": 0.7,
    "browOuterUpLeft": 0.7, "browOuterUpRight": 0.7, "browDownLeft": 0.6, "browDownRight": 0.6, "eyeBlinkLeft": 0.75,
    "eyeBlinkRight": 0.75, "eyeWideLeft": 0.4, "eyeWideRight": 0.4, "eyeSquintLeft": 0.7, "eyeSquintRight": 0.7,
    "mouthFrownLeft": 0.4, "mouthFrownRight": 0.4, "mouthPressLeft": 0.8, "mouthPressRight": 0.8, "cheekPuff": 0.3,
    "mouthStretchLeft": 0.5, "mouthStretchRight": 0.5, "mouthLeft": 0.5, "mouthRight": 0.5, "mouthUpperUpLeft": 0.5,
    "mouthUpperUpRight": 0.5, "mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("name", STRONG)
def test_each_visible_expression_answers(name: str) -> None:
    """What a person shows clearly moves a morph of the avatar by at least two fifths of its way; at rest none moves."""
    index, rest = EXPRESSION_INDEX[name], np.zeros(52, dtype=np.float32)
    assert index in _visible()
    measured = rest.copy()
    measured[index] = STRONG[name]
    if name.startswith("eyeBlink"):
        measured[LIDS] = STRONG[name]
    person = Face()
    for i in range(3):
        got = person.update(measured if i else rest, neutral=None, most=None, yaw_rad=0.0, time_ns=i * FRAME_NS)
    assert got[index] > 0.4
    assert not Face().update(rest, neutral=None, most=None, yaw_rad=0.0, time_ns=0).any()
