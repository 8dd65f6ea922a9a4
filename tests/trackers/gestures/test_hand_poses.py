"""Poses of the hands on real hands: each is read as itself and as nothing else, from either hand, by any tracker."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hand_examples import CLASSES, TRACKED, example, heart_hands, lifted, look_at_hands, mirrored, points_of, tracked

from trackers.contract import TrackerSettings
from trackers.engine import open_tracker
from trackers.gestures.catalogue import FAMILIES
from trackers.gestures.hand_poses import SPECS, HandPoses, pinch_strength
from trackers.gestures.hand_view import view_hand
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.types import SIDES, Reading, Side
from trackers.types import PARTS, Frame, HandTracking, Stamp, Tracking

POSE_OF = {
    "5": "open_palm",
    "Stop": "open_palm",
    "Power_Fist": "fist",
    "Fight_Fist": "fist",
    "Super": "thumb_up",
    "Dislike": "thumb_down",
    "2": "victory",
    "1": "pointing_up",
    "Ok": "ok",
    "Horns": "horns",
    "Metal": "horns",
    "Phone": "call",
    "Shaka": "call",
    "0": "pinch",
}
"""Classes of the examples that are a pose of ours; the others are none."""
ROUND_NINE = [
    *((0, 0), (13, -21), (32, -46), (39, -75), (28, -98), (29, -96), (35, -120), (31, -111), (26, -91), (8, -100), (15, -149)),
    *(
        (17, -174),
        (17, -204),
        (-12, -99),
        (-22, -144),
        (-25, -169),
        (-31, -192),
        (-35, -90),
        (-47, -120),
        (-55, -138),
        (-62, -158),
    ),
]
"""The kit's right hand 4126, a nine whose index finger stands off; as those in `hands.json`."""


def poses_of(hand: HandTracking, side: Side, *, above: float = 0.5) -> dict[str, float]:
    """The poses that are read of one hand with more than that confidence, without the side in their names."""
    look = look_at_hands(left=hand if side == "left" else None, right=hand if side == "right" else None)
    readings = HandPoses().push(look)
    assert all(name.startswith(f"{side}_") for name in readings)
    return {name.removeprefix(f"{side}_"): read.confidence for name, read in readings.items() if read.confidence > above}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("side", SIDES)
def test_a_real_hand_is_read_as_its_pose_and_as_no_other(name: str, side: Side) -> None:
    """Look-alikes (four, three, an L, nine, the middle finger, a vulcan salute, a V that lies) are none of ours."""
    poses = poses_of(example(name, side), side)
    assert set(poses) == ({POSE_OF[name]} if name in POSE_OF else set())
    assert all(confidence > 0.9 for confidence in poses.values())


@pytest.mark.parametrize("side", SIDES)
def test_a_thumb_that_lies_across_the_palm_makes_no_ring(side: Side) -> None:
    """A nine may leave room between thumb and index finger, as an ok does."""
    nine = lifted(np.array(ROUND_NINE, np.float32), "right")
    assert "ok" not in poses_of(nine if side == "right" else mirrored(nine), side)


@pytest.mark.parametrize("key", TRACKED)
def test_the_lite_hand_model_s_hands_are_read_as_the_full_one_s(key: str) -> None:
    """The same pictures by both hand models; the lite one puts a thumb that is up by a third less far out."""
    pose, side, _, _ = key.split()
    assert side in SIDES
    poses = poses_of(tracked(key), "left" if side == "left" else "right", above=0.35)
    assert set(poses) == ({pose} if pose != "none" else set())
    assert all(confidence > 0.75 for confidence in poses.values())


@pytest.mark.parametrize("side", SIDES)
def test_a_hand_of_which_the_tracker_is_unsure_is_not_judged(side: Side) -> None:
    """Its fingers are often wrong: no reading is better than one that says no."""
    hand = example("Super", side)
    assert poses_of(replace(hand, score=0.75), side, above=-1.0)
    assert poses_of(replace(hand, score=0.65), side, above=-1.0) == {}


