"""Tests of rounding weights together: what a convolution gives changes less, and the limits of bytes hold."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from export.rounding import PAIR_LIMIT, WEIGHT_LIMIT, Covariance, rounded, weight_steps
from trackers.types import FloatArray


def _pictures(count: int = 3, channels: int = 6) -> list[FloatArray]:
    """Smooth noise whose channels follow each other: what a network's layers are like."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(channels, 2)).astype(np.float32)
    coarse = rng.normal(size=(count, 2, 8, 8)).astype(np.float32).repeat(8, axis=2).repeat(8, axis=3)
    fine = rng.normal(0, 0.1, size=(count, channels, 64, 64)).astype(np.float32)
    return list(np.einsum("ck,nkhw->nchw", mixed, coarse) + fine)


def _weight(outputs: int = 8, inputs: int = 6) -> FloatArray:
    return np.random.default_rng(1).normal(0, 0.2, (outputs, inputs, 3, 3)).astype(np.float32)


def _convolved(picture: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ihwyx,oiyx->ohw", sliding_window_view(picture, (3, 3), axis=(1, 2)), weight))


def _seen(pictures: list[FloatArray]) -> FloatArray:
    sight = Covariance(sides=(3, 3), pad=1)
    for picture in pictures:
        sight.add(picture)
    return sight.value()


def test_the_output_changes_less_than_by_rounding_each_weight() -> None:
    """On pictures that were not measured either; what is the same everywhere, the bias would take back."""
    weight, pictures = _weight(), _pictures(count=4)
    steps = weight_steps(weight) * 8  # coarse ones, so that the difference is plain
    scale = steps[:, None, None, None]
    together = rounded(weight, steps, _seen(pictures[:3])) * scale
    alone = np.rint(weight / scale) * scale
    lost = {name: _convolved(pictures[3], w - weight).std(axis=(1, 2)).mean() for name, w in (("t", together), ("a", alone))}
    assert lost["t"] < 0.5 * lost["a"]


def test_inputs_that_know_nothing_of_each_other_are_rounded_one_by_one() -> None:
    """There is nothing to take back."""
    weight = _weight()
    steps = weight_steps(weight)
    found = rounded(weight, steps, np.eye(54, dtype=np.float32))
    np.testing.assert_array_equal(found, np.rint(weight / steps[:, None, None, None]))


def test_weights_keep_their_limits() -> None:
    """Each alone, and two of neighbouring inputs together, whatever had to be taken back."""
    weight = _weight(outputs=64)
    weight[:, :2] *= 8
    found = rounded(weight, weight_steps(weight), _seen(_pictures())).astype(int)
    size = np.abs(found)
    assert size.max() <= WEIGHT_LIMIT
    assert (size[:, :-1] + size[:, 1:]).max() <= PAIR_LIMIT
    assert size.max() > 100  # and most of the range is used


def test_the_covariance_is_that_of_what_a_convolution_sees() -> None:
    """The channels innermost, with its strides and its border of 0."""
    picture = np.random.default_rng(2).normal(size=(2, 9, 7)).astype(np.float32)
    sight = Covariance(sides=(3, 3), strides=(2, 2), pad=1)
    sight.add(picture)
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    places = [padded[:, y : y + 3, x : x + 3].transpose(1, 2, 0).ravel() for y in range(0, 9, 2) for x in range(0, 7, 2)]
    np.testing.assert_allclose(sight.value(), np.cov(np.array(places).T, bias=True), atol=1e-5)


def test_the_same_pictures_give_the_same_numbers() -> None:
    """Also where not every place is looked at."""
    large = [np.random.default_rng(n).normal(size=(1, 200, 200)).astype(np.float32) for n in range(3)]
    np.testing.assert_array_equal(_seen(large), _seen(large))


def test_nothing_seen_is_an_error() -> None:
    """A covariance comes from somewhere."""
    with pytest.raises(ValueError, match="at least one picture"):
        Covariance(sides=(1, 1)).value()
