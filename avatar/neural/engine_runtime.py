"""One network as a ready-made engine of TensorRT, run on an NVIDIA card by TensorRT itself.

Owns the card's memory and stream, and what TensorRT for RTX compiles at first use. `export.to_tensorrt` builds engines ahead of
time; here one is found, never built: live streaming does without what building needs. TensorRT and `cuda.bindings` are optional
and imported at use. Knows nothing of which backend is best. No card has run this yet: the trial of `backends` decides.
"""

import ctypes
import importlib
import importlib.util
import logging
import weakref
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from avatar.neural.byte_layout import OUTPUT, ByteLayout
from avatar.neural.engine_cache import EngineCache
from avatar.neural.engine_file import RUNTIME
from avatar.neural.runtime import Network, Tensors, tensors_for
from avatar.neural.tensorrt_library import CURRENT, MODULES, RTX, Library, library, logger_of
from trackers.optional import is_installed

PRECISION: Final = "fp16"
"""Of the network file that engines are built from."""
_LAYOUT_PX: Final = 64  # any size does to read what a byte is worth

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Card:
    """The NVIDIA card that engines run on."""

    kind: str
    """Its compute capability: `SM86`."""
    words: str
    """Its name and the driver's version; what was compiled at first use fits no other."""


def card_here() -> Card | None:
    """Return the first card, None if there is none, or TensorRT, `cuda.bindings` or the driver is missing."""
    if not any(is_installed(name) for name in MODULES) or not is_installed("cuda"):
        return None
    try:
        cuda = _cuda()
        if _done(cuda.cudaGetDeviceCount()) < 1:
            return None
        told = _done(cuda.cudaGetDeviceProperties(0))
        name = told.name.decode("utf-8", "replace").rstrip("\0")
        return Card(f"SM{told.major}{told.minor}", f"{name}, driver {_done(cuda.cudaDriverGetVersion())}")
    except (ImportError, CudaError) as error:
        log.info("engines are not used: %s", error)
        return None


class CudaError(Exception):
    """CUDA refused; `str()` is its own name for why."""


class EngineNetwork:
    """An engine at work, with the interface of `runtime.Network`. Not thread-safe.

    Args:
        engine: as TensorRT serialised it.
        layout: what a byte of its tensors is worth.
        learnt: what `learnt` returned on the same card, if anything.

    Raises:
        ValueError: the engine is damaged, of another version or card, or no network of `spec`.
        CudaError: there is no card, or no room on it.
    """

    def __init__(
        self, engine: bytes, *, layout: ByteLayout, width_px: int, height_px: int, using: Library, learnt: bytes | None = None
    ) -> None:
        self.size_px = (width_px, height_px)
        self.layout: ByteLayout | None = layout
        self._cuda, self._trt = _cuda(), using
        logger = logger_of(using.module)
        self._runtime = using.module.Runtime(logger)
        self._engine = self._runtime.deserialize_cuda_engine(engine)
        if self._engine is None:
            raise ValueError(f"{using.name} {using.version} refused the engine: {logger.last}")
        tensors = tensors_for(layout, width_px=width_px, height_px=height_px)
        self._check(tensors)
        self._learnt: Any = None
        self._context = self._new_context(learnt)
        self._stream = _done(self._cuda.cudaStreamCreateWithFlags(self._cuda.cudaStreamNonBlocking))
        self._memory = _Memory(self._cuda, self._stream)
        weakref.finalize(self, self._memory.free)
        there = {name: self._memory.pinned(array) for name, array in tensors.items()}
        self._on_card = {name: self._memory.on_card(array) for name, array in there.items()}
        for name, address in self._on_card.items():
            self._context.set_tensor_address(name, address)
        self.paint = there.pop(OUTPUT)
        self.inputs: Tensors = there

    def run(self) -> None:
        """Compute `paint` from what was written to the inputs.

        Raises:
            CudaError, RuntimeError: the card failed.
        """
        cuda = self._cuda
        for name, array in self.inputs.items():
            self._copy(self._on_card[name], array.ctypes.data, array.nbytes, cuda.cudaMemcpyKind.cudaMemcpyHostToDevice)
        if not self._context.execute_async_v3(int(self._stream)):
            raise RuntimeError(f"{self._trt.name} could not run the engine")
        there = self.paint
        self._copy(there.ctypes.data, self._on_card[OUTPUT], there.nbytes, cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost)
        _done(cuda.cudaStreamSynchronize(self._stream))

    def learnt(self) -> bytes | None:
        """Return what TensorRT for RTX has compiled for this card so far; the other TensorRT compiles nothing here."""
        return None if self._learnt is None else bytes(self._learnt.serialize())

    def _copy(self, to: int, from_: int, count: int, kind: Any) -> None:
        _done(self._cuda.cudaMemcpyAsync(to, from_, count, kind, self._stream))

    def _check(self, tensors: Tensors) -> None:
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        told = {name: tuple(self._engine.get_tensor_shape(name)) for name in names}
        expected = {name: array.shape for name, array in tensors.items()}
        if told != expected:
            raise ValueError(f"the engine's tensors must be {expected}, got {told}")

    def _new_context(self, learnt: bytes | None) -> Any:
        """TensorRT for RTX records a CUDA graph by itself, and keeps what it compiles where it is told to."""
        if self._trt.name != RTX:
            return self._engine.create_execution_context()
        config = self._engine.create_runtime_config()
        config.cuda_graph_strategy = self._trt.module.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        self._learnt = config.create_runtime_cache()
        if learnt is not None and not self._learnt.deserialize(learnt):
            self._learnt.reset()
        config.set_runtime_cache(self._learnt)
        return self._engine.create_execution_context(config)