@pytest.mark.parametrize("name", CLASSES)
def test_a_mirrored_hand_is_read_the_same(name: str) -> None:
    """Every pose of the left hand is told of its mirror image with the same confidence."""
    hand = example(name, "left")
    assert poses_of(mirrored(hand), "right", above=-1.0) == pytest.approx(poses_of(hand, "left", above=-1.0), abs=1e-3)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("tilt_deg", [-30, 30])
@pytest.mark.parametrize("name", POSE_OF)
def test_a_tilted_hand_is_still_read(name: str, side: Side, tilt_deg: int) -> None:
    """30 degrees to either side take nothing away, but from poses whose direction is their meaning and were tilted before."""
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    poses = poses_of(lifted(points_of(name, side) @ turn, side), side, above=0.3)
    directed = {"Super", "Dislike", "2"}  # in these the thumb or a finger leans by 30 degrees already
    assert set(poses) <= {POSE_OF[name]}
    assert poses or name in directed


@pytest.mark.parametrize("side", SIDES)
def test_upside_down_some_poses_are_others_and_some_are_none(side: Side) -> None:
    """A thumb up becomes one down; victory, pointing up and open palm are none when they hang, nor is a fist."""
    expected = {"Super": {"thumb_down"}, "Dislike": {"thumb_up"}, "2": set(), "1": set(), "5": set(), "Power_Fist": set()}
    for name, wanted in expected.items():
        assert set(poses_of(lifted(-points_of(name, side), side), side)) == wanted


@pytest.mark.parametrize("side", SIDES)
def test_a_back_is_no_open_palm(side: Side) -> None:
    """The same points taken for the other hand show a back: four straight fingers, but no palm."""
    other: Side = "right" if side == "left" else "left"
    assert poses_of(example("Stop", side), other) == {}


@pytest.mark.parametrize("side", SIDES)
def test_pinch_strength_rises_as_the_tips_near_each_other(side: Side) -> None:
    """From open to closed in 20 steps: never falling, no step larger than a fifth, from nearly 0 to nearly 1."""
    closed, opened = (points_of(name, side) for name in ("Ok", "5"))
    steps = [lifted(opened + (closed - opened) * part, side) for part in np.linspace(0.0, 1.0, 21)]
    strengths = [pinch_strength(view_hand(hand, side=side)) for hand in steps]
    rises = np.diff(strengths)
    assert rises.min() >= -0.02
    assert rises.max() < 0.25
    assert strengths[0] < 0.05
    assert strengths[-1] > 0.95


def test_the_strength_is_the_reading_s_value() -> None:
    """Pinch alone has a value, and it is there although the hand makes another pose."""
    readings = HandPoses().push(look_at_hands(left=example("Ok", "left"), right=example("5", "right")))
    with_value = {name: reading.value for name, reading in readings.items() if reading.value is not None}
    assert set(with_value) == {"left_pinch", "right_pinch"}
    assert with_value["left_pinch"] > 0.95
    assert with_value["right_pinch"] < 0.05


def test_a_heart_needs_both_hands_to_meet() -> None:
    """Real bent hands whose tips meet are one; drawn apart, or with straight index fingers (a roof), they are none."""

    def read(hands: tuple[HandTracking, HandTracking]) -> float:
        return HandPoses().push(look_at_hands(left=hands[0], right=hands[1]))["heart"].confidence

    assert read(heart_hands()) > 0.9
    assert read(heart_hands(thumbs_apart=0.3)) > 0.7
    assert read(heart_hands(thumbs_apart=1.0)) == 0.0
    assert read(heart_hands(dip=0.5)) == 0.0
    assert "heart" not in HandPoses().push(look_at_hands(left=heart_hands()[0]))


