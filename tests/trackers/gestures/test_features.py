"""What feature vectors hold, and what makes no difference to them."""

from dataclasses import replace

import numpy as np
import pytest
from hand_examples import example, mirrored, moved
from made_takes import ONE_OUT, REST, SALUTE, SHORT, SQUAT, TALL, with_hand
from people import FAR, Pose, look_at

from trackers.gestures.features import (
    SIZES,
    distances,
    judgeable,
    legs_stand,
    look_features,
    other_profile,
    part_features,
    telling_columns,
    without_legs,
)
from trackers.gestures.types import Look


def hand_vector(hand: object, side: str = "right") -> np.ndarray:
    vector = part_features(with_hand(hand, side), f"{side}_hand")  # type: ignore[arg-type]
    assert vector is not None
    return vector


def body_vector(pose: Pose, **how: object) -> np.ndarray:
    vector = part_features(look_at(pose, **how).tracking, "body")  # type: ignore[arg-type]
    assert vector is not None
    return vector


def apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(distances(first[None], second[None])[0, 0])


def test_a_hand_is_the_same_in_another_size_and_place() -> None:
    """Half as large, elsewhere: no difference."""
    hand = example("Horns", "right")
    other = moved(hand, turn=np.eye(3, dtype=np.float32), scale=0.5, shift_m=(0.3, -0.1, 0.2))
    assert apart(hand_vector(hand), hand_vector(other)) < 1e-4


def test_a_small_turn_is_a_small_distance() -> None:
    """A hand tilted by 15 degrees is nearer than any other pose of the same hand is."""
    hand = example("Horns", "right")
    angle = np.radians(15)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]], np.float32)
    tilted = apart(hand_vector(hand), hand_vector(moved(hand, turn=turn)))
    others = [apart(hand_vector(hand), hand_vector(example(name, "right"))) for name in ("5", "1", "2", "Ok")]
    assert tilted < 0.4 < 1.4 < min(others)


def test_a_left_hand_is_as_its_mirror_image() -> None:
    """What one hand was shown could be asked of the other."""
    hand = example("Ok", "left")
    assert apart(hand_vector(hand, "left"), hand_vector(mirrored(hand), "right")) < 1e-5


def test_a_body_is_the_same_whoever_it_is_and_wherever() -> None:
    """Build, distance and a turn of 15 degrees make less difference than another pose."""
    here = body_vector(SALUTE, build=SHORT, camera=FAR)
    there = body_vector(replace(SALUTE, turn_deg=15, at_m=(0.3, 0.0, 0.4)), build=TALL, camera=FAR)
    assert apart(here, there) < 0.35 < 1.0 < apart(here, body_vector(REST, build=SHORT, camera=FAR))


def test_legs_that_do_no_more_than_stand() -> None:
    """Straight legs stand, bent ones do not; legs that nobody sees do not count, of one that is hidden nothing."""
    standing, squatting, at_the_desk, half = (
        np.stack([body_vector(pose, **how)] * 6)  # type: ignore[arg-type]
        for pose, how in (
            (ONE_OUT, {"camera": FAR}),
            (SQUAT, {"camera": FAR}),
            (ONE_OUT, {}),
            (SQUAT, {"camera": FAR, "hidden": ("right_ankle",)}),
        )
    )
    legs = slice(12, 24)
    assert legs_stand(standing, telling_columns(standing, "body"))
    assert not legs_stand(squatting, telling_columns(squatting, "body"))
    assert telling_columns(squatting, "body").all()
    assert not without_legs(telling_columns(squatting, "body"))[legs].any()
    assert not telling_columns(at_the_desk, "body")[legs].any()
    assert telling_columns(half, "body")[legs].tolist() == 2 * [True, True, True, False, False, False]


def test_who_shows_no_legs_cannot_be_judged_by_them() -> None:
    """A leg that counts must be seen whole; where none counts, none must be."""
    rows = np.stack([body_vector(SQUAT, camera=FAR), body_vector(SQUAT, camera=FAR, hidden=("left_knee",)), body_vector(SQUAT)])
    with_legs = np.ones(SIZES["body"], dtype=np.bool_)
    assert judgeable(rows, with_legs, "body").tolist() == [True, False, False]
    assert judgeable(rows, without_legs(with_legs), "body").tolist() == [True, True, True]


def test_a_profile_is_known_from_the_other_side() -> None:
    """What stands sideways is turned to the other profile; who faces the lens is not."""
    sideways = look_at(replace(SQUAT, turn_deg=90), camera=FAR).tracking
    turned = other_profile(sideways)
    assert turned is not None
    other = body_vector(replace(SQUAT, turn_deg=-90), camera=FAR)
    assert apart(turned, other) < 0.6 < 1.0 < apart(body_vector(replace(SQUAT, turn_deg=90), camera=FAR), other)
    assert other_profile(look_at(SQUAT, camera=FAR).tracking) is None
    assert other_profile(with_hand(example("5", "left"), "left")) is None


def test_what_is_mostly_missing_is_nowhere_near() -> None:
    """A few missing numbers count as a bit apart, many as not known."""
    row = np.zeros((1, 10))
    some, many = row.copy(), row.copy()
    some[0, :2], many[0, :6] = np.nan, np.nan
    assert distances(row, some)[0, 0] == pytest.approx(np.sqrt(0.12))
    assert distances(row, many)[0, 0] == np.inf


def test_sizes_and_absent_parts() -> None:
    """Each vector is as long as the table says; what is not there has none, and what was not looked at neither."""
    look = look_at(SALUTE, expression={"jawOpen": 0.5})
    for part in ("body", "face"):
        vector = part_features(look.tracking, part)
        assert vector is not None
        assert len(vector) == SIZES[part]
    assert part_features(look.tracking, "left_hand") is None
    assert part_features(look.tracking, "pair") is None
    assert look_features(Look(look.tracking, frozenset(), look.seen), "body") is None
    both = replace(with_hand(example("5", "left"), "left"), right_hand=example("5", "right"))
    pair = part_features(both, "pair")
    assert pair is not None
    assert len(pair) == SIZES["pair"]
