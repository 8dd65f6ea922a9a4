"""TensorRT for RTX, for real: it takes every node and builds for every card of its list, without a card."""

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exported_network import Exported
from onnx import helper

from avatar.neural.engine_cache import EngineCache
from avatar.neural.tensorrt_library import DATA_CENTRE, RTX, Library, library
from export.half import to_half
from export.to_onnx import fixed, read
from export.to_tensorrt import engine_for
from tests.conftest import missing
from trackers.errors import UserError

SIDE_PX = 128


@pytest.fixture(scope="module")
def rtx() -> Library:
    """TensorRT for RTX; Posecast's `dev` installs it wherever there are wheels."""
    try:
        found = library()
    except UserError as error:
        missing(str(error))
        raise
    if found.name != RTX:
        missing("tensorrt is installed, and not TensorRT for RTX")
    return found


@pytest.fixture(scope="module")
def fp16(exported: Exported) -> bytes:
    return to_half(exported.fp32, exported.examples)


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path)


def build(fp16: bytes, cache: EngineCache, *cards: str, side_px: int = SIDE_PX) -> Any:
    return engine_for(fp16, width_px=side_px, height_px=side_px, cards=cards, cache=cache)


def test_pictures_need_not_be_square(rtx: Library, fp16: bytes, cache: EngineCache) -> None:
    """An engine is refused where a node of the graph was left out: none is, at another height either."""
    assert engine_for(fp16, width_px=SIDE_PX, height_px=192, cards=("SM86",), cache=cache, using=rtx).built


def test_engines_for_every_card_of_the_list(rtx: Library, fp16: bytes, cache: EngineCache) -> None:
    """From Turing to Blackwell, and one engine for all of them."""
    assert {"SM75", "SM80", "SM86", "SM89", "SM120"} <= set(rtx.cards)
    engines = [build(fp16, cache, card) for card in rtx.cards] + [build(fp16, cache, *rtx.cards)]
    assert all(engine.built and engine.size_bytes > 100_000 for engine in engines)
    assert len({engine.path for engine in engines}) == len(rtx.cards) + 1
    assert all(engine.path.is_file() for engine in engines)
    assert engines[-1].key.card == "+".join(rtx.cards)


def test_an_engine_is_built_once_and_anew_when_damaged(rtx: Library, fp16: bytes, cache: EngineCache) -> None:
    """The same model, card and size come from the disk; a cut file does not."""
    first = build(fp16, cache, "SM86")
    assert not build(fp16, cache, "SM86").built
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[: len(whole) // 2])
    assert build(fp16, cache, "SM86").built
    assert first.path.read_bytes() == whole  # building is the same every time


def test_another_model_has_another_engine(rtx: Library, exported: Exported, fp16: bytes, cache: EngineCache) -> None:
    """One changed weight is another model."""
    model = read(fp16)
    weight = next(tensor for tensor in model.graph.initializer if len(tensor.dims) == 4)
    weight.raw_data = weight.raw_data[:-1] + bytes([weight.raw_data[-1] ^ 1])
    first, second = build(fp16, cache, "SM86"), build(model.SerializeToString(), cache, "SM86")
    assert second.built
    assert first.path != second.path
    assert exported.fp32 != fp16


def test_what_it_cannot_parse_is_told_in_its_words(rtx: Library, fp16: bytes, cache: EngineCache) -> None:
    """One sentence that names the node: here bytes in the middle of a network, which TensorRT has at its ends alone."""
    model = fixed(read(fp16), height_px=SIDE_PX, width_px=SIDE_PX)
    last = next(node for node in model.graph.node if node.output[0] == "paint")
    last.output[0] = "before"
    model.graph.node.append(helper.make_node("BitShift", ["before", "before"], ["paint"], name="shifted", direction="LEFT"))
    words = r"^tensorrt_rtx .* cannot take network S: Cast_\d+: .* does not support UINT8 .*; the renderer runs without it$"
    with pytest.raises(UserError, match=words):
        build(model.SerializeToString(), cache, "SM86")


@pytest.mark.parametrize("cards", [("SM90",), (), ("SM86", "CURRENT")])
def test_unknown_card_is_refused(rtx: Library, fp16: bytes, cache: EngineCache, cards: tuple[str, ...]) -> None:
    """Hopper is not for RTX; the sentence lists what is."""
    with pytest.raises(UserError, match=r"builds engines for SM75, SM80, .* got .*; name one of these"):
        build(fp16, cache, *cards)


def test_data_centre_tensorrt_builds_for_this_card_only(fp16: bytes, cache: EngineCache) -> None:
    """It measures on the card that is in."""
    other = Library(module=None, name=DATA_CENTRE, version="11.0")
    with pytest.raises(UserError, match=r"tensorrt 11\.0 builds engines for CURRENT, got SM86"):
        engine_for(fp16, width_px=64, height_px=64, cards=("SM86",), cache=cache, using=other)


def test_building_for_a_card_that_is_not_there_says_so(rtx: Library, fp16: bytes, cache: EngineCache) -> None:
    """The way of data-centre TensorRT, walked with the RTX library: with a card it builds, without one it tells why not."""
    as_other = Library(module=rtx.module, name=DATA_CENTRE, version=rtx.version)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the timing cache, which RTX does without
        told = _told(lambda: engine_for(fp16, width_px=64, height_px=64, cards=("CURRENT",), cache=cache, using=as_other).built)
    assert told is True or str(told).startswith(f"tensorrt {rtx.version} could not build network S for CURRENT: ")


def _told(build: Callable[[], bool]) -> bool | UserError:
    try:
        return build()
    except UserError as error:
        return error


def test_other_precisions_are_refused(rtx: Library, exported: Exported, cache: EngineCache) -> None:
    """A strongly typed network computes in what the file says, and fp32 is not meant."""
    with pytest.raises(UserError, match="takes a network's fp16 file, got fp32; export that first"):
        build(exported.fp32, cache, "SM86")


def test_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what brings it."""

    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(UserError, match=r'TensorRT is not installed; pip install ".\[tensorrt\]", then try again'):
        library()
