"""What is told of a hand does not depend on where, how large and how turned it is, and left mirrors right."""

import math
from dataclasses import asdict, fields

import numpy as np
import pytest
from hand_examples import CLASSES, example, heart_hands, mirrored, moved
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers.gestures.hand_view import HandView, view_hand, view_pair
from trackers.gestures.types import SIDES, Side
from trackers.types import FloatArray

AGAINST_THE_PICTURE = ("thumb_rise", "finger_rise", "palm_rise", "facing")


def numbers(view: HandView, *, without: tuple[str, ...] = ()) -> list[float]:
    """All figures of a view, in the order of its fields."""
    values = [getattr(view, field.name) for field in fields(view) if field.name not in without]
    return [number for value in values for number in (value if isinstance(value, tuple) else (value,))]


def rotation(yaw: float, pitch: float, roll: float) -> FloatArray:
    """(3, 3): about y, then x, then z."""
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(angle), math.sin(angle)) for angle in (yaw, pitch, roll))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turn: FloatArray = (about_z @ about_x @ about_y).astype(np.float32)
    return turn


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CLASSES),
    st.sampled_from(SIDES),
    st.tuples(*[st.floats(-3.0, 3.0)] * 3),
    st.floats(0.3, 3.0),
    st.tuples(*[st.floats(-1.0, 1.0)] * 3),
)
def test_place_size_and_turn_do_not_matter(
    name: str, side: Side, angles: tuple[float, float, float], scale: float, shift_m: tuple[float, float, float]
) -> None:
    """Only what is told against the picture changes when the hand is turned in space, scaled and moved."""
    hand = example(name, side)
    other = moved(hand, turn=rotation(*angles), scale=scale, shift_m=shift_m)
    before, after = view_hand(hand, side=side), view_hand(other, side=side)
    ignored = ("size_m", *AGAINST_THE_PICTURE)
    assert numbers(after, without=ignored) == pytest.approx(numbers(before, without=ignored), abs=2e-3)
    assert after.size_m == pytest.approx(scale * before.size_m, rel=1e-3)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("side", SIDES)
def test_left_and_right_are_mirror_images(name: str, side: Side) -> None:
    """A hand and its mirror image, taken for the other hand, give the same figures, facing and rise included."""
    hand = example(name, side)
    other: Side = "right" if side == "left" else "left"
    assert numbers(view_hand(mirrored(hand), side=other)) == pytest.approx(numbers(view_hand(hand, side=side)), abs=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_the_palm_is_told_from_the_back(side: Side) -> None:
    """`Stop` shows its palm, `Fight_Fist` its back, and a palm turned round is a back."""
    stop = example("Stop", side)
    assert view_hand(stop, side=side).facing > 0.9
    assert view_hand(moved(stop, turn=rotation(math.pi, 0, 0)), side=side).facing < -0.9
    assert view_hand(example("Fight_Fist", side), side=side).facing < -0.9


@pytest.mark.parametrize("side", SIDES)
def test_straight_and_curled_fingers_are_told_apart(side: Side) -> None:
    """In `Horns` index and little finger are out, the two between in; in a fist all are in, in `5` all out."""
    index, middle, ring, little = view_hand(example("Horns", side), side=side).extension
    assert min(index, little) > 1.3
    assert max(middle, ring) < 1.15
    assert max(view_hand(example("Power_Fist", side), side=side).extension) < 1.2
    assert min(view_hand(example("5", side), side=side).extension) > 1.28


@pytest.mark.parametrize("side", SIDES)
def test_the_thumb_is_told_by_the_hand_and_by_the_picture(side: Side) -> None:
    """Beside the hand or across it, up or down in the picture; turned upside down, up is down."""
    up, down = (view_hand(example(name, side), side=side) for name in ("Super", "Dislike"))
    assert up.thumb_rise > 0.6
    assert down.thumb_rise < -0.6
    assert min(up.thumb_out, down.thumb_out) > 0.5
    assert view_hand(example("4", side), side=side).thumb_out < 0.2
    turned = view_hand(moved(example("Super", side), turn=rotation(0, 0, math.pi)), side=side)
    assert turned.thumb_rise == pytest.approx(-up.thumb_rise, abs=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_tips_that_meet_are_near_and_make_a_ring(side: Side) -> None:
    """In `Ok` the thumb's tip is nearer to the index finger's tip than to any other, and there is room within."""
    view = view_hand(example("Ok", side), side=side)
    assert view.gaps[0] < 0.4 < min(view.gaps[1:])
    assert view.ring > view.gaps[0] + 0.2


def test_a_point_for_a_hand_gives_numbers() -> None:
    """All points at one place: nothing divides by zero."""
    hand = moved(example("5", "left"), turn=rotation(0, 0, 0), scale=0.0)
    assert all(math.isfinite(number) for number in numbers(view_hand(hand, side="left")))


def test_two_hands_of_a_heart_meet_twice_with_room_between() -> None:
    """Thumbs and index fingers meet, the latter above, by more than a third of a palm; drawn apart they do not meet."""
    pair = view_pair(*heart_hands())
    assert max(pair.thumbs, pair.indexes) < 0.2
    assert pair.height > 0.3
    assert pair.width > 0.5
    apart = view_pair(*heart_hands(thumbs_apart=1.0))
    assert min(apart.thumbs, apart.indexes) > 0.8
    left, right = heart_hands()
    assert asdict(view_pair(mirrored(right), mirrored(left))) == pytest.approx(asdict(pair), abs=0.01)
