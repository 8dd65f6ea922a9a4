"""Cutting outputs out of a real model changes its time, not its answers."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from trackers.assets import path_of
from trackers.interpreter import Session, read_model
from trackers.pruning import with_outputs


def operator_count(content: bytes) -> int:
    """Return how many operators a model runs."""
    return int(schema.Model.GetRootAsModel(content, 0).Subgraphs(0).OperatorsLength())


@pytest.mark.parametrize("model", ["pose_landmark_full", "pose_landmarker_lite"])
def test_the_kept_outputs_are_the_same_to_five_digits(models: None, model: str) -> None:
    """The body model without its matte runs fewer operators and answers alike."""
    member = "pose_landmarks_detector.tflite" if model.endswith("lite") else None
    whole = read_model(path_of(model), member=member)
    pruned = with_outputs(whole, (0, 1, 3, 4))
    assert operator_count(pruned) < 0.9 * operator_count(whole)
    assert len(pruned) == len(whole)
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    wanted = Session(whole, threads=1).run_image(image, outputs=(0, 1, 3, 4))
    got = Session(pruned, threads=1).run_image(image, outputs=range(4))
    for one, other in zip(wanted, got, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_outputs_come_in_the_order_asked_for(models: None) -> None:
    """Only the score is left, and it is the same score."""
    whole = read_model(path_of("hand_landmarker"), member="hand_landmarks_detector.tflite")
    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    (wanted,) = Session(whole, threads=1).run_image(image, outputs=(1,))
    (got,) = Session(with_outputs(whole, (1,)), threads=1).run_image(image, outputs=(0,))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
