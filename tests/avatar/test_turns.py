"""Tests of `avatar.turns`: one turn at a time agrees with the arithmetic of whole stacks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar import rotations as rot
from avatar import turns
from avatar.turns import Vector
from trackers import quaternions as quat

NUMBER = st.floats(-1.7, 1.7)
VECTOR = st.tuples(NUMBER, NUMBER, NUMBER)
unhurried = settings(deadline=None)  # other programs may hold the machine up


@unhurried
@given(VECTOR, VECTOR)
def test_products_logarithms_and_turned_vectors_agree_with_the_stacks(a: Vector, b: Vector) -> None:
    """Exponential, product, inverse, logarithm, turning a vector and the way between two turns are the same in both."""
    p, q = turns.exp(a), turns.exp(b)
    pq = np.array([p, q])
    np.testing.assert_allclose(pq, quat.exp(np.array([a, b])), atol=1e-12)
    np.testing.assert_allclose(turns.multiply(p, q), quat.multiply(*pq), atol=1e-12)
    np.testing.assert_allclose(turns.inverse(p), quat.inverse(pq[0]), atol=1e-12)
    np.testing.assert_allclose(turns.log(p), quat.log(pq[0]), atol=1e-9)
    np.testing.assert_allclose(turns.rotate(p, b), rot.rotate(pq[0], np.array(b)), atol=1e-12)
    np.testing.assert_allclose(turns.slerp(p, q, 0.3), quat.slerp(*pq, 0.3), atol=1e-9)


@pytest.mark.parametrize(("start", "end"), [(turns.X, turns.Y), (turns.X, turns.X), (turns.X, (-1.0, 0.0, 0.0))])
def test_between_takes_one_direction_to_the_other(start: Vector, end: Vector) -> None:
    """The shortest turn does what it says, also for the same and for opposite directions."""
    np.testing.assert_allclose(turns.rotate(turns.between(start, end), start), end, atol=1e-9)


@pytest.mark.parametrize("length", [1.0, 1e-13, 1e-90, 0.0, 5e-324])
def test_a_short_vector_has_a_direction_too(length: float) -> None:
    """Length one, however short it is; nothing stays nothing."""
    assert turns.unit((0.0, length, 0.0)) == ((0.0, 1.0, 0.0) if length > 1e-100 else (0.0, 0.0, 0.0))


@unhurried
@given(VECTOR, VECTOR)
def test_a_frame_points_x_along_and_z_towards(x: Vector, towards: Vector) -> None:
    """X goes where it is told, and nothing of the other direction is left on Y."""
    x = turns.unit(x)
    if math.hypot(*turns.cross(x, towards)) < 1e-3:
        return  # no direction to go by
    frame = turns.frame(x, towards)
    np.testing.assert_allclose(turns.rotate(frame, turns.X), x, atol=1e-6)
    assert abs(turns.dot(turns.rotate(frame, turns.Y), towards)) < 1e-6
    assert turns.dot(turns.rotate(frame, turns.Z), towards) > 0


@unhurried
@given(VECTOR)
def test_swing_times_roll_is_the_whole(vector: Vector) -> None:
    """The parts multiply back to the turn, and the swing does not turn about X."""
    q = turns.exp(vector)
    swing, roll = turns.swing_roll(q)
    whole = turns.multiply(swing, turns.about(turns.X, roll))
    assert abs(np.dot(whole, q)) == pytest.approx(1.0, abs=1e-9)
    assert abs(swing[0]) < 1e-9 or abs(swing[3]) < 1e-9


def test_folded_is_continuous_through_pi() -> None:
    """Just below and just above 180 degrees a joint's angle is the same: none."""
    got = [turns.folded(angle, limit_rad=1.75, fold_rad=2.4) for angle in (0.5, 2.0, 3.14, -3.14)]
    np.testing.assert_allclose(got, [0.5, 1.75, 0.0, 0.0], atol=1e-3)