def test_a_hand_that_is_not_fresh_is_left_out() -> None:
    """Predicted and just reacquired hands are not judged, absent ones neither."""
    detector = HandPoses()
    assert detector.push(look_at_hands(left=example("5", "left"), stale=True)) == {}
    assert detector.push(look_at_hands()) == {}
    assert all(name.startswith("right_") for name in detector.push(look_at_hands(right=example("5", "right"))))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e38])
def test_whatever_comes_is_answered_with_numbers(value: float) -> None:
    """Points that are no numbers, or all one point, or very far: nothing raises, and no pose is read."""
    hand = example("5", "left")
    broken = replace(hand, world_m=np.full_like(hand.world_m, value), keypoints_px=np.full_like(hand.keypoints_px, value))
    readings = HandPoses().push(look_at_hands(left=broken, right=broken))
    assert {name: reading.confidence for name, reading in readings.items()} in ({}, {"heart": 0.0})


def test_specs_and_detector_name_the_same() -> None:
    """Ten poses of each hand and the heart, in one order; each is judged by its own hand; rules may name the family."""
    assert HandPoses().names == tuple(spec.name for spec in SPECS)
    assert len(SPECS) == len(set(HandPoses().names)) == 21
    for spec in SPECS:
        assert set(spec.parts) <= set(PARTS)
        assert spec.name == "heart" or spec.parts == (f"{spec.name.split('_')[0]}_hand",)
        assert 0.2 < spec.leave < spec.enter < 0.9
    for pose in set(POSE_OF.values()):
        assert FAMILIES[pose] == (f"left_{pose}", f"right_{pose}")


def told(trackings: Iterable[Tracking]) -> list[str]:
    """The gestures that begin, in order."""
    recogniser = GestureRecogniser([HandPoses()], SPECS)
    return [gesture.name for tracking in trackings for gesture in recogniser.push(tracking) if gesture.phase == "start"]


