"""What feature vectors hold, and what makes no difference to them."""

from dataclasses import replace

import numpy as np
import pytest
from hand_examples import example, mirrored, moved
from made_takes import ONE_OUT, REST, SALUTE, SHORT, TALL, with_hand
from people import FAR, Pose, look_at

from trackers.gestures.features import SIZES, distances, look_features, part_features, telling_columns
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


def test_legs_count_only_if_they_do_something() -> None:
    """A pose of the arms is the same on a chair: straight legs, and legs that nobody sees, are left out."""
    standing = np.stack([body_vector(ONE_OUT, camera=FAR)] * 6)
    squatting = np.stack([body_vector(replace(ONE_OUT, sit_deg=100), camera=FAR)] * 6)
    at_the_desk = np.stack([body_vector(ONE_OUT)] * 6)
    assert not telling_columns(standing, "body")[12:24].any()
    assert telling_columns(squatting, "body")[12:24].all()
    assert np.isnan(at_the_desk[0, 12:24]).all()
    assert not telling_columns(at_the_desk, "body")[12:24].any()


def test_what_is_mostly_missing_is_nowhere_near() -> None:
    """A few missing numbers count as a bit apart, many as not known."""
    row = np.zeros((1, 10))
    some, many = row.copy(), row.copy()
    some[0, :2], many[0, :6] = np.nan, np.nan
    assert distances(row, some)[0, 0] == pytest.approx(np.sqrt(0.06))
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
