"""Tests of `trackers.filters`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trackers import quaternions as quat
from trackers.filters import GAP_NS, OneEuroParameters, PointFilter, RotationFilter, VectorFilter

STEP_NS = 1_000_000_000 // 30
CALM = OneEuroParameters(min_cutoff_hz=1.0, beta=0.0)
QUICK = OneEuroParameters(min_cutoff_hz=1.0, beta=0.5)


def run(values: np.ndarray, parameters: OneEuroParameters, *, start_ns: int = 0) -> np.ndarray:
    """Filter (T, N) numbers at 30 Hz."""
    smooth = VectorFilter(parameters)
    return np.array([smooth(value, time_ns=start_ns + i * STEP_NS) for i, value in enumerate(values)])


def test_matches_the_published_filter() -> None:
    """At 30 Hz with min_cutoff 1, beta 0.5, d_cutoff 1 the signal 0, 1, 0 gives the reference implementation's values."""
    got = run(np.array([[0.0], [1.0], [0.0]]), QUICK)[:, 0]
    np.testing.assert_allclose(got, [0.0, 0.430, 0.301], atol=1e-3)


def test_with_beta_zero_it_is_a_first_order_low_pass() -> None:
    """A step decays by 1 - alpha a sample, alpha = w / (1 + w), w = 2 pi fc dt."""
    got = run(np.concatenate([[0.0], np.ones(9)])[:, None], CALM)[:, 0]
    w = 2 * np.pi * 1.0 * STEP_NS * 1e-9
    np.testing.assert_allclose(1 - got, (1 / (1 + w)) ** np.arange(10), atol=1e-6)


def test_constant_in_constant_out() -> None:
    """What does not change is not changed."""
    got = run(np.tile([0.3, -2.0], (20, 1)), QUICK)
    np.testing.assert_array_equal(got, np.tile([0.3, -2.0], (20, 1)))


@pytest.mark.parametrize("kind", [VectorFilter, RotationFilter])
def test_reset_equals_a_fresh_filter(kind: type) -> None:
    """After reset nothing is left: not the value, not the speed, not the time."""
    rng = np.random.default_rng(1)
    shape = (12, 3) if kind is VectorFilter else (12, 3, 4)
    values = rng.normal(size=shape)
    values = values if kind is VectorFilter else quat.normalised(values)
    used, fresh = kind(QUICK), kind(QUICK)
    for i, value in enumerate(values[::-1]):
        used(value * 1.0, time_ns=10**12 + i * STEP_NS)
    used.reset()
    for i, value in enumerate(values):
        np.testing.assert_array_equal(used(value, time_ns=i * STEP_NS), fresh(value, time_ns=i * STEP_NS))
        np.testing.assert_array_equal(used.ahead(0.02), fresh.ahead(0.02))


def test_time_zero_is_a_time() -> None:
    """A first sample at 0 ns counts: the second is filtered against it, as with any other start."""
    values = np.array([[0.0], [1.0], [0.5]])
    np.testing.assert_allclose(run(values, QUICK), run(values, QUICK, start_ns=5 * 10**9), atol=1e-12)


def test_a_gap_starts_anew() -> None:
    """The first value after a long pause passes unchanged and carries no speed."""
    smooth = VectorFilter(QUICK)
    for i in range(10):
        smooth(np.array([0.1 * i]), time_ns=i * STEP_NS)
    assert smooth.velocity[0] > 0.5
    got = smooth(np.array([7.0]), time_ns=9 * STEP_NS + GAP_NS + 1)
    assert got[0] == 7.0
    assert smooth.velocity[0] == 0.0


def test_reduces_noise() -> None:
    """Noise at rest comes out at less than half its size."""
    noise = np.random.default_rng(2).normal(size=(300, 4))
    assert run(noise, CALM)[30:].std() < 0.5 * noise.std()


def test_lag_shrinks_with_beta() -> None:
    """A steady motion is followed the closer, the larger beta is."""
    ramp = np.linspace(0, 10, 60)[:, None]
    lags = [float((ramp - run(ramp, OneEuroParameters(min_cutoff_hz=1.0, beta=beta)))[-1, 0]) for beta in (0.0, 0.2, 1.0, 5.0)]
    assert all(later < earlier for earlier, later in zip(lags, lags[1:], strict=False))
    assert lags[-1] < 0.25 * lags[0]


def test_rows_keep_their_own_parameters_and_time() -> None:
    """One call of two rows equals two calls of one row, also when a row misses a measurement."""
    both = VectorFilter(OneEuroParameters(min_cutoff_hz=np.array([1.0, 4.0]), beta=np.array([0.0, 0.5])))
    first = VectorFilter(OneEuroParameters(min_cutoff_hz=1.0, beta=0.0))
    second = VectorFilter(OneEuroParameters(min_cutoff_hz=4.0, beta=0.5))
    for i, value in enumerate(np.random.default_rng(3).normal(size=(10, 2))):
        got = both(value, time_ns=i * STEP_NS, rows=np.array([True, i % 3 != 1]))
        one = first(value[:1], time_ns=i * STEP_NS)
        two = second(value[1:], time_ns=i * STEP_NS) if i % 3 != 1 else second.ahead(0.0)
        np.testing.assert_allclose(got, np.concatenate([one, two]), atol=1e-12)


def test_looks_ahead_along_a_steady_motion() -> None:
    """Carried on by its own velocity, the value of a ramp is the ramp's, less the filter's constant lag."""
    smooth = VectorFilter(QUICK)
    for i in range(90):
        smooth(np.array([2.0 * i / 30]), time_ns=i * STEP_NS)
    gained = smooth.ahead(0.03)[0] - smooth.ahead(0.0)[0]
    assert gained == pytest.approx(2.0 * 0.03, rel=0.03)


