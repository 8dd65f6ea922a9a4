"""The hand model against the published spelling hand, handedness, and which of two slots keeps a hand."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from trackers import assets
from trackers.detector import PALM, Detection, Detector
from trackers.errors import AssetError
from trackers.geometry import Region, whole_picture
from trackers.hands import HandEstimate, HandModel, hand_size_px, region_from_body, region_from_hand, region_from_palm
from trackers.hands_follower import HandModels, HandsFollower, HandsWish, same_hand
from trackers.interpreter import open_session
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, Frame, HandTracking


def flat_hand(*, angle_rad: float = 0.0, x: float = 300, y: float = 300) -> np.ndarray:
    """21 keypoints of an open hand 100 px long, fingers up, then turned clockwise."""
    points = np.zeros((21, 3), dtype=np.float32)
    for finger, across in enumerate((-40, -25, 0, 20, 40)):
        for joint in range(4):
            points[1 + 4 * finger + joint, :2] = across, -50 - 15 * joint
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    points[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]], dtype=np.float32) + np.float32([x, y])
    return points


def body_with_wrists(left: tuple[float, float], right: tuple[float, float]) -> BodyTracking:
    points = np.zeros((33, 3), dtype=np.float32)
    for side, wrist in (("left", left), ("right", right)):
        points[BODY_INDEX[f"{side}_wrist"], :2] = wrist
        points[BODY_INDEX[f"{side}_index"], :2] = wrist[0] - 10, wrist[1] - 50
        points[BODY_INDEX[f"{side}_pinky"], :2] = wrist[0] + 20, wrist[1] - 50
    ones = np.ones(33, dtype=np.float32)
    return BodyTracking(
        keypoints_px=points, world_m=np.zeros((33, 3), dtype=np.float32), visibility=ones, presence=ones, score=1.0
    )


def estimate(*, x: float, right_probability: float) -> HandEstimate:
    points = flat_hand(x=x)
    hand = HandTracking(
        keypoints_px=points, world_m=np.zeros((21, 3), dtype=np.float32), score=1.0, right_probability=right_probability
    )
    return HandEstimate(tracking=hand, next_region=region_from_hand(points))


@pytest.mark.parametrize("angle", [0.0, 0.8, -1.3, 3.0])
def test_the_region_turns_with_the_hand(angle: float) -> None:
    """Fingers up in the crop, whatever way the hand points, and all keypoints inside."""
    points = flat_hand(angle_rad=angle)
    region = region_from_hand(points)
    assert math.cos(region.angle_rad - angle) > 0.99
    assert np.abs(points[:, :2] - [region.x_px, region.y_px]).max() < region.size_px / 2 * math.sqrt(2)


def test_the_body_gives_the_place_of_each_hand() -> None:
    """Beyond the wrist, where the fingers are, and each side its own."""
    body = body_with_wrists((400, 300), (200, 320))
    left, right = region_from_body(body, "left"), region_from_body(body, "right")
    assert (left.x_px, right.x_px) == (pytest.approx(400, abs=12), pytest.approx(200, abs=12))
    assert left.y_px < 250
    assert left.size_px == pytest.approx(2.7 * 100, rel=0.05)


def test_one_hand_in_both_slots_goes_to_its_own_side() -> None:
    """A sure handedness decides; an unsure one leaves it to the nearer wrist; two hands keep both slots."""
    body = body_with_wrists((400, 300), (302, 300))
    right = estimate(x=300, right_probability=0.99)
    unsure = estimate(x=303, right_probability=0.5)
    far = estimate(x=520, right_probability=0.01)
    assert same_hand(right, right, body) == "left"
    assert same_hand(unsure, unsure, body) == "left"  # the right wrist is nearer
    assert same_hand(unsure, unsure, body_with_wrists((302, 300), (400, 300))) == "right"
    assert same_hand(far, right, body) is None
    assert same_hand(None, right, body) is None


@pytest.mark.needs_data
def test_a_left_hand_is_left(models: None, read_picture: Callable[[str], Frame]) -> None:
    """The thumb-up picture shows a left hand (palm to the viewer, fingers to the image-right)."""
    image = read_picture("hands/hand_thumb_up.jpg").image
    palms = Detector(PALM, open_session(PALM.asset, member=PALM.member)).find(
        image, whole_picture(image.shape[1], image.shape[0]), most=2
    )
    hand = HandModel.open(threads=2).run(image, region_from_palm(palms[0])).tracking
    assert hand.score > 0.9
    assert hand.right_probability < 0.1
    thumb_tip, pinky_tip = hand.keypoints_px[4], hand.keypoints_px[20]
    assert thumb_tip[1] < pinky_tip[1] - 0.2 * image.shape[0]  # the thumb is up


class NoPalms:
    """A palm detector that finds nothing."""

    def find(self, *_: object, **__: object) -> list[Detection]:
        return []


def test_a_follower_is_whole_from_the_start() -> None:
    """No attribute comes to be only with the first look, and a reset forgets what the last look was to be."""
    follower = HandsFollower(HandModels({}, cast(Detector, NoPalms())))
    names, wish = set(vars(follower)), follower._wish
    picture = np.zeros((48, 64, 3), dtype=np.uint8)
    assert follower.look(picture, None, HandsWish("full")) == (None, None)
    assert set(vars(follower)) == names
    assert follower._wish != wish
    follower.reset()
    assert follower._wish == wish


@pytest.mark.needs_data
def test_a_spelling_hand_agrees_with_the_published_keypoints(
    models: None, read_clip: Callable[..., Iterator[Frame]], data_folder: Path
) -> None:
    """Followed without a body, in the right slot only, within 1 px and 2 mm on average."""
    wanted_px = np.array(json.loads((data_folder / "hands/asl_hand.full.json").read_text()))
    wanted_m = np.array(json.loads((data_folder / "hands/asl_hand_3d.full.json").read_text()))
    follower = HandsFollower(
        HandModels({"full": HandModel.open(threads=2)}, Detector(PALM, open_session(PALM.asset, member=PALM.member)))
    )
    gaps_px, gaps_z, gaps_m = [], [], []
    for frame in read_clip("hands/asl_hand.25fps.mp4", most=60):
        left, right = follower.look(frame.image, None, HandsWish("full"))
        assert left is None
        assert right is not None
        gap = right.keypoints_px - wanted_px[frame.stamp.seq]
        gaps_px.append(np.hypot(*gap[:, :2].T).mean())
        gaps_z.append(np.abs(gap[:, 2]).mean())
        gaps_m.append(np.linalg.norm(right.world_m - wanted_m[frame.stamp.seq], axis=1).mean())
    assert np.mean(gaps_px) < 1
    assert np.mean(gaps_z) < 2
    assert np.mean(gaps_m) < 0.002


@pytest.mark.needs_data
def test_without_a_body_a_second_hand_is_found_beside_the_first(
    models: None, read_clip: Callable[..., Iterator[Frame]]
) -> None:
    """The hand's mirror image joins it in frame 4: both are followed soon, each in its slot."""
    follower = HandsFollower(
        HandModels({"full": HandModel.open(threads=2)}, Detector(PALM, open_session(PALM.asset, member=PALM.member)))
    )
    found, wrists = [], []
    for frame in read_clip("hands/asl_hand.25fps.mp4", most=12):
        width = frame.image.shape[1]
        both = np.full((frame.image.shape[0], 2 * width, 3), int(frame.image[0, 0].mean()), dtype=np.uint8)
        both[:, :width] = frame.image
        if frame.stamp.seq >= 4:
            both[:, width:] = frame.image[:, ::-1]
        left, right = follower.look(both, None, HandsWish("full"))
        found.append((left is not None, right is not None))
        wrists.append((left, right))
    assert found[:4] == [(False, True)] * 4
    assert found[-5:] == [(True, True)] * 5
    left, right = wrists[-1]
    assert right.keypoints_px[0, 0] < width < left.keypoints_px[0, 0]


@pytest.mark.needs_data
def test_a_region_without_a_hand_scores_low(models: None) -> None:
    """A bare wall is no hand."""
    wall = np.full((480, 640, 3), 180, dtype=np.uint8)
    assert HandModel.open(threads=2).run(wall, Region(320, 240, 200)).tracking.score < 0.5


@pytest.mark.needs_data
def test_the_lite_model_is_close_to_the_full_one(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Same sides, and keypoints within a tenth of the hand's size."""
    try:
        assets.ensure(["hand_landmark_lite"])
    except AssetError as error:
        pytest.skip(str(error))
    frame = next(read_clip("hands/asl_hand.25fps.mp4"))
    palm = Detector(PALM, open_session(PALM.asset, member=PALM.member)).find(frame.image, whole_picture(620, 1080))[0]
    full, lite = (
        HandModel.open(size, threads=2).run(frame.image, region_from_palm(palm)).tracking for size in ("full", "lite")
    )
    assert lite.right_probability > 0.9
    gap = np.hypot(*(lite.keypoints_px - full.keypoints_px)[:, :2].T).mean()
    assert gap < 0.1 * hand_size_px(full.keypoints_px)
