"""Model sessions: what goes in is what was asked for, and what comes out stays ours."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from trackers.errors import AssetError
from trackers.interpreter import open_session, read_model


def test_a_member_of_a_bundle_is_read(tmp_path: Path) -> None:
    """A `.task` file is a zip; a bare `.tflite` is itself."""
    with zipfile.ZipFile(tmp_path / "some.task", "w") as bundle:
        bundle.writestr("inner.tflite", b"weights")
    (tmp_path / "bare.tflite").write_bytes(b"others")
    assert read_model(tmp_path / "some.task", member="inner.tflite") == b"weights"
    assert read_model(tmp_path / "bare.tflite") == b"others"


def test_outputs_are_copies(models: None) -> None:
    """A second run does not change what the first gave, and the same picture gives the same numbers."""
    session = open_session("hand_landmarker", member="hand_landmarks_detector.tflite", threads=1)
    assert session.input_size_px == 224
    one = np.zeros((224, 224, 3), dtype=np.uint8)
    other = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    (first,) = session.run_image(one, outputs=(0,))
    kept = first.copy()
    (second,) = session.run_image(other, outputs=(0,))
    np.testing.assert_array_equal(first, kept)
    assert not np.array_equal(first, second)
    (again,) = session.run_image(one, outputs=(0,))
    np.testing.assert_array_equal(first, again)


def test_pictures_are_scaled_to_the_range_of_the_model(models: None) -> None:
    """A picture with a range gives what the same numbers as a tensor give."""
    session = open_session("face_landmarker", member="face_detector.tflite", threads=1)
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    by_image = session.run_image(image, outputs=(0, 1), low=-1.0)
    by_tensor = session.run_tensor((image[None] / np.float32(127.5) - 1).astype(np.float32), outputs=(0, 1))
    for one, two in zip(by_image, by_tensor, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-3)


def test_a_missing_model_stops_the_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence for the user comes through."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    with pytest.raises(AssetError, match="pose_landmark_heavy.tflite is missing from"):
        open_session("pose_landmark_heavy")
