"""Tests of the published truths: found beside the clip, read right, and the errors' arithmetic."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_agreement import body, face, hand, moved, tracking

from export.truth import Truth, errors, read_expression, truth_beside
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp


def test_the_truth_lies_beside_the_clip(tmp_path: Path) -> None:
    """By the clip's name up to its first dot; 21 keypoints are a hand's, 33 a body's, and other files are none."""
    for name, count in (("hand", 21), ("body", 33), ("other", 5)):
        (tmp_path / f"{name}.full.json").write_text(json.dumps(np.ones((4, count, 3)).tolist()))
    assert truth_beside(tmp_path / "hand.25fps.mp4").kind == "hand"
    assert truth_beside(tmp_path / "body.mp4").values.shape == (4, 33, 3)
    assert truth_beside(tmp_path / "other.mp4") is None
    assert truth_beside(tmp_path / "absent.mp4") is None


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[1, 2]", "{", "[[[1]]]", '"x"', "[[[1e999]]]", str([[[None] * 3] * 21]), "\udcff"]
)
def test_another_programs_file_is_no_truth(tmp_path: Path, text: str) -> None:
    """Whatever has the name but not the form is left aside."""
    (tmp_path / "hand.full.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert truth_beside(tmp_path / "hand.mp4") is None
    (tmp_path / "face_expected_blendshapes.pbtxt").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert truth_beside(tmp_path / "face.jpg") is None


def test_an_expression_is_read_by_name() -> None:
    """The order is ours, `_neutral` is left out, and what is not named is 0."""
    text = 'classification { index: 0 score: 0.9 label: "_neutral" } classification { score: 2.5e-1 label: "jawOpen" }'
    values = read_expression(text)
    assert values[EXPRESSION_INDEX["jawOpen"]] == pytest.approx(0.25)
    assert values.sum() == pytest.approx(0.25)


def test_errors_of_a_hand() -> None:
    """The nearer hand counts, a frame without one is missed, and frames beyond the truth are left out."""
    truth = Truth("hand", np.stack([hand().keypoints_px] * 3))
    seen = [
        tracking(left_hand=moved(hand(), 300, 0), right_hand=moved(hand(), 3, 4)),
        tracking(left_hand=moved(hand(), 1, 0)),
        tracking(),
        tracking(left_hand=moved(hand(), 90, 0)),
    ]
    assert errors(truth, seen, smoothed_already=False) == {"frames": 3, "missed": 1, "mean_px": 3.0, "p95_px": 5.0}


def test_errors_of_a_body_are_told_raw_and_smoothed() -> None:
    """One that jumps away and back errs less when smoothed, by ours or as the truth was; MediaPipe's own is told once."""
    still = body()
    truth = Truth("body", np.stack([still.keypoints_px] * 3))
    bodies = [still, moved(still, 0, 3), still]
    seen = [replace(tracking(body=one), stamp=Stamp(k, k * 200_000_000)) for k, one in enumerate(bodies)]
    raw = errors(truth, seen, smoothed_already=False)
    assert raw["mean_px"] == 1.0
    assert 0 < raw["mean_px_same_filter"] < 1.0
    assert 0 < raw["mean_px_smooth"] < 1.0
    assert raw["mean_px_smooth"] != raw["mean_px_same_filter"]
    assert errors(truth, seen, smoothed_already=True) == {"frames": 3, "missed": 0, "mean_px": 1.0, "p95_px": 3.0}


def test_errors_of_an_expression() -> None:
    """The last look counts; the worst is named."""
    wanted = np.linspace(0.5, 0.1, 52, dtype=np.float32)
    expression = wanted.copy()
    expression[EXPRESSION_INDEX["jawOpen"]] += 0.26
    seen = [tracking(), tracking(face=replace(face(), expression=expression))]
    assert errors(Truth("expression", wanted), seen, smoothed_already=False) == {
        "missed": 0,
        "max": 0.26,
        "mean": 0.005,
        "worst": "jawOpen",
    }
    assert errors(Truth("expression", wanted), [tracking()], smoothed_already=False)["missed"] == 1
