"""Tests of one avatar on the stage: what paints on a rung changes hands, and all of it is let go."""

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from made_network import made_network
from neural_parts import made_parts, whole_easel

from avatar.neural import act as act_module
from avatar.neural.act import Act
from avatar.neural.backends import WARM_UP_RUNS, Backend
from avatar.neural.parts import AvatarParts
from avatar.neural.regions import Easels
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

    monkeypatch.setattr(act_module, "open_network", opened)
    monkeypatch.setattr(act_module, "better_backend", lambda *_, **__: (CARD, ()))
    return threads


@pytest.fixture
def act(parts: AvatarParts) -> Iterator[Act]:
    """An act on the CPU."""
    with closing(Act(parts, **SIZE)) as made:
        yield made


def _easels(act: Act, rung: int = 0) -> Easels:
    easels = act._easels[rung]
    assert easels is not None
    return easels


def test_an_act_is_freed_without_the_garbage_collector(parts: AvatarParts) -> None:
    """Live, everything from before the first picture is frozen: it must not hold itself; closed, it holds no network."""
    gc.disable()
    try:
        act = Act(parts, **SIZE)
        whole, network = weakref.ref(act), weakref.ref(whole_easel(act).network)
        act.close()
        assert network() is None
        del act
        assert whole() is None
    finally:
        gc.enable()


def test_a_card_takes_over_once_it_is_warm(act: Act, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its slow first runs are nobody's picture; what painted before is closed when it does not paint any more."""
    before, closed_while_painting = [_easels(act, rung) for rung in (0, 1)], []
    monkeypatch.setattr(Easels, "close", lambda gone: closed_while_painting.append(gone in act._easels))
    told: list[str] = []
    thread = threading.Thread(target=act.improve, args=(told.append,), name="improving")
    thread.start()
    thread.join()
    assert runs == ["improving"] * 2 * WARM_UP_RUNS
    assert closed_while_painting == [False, False]
    assert not {_easels(act, rung) for rung in (0, 1)} & set(before)
    assert [setting.backend for setting in act.settings[:2]] == [CARD, CARD]
    assert told[0] == "network S, fp32 runs on a card (made for tests)"


def test_back_on_the_cpu_as_before(act: Act, runs: list[str]) -> None:
    """Every rung, whatever the card does; what finds a card afterwards changes nothing."""
    settings = list(act.settings)
    act.improve(lambda _: None)
    act.retreat()
    assert act.settings == settings
    assert {setting.backend.provider for setting in act.settings if setting.backend} == {ON_CPU}
    kept, told = list(act._easels), list[str]()
    act.improve(told.append)
    assert act._easels == kept
    assert told == []


def test_a_card_that_comes_after_the_end_is_closed(act: Act, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever opened it; the sentences of a search that was called off interest nobody."""
    closed: list[Easels] = []
    monkeypatch.setattr(Easels, "close", lambda gone: closed.append(gone))
    opened, real = list[Easels](), act_module._opened

    def and_closed_meanwhile(*args: Any, **how: Any) -> Easels:
        opened.append(real(*args, **how))
        act.close()
        return opened[-1]

    monkeypatch.setattr(act_module, "_opened", and_closed_meanwhile)
    told: list[str] = []
    act.improve(told.append)
    assert len(opened) == 1
    assert closed[-1] is opened[0]
    assert set(act._easels) == {None}
    assert told == []
