"""The whole-body engine on real pictures, with networks whose answers are known."""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from simcc_models import COLOURS, blob, colour_finder, constant
from whole_bodies import whole_body

from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import UserError
from trackers.keypoint_tables import COCO_NAMES
from trackers.onnx_tracker import OnnxTracker
from trackers.skeleton import BODY_INDEX
from trackers.types import Frame, Stamp

SIZE = (192, 256)
SETTINGS = TrackerSettings(engine="onnx", threads=1)


def with_model(path: Path, **more: object) -> TrackerSettings:
    from dataclasses import replace

    return replace(SETTINGS, model=path, **more)  # type: ignore[arg-type]


@pytest.fixture
def marked(models: None, read_picture: Callable[[str], Frame]) -> tuple[np.ndarray, np.ndarray]:
    """A real person of half size with a coloured blob at 17 places, and the places."""
    image = cv2.resize(read_picture("face/portrait.jpg").image, (410, 512)) // 2  # duller than any blob
    places = np.array([(90 + 50 * (k % 5), 130 + 85 * (k // 5)) for k in range(17)], dtype=float)
    for place, colour in zip(places, COLOURS, strict=True):
        blob(image, *place, colour, radius=9)
    return image, places


def test_without_a_model_it_says_so() -> None:
    """One sentence, before anything is opened."""
    with pytest.raises(UserError) as caught:
        open_tracker(SETTINGS)
    assert str(caught.value) == "tracker onnx needs a model; name one with --model FILE.onnx (RTMPose, RTMW or DWPose)"


@pytest.mark.needs_data
def test_of_several_people_it_follows_the_one_asked_for(
    tmp_path: Path, models: None, read_picture: Callable[[str], Frame]
) -> None:
    """A large person at the right of a wide picture, a small one at its left: the large one unless that is said."""
    portrait = read_picture("face/portrait.jpg").image
    canvas = np.zeros((512, 1000, 3), np.uint8)
    canvas[:, 560:970] = cv2.resize(portrait, (410, 512))
    canvas[200:456, 60:265] = cv2.resize(portrait, (205, 256))
    path = constant(tmp_path / "m.onnx", np.random.default_rng(0).uniform(20, 170, (17, 2)), np.full(17, 0.9), size_px=SIZE)
    for person, at_left in (("largest", False), ("left", True), ("right", False)):
        with OnnxTracker(with_model(path, person=person)) as tracker:
            box = tracker._detect(canvas)
        assert box is not None
        assert (box.x_px < 500) is at_left, person


@pytest.mark.needs_data
@pytest.mark.parametrize("shift_px", [(0, 0), (300, 120)])
def test_points_of_a_real_person_land_on_their_pixels(
    tmp_path: Path, marked: tuple[np.ndarray, np.ndarray], shift_px: tuple[int, int]
) -> None:
    """Found by the detector, then followed by its own points, also off-centre in a larger picture."""
    image, places = marked
    canvas = np.zeros((760, 900, 3), np.uint8)
    canvas[shift_px[1] : shift_px[1] + image.shape[0], shift_px[0] : shift_px[0] + image.shape[1]] = image
    places = places + shift_px
    path = colour_finder(tmp_path / "m.onnx", size_px=SIZE)
    with open_tracker(with_model(path)) as tracker:
        first = tracker.track(Frame(canvas, Stamp(0, 0)))
        second = tracker.track(Frame(canvas, Stamp(1, 33_000_000)))
        info = tracker.info
    assert info.engine == "onnx"
    assert info.provider == "ONNX Runtime CPU"
    assert info.reason.startswith("m.onnx, 17 points (COCO) at 192x256; ")
    for tracking in (first, second):
        body = tracking.body
        assert body is not None
        assert tracking.face is None
        for name, place in zip(COCO_NAMES, places, strict=True):
            assert body.keypoints_px[BODY_INDEX[name], :2] == pytest.approx(place, abs=4.5), name
        assert body.visibility[BODY_INDEX["nose"]] > 0.8
        assert body.visibility[BODY_INDEX["left_heel"]] == 0


@pytest.mark.needs_data
def test_whole_body_gives_hands_and_face_where_wanted(
    tmp_path: Path, models: None, read_picture: Callable[[str], Frame]
) -> None:
    """The 133 points become body, both hands and the face; what was switched off stays away."""
    from trackers.recording import read_pcast

    demo = read_pcast(Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast")
    from trackers import keypoint_sets as sets

    person = next(t for t in demo if t.left_hand is not None and t.right_hand is not None and t.face is not None)
    whole = whole_body(sets.points_of(person))
    places = whole[:, :2] * [192 / 640, 256 / 480]
    path = constant(tmp_path / "w.onnx", np.minimum(places, [191, 255]), np.where(whole[:, 2] > 0, 0.9, 0.0), size_px=SIZE)
    frame = read_picture("face/portrait.jpg")
    with open_tracker(with_model(path)) as tracker:
        tracking = tracker.track(frame)
    assert tracking.body is not None
    assert tracking.left_hand is not None
    assert tracking.right_hand is not None
    assert tracking.face is not None
    assert tracking.left_hand.right_probability == 0
    with open_tracker(with_model(path, hands=False, face=False)) as tracker:
        bare = tracker.track(frame)
    assert (bare.left_hand, bare.right_hand, bare.face) == (None, None, None)
    assert bare.body is not None


@pytest.mark.needs_data
def test_who_leaves_is_lost_and_found_again(tmp_path: Path, marked: tuple[np.ndarray, np.ndarray]) -> None:
    """An empty picture gives nobody, although the model was just sure; back in the picture the detector finds the person."""
    image, _ = marked
    with open_tracker(with_model(colour_finder(tmp_path / "m.onnx", size_px=SIZE))) as tracker:
        found = [
            tracker.track(Frame(picture, Stamp(seq, seq * 33_000_000))).body is not None
            for seq, picture in enumerate((image, image * 0, image * 0, image))
        ]
    assert found == [True, False, False, True]


@pytest.mark.needs_data
def test_lying_person_is_turned_upright(tmp_path: Path, marked: tuple[np.ndarray, np.ndarray]) -> None:
    """A person on the side, found by the detector, still lands on the right pixels: the crop turns with the trunk."""
    image, places = marked
    lying = np.ascontiguousarray(np.rot90(image))  # counter-clockwise: (x, y) goes to (y, width - 1 - x)
    turned = np.stack([places[:, 1], image.shape[1] - 1 - places[:, 0]], axis=1)
    tracker = OnnxTracker(with_model(colour_finder(tmp_path / "m.onnx", size_px=SIZE)))
    with tracker:
        tracking = tracker.track(Frame(lying, Stamp(0, 0)))
    body = tracking.body
    assert body is not None
    rows = [BODY_INDEX[name] for name in COCO_NAMES]
    assert np.linalg.norm(body.keypoints_px[rows, :2] - turned, axis=1).max() < 6
    assert math.isfinite(float(body.world_m.sum()))
