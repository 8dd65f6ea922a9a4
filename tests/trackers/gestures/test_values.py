"""Continuous values: where they are 0 and 1, their signs, and what is lost."""

import numpy as np
import pytest
from head_turns import head_rotation

from trackers.gestures.values import VALUES, values_of
from trackers.skeleton import BODY_INDEX, EXPRESSION_INDEX
from trackers.types import BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

SHOULDERS_PX = 100.0


def body(points: dict[str, tuple[float, float]], *, hips_seen: bool = True) -> BodyTracking:
    """Return a body that stands upright, arms hanging, with these points moved (shoulder widths; y down from the shoulders)."""
    usual = {"left_shoulder": (0.5, 0), "right_shoulder": (-0.5, 0), "left_hip": (0.3, 1.4), "right_hip": (-0.3, 1.4)}
    usual |= {"left_wrist": (0.6, 1.4), "right_wrist": (-0.6, 1.4)}
    px = np.zeros((33, 3), np.float32)
    visibility = np.full(33, 0.9, np.float32)
    for name, (x, y) in (usual | points).items():
        px[BODY_INDEX[name], :2] = 320 + SHOULDERS_PX * x, 200 + SHOULDERS_PX * y
    if not hips_seen:
        visibility[[BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]] = 0.1
    return BodyTracking(px, np.zeros((33, 3), np.float32), visibility, np.ones(33, np.float32), 0.9)


def hand(*, bend_rad: float, thumb_apart_m: float = 0.08) -> HandTracking:
    """Return a hand whose finger joints each bend by so much."""
    world = np.zeros((21, 3), np.float32)
    for finger in range(4):
        knuckle, angle = np.array([0.02 * finger, -0.09, 0.0]), 0.0
        world[5 + 4 * finger] = knuckle
        for joint in range(1, 4):
            knuckle = knuckle + 0.03 * np.array([0.0, -np.cos(angle), -np.sin(angle)])
            angle += bend_rad
            world[5 + 4 * finger + joint] = knuckle
    world[4] = world[8] + np.array([thumb_apart_m, 0, 0], np.float32)
    return HandTracking(world * 500 + 100, world, 0.9, 0.0)


def face(yaw: float, pitch: float, roll: float) -> FaceTracking:
    """Return a face turned by these degrees, 0.7 m away, its jaw half open."""
    expression = np.zeros(52, np.float32)
    expression[EXPRESSION_INDEX["jawOpen"]] = 0.5
    turn = head_rotation(*np.radians([yaw, pitch, roll])).astype(np.float32)
    return FaceTracking(
        np.zeros((478, 3), np.float32), turn, np.array([0, 0, 0.7], np.float32), np.zeros(2, np.float32), expression, 0.9
    )


def of(**parts: BodyTracking | HandTracking | FaceTracking) -> dict[str, float | None]:
    """Return the values of a tracking with these parts only."""
    every = {"body": None, "left_hand": None, "right_hand": None, "face": None} | parts
    return values_of(Tracking(Stamp(0, 0), 640, 480, **every))  # type: ignore[arg-type]


def test_every_value_is_told_and_lost_ones_are_none() -> None:
    """The names are those of `VALUES`, whatever is seen; ranges are in order."""
    nobody = of()
    assert set(nobody) == set(VALUES)
    assert set(nobody.values()) == {None}
    assert all(about.low < about.high and about.about for about in VALUES.values())
    assert VALUES["left_hand_open"].about.startswith("how open the left hand")


def test_a_hand_is_at_0_hanging_and_at_1_up() -> None:
    """Half way is near the shoulder, and nothing leaves 0..1."""
    assert of(body=body({}))["left_hand_height"] == pytest.approx(0.0, abs=0.03)
    assert of(body=body({"left_wrist": (0.5, -1.5)}))["left_hand_height"] == 1.0
    assert of(body=body({"right_wrist": (-1.5, 0.0)}))["right_hand_height"] == pytest.approx(0.48, abs=0.03)


def test_a_wrist_that_only_the_body_guesses_has_no_height() -> None:
    """Out of the picture is not low."""
    hidden = body({})
    hidden.visibility[BODY_INDEX["left_wrist"]] = 0.2
    assert of(body=hidden)["left_hand_height"] is None
    assert of(body=hidden)["hands_distance"] is None


def test_hands_are_apart_in_widths_of_the_shoulders() -> None:
    """From wrist to wrist."""
    assert of(body=body({"left_wrist": (1.5, 0), "right_wrist": (-1.5, 0)}))["hands_distance"] == pytest.approx(3.0)


def test_a_fist_is_closed_and_a_flat_hand_open() -> None:
    """And half bent is in between."""
    flat, half, fist = (of(left_hand=hand(bend_rad=bend))["left_hand_open"] for bend in (0.0, 0.75, 1.7))
    assert flat == 1.0
    assert half is not None
    assert 0.2 < half < 0.95
    assert fist == 0.0


def test_a_pinch_is_1_where_the_tips_touch() -> None:
    """And 0 for an open hand."""
    assert of(right_hand=hand(bend_rad=0.4, thumb_apart_m=0.01))["right_pinch"] == 1.0
    assert of(right_hand=hand(bend_rad=0.4, thumb_apart_m=0.09))["right_pinch"] == 0.0


def test_the_head_has_the_conventions_of_the_house() -> None:
    """+yaw to the own left, +pitch chin down, +roll left ear up, in degrees; expressions have their names."""
    values = of(face=face(20, 10, -5))
    assert [values[name] for name in ("head_yaw", "head_pitch", "head_roll")] == pytest.approx([20, 10, -5], abs=1e-3)
    assert values["face_distance_m"] == pytest.approx(0.7)
    assert values["jawOpen"] == 0.5


@pytest.mark.parametrize("hips_seen", [True, False])
def test_a_lean_to_the_own_left_is_positive(hips_seen: bool) -> None:
    """The person's left is at larger x; without hips the slant of the shoulders tells."""
    angle = np.radians(15)
    turned = {
        name: (x * np.cos(angle) - (y - 1.4) * np.sin(angle), 1.4 + x * np.sin(angle) + (y - 1.4) * np.cos(angle))
        for name, (x, y) in {"left_shoulder": (0.5, 0.0), "right_shoulder": (-0.5, 0.0)}.items()
    }
    assert of(body=body({}, hips_seen=hips_seen))["lean"] == pytest.approx(0.0, abs=0.1)
    assert of(body=body(turned, hips_seen=hips_seen))["lean"] == pytest.approx(15, abs=0.1)
