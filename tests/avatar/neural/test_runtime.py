"""Tests of an open network, on ONNX Runtime's CPU provider."""

import importlib.util

import numpy as np
import pytest
from made_network import made_byte_network, made_network

from avatar.neural import runtime, spec
from avatar.neural.runtime import Network, Provider
from trackers.errors import UserError


def _fill(network: Network, seed: int = 0) -> None:
    random = np.random.default_rng(seed)
    for array in network.inputs.values():
        array[:] = random.random(array.shape) if array.dtype == np.float32 else random.integers(0, 256, array.shape)


@pytest.mark.parametrize("name", list(spec.SIZES))
def test_every_size_runs_at_any_size_of_picture(name: str) -> None:
    """The named dimensions become those of the picture, and the paint has the contract's shape."""
    model = made_network(name)
    for width_px, height_px in ((64, 64), (192, 128)):
        network = Network(model, width_px=width_px, height_px=height_px)
        _fill(network)
        network.run()
        assert network.paint.shape == (1, 80, height_px // 4, width_px // 4)
        assert np.isfinite(network.paint).all()
        assert network.paint.std() > 0


def test_what_is_written_is_what_runs() -> None:
    """The tensors are bound once: writing other inputs into the same arrays gives another output, the same inputs the same."""
    network = Network(made_network("S"), width_px=64, height_px=64)
    _fill(network, 1)
    network.run()
    first = network.paint.copy()
    _fill(network, 2)
    network.run()
    assert np.abs(network.paint - first).max() > 1e-4
    _fill(network, 1)
    network.run()
    np.testing.assert_array_equal(network.paint, first)
    network.inputs["code"][:] += 0.5
    network.run()
    assert np.abs(network.paint - first).max() > 1e-6


def test_a_network_in_bytes() -> None:
    """Its layout is read from its metadata, and its tensors are bytes."""
    network = Network(made_byte_network(value=140, step=0.004), width_px=64, height_px=128)
    assert network.layout is not None
    assert network.layout.colour_step == 0.004
    assert {name: array.shape for name, array in network.inputs.items()} == {"blocks": (1, 32, 16, 172), "code": (1, 52)}
    network.inputs["blocks"][0, :8, :8, 64 + 36 + 12 + 11] = 228
    network.run()
    expected = np.tile(network.layout.paint_zeros(), (1, 32, 16, 1))
    expected[0, :8, :8, :64] = 140
    np.testing.assert_array_equal(network.paint, expected)
    floats = runtime.paint_of(network)
    assert floats.shape == (1, 80, 32, 16)
    assert floats.max() == pytest.approx(12 * 0.004)


def test_a_file_that_is_no_network_is_refused() -> None:
    """Bytes that are no model, and a provider that is not there, are one sentence each."""
    with pytest.raises(ValueError, match="CPU cannot run the network: "):
        Network(b"no model", width_px=64, height_px=64)
    with pytest.raises(ValueError, match="a card nobody has c"):
        Network(made_network("S"), width_px=64, height_px=64, provider=Provider("CUDAExecutionProvider", "a card nobody has"))


def test_other_tensors_are_refused() -> None:
    """A model whose picture has another size than it was opened for."""
    with pytest.raises(ValueError, match="the network's tensors must be"):
        Network(made_network("S").replace(b"half_height_px", b"half_xxxxxx_px"), width_px=64, height_px=64)


def test_without_onnx_runtime_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError) as told:
        Network(made_network("S"), width_px=64, height_px=64)
    assert str(told.value) == (
        'a neural avatar needs the package onnxruntime, which is not installed; run `pip install ".[onnx]"`, then start again'
    )
