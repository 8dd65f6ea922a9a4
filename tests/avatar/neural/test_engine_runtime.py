"""Tests of running engines. No card is at hand: TensorRT and CUDA are the real ones as far as they go without, and a card of
this test's own stands at CUDA's and TensorRT's calls for what lies beyond."""

import ctypes
import enum
import gc
import hashlib
import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_network import made_byte_network

from avatar.neural import backends, engine_runtime
from avatar.neural.backends import ENGINE, better_backend, trial
from avatar.neural.engine_cache import EngineCache
from avatar.neural.engine_file import EngineKey
from avatar.neural.engine_runtime import Card, CudaError, EngineNetwork, card_here, open_engine
from avatar.neural.runtime import Network
from avatar.neural.tensorrt_library import RTX, Library, library

needs_tensorrt = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or platform.system() == "Darwin", reason="there are no wheels for it"
)


class _Error(enum.IntEnum):
    cudaSuccess = 0
    cudaErrorMemoryAllocation = 2


class _Cuda:
    """CUDA's calls on the computer's own memory, counted: `held` are addresses that nobody freed yet."""

    cudaHostAllocDefault, cudaStreamNonBlocking = 0, 1
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyHostToDevice=1, cudaMemcpyDeviceToHost=2)

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}
        self.room_bytes = 1 << 30

    def cudaMalloc(self, count: int) -> tuple[Any, ...]:
        if count > self.room_bytes:
            return (_Error.cudaErrorMemoryAllocation, None)
        block = ctypes.create_string_buffer(count)
        self.held[ctypes.addressof(block)] = block
        return _Error.cudaSuccess, ctypes.addressof(block)

    def cudaHostAlloc(self, count: int, flags: int) -> tuple[Any, ...]:
        return self.cudaMalloc(count)

    def cudaFree(self, address: int) -> tuple[Any, ...]:
        del self.held[address]
        return (_Error.cudaSuccess,)

    cudaFreeHost = cudaFree

    def cudaMemcpyAsync(self, to: int, from_: int, count: int, kind: int, stream: int) -> tuple[Any, ...]:
        assert (to if kind == 1 else from_) in self.held
        ctypes.memmove(to, from_, count)
        return (_Error.cudaSuccess,)

    def cudaStreamCreateWithFlags(self, flags: int) -> tuple[Any, ...]:
        return _Error.cudaSuccess, 7

    def cudaStreamSynchronize(self, stream: int) -> tuple[Any, ...]:
        return (_Error.cudaSuccess,)

    cudaStreamDestroy = cudaStreamSynchronize

    def cudaDriverGetVersion(self) -> tuple[Any, ...]:
        return _Error.cudaSuccess, 13000

    def cudaGetDeviceCount(self) -> tuple[Any, ...]:
        return _Error.cudaSuccess, 1

    def cudaGetDeviceProperties(self, index: int) -> tuple[Any, ...]:
        return _Error.cudaSuccess, SimpleNamespace(name=b"A card\0\0", major=8, minor=6)


class _Rtx:
    """TensorRT for RTX's calls: an engine is an ONNX file, and ONNX Runtime's CPU runs it on the addresses it was given."""

    class ILogger:
        ERROR, INTERNAL_ERROR = 1, 0

    CudaGraphStrategy = SimpleNamespace(WHOLE_GRAPH_CAPTURE=1)

    def __init__(self, size_px: tuple[int, int]) -> None:
        self.size_px = size_px
        self.compiled: list[bytes] = []

    def Runtime(self, logger: Any) -> Any:
        def deserialize(engine: bytes) -> Any:
            if not engine.startswith(b"engine of "):
                logger.log(self.ILogger.ERROR, "the magic tag\ndoes not match")
                return None
            return _EngineOfRtx(self, engine.removeprefix(b"engine of "))

        return SimpleNamespace(deserialize_cuda_engine=deserialize)