def open_engine(model: bytes, *, width_px: int, height_px: int, cache: EngineCache | None = None) -> EngineNetwork:
    """Return the engine of an fp16 network file for one size of picture, run once.

    Raises:
        ValueError: there is no card, no engine for it, or it is refused.
        CudaError: there is no room on the card.
        UserError: TensorRT is not installed.
    """
    card, using, cache = card_here(), library(), cache or EngineCache()
    if card is None:
        raise ValueError("there is no NVIDIA card with a driver")
    kind = card.kind if using.name == RTX else CURRENT
    key = using.key(model, card=kind, precision=PRECISION, width_px=width_px, height_px=height_px)
    engine = cache.suiting(key)
    if engine is None:
        build = f"python run.py avatar engines AVATAR --card {key.card} --size {width_px}x{height_px}"
        raise ValueError(f"there is no engine of it for {width_px} x {height_px} on {key.card}; build one with `{build}`")
    layout = Network(model, width_px=_LAYOUT_PX, height_px=_LAYOUT_PX).layout
    if layout is None:
        raise ValueError("an engine's network must speak bytes, this one speaks floats")
    compiled = replace(key, kind=RUNTIME, card=card.words)
    learnt = cache.find(compiled)
    network = EngineNetwork(engine, layout=layout, width_px=width_px, height_px=height_px, using=using, learnt=learnt)
    network.run()
    now = network.learnt()
    if now is not None and now != learnt:
        try:
            cache.keep(compiled, now)
        except OSError as error:  # it is compiled anew next time, and nothing else
            log.info("what the card compiled could not be kept: %s", error)
    return network


class _Memory:
    """What one network holds on the card, and of the computer's memory that the card reads and writes by itself."""

    def __init__(self, cuda: Any, stream: Any) -> None:
        self._cuda, self._stream = cuda, stream
        self._pinned: list[int] = []
        self._on_card: list[int] = []

    def pinned(self, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return a copy of an array in memory that the card copies from and to without a detour."""
        address = int(_done(self._cuda.cudaHostAlloc(like.nbytes, self._cuda.cudaHostAllocDefault)))
        self._pinned.append(address)
        raw = memoryview((ctypes.c_uint8 * like.nbytes).from_address(address))
        array: np.ndarray[Any, Any] = np.frombuffer(raw, dtype=like.dtype).reshape(like.shape)
        array[...] = like
        return array

    def on_card(self, like: np.ndarray[Any, Any]) -> int:
        """Return the address of as many bytes on the card."""
        address = int(_done(self._cuda.cudaMalloc(like.nbytes)))
        self._on_card.append(address)
        return address

    def free(self) -> None:
        """Give all of it back; whoever still holds an array must not touch it."""
        self._cuda.cudaStreamSynchronize(self._stream)
        for address in self._on_card:
            self._cuda.cudaFree(address)
        for address in self._pinned:
            self._cuda.cudaFreeHost(address)
        self._cuda.cudaStreamDestroy(self._stream)


def _cuda() -> Any:
    return importlib.import_module("cuda.bindings.runtime")


def _done(told: tuple[Any, ...]) -> Any:
    """Return what a call of CUDA gave besides its error.

    Raises:
        CudaError: there was one.
    """
    error, *results = told
    if int(error) != 0:
        raise CudaError(getattr(error, "name", str(error)))
    return results[0] if results else None