@pytest.mark.parametrize("model", ["full", "lite"])
@pytest.mark.parametrize("every", [1, 3, 6, 12])
def test_a_thumb_is_told_at_few_looks_a_second(model: str, every: int) -> None:
    """A fist, then a thumb up, at 25 frames a second of which some only carry the hand on: told 0.3 s and a look later."""
    hands = [tracked(f"{pose} right gesture_test_video {model}") for pose in ("fist", "thumb_up")]
    recogniser = GestureRecogniser([HandPoses()], SPECS)
    starts = []
    for seq in range(75):
        hand, rests = hands[seq // every * every >= 26], seq % every > 0  # shown from frame 26 on, seen at the next look
        tracking = Tracking(Stamp(seq, seq * 40_000_000), 640, 480, None, None, hand, None, frozenset(["right_hand"] * rests))
        starts += [(gesture.name, seq) for gesture in recogniser.push(tracking) if gesture.phase == "start"]
    assert starts[-1][0] == "right_thumb_up"
    assert len(starts) <= 2
    seen = -(-26 // every) * every
    assert (starts[-1][1] - seen) * 0.04 <= 0.3 + every * 0.04


@pytest.mark.needs_data
def test_of_a_spelling_hand_only_fists_and_a_pointing_finger_are_told(data_folder: Path) -> None:
    """13 s of letters, by MediaPipe's own published points: closed letters are fists and one points up, in truth too."""
    worlds = np.array(json.loads((data_folder / "hands" / "asl_hand_3d.full.json").read_text()), np.float32)
    pixels = np.array(json.loads((data_folder / "hands" / "asl_hand.full.json").read_text()), np.float32)
    hands = [HandTracking(px, world, 1.0, 1.0) for px, world in zip(pixels, worlds, strict=True)]
    stamps = (Stamp(seq, seq * 40_000_000) for seq in range(len(hands)))
    begun = told(Tracking(stamp, 620, 1080, None, None, hand, None) for stamp, hand in zip(stamps, hands, strict=True))
    assert set(begun) == {"right_fist", "right_pointing_up"}
    assert len(begun) <= 8


@pytest.fixture(scope="module", params=["full", "lite"])
def read_still(
    request: pytest.FixtureRequest, models: None, read_picture: Callable[[str], Frame]
) -> Iterable[Callable[[str], dict[str, Reading]]]:
    """Readings of a picture by our own tracker with that hand model, seen for six frames."""
    with open_tracker(TrackerSettings(mode="accurate", hand_model=request.param)) as tracker:

        def read(name: str) -> dict[str, Reading]:
            tracker.reset()
            frame = read_picture(name)
            for seq in range(6):
                tracking = tracker.track(replace(frame, stamp=Stamp(seq, seq * 33_333_333)))
            return dict(HandPoses().push(look_at_hands(left=tracking.left_hand, right=tracking.right_hand)))

        yield read


@pytest.mark.needs_data
@pytest.mark.parametrize(
    ("picture", "wanted"),
    [
        ("gestures/rock_026fd791-8f64-4fae-8cb0-0e01dc4362ce.jpg", {"right_horns"}),
        ("gestures/rock_055f8be9-f7fd-4c7f-ad3f-7b404b6489c3.jpg", {"right_horns"}),
        ("gestures/rock_0c6628ea-4a8c-49c9-b7cf-c30aef18dc3d.jpg", {"left_horns"}),
        ("gestures/call_044768ad-1709-44ba-b041-c2f8cbe4c166.jpg", {"left_call"}),
        ("gestures/call_0e022ee9-74fd-44fe-adad-60c11835e44f.jpg", {"right_call"}),
        ("gestures/four_06aa70cc-a12a-4b1e-85cf-e54d44c19a3a.jpg", set()),
        ("gestures/four_0c960166-75b0-4c1b-a3cc-2ddbd5a21703.jpg", set()),
        ("gestures/none_00af1db1-7c86-4e9b-9383-1fbd06c3492d.jpg", {"left_thumb_down"}),
        ("gestures/none_00b85ea4-8c5d-4302-b847-0a5de1d7dab2.jpg", {"right_pointing_up"}),
        ("hands/hand_thumb_up.jpg", {"left_thumb_up"}),
    ],
)
def test_our_tracker_s_hands_are_read_on_stills(
    read_still: Callable[[str], dict[str, Reading]], picture: str, wanted: set[str]
) -> None:
    """What a person sees in the picture, and nothing else, hanging hands included."""
    readings = read_still(picture)
    assert {name for name, reading in readings.items() if reading.confidence >= 0.7} == wanted


def phases_of(hands: Iterable[tuple[HandTracking | None, HandTracking | None, str]], name: str) -> list[tuple[int, str]]:
    """Return when the pose starts and ends while these hands (left, right, the one that rests) are shown 30 times a second."""
    recogniser = GestureRecogniser([HandPoses()], SPECS)
    told = []
    for seq, (left, right, rests) in enumerate(hands):
        tracking = Tracking(
            Stamp(seq, seq * 33_333_333), 640, 480, None, left, right, None, frozenset({rests} if rests else ())
        )
        told += [(seq, one.phase) for one in recogniser.push(tracking) if one.name == name and one.phase != "hold"]
    return told


def test_a_hand_that_is_long_unsure_holds_no_pose() -> None:
    """The fist opens, and the tracker is not sure of the hand any more: half a second later it is over."""
    fist, unsure = example("Fight_Fist", "left"), replace(example("5", "left"), score=0.65)
    told = phases_of([(fist if seq < 30 else unsure, None, "") for seq in range(300)], "left_fist")
    assert [phase for _, phase in told] == ["start", "end"]
    assert 44 <= told[1][0] <= 47


def test_a_heart_is_told_of_hands_that_are_looked_at_in_turn() -> None:
    """As a busy computer looks at them."""
    left, right = heart_hands()
    hands = [(left, right, "left_hand" if seq % 2 else "right_hand") for seq in range(60)]
    assert [phase for _, phase in phases_of(hands, "heart")] == ["start"]