class _EngineOfRtx:
    def __init__(self, rtx: _Rtx, model: bytes) -> None:
        self._rtx = rtx
        self.network = Network(model, width_px=rtx.size_px[0], height_px=rtx.size_px[1])
        self._arrays = {**self.network.inputs, "paint": self.network.paint}
        self._names = sorted(self._arrays)
        self.num_io_tensors = len(self._names)

    def get_tensor_name(self, index: int) -> str:
        return self._names[index]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._arrays[name].shape

    def create_runtime_config(self) -> Any:
        config = SimpleNamespace(cuda_graph_strategy=0, cache=None)
        config.create_runtime_cache = lambda: SimpleNamespace(
            serialize=lambda: b"compiled", deserialize=lambda held: self._rtx.compiled.append(held) or True
        )
        config.set_runtime_cache = lambda cache: setattr(config, "cache", cache)
        return config

    def create_execution_context(self, config: Any) -> Any:
        assert config.cuda_graph_strategy == 1
        assert config.cache is not None
        places: dict[str, int] = {}

        def execute(stream: int) -> bool:
            for name, array in self.network.inputs.items():
                ctypes.memmove(array.ctypes.data, places[name], array.nbytes)
            self.network.run()
            ctypes.memmove(places["paint"], self.network.paint.ctypes.data, self.network.paint.nbytes)
            return True

        return SimpleNamespace(set_tensor_address=places.__setitem__, execute_async_v3=execute)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[_Cuda, _Rtx, EngineCache]:
    """A computer with a card, whose cache of engines is empty."""
    cuda, rtx = _Cuda(), _Rtx((128, 64))
    using, cache = Library(rtx, RTX, "9.9"), EngineCache(tmp_path)
    monkeypatch.setattr(engine_runtime, "_cuda", lambda: cuda)
    monkeypatch.setattr(engine_runtime, "library", lambda: using)
    monkeypatch.setattr(engine_runtime, "EngineCache", lambda: cache)
    monkeypatch.setattr(engine_runtime.importlib.util, "find_spec", lambda name: name)
    return cuda, rtx, cache


def _built(model: bytes, *, card: str = "SM86", width_px: int = 128, height_px: int = 64) -> EngineKey:
    digest = hashlib.sha256(model).hexdigest()
    system = f"{platform.system()} {platform.machine()}"
    return EngineKey(digest, RTX, "9.9", card, "fp16", width_px, height_px, system)


def _filled(network: Any) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(3)
    network.inputs["blocks"][:] = random.integers(0, 256, network.inputs["blocks"].shape, dtype=np.uint8)
    network.inputs["code"][:] = random.random(network.inputs["code"].shape)
    network.run()
    return network.paint.copy()


def test_an_engine_gives_what_its_network_gives(card: tuple[_Cuda, _Rtx, EngineCache]) -> None:
    """Through memory of the card's own, all of it given back; what was compiled at first use is handed in the next time."""
    cuda, rtx, cache = card
    model = made_byte_network(value=150)
    cache.keep(_built(model), b"engine of " + model)
    network = open_engine(model, width_px=128, height_px=64)
    assert network.size_px == (128, 64)
    np.testing.assert_array_equal(_filled(network), _filled(Network(model, width_px=128, height_px=64)))
    assert len(cuda.held) == 6  # three tensors, here and there
    assert rtx.compiled == []
    del network
    gc.collect()
    assert not cuda.held
    open_engine(model, width_px=128, height_px=64)
    assert rtx.compiled == [b"compiled"]


def test_a_full_disk_costs_no_card(card: tuple[_Cuda, _Rtx, EngineCache], monkeypatch: pytest.MonkeyPatch) -> None:
    """What TensorRT compiled cannot be kept: it is compiled anew next time, and the engine works all the same."""
    monkeypatch.setattr(backends, "available", lambda: (ENGINE.name, "CPUExecutionProvider"))
    model = made_byte_network()
    card[2].keep(_built(model), b"engine of " + model)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(card[2], "keep", full)
    backend, passed_over = better_backend({"fp16": model}, sizes_px=[(128, 64)])
    assert backend is not None
    assert backend.provider == ENGINE
    assert passed_over == ()


