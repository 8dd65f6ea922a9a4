"""The whole-body engine on real pictures, with networks whose answers are known."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import made_clips as made
import numpy as np
import pytest
from simcc_models import COLOURS, DEVIATION, MEAN, blob, colour_finder, constant
from whole_bodies import whole_body

from trackers import onnx_tracker, presence
from trackers.body import BodyModel
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import UserError
from trackers.geometry import Region
from trackers.keypoint_tables import COCO_NAMES
from trackers.onnx_model import Provider
from trackers.onnx_tracker import OnnxTracker
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, Frame, ImageArray, Stamp

SIZE = (192, 256)
ROWS = [BODY_INDEX[name] for name in COCO_NAMES]
SETTINGS = TrackerSettings(engine="onnx", threads=1)


def with_model(path: Path, **more: object) -> TrackerSettings:
    from dataclasses import replace

    return replace(SETTINGS, model=path, **more)  # type: ignore[arg-type]


def always_sure(path: Path, *, torso_x: float = 0.46) -> Path:
    """Write a network that sees the same body in every crop, and so goes on looking where it looked first.

    Args:
        torso_x: the middle of the torso as a share of the crop; 0.46 is where the signer of the clip `want` has it.
    """
    places = {"nose": (0.0, 0.1), "eye": (0.06, 0.12), "ear": (0.1, 0.14), "elbow": (0.3, 0.55), "wrist": (0.4, 0.55)}
    places |= {"shoulder": (0.122, 0.38), "hip": (0.073, 0.645), "knee": (0.1, 0.8), "ankle": (0.1, 0.9)}
    points = []
    for name in COCO_NAMES:
        side, _, part = name.rpartition("_")
        x, y = places[part]
        points.append(((torso_x if part in ("shoulder", "hip") else 0.5) + (x if side == "left" else -x), y))
    return constant(path, np.array(points) * SIZE, np.full(17, 0.9), size_px=SIZE)


class BlazePose:
    """Our own body model in the place of a network of 17 points: it sees whoever is in a crop, and somebody in any.

    It stands for the weights that we may not ship. Round the crop it is shown black: in a narrow one it draws people in.
    """

    count = 17
    size_px = SIZE
    provider = Provider("CPU", "it is ours")

    def __init__(self, path: Path, *, threads: int) -> None:
        self._model = BodyModel.open("full", threads=threads)

    def run(self, given: np.ndarray) -> list[np.ndarray]:
        picture = np.clip(given[0].transpose(1, 2, 0) * DEVIATION + MEAN, 0, 255).astype(np.uint8)
        body = self._model.run(np.ascontiguousarray(picture), Region(SIZE[0] / 2, SIZE[1] / 2 + 20, 400.0)).tracking
        points = body.keypoints_px[ROWS, :2]
        inside = ((points >= 0) & (points < SIZE)).all(axis=1)
        tables = [np.zeros((17, 2 * side), dtype=np.float32) for side in SIZE]
        for axis, table in enumerate(tables):
            places = np.clip(np.round(2 * points[:, axis]), 0, 2 * SIZE[axis] - 1).astype(int)
            table[np.arange(17), places] = np.where(inside, np.maximum(body.visibility[ROWS], 0.1), 0.1)
        return tables


@pytest.fixture(scope="module")
def signer(read_clip: Callable[..., Iterator[Frame]]) -> list[ImageArray]:
    return [frame.image for frame in read_clip("asl/want.mkv", most=40)]


def tracked(settings: TrackerSettings, frames: Sequence[Frame]) -> list[BodyTracking | None]:
    with open_tracker(settings) as tracker:
        return [tracker.track(frame).body for frame in frames]


def shoulders_x(body: BodyTracking) -> float:
    return float(body.keypoints_px[[BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]], 0].mean())


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
            body = tracker.track(Frame(canvas, Stamp(0, 0))).body
        assert body is not None
        assert (shoulders_x(body) < 500) is at_left, person


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
@pytest.mark.parametrize("away", ["room", "black", "snow", "cartoon"])
def test_who_leaves_is_gone_soon_though_the_network_stays_sure(
    tmp_path: Path, models: None, signer: list[ImageArray], away: str
) -> None:
    """An empty room, a covered lens, snow, a cartoon held up: nobody after 0.1 s, as with our own engine; found at once."""
    room = made.painted_out(signer[0], left=95, right=400)
    pauses = {
        "room": [room] * 30,
        "black": made.black(room, 30),
        "snow": made.noise(room, 30),
        "cartoon": [made.cartoon()] * 30,
    }
    settings = with_model(always_sure(tmp_path / "m.onnx"))
    found = [body is not None for body in tracked(settings, made.frames(signer[:8], pauses[away], signer[10:14]))]
    assert all(found[:8])
    assert not any(found[8 + 3 : 38])
    assert all(found[38:])


@pytest.mark.needs_data
def test_who_fades_away_beside_the_place_where_the_network_sees_them_is_missed(
    tmp_path: Path, models: None, signer: list[ImageArray]
) -> None:
    """Nothing leaps and nothing is cut, and the wall where the network sees a chest stays the same: the detector is asked."""
    room = made.painted_out(signer[0], left=95, right=400)
    fading = [np.round(share * room + (1 - share) * signer[0]).astype(np.uint8) for share in np.linspace(0, 1, 30)]
    settings = with_model(always_sure(tmp_path / "m.onnx", torso_x=0.77))
    found = [body is not None for body in tracked(settings, made.frames(signer[:1] * 6, fading, [room] * 30))]
    assert all(found[:6])
    assert not any(found[36 + presence.PATIENCE_FRAMES * presence.MISSES_TO_LEAVE :])


@pytest.mark.needs_data
@pytest.mark.parametrize("name", ["book", "yes", "again", "thanks"])
def test_who_crosses_in_front_does_not_take_over(
    monkeypatch: pytest.MonkeyPatch,
    models: None,
    signer: list[ImageArray],
    read_clip: Callable[..., Iterator[Frame]],
    name: str,
) -> None:
    """They hide the followed person for 0.4 s and go on to the left: it is the same person again."""
    monkeypatch.setattr(onnx_tracker, "OnnxModel", BlazePose)
    passer = next(read_clip(f"asl/{name}.mkv", most=1)).image[:, 185:445]
    crossing = [made.pasted(signer[step], passer, x=400 - 30 * step, y=0) for step in range(21)]
    found = tracked(with_model(Path("ours.onnx")), made.frames(signer[:6], crossing, signer[27:31]))
    assert all(body is not None and abs(shoulders_x(body) - 268) < 40 for body in found[-4:])


@pytest.mark.needs_data
def test_a_larger_person_who_joins_does_not_take_over(
    monkeypatch: pytest.MonkeyPatch, models: None, signer: list[ImageArray], read_clip: Callable[..., Iterator[Frame]]
) -> None:
    """Followed is who was followed; when they go, who is left, within 0.2 s."""
    monkeypatch.setattr(onnx_tracker, "OnnxModel", BlazePose)
    other = [frame.image for frame in read_clip("asl/yes.mkv", most=18)]
    both = [made.wide(signer[step], other[step] if step >= 6 else None) for step in range(18)]
    gone = [made.pasted(both[-1], np.full((480, 480, 3), 190, dtype=np.uint8), x=0, y=0)] * 8
    found = tracked(with_model(Path("ours.onnx")), made.frames(both, gone))
    assert all(body is not None and shoulders_x(body) < 240 for body in found[:18])
    assert all(body is not None and shoulders_x(body) > 720 for body in found[18 + 6 :])


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


@pytest.mark.needs_data
def test_a_picture_of_another_size_is_another_scene(tmp_path: Path, models: None, read_picture: Callable[[str], Frame]) -> None:
    """Of a camera that was exchanged nothing is carried on: an empty picture holds nobody at once."""
    portrait = cv2.resize(read_picture("face/portrait.jpg").image, (410, 512))
    path = always_sure(tmp_path / "m.onnx")
    frames = made.frames([portrait] * 3, [np.zeros((240, 320, 3), dtype=np.uint8)] * 3)
    found = tracked(with_model(path), frames)
    assert all(body is not None for body in found[:3])
    assert found[3:] == [None] * 3
