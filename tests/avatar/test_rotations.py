"""Tests of `avatar.rotations`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from avatar import rotations as rot
from avatar.rig import matrices_from_quaternions
from trackers import quaternions as quat

VECTOR = arrays(np.float64, (3,), elements=st.floats(-1.7, 1.7))


@given(VECTOR)
def test_from_matrix_undoes_the_matrix(turn: np.ndarray) -> None:
    """A rotation survives the way through its matrix."""
    q = quat.exp(turn)
    back = rot.from_matrix(matrices_from_quaternions(q[None].astype(np.float64))[0])
    assert abs(float(back @ q)) == pytest.approx(1.0, abs=1e-6)


@given(VECTOR, VECTOR)
def test_rotate_agrees_with_the_matrix(turn: np.ndarray, vector: np.ndarray) -> None:
    """Turning a vector by a quaternion and by its matrix is the same."""
    q = quat.exp(turn)
    np.testing.assert_allclose(rot.rotate(q, vector), matrices_from_quaternions(q[None])[0] @ vector, atol=1e-5)


@given(st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(-3, 3))
def test_yaw_pitch_roll_round_trip(yaw: float, pitch: float, roll: float) -> None:
    """The three angles come back from their rotation."""
    got = rot.yaw_pitch_roll(rot.from_yaw_pitch_roll(yaw, pitch, roll))
    np.testing.assert_allclose(got, [yaw, pitch, roll], atol=1e-6)


@pytest.mark.parametrize(("start", "end"), [(rot.X, rot.Y), (rot.X, rot.X), (rot.X, -rot.X), (rot.Y, -rot.Y)])
def test_between_takes_one_direction_to_the_other(start: np.ndarray, end: np.ndarray) -> None:
    """The shortest rotation does what it says, also for the same and for opposite directions."""
    np.testing.assert_allclose(rot.rotate(rot.between(start, end), start), end, atol=1e-9)