def test_a_card_with_its_engine_is_taken(card: tuple[_Cuda, _Rtx, EngineCache], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything of ONNX Runtime; one made for several cards does, too. One size without an engine is one too many."""
    monkeypatch.setattr(backends, "available", lambda: (ENGINE.name, "CPUExecutionProvider"))
    model = made_byte_network()
    card[2].keep(_built(model, card="SM75+SM86+SM120"), b"engine of " + model)
    backend, passed_over = better_backend({"fp16": model}, sizes_px=[(128, 64)])
    assert backend is not None
    assert (backend.provider, backend.precision, passed_over) == (ENGINE, "fp16", ())
    backend, passed_over = better_backend({"fp16": model}, sizes_px=[(128, 64), (256, 64)])
    assert backend is None
    assert passed_over == (
        "TensorRT with an engine of its own (fp16) was passed over: there is no engine of it for 256 x 64 on SM86; "
        "build one with `python run.py avatar engines AVATAR --card SM86 --size 256x64`",
    )


def _other_model(model: bytes) -> EngineKey:
    return _built(model + b"another")


def _other_card(model: bytes) -> EngineKey:
    return _built(model, card="SM75+SM120")


@pytest.mark.parametrize("key", [_other_model, _other_card])
def test_an_engine_of_something_else_is_not_taken(
    card: tuple[_Cuda, _Rtx, EngineCache], key: Callable[[bytes], EngineKey]
) -> None:
    """Another model's, another card's."""
    model = made_byte_network()
    card[2].keep(key(model), b"engine of " + model)
    with pytest.raises(ValueError, match="there is no engine of it for 128 x 64 on SM86"):
        open_engine(model, width_px=128, height_px=64)


def test_a_refused_engine_is_told_in_the_librarys_words(card: tuple[_Cuda, _Rtx, EngineCache]) -> None:
    """And nothing of the card is kept."""
    model = made_byte_network()
    card[2].keep(_built(model), b"no engine")
    with pytest.raises(ValueError, match="tensorrt_rtx 9.9 refused the engine: the magic tag does not match"):
        open_engine(model, width_px=128, height_px=64)
    card[2].keep(_built(model), b"engine of " + made_byte_network())
    card[1].size_px = (64, 64)
    with pytest.raises(ValueError, match="the engine's tensors must be"):
        open_engine(model, width_px=128, height_px=64)
    assert not card[0].held


def test_a_full_card_is_told_by_cudas_name_for_it(card: tuple[_Cuda, _Rtx, EngineCache]) -> None:
    """The trial passes such a card over; what was taken before it was full is given back."""
    cuda, _, cache = card
    model = made_byte_network()
    cache.keep(_built(model), b"engine of " + model)
    cuda.room_bytes = 30_000
    with pytest.raises(CudaError, match="cudaErrorMemoryAllocation"):
        open_engine(model, width_px=128, height_px=64)
    gc.collect()
    assert not cuda.held
    fault = trial({"fp16": model}, ENGINE, "fp16", size_px=(128, 64))
    assert fault == "cudaErrorMemoryAllocation"


def test_which_card_is_here(card: tuple[_Cuda, _Rtx, EngineCache]) -> None:
    """Its kind, as engines are built for, and its name with the driver, as what it compiled is kept."""
    assert card_here() == Card("SM86", "A card, driver 13000")


@needs_tensorrt
@pytest.mark.skipif(card_here() is not None, reason="this computer has a card")
def test_without_a_driver_there_is_no_card(tmp_path: Path) -> None:
    """The real libraries: no card is found, and TensorRT refuses in its own words; nothing crashes."""
    assert ENGINE.name not in backends.available()
    with pytest.raises(ValueError, match="there is no NVIDIA card with a driver"):
        open_engine(made_byte_network(), width_px=128, height_px=64, cache=EngineCache(tmp_path))
    using, model = library(), made_byte_network()
    layout = Network(model, width_px=64, height_px=64).layout
    assert layout is not None
    with pytest.raises(ValueError, match="refused the engine: .*CUDA driver version is insufficient"):
        EngineNetwork(b"no engine", layout=layout, width_px=64, height_px=64, using=using)
