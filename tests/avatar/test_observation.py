"""Tests of `avatar.observation`: the picture's scale, also where a body cannot tell it."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_person import RIG, Person

from avatar.observation import SHOULDERS, body_view
from avatar.retarget import Retargeter
from trackers.types import Tracking


def shoulders_apart(across_px: float) -> Tracking:
    """Return a person of the usual width in metres whose shoulders are so far apart in the picture."""
    tracking = Person().arms_down().tracking()
    assert tracking.body is not None
    keypoints_px = tracking.body.keypoints_px.copy()
    keypoints_px[SHOULDERS, :2] = [(320 + across_px / 2, 200), (320 - across_px / 2, 200)]
    return replace(tracking, body=replace(tracking.body, keypoints_px=keypoints_px))


def test_the_scale_is_that_of_the_shoulders() -> None:
    """Shoulders 0.32 m wide that take 160 px in the picture: 500 px a metre, 80 px: half of that."""
    for across_px, px_per_m in ((160.0, 500.0), (80.0, 250.0)):
        view = body_view(shoulders_apart(across_px))
        assert view is not None
        assert view.px_per_m == pytest.approx(px_per_m, rel=1e-3)


@pytest.mark.parametrize("across_px", [0.0, 1e-6, 0.5])
def test_shoulders_on_one_pixel_end_no_posing(across_px: float) -> None:
    """They tell no scale, so a usual one is taken; neither its logarithm nor a division by it fails."""
    tracking = shoulders_apart(across_px)
    view = body_view(tracking)
    assert view is not None
    assert view.px_per_m == 500.0
    assert np.isfinite(Retargeter(RIG).retarget(tracking).rotations).all()
