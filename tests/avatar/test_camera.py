"""Framings: what is in the picture, for any size."""

import numpy as np
import pytest

from avatar.camera import Framing, camera_for


@pytest.mark.parametrize(("width_px", "height_px"), [(512, 512), (640, 360), (360, 640), (96, 96)])
def test_full_framing_holds_ears_and_feet(width_px: int, height_px: int) -> None:
    """The shorter side holds the framing, whatever the shape of the picture."""
    camera = camera_for(Framing.FULL, width_px=width_px, height_px=height_px)
    points = camera.project(np.array([[0, 0, 0.1], [0, 1.76, 0], [-0.7, 1, 0], [0.7, 1, 0]], dtype=np.float32))
    assert (points > 0).all()
    assert (points < [width_px, height_px]).all()


def test_bust_shows_the_head_at_about_45_percent() -> None:
    """Chin to crown of a 0.52 m head."""
    camera = camera_for(Framing.BUST, width_px=512, height_px=512)
    chin, crown = camera.project(np.array([[0, 1.06, 0], [0, 1.58, 0]], dtype=np.float32))
    assert 0.40 < (chin[1] - crown[1]) / 512 < 0.50


def test_avatars_left_is_image_right_and_up_is_up() -> None:
    """The avatar faces the viewer."""
    camera = camera_for(Framing.UPPER, width_px=200, height_px=200)
    left, right, top = camera.project(np.array([[0.2, 1, 0], [-0.2, 1, 0], [0, 1.5, 0]], dtype=np.float32))
    assert left[0] > 100 > right[0]
    assert top[1] < left[1]
    assert camera.metres_per_px == pytest.approx(0.4 / (left[0] - right[0]), rel=1e-4)
