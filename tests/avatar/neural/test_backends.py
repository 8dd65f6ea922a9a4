"""Tests of the choice of what runs a network: the order, the trial, and that nothing is passed over in silence."""

from types import SimpleNamespace

import numpy as np
import pytest
from made_network import made_byte_network, made_network

from avatar.neural import backends
from avatar.neural.backends import ENGINE, Backend, better_backend, candidates, cpu_backend, trial
from avatar.neural.runtime import ON_CPU, Network, Provider, runtime
from avatar.package.layout import MANIFEST
from avatar.package.library import BUILT_IN_FOLDER
from avatar.package.reader import read_package


class _Card(Network):
    """Stands at the driver: a card whose numbers are the CPU's, but for what a test makes of them."""

    wrong = 0.0
    fault = ""
    takes_ms = (1, 1)
    """The CPU, and the card, for each run, by a clock of their own: that of a busy computer would judge by chance."""
    clock_ns = 0

    def __init__(self, model: bytes, *, width_px: int, height_px: int, provider: Provider = ON_CPU, threads: int = 1) -> None:
        if provider is not ON_CPU and self.fault:
            raise ValueError(f"{provider.words} {self.fault}")
        super().__init__(model, width_px=width_px, height_px=height_px, threads=threads)
        self._is_card = provider is not ON_CPU

    def run(self) -> None:
        super().run()
        type(self).clock_ns += self.takes_ms[self._is_card] * 1_000_000
        if self._is_card:
            self.paint[:] += np.asarray(self.wrong, dtype=self.paint.dtype)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> type[_Card]:
    """A card that is there and right, until a test says otherwise."""

    class Card(_Card):
        pass

    monkeypatch.setattr(backends, "Network", Card)
    monkeypatch.setattr(backends, "time", SimpleNamespace(perf_counter_ns=lambda: Card.clock_ns))
    available = ["CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(runtime(), "get_available_providers", lambda: available)
    return Card


def test_the_order_of_providers() -> None:
    """Engines, TensorRT for RTX, TensorRT, CUDA, DirectML or CoreML; the CPU always, and at last; unknown ones never."""
    available = ["CPUExecutionProvider", "CUDAExecutionProvider", "AzureExecutionProvider", "NvTensorRTRTXExecutionProvider"]
    assert [one.words for one in candidates(available)] == ["TensorRT for RTX", "CUDA", "CUDA without its graph", "CPU"]
    assert [one.words for one in candidates(["DmlExecutionProvider"])] == ["DirectML", "CPU"]
    assert [one.words for one in candidates([])] == ["CPU"]
    assert candidates([*available, ENGINE.name])[0] is ENGINE


def test_on_a_cpu_int8_comes_first() -> None:
    """Unless another is asked for; what the avatar does not have is refused by name."""
    assert cpu_backend(("fp32", "int8")) == Backend(ON_CPU, "int8", "the quickest of the avatar's networks on a CPU")
    assert cpu_backend(("fp32",)).precision == "fp32"
    assert cpu_backend(("fp32", "int8"), wanted="fp32") == Backend(ON_CPU, "fp32", "as asked for")
    with pytest.raises(ValueError, match="the avatar has no int8 network, only fp32"):
        cpu_backend(("fp32",), wanted="int8")
    with pytest.raises(ValueError, match="the avatar has no network"):
        cpu_backend(())


def test_a_card_that_is_right_is_taken(card: type[_Card]) -> None:
    """The first in order, in the precision that suits cards best; with its reason."""
    models = {"fp32": made_network("S"), "int8": b"not for cards"}
    backend, passed_over = better_backend(models, sizes_px=[(128, 128)])
    assert backend is not None
    assert (backend.provider.words, backend.precision) == ("TensorRT", "fp32")
    assert backend.reason == "the best that is here"
    assert passed_over == ()


def test_a_card_that_gives_other_numbers_is_passed_over(card: type[_Card]) -> None:
    """However little is wrong everywhere: more than a grey level is too much, and the sentence says how much it was."""
    card.wrong = 2.4 / 255
    backend, passed_over = better_backend({"fp32": made_network("S")}, sizes_px=[(128, 128)])
    assert backend is None
    assert passed_over == (
        "TensorRT (fp32) was passed over: its picture differs from the CPU's by 2.4 grey levels on average, 2 at most",
        "CUDA (fp32) was passed over: its picture differs from the CPU's by 2.4 grey levels on average, 2 at most",
        "CUDA without its graph (fp32) was passed over: its picture differs from the CPU's by "
        "2.4 grey levels on average, 2 at most",
    )
    card.wrong = float("nan")
    assert better_backend({"fp32": made_network("S")}, sizes_px=[(128, 128)])[0] is None


def test_a_card_that_is_slower_than_what_paints_now_is_passed_over(card: type[_Card]) -> None:
    """However right it is; the sentence says what a picture takes either, at the size at which it is wanted."""
    models, now = {"fp32": made_network("S")}, Backend(ON_CPU, "fp32", "as asked for")
    card.takes_ms = (2, 50)
    backend, passed_over = better_backend(models, sizes_px=[(128, 128)], now=now)
    assert backend is None
    assert len(passed_over) == 3
    assert passed_over[0] == "TensorRT (fp32) was passed over: a picture takes it 50.0 ms, and the CPU 2.0"
    card.takes_ms = (50, 2)
    backend, passed_over = better_backend(models, sizes_px=[(128, 128)], now=now)
    assert backend is not None
    assert (backend.provider.words, passed_over) == ("TensorRT", ())


def test_a_search_that_nobody_wants_tries_nothing(card: type[_Card]) -> None:
    """Asked before each that could be tried."""
    card.fault, answers = "could not be started", iter([True, False])
    backend, passed_over = better_backend({"fp32": made_network("S")}, sizes_px=[(128, 128)], is_wanted=lambda: next(answers))
    assert backend is None
    assert len(passed_over) == 1


def test_a_card_that_does_not_start_is_passed_over(card: type[_Card]) -> None:
    """Whatever the driver raises."""
    card.fault = "could not be started"
    backend, passed_over = better_backend({"fp32": made_network("S")}, sizes_px=[(128, 128)])
    assert backend is None
    assert passed_over[0] == "TensorRT (fp32) was passed over: TensorRT could not be started"
    assert len(passed_over) == 3


def test_a_card_that_says_nothing_is_passed_over_like_any_other(card: type[_Card], monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes on with the next; nor does it end where the network does not open on the CPU."""

    def full(model: bytes, *, provider: Provider = ON_CPU, **_: int) -> Network:
        raise MemoryError if provider.name.startswith("CUDA") else ValueError("\n")

    monkeypatch.setattr(backends, "open_network", full)
    backend, passed_over = better_backend({"fp32": b""}, sizes_px=[(128, 128)])
    assert backend is None
    assert passed_over == (
        "TensorRT (fp32) was passed over: ValueError",
        "CUDA (fp32) was passed over: MemoryError",
        "CUDA without its graph (fp32) was passed over: MemoryError",
    )
    monkeypatch.undo()
    assert trial({"fp32": b"torn", "int8": made_byte_network()}, ON_CPU, "int8") is not None


def test_this_computers_cpu_agrees_with_itself() -> None:
    """In either form; and a network in bytes that adds something else does not."""
    assert trial({"fp32": made_network("S")}, ON_CPU, "fp32") is None
    assert trial({"int8": made_byte_network()}, ON_CPU, "int8") is None
    fault = trial({"fp32": made_network("S"), "int8": made_byte_network(value=200)}, ON_CPU, "int8")
    assert fault is not None
    assert fault.startswith("its picture differs from the CPU's by ")


def test_a_network_in_bytes_is_asked_for_no_more_than_bytes_can_say() -> None:
    """Of the built-in avatar, whose floats go beyond where its bytes end: its fp16 file may run."""
    if not (BUILT_IN_FOLDER / MANIFEST).is_file():
        pytest.skip("no trained mascot is shipped yet")
    networks = read_package(BUILT_IN_FOLDER).parts.networks
    for there in {size for size, _ in networks}:
        models = {precision: model for (size, precision), model in networks.items() if size == there}
        assert trial(models, ON_CPU, "fp16") is None
