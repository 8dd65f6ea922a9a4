"""Trained gestures as plain data and back."""

import json
from typing import Any

import numpy as np
import pytest
from made_takes import REST, hand_held, held, look, waving

from trackers.errors import UserError
from trackers.gestures.trained import TrainedDetector, TrainedSet
from trackers.gestures.trained_data import from_data, to_data
from trackers.gestures.training import Lesson, train


@pytest.fixture(scope="module")
def trained() -> TrainedSet:
    lessons = [
        Lesson("rock", (hand_held("Horns", "right"),), created="2026-01-01T00:00:00+00:00"),
        Lesson("hello", (waving(),), kind="motion"),
    ]
    return train(lessons, background=[held(REST)])


def test_there_and_back(trained: TrainedSet) -> None:
    """Through JSON and float32: the same names, parts and confidences, nothing to execute."""
    header, arrays = to_data(trained)
    assert all(array.dtype in (np.float32, np.bool_) for array in arrays.values())
    again = from_data(json.loads(json.dumps(header)), arrays, where="x")
    assert again.specs == trained.specs
    assert again.gestures[0].created == "2026-01-01T00:00:00+00:00"
    one = look(hand_held("Horns", "right", seed=3)[7])
    before, after = (TrainedDetector(each).push(one)["rock"].confidence for each in (trained, again))
    assert after == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (
            {"version": 2},
            "x holds trained gestures of version 2.1, this Posecast reads 1.1; update Posecast, or train again: "
            "python run.py gesture train",
        ),
        (
            {"features": 0},
            "x holds trained gestures of version 1.0, this Posecast reads 1.1; train again: python run.py gesture train",
        ),
    ],
)
def test_another_version(trained: TrainedSet, version: dict[str, int], sentence: str) -> None:
    """Newer or older: one sentence."""
    header, arrays = to_data(trained)
    with pytest.raises(UserError) as error:
        from_data({**header, **version}, arrays, where="x")
    assert str(error.value) == sentence


def _without(key: str) -> Any:
    return lambda header, arrays: (header, {name: array for name, array in arrays.items() if name != key})


def _changed(key: str, change: Any) -> Any:
    return lambda header, arrays: (header, {**arrays, key: change(arrays[key])})


@pytest.mark.parametrize(
    "damage",
    [
        _without("0/right_hand/examples"),
        _without("0/right_hand/columns"),
        _changed("0/right_hand/examples", lambda array: array[:, :3]),
        _changed("0/right_hand/examples", lambda array: array.astype(np.float64)),
        _changed("0/right_hand/examples", lambda array: np.full_like(array, np.inf)),
        _changed("0/right_hand/examples", lambda array: array[:0]),
        _changed("1/body/columns", lambda array: array[:2]),
        _changed("1/body/examples", lambda array: np.full_like(array, np.nan)),
        lambda header, arrays: ({**header, "gestures": [{"name": "x"}]}, arrays),
        lambda header, arrays: ({**header, "gestures": None}, arrays),
        lambda header, arrays: ({**header, "gestures": [{**header["gestures"][0], "kind": "dance"}]}, arrays),
    ],
)
def test_damage_is_one_sentence(trained: TrainedSet, damage: Any) -> None:
    """Whatever is missing or of another shape."""
    header, arrays = damage(*to_data(trained))
    with pytest.raises(UserError, match=r"^x is damaged; train again: python run.py gesture train$"):
        from_data(header, arrays, where="x")
