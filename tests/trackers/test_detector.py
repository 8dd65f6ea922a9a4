"""Anchors, decoding, suppression, and the real detectors on real pictures."""

from collections.abc import Callable

import numpy as np
import pytest

from trackers import detector
from trackers.detector import FACE, PALM, PERSON, Detector, DetectorSpec
from trackers.geometry import whole_picture
from trackers.interpreter import open_session
from trackers.types import Frame


@pytest.mark.parametrize(("spec", "side_px", "count"), [(PERSON, 224, 2254), (PALM, 192, 2016), (FACE, 128, 896)])
def test_there_is_one_anchor_for_each_output_row(spec: DetectorSpec, side_px: int, count: int) -> None:
    """The tables fit the models' outputs."""
    table = detector.anchors(side_px, spec.strides)
    assert table.shape == (count, 2)
    assert table.min() > 0
    assert table.max() < side_px


def test_decoding_adds_the_anchor_and_opens_the_box() -> None:
    """Centre and size become corners; keypoints move with the anchor."""
    raw = np.array([[2, 4, 20, 10, 1, -1]], dtype=np.float32)
    points = detector.decode(raw, np.array([[100, 50]], dtype=np.float32))
    np.testing.assert_allclose(points[0], [[92, 49], [112, 59], [101, 49]])


def test_suppression_merges_one_object_and_keeps_another() -> None:
    """Two boxes on one thing become their weighted mean; a distant third stays itself."""
    boxes = np.array([[[0, 0], [10, 10]], [[2, 0], [12, 10]], [[50, 50], [60, 60]]], dtype=np.float32)
    found = detector.suppress(boxes, np.array([0.6, 0.9, 0.7], dtype=np.float32), most=5)
    assert [score for _, score in found] == pytest.approx([0.9, 0.7])
    np.testing.assert_allclose(found[0][0], [[1.2, 0], [11.2, 10]], atol=1e-5)
    np.testing.assert_allclose(found[1][0], boxes[2])


@pytest.mark.needs_data
def test_each_detector_finds_its_thing(models: None, read_picture: Callable[[str], Frame]) -> None:
    """A face and a person in a portrait, a palm in a picture of a hand, and nothing on a bare wall."""
    portrait, hand = read_picture("face/portrait.jpg").image, read_picture("hands/hand_thumb_up.jpg").image
    wall = np.full((480, 640, 3), 180, dtype=np.uint8)
    for spec, image in ((FACE, portrait), (PERSON, portrait), (PALM, hand)):
        finder = Detector(spec, open_session(spec.asset, member=spec.member))
        found = finder.find(image, whole_picture(image.shape[1], image.shape[0]))
        assert len(found) == 1
        left, top, right, bottom = found[0].box_px
        assert -10 < left < right < image.shape[1] + 10
        assert -10 < top < bottom < image.shape[0] + 10
        assert finder.find(wall, whole_picture(640, 480)) == []
    face = Detector(FACE, open_session(FACE.asset, member=FACE.member)).find(portrait, whole_picture(820, 1024))[0]
    right_eye, left_eye = face.keypoints_px[:2]
    assert right_eye[0] < left_eye[0]  # the person's right eye is on the left of the picture
