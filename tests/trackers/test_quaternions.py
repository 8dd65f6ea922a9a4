"""Tests of `trackers.quaternions`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trackers import quaternions as quat

TURNS = arrays(np.float64, (5, 3), elements=st.floats(-1.7, 1.7))  # angles stay below pi


@given(TURNS)
def test_log_undoes_exp(turns: np.ndarray) -> None:
    """A rotation vector survives the way through a quaternion, whichever sign the quaternion has."""
    np.testing.assert_allclose(quat.log(quat.exp(turns)), turns, atol=1e-9)
    np.testing.assert_allclose(quat.log(-quat.exp(turns)), turns, atol=1e-9)


@given(TURNS, TURNS)
def test_difference_leads_from_one_to_the_other(a: np.ndarray, b: np.ndarray) -> None:
    """a * exp(difference(a, b)) is b up to sign."""
    start, end = quat.exp(a), quat.exp(b)
    reached = quat.multiply(start, quat.exp(quat.difference(start, end)))
    np.testing.assert_allclose(np.abs(np.sum(reached * end, axis=1)), 1.0, atol=1e-9)


def test_multiply_is_the_product_of_the_basis() -> None:
    """i * j = k, j * k = i, k * i = j."""
    i, j, k, _ = np.eye(4)
    np.testing.assert_allclose(quat.multiply(i, j), k)
    np.testing.assert_allclose(quat.multiply(j, k), i)
    np.testing.assert_allclose(quat.multiply(k, i), j)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 1.0])
def test_slerp_goes_the_short_way_at_even_speed(fraction: float) -> None:
    """Between two turns about one axis the angle grows in proportion, also when the second has the other sign."""
    start, end = quat.exp(np.array([0.0, 0.2, 0.0])), -quat.exp(np.array([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(quat.log(quat.slerp(start, end, fraction)), [0.0, 0.2 + 0.8 * fraction, 0.0], atol=1e-12)


@pytest.mark.parametrize(("degrees", "off_by"), [(30.0, 0.04), (90.0, 1.0), (180.0 - 1e-3, 8.2)])
def test_blend_stays_close_to_slerp(degrees: float, off_by: float) -> None:
    """The cheap way goes the same way, and keeps the promise of its docstring."""
    start, end = quat.exp(np.array([0.3, 0.0, 0.1])), quat.exp(np.radians([0.0, 0.0, degrees]))
    end = quat.multiply(start, end)
    for fraction in np.linspace(0, 1, 21):
        exact, cheap = quat.slerp(start, end, fraction), quat.blend(start, -end, fraction)
        assert np.degrees(np.linalg.norm(quat.difference(exact, cheap))) < off_by
