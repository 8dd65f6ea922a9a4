"""Tests of the reference's smoothing: its arithmetic, and that it is what MediaPipe does."""

import math
from dataclasses import replace

import numpy as np
import pytest
from test_agreement import body, tracking

from export.reference_filter import ReferenceFilter, as_the_reference_shows, body_region_px, face_region_px
from trackers.types import Stamp


def test_a_step_is_followed_as_the_formula_says() -> None:
    """From 0 to 10 px in a region of 100 px and 0.1 s: speed 1 a second, opened by its own low-pass, then 80 Hz for each."""
    smooth = ReferenceFilter()
    start, step = np.zeros((1, 2), dtype=np.float32), np.full((1, 2), 10, dtype=np.float32)
    np.testing.assert_array_equal(smooth(start, size_px=100, elapsed_s=0.1), start)
    speed = 1.0 / (1 + 1 / (2 * math.pi * 1.0 * 0.1))
    share = 1 / (1 + 1 / (2 * math.pi * (0.05 + 80 * speed) * 0.1))
    np.testing.assert_allclose(smooth(step, size_px=100, elapsed_s=0.1), 10 * share, rtol=1e-5)


def test_what_rests_is_hardly_moved_by_noise() -> None:
    """A jitter of a hundredth of a pixel in a region of 1000 px is smoothed to a tenth of it."""
    smooth = ReferenceFilter()
    shown = [smooth(np.float32([[0.01 * (-1) ** n]]), size_px=1000, elapsed_s=1 / 30) for n in range(100)]
    assert np.std(shown[50:]) < 0.001


def test_a_lost_body_begins_anew() -> None:
    """The first body after a gap passes unchanged, and the second does not."""
    there = body()
    far = replace(there, keypoints_px=there.keypoints_px + np.float32([7, 0, 0]))
    seen = [there, far, None, there, far]
    stamped = [replace(tracking(body=part), stamp=Stamp(n, n * 33_333_333)) for n, part in enumerate(seen)]
    shown = [one.body for one in as_the_reference_shows(stamped)]
    assert shown[2] is None
    np.testing.assert_array_equal(shown[3].keypoints_px, there.keypoints_px)
    assert 0 < shown[4].keypoints_px[0, 0] < 7
    assert 0 < shown[1].keypoints_px[0, 0] < 7


def test_regions_are_as_large_as_the_crops() -> None:
    """A circle about the hips through the farthest keypoint, grown by a quarter; a face's box, grown by half."""
    points = np.zeros((33, 3), dtype=np.float32)
    points[0, 1] = -200
    assert body_region_px(points) == pytest.approx(500)
    assert face_region_px(np.float32([[0, 0, 0], [100, 60, 0]])) == pytest.approx(150)