def test_looking_ahead_needs_a_measurement() -> None:
    """A filter that never saw a value says so."""
    with pytest.raises(RuntimeError, match="must have taken a value before it can look ahead"):
        VectorFilter(CALM).ahead(0.01)


@settings(max_examples=40)
@given(arrays(np.float64, (3,), elements=st.floats(-3, 3)), st.integers(0, 1000))
def test_sphere_does_not_care_about_the_frame(frame: np.ndarray, seed: int) -> None:
    """Turning every measurement by one rotation turns the result by the same rotation."""
    turn = quat.exp(frame)
    walk = quat.exp(np.cumsum(np.random.default_rng(seed).normal(scale=0.2, size=(12, 2, 3)), axis=0))
    plain, turned = RotationFilter(QUICK), RotationFilter(QUICK)
    for i, value in enumerate(walk):
        a = quat.multiply(turn, plain(value, time_ns=i * STEP_NS))
        b = turned(quat.multiply(turn, value), time_ns=i * STEP_NS)
        np.testing.assert_allclose(np.abs(np.sum(a * b, axis=-1)), 1.0, atol=1e-9)


def test_sphere_does_not_care_about_the_sign() -> None:
    """q and -q are one rotation: a tracker that flips the sign from frame to frame changes nothing."""
    steps = [quat.exp(np.array([[0.0, 0.05 * i, 0.0]])) for i in range(20)]
    plain, flipping = RotationFilter(QUICK), RotationFilter(QUICK)
    for i, value in enumerate(steps):
        a = plain(value, time_ns=i * STEP_NS)
        b = flipping(value if i % 2 else -value, time_ns=i * STEP_NS)
    assert abs(float(np.sum(a * b))) == pytest.approx(1.0, abs=1e-12)


def test_sphere_follows_a_steady_turn_about_one_axis_like_numbers() -> None:
    """About a fixed axis the sphere's filter is the plain filter of the angle."""
    angles = np.cumsum(np.random.default_rng(4).normal(scale=0.1, size=40))
    sphere, plain = RotationFilter(QUICK), VectorFilter(QUICK)
    for i, angle in enumerate(angles):
        q = sphere(quat.exp(np.array([[angle, 0.0, 0.0]])), time_ns=i * STEP_NS)
        x = plain(np.array([angle]), time_ns=i * STEP_NS)
        assert quat.log(q)[0, 0] == pytest.approx(x[0], abs=1e-9)


def test_a_knee_keeps_noise_out_and_lets_movement_pass() -> None:
    """With a knee above the noise's speed a filter is calmer at rest, and no later in a quick move."""
    noise = np.random.default_rng(5).normal(scale=0.01, size=(300, 4))
    plain, kneed = OneEuroParameters(1.0, 5.0, 1.0), OneEuroParameters(0.2, 20.0, 1.0, knee=1.0)
    assert run(noise, kneed)[60:].std() < 0.8 * run(noise, plain)[60:].std()
    ramp = np.linspace(0, 20, 60)[:, None]
    assert (ramp - run(ramp, kneed))[-1, 0] < (ramp - run(ramp, plain))[-1, 0]


def test_held_open_it_is_nearer_to_a_wave() -> None:
    """What waves to and fro is slow at its turns: a filter that shuts slowly is less late there."""
    wave = 0.3 * np.sin(2 * np.pi * 2.0 * np.arange(120) / 30)[:, None]
    shut = run(wave, OneEuroParameters(0.1, 3.0, 1.0, knee=1.0))
    held = run(wave, OneEuroParameters(0.1, 3.0, 1.0, knee=1.0, hold_s=0.3))
    assert (held - wave)[60:].std() < 0.97 * (shut - wave)[60:].std()


def test_lead_makes_good_the_lag_of_a_steady_motion() -> None:
    """Looking ahead by nothing, a filter with its full lead is nearer to a ramp than one without; at rest they are equal."""
    gaps = []
    for lead in (0.0, 1.0):
        smooth = VectorFilter(OneEuroParameters(0.5, 1.0, 2.0, knee=0.1, lead=lead))
        for i in range(90):
            smooth(np.array([2.0 * i / 30, 0.0]), time_ns=i * STEP_NS)
        gaps.append(abs(2.0 * 89 / 30 - smooth.ahead(0.0)[0]))
        assert smooth.ahead(0.0)[1] == 0.0
    assert gaps[1] < 0.5 * gaps[0]


def test_points_move_as_one() -> None:
    """A point's coordinates share its speed: a quick move along x lets y pass as well."""
    points, numbers = PointFilter(QUICK), VectorFilter(QUICK)
    for i in range(20):
        value = np.array([[i * 0.5, 0.01 * i]])
        point, number = points(value, time_ns=i * STEP_NS), numbers(value[0], time_ns=i * STEP_NS)
    assert abs(point[0, 1] - 0.19) < abs(number[1] - 0.19)


def test_a_unit_makes_sizes_alike() -> None:
    """Twice as large in twice the unit is the same, twice as large."""
    one, two = PointFilter(QUICK), PointFilter(QUICK)
    for i, value in enumerate(np.random.default_rng(6).normal(size=(20, 3, 2))):
        a, b = one(value, time_ns=i * STEP_NS), two(2 * value, time_ns=i * STEP_NS, unit=2.0)
    np.testing.assert_allclose(2 * a, b, atol=1e-12)
