"""Regions, projections, the meaning of yaw, pitch and roll, and rigid fits."""

import math

import cv2
import numpy as np
import pytest
from head_turns import head_rotation
from hypothesis import given
from hypothesis import strategies as st

from trackers import geometry
from trackers.geometry import Region

ANGLES = st.floats(-1.4, 1.4)
LEFT_EAR, CROWN, NOSE = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])


def test_a_head_facing_the_lens_is_the_rest_pose() -> None:
    """No turn at all is diag(1, -1, -1)."""
    np.testing.assert_allclose(head_rotation(0, 0, 0), np.diag([1, -1, -1]), atol=1e-12)


def test_positive_angles_turn_the_way_the_glossary_says() -> None:
    """+yaw moves the nose image-right, +pitch moves it down, +roll lifts the left ear."""
    assert (head_rotation(0.3, 0, 0) @ NOSE)[0] > 0.2
    assert (head_rotation(0, 0.3, 0) @ NOSE)[1] > 0.2
    assert (head_rotation(0, 0, 0.3) @ LEFT_EAR)[1] < -0.2
    assert (head_rotation(0, 0, 0.3) @ CROWN)[0] < -0.2


@given(yaw=ANGLES, pitch=ANGLES, roll=ANGLES)
def test_angles_survive_the_round_trip(yaw: float, pitch: float, roll: float) -> None:
    """Any pose away from the pole comes back as it went in."""
    back = geometry.head_angles(head_rotation(yaw, pitch, roll))
    np.testing.assert_allclose(back, (yaw, pitch, roll), atol=1e-9)


def test_at_the_pole_the_rotation_still_survives() -> None:
    """Chin on the chest: yaw and roll are one, but the matrix made of the angles is the same."""
    turn = head_rotation(0.4, math.pi / 2, 0.1)
    yaw, pitch, roll = geometry.head_angles(turn)
    assert roll == 0.0
    np.testing.assert_allclose(head_rotation(yaw, pitch, roll), turn, atol=1e-6)


@given(angle=st.floats(-3, 3), size=st.floats(20, 900), x=st.floats(-50, 700), y=st.floats(-50, 500))
def test_projection_keeps_centre_and_size(angle: float, size: float, x: float, y: float) -> None:
    """The crop's middle is the region's centre, and its top edge's middle lies half a side away, above after the turn."""
    region = Region(x, y, size, angle)
    points = np.array([[128, 128, 10], [128, 0, 0]], dtype=np.float32)
    middle, top = geometry.project(points, region, 256)
    np.testing.assert_allclose(middle, [x, y, 10 * size / 256], atol=0.01)
    np.testing.assert_allclose(top[:2] - middle[:2], [math.sin(angle) * size / 2, -math.cos(angle) * size / 2], atol=0.05)


def test_a_crop_shows_what_projection_says() -> None:
    """A dot drawn in the picture appears in the crop where its projection comes back to the dot."""
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    cv2.circle(image, (400, 210), 6, (255, 255, 255), -1)
    region = Region(380, 230, 200, 0.7)
    picture = geometry.crop(image, region, 224)
    rows, columns = np.nonzero(picture[:, :, 0] > 128)
    seen = np.array([[columns.mean(), rows.mean()]], dtype=np.float32)
    np.testing.assert_allclose(geometry.project(seen, region, 224)[0], [400, 210], atol=1.0)


@pytest.mark.parametrize("border", [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE])
def test_a_crop_is_the_same_of_a_piece_and_of_the_whole_picture(border: int) -> None:
    """Small and large, inside, at the edges and wholly outside: no value is off by more than 1."""
    rng = np.random.default_rng(3)
    image = rng.integers(0, 255, (240, 320, 3), dtype=np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for _ in range(200):
        region = Region(rng.uniform(-200, 520), rng.uniform(-200, 440), rng.uniform(2, 500), rng.uniform(-3.2, 3.2))
        wanted = cv2.warpAffine(image, geometry.image_from_crop(region, 96), (96, 96), flags=flags, borderMode=border)
        picture = geometry.crop(image, region, 96, border=border)
        assert picture.shape == wanted.shape
        assert np.abs(picture.astype(int) - wanted).max() <= 1, region


def test_an_upright_region_stands_its_points_up() -> None:
    """A hand that points image-right is upright in its crop."""
    wrist, knuckle = np.array([100, 100], dtype=np.float32), np.array([160, 100], dtype=np.float32)
    region = geometry.upright_region(wrist, knuckle, centre=knuckle, size_px=120)
    assert region.angle_rad == pytest.approx(math.pi / 2)
    matrix = cv2.invertAffineTransform(geometry.image_from_crop(region, 224))
    low, high = matrix @ [100, 100, 1], matrix @ [160, 100, 1]
    assert high[0] == pytest.approx(low[0], abs=1e-3)
    assert high[1] < low[1]


@given(yaw=ANGLES, pitch=ANGLES, roll=ANGLES, scale=st.floats(0.1, 50))
def test_a_similarity_is_recovered_exactly(yaw: float, pitch: float, roll: float, scale: float) -> None:
    """A cloud that was turned, grown and moved gives the turn, the growth and the move back, and never a mirror."""
    source = np.random.default_rng(3).normal(size=(20, 3))
    turn = head_rotation(yaw, pitch, roll)
    target = scale * source @ turn.T + [3, -2, 7]
    fit = geometry.fit_similarity(source, target, np.linspace(0.5, 2, 20))
    np.testing.assert_allclose(fit.rotation, turn, atol=1e-9)
    assert fit.scale == pytest.approx(scale)
    np.testing.assert_allclose(fit.offset, [3, -2, 7], atol=1e-7)
    assert np.linalg.det(fit.rotation) == pytest.approx(1.0)
