"""Tests of one avatar's render pipeline: what paints on a rung changes hands, and all of it is let go."""

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from made_network import made_network
from neural_parts import made_parts, whole_pass

from avatar.neural import render_pipeline
from avatar.neural.backends import WARM_UP_RUNS, Backend
from avatar.neural.parts import AvatarParts
from avatar.neural.regions import NetworkPasses
from avatar.neural.render_pipeline import RenderPipeline
from avatar.neural.runtime import CPU, ON_CPU, Network, Provider

CARD = Backend(Provider(CPU, "a card"), "fp32", "made for tests")
SIZE: dict[str, Any] = {"width_px": 192, "height_px": 128}


@pytest.fixture(scope="module")
def parts() -> AvatarParts:
    """The smallest network in floats."""
    return made_parts({("S", "fp32"): made_network("S")})


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A card that passes its trial; in which threads its networks ran."""
    threads: list[str] = []

    class Card(Network):
        def run(self) -> None:
            threads.append(threading.current_thread().name)
            super().run()

    def opened(model: bytes, *, provider: Provider, **how: Any) -> Network:
        return Card(model, provider=provider, **how) if provider is CARD.provider else Network(model, **how)

    monkeypatch.setattr(render_pipeline, "open_network", opened)
    monkeypatch.setattr(render_pipeline, "better_backend", lambda *_, **__: (CARD, ()))
    return threads


@pytest.fixture
def pipeline(parts: AvatarParts) -> Iterator[RenderPipeline]:
    """A pipeline on the CPU."""
    with closing(RenderPipeline(parts, **SIZE)) as made:
        yield made


def _passes(pipeline: RenderPipeline, rung: int = 0) -> NetworkPasses:
    passes = pipeline._passes[rung]
    assert passes is not None
    return passes


def test_an_act_is_freed_without_the_garbage_collector(parts: AvatarParts) -> None:
    """Live, everything from before the first picture is frozen: it must not hold itself; closed, it holds no network."""
    gc.disable()
    try:
        pipeline = RenderPipeline(parts, **SIZE)
        whole, network = weakref.ref(pipeline), weakref.ref(whole_pass(pipeline).network)
        pipeline.close()
        assert network() is None
        del pipeline
        assert whole() is None
    finally:
        gc.enable()


def test_a_card_takes_over_once_it_is_warm(pipeline: RenderPipeline, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its slow first runs are nobody's picture; what painted before is closed when it does not paint any more."""
    before, closed_while_painting = [_passes(pipeline, rung) for rung in (0, 1)], []
    monkeypatch.setattr(NetworkPasses, "close", lambda gone: closed_while_painting.append(gone in pipeline._passes))
    told: list[str] = []
    thread = threading.Thread(target=pipeline.improve, args=(told.append,), name="improving")
    thread.start()
    thread.join()
    assert runs == ["improving"] * 2 * WARM_UP_RUNS
    assert closed_while_painting == [False, False]
    assert not {_passes(pipeline, rung) for rung in (0, 1)} & set(before)
    assert [setting.backend for setting in pipeline.settings[:2]] == [CARD, CARD]
    assert told[0] == "network S, fp32 runs on a card (made for tests)"


def test_back_on_the_cpu_as_before(pipeline: RenderPipeline, runs: list[str]) -> None:
    """Every rung, whatever the card does; what finds a card afterwards changes nothing."""
    settings = list(pipeline.settings)
    pipeline.improve(lambda _: None)
    pipeline.retreat()
    assert pipeline.settings == settings
    assert {setting.backend.provider for setting in pipeline.settings if setting.backend} == {ON_CPU}
    kept, told = list(pipeline._passes), list[str]()
    pipeline.improve(told.append)
    assert pipeline._passes == kept
    assert told == []


def test_a_card_that_comes_after_the_end_is_closed(
    pipeline: RenderPipeline, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever opened it; the sentences of a search that was called off interest nobody."""
    closed: list[NetworkPasses] = []
    monkeypatch.setattr(NetworkPasses, "close", lambda gone: closed.append(gone))
    opened, real = list[NetworkPasses](), render_pipeline._opened

    def and_closed_meanwhile(*args: Any, **how: Any) -> NetworkPasses:
        opened.append(real(*args, **how))
        pipeline.close()
        return opened[-1]

    monkeypatch.setattr(render_pipeline, "_opened", and_closed_meanwhile)
    told: list[str] = []
    pipeline.improve(told.append)
    assert len(opened) == 1
    assert closed[-1] is opened[0]
    assert set(pipeline._passes) == {None}
    assert told == []
