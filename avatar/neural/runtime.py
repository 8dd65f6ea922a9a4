"""One network, open for one size of picture, on one of ONNX Runtime's execution providers.

Owns the session's options, the tensors it reads and writes (allocated once and bound once) and the two forms of a network's
file, floats and bytes. ONNX Runtime is optional and imported at use. Knows nothing of which network or provider is best.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from avatar.neural import spec
from avatar.neural.byte_layout import OUTPUT, ByteLayout, block_zeros, dimensions
from trackers.errors import first_line
from trackers.optional import imported
from trackers.types import FloatArray

CPU: Final = "CPUExecutionProvider"
ON_NVIDIA: Final = ("NvTensorRTRTXExecutionProvider", "TensorrtExecutionProvider", "CUDAExecutionProvider")
"""Providers whose tensors may lie on the card, from the first choice to the last."""
INSTALL_COMMAND: Final = 'pip install ".[onnx]"'

Tensors = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Provider:
    """An execution provider and how it is asked to work."""

    name: str
    """As ONNX Runtime calls it."""
    words: str
    """As people do."""
    options: tuple[tuple[str, str], ...] = ()


ON_CPU: Final = Provider(CPU, "CPU")


def runtime() -> Any:
    """Return the module `onnxruntime`.

    Raises:
        UserError: it is not installed, or does not start.
    """
    step = f"run `{INSTALL_COMMAND}`, then start again"
    return imported("onnxruntime", otherwise=f"a neural avatar needs the package onnxruntime, which is not installed; {step}")


class OpenNetwork(Protocol):
    """A network at work, whatever runs it: write to `inputs`, then `run`, then read `paint`. Not thread-safe."""

    layout: ByteLayout | None
    """None if its tensors are floats, else what a byte of them is worth."""
    size_px: tuple[int, int]
    """Width and height of the picture."""
    inputs: Tensors
    """By name: `coarse`, `surface` and `code`, or of a network in bytes `blocks` and `code`."""
    paint: np.ndarray[Any, Any]
    """What it gave last."""

    def run(self) -> None:
        """Compute `paint` from what was written to the inputs.

        Raises:
            Exception: whatever runs it raises.
        """
        ...


class Network:
    """A network open in ONNX Runtime. Write to `inputs`, then `run`, then read `paint`. Not thread-safe.

    Args:
        model: the ONNX file's bytes.
        width_px: of the picture, as `height_px`; the file's named dimensions become these.
        threads: for one run, on the CPU.

    Raises:
        UserError: ONNX Runtime is not installed.
        ValueError: the provider cannot run the file, or the file is no network of `spec`.
    """

    def __init__(self, model: bytes, *, width_px: int, height_px: int, provider: Provider = ON_CPU, threads: int = 1) -> None:
        self.provider = provider
        self.size_px = (width_px, height_px)
        self._session = _open(model, dimensions(width_px=width_px, height_px=height_px), provider, threads)
        self.layout = ByteLayout.of(self._session.get_modelmeta().custom_metadata_map)
        tensors = tensors_for(self.layout, width_px=width_px, height_px=height_px)
        _check(self._session, tensors)
        self.paint = tensors.pop(OUTPUT)
        self.inputs = tensors
        self._on_device: dict[str, Any] = {}
        self._binding = self._bind()

    def run(self) -> None:
        """Compute `paint` from what was written to the inputs.

        Raises:
            Exception: whatever ONNX Runtime raises; it documents none.
        """
        for name, value in self._on_device.items():
            if name != OUTPUT:
                value.update_inplace(self.inputs[name])
        self._session.run_with_iobinding(self._binding)
        if OUTPUT in self._on_device:
            np.copyto(self.paint, self._on_device[OUTPUT].numpy())

    def _bind(self) -> Any:
        """On the CPU the session reads and writes our arrays; a card has places of its own, fixed, filled before each run."""
        binding = self._session.io_binding()
        there = self.paint
        if self.provider.name not in ON_NVIDIA:
            for name, array in self.inputs.items():
                binding.bind_cpu_input(name, array)
            binding.bind_output(OUTPUT, "cpu", 0, there.dtype, there.shape, there.ctypes.data)
            return binding
        for name, array in (*self.inputs.items(), (OUTPUT, there)):
            value = self._on_device[name] = runtime().OrtValue.ortvalue_from_numpy(array, "cuda", 0)
            bind = binding.bind_ortvalue_output if name == OUTPUT else binding.bind_ortvalue_input
            bind(name, value)
        return binding


def tensors_for(layout: ByteLayout | None, *, width_px: int, height_px: int) -> Tensors:
    """Return a network's inputs, then its output, all of nothing, for one size of picture."""
    quarter = (height_px // spec.BLOCK_PX, width_px // spec.BLOCK_PX)
    code = np.zeros((1, spec.CODE_LENGTH), dtype=np.float32)
    if layout is None:
        return {
            "coarse": np.zeros((1, spec.COARSE_CHANNELS, height_px, width_px), dtype=np.float32),
            "surface": np.zeros((1, spec.SURFACE_CHANNELS, height_px // 2, width_px // 2), dtype=np.float32),
            "code": code,
            OUTPUT: np.zeros((1, spec.PAINT_CHANNELS, *quarter), dtype=np.float32),
        }
    return {
        "blocks": np.tile(block_zeros().astype(np.uint8), (1, *quarter, 1)),
        "code": code,
        OUTPUT: np.tile(layout.paint_zeros().astype(np.uint8), (1, *quarter, 1)),
    }


def paint_of(network: OpenNetwork) -> FloatArray:
    """Return what the network gave last as `spec`'s floats, whatever its form; covers are clipped, as bytes are anyway."""
    return cover_clipped(network.paint if network.layout is None else network.layout.paint_floats(network.paint))


def cover_clipped(paint: FloatArray) -> FloatArray:
    """Return `spec`'s paint (N, 80, h, w) with its covers clipped to 0..1, the only range that means something."""
    colour, cover = paint[:, : spec.COLOUR_CHANNELS], paint[:, spec.COLOUR_CHANNELS :]
    return np.concatenate([colour, np.clip(cover, 0, 1)], axis=1)


def _open(model: bytes, fixed: dict[str, int], provider: Provider, threads: int) -> Any:
    onnxruntime = runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the tracker wants the core meanwhile
    options.log_severity_level = 4  # it prints what we raise
    options.enable_mem_pattern = provider.name != "DmlExecutionProvider"  # which cannot have it
    for name, value in fixed.items():
        options.add_free_dimension_override_by_name(name, value)
    wanted = [(provider.name, dict(provider.options))]
    if provider.name != CPU:
        wanted.append((CPU, {}))
    try:
        session = onnxruntime.InferenceSession(model, options, providers=wanted)
    except Exception as error:  # ONNX Runtime has no exception of its own that is documented
        raise ValueError(f"{provider.words} cannot run the network: {first_line(error)}") from error
    if session.get_providers()[0] != provider.name:
        raise ValueError(f"{provider.words} could not be started")
    return session


def _check(session: Any, tensors: Tensors) -> None:
    told = {value.name: list(value.shape) for value in (*session.get_inputs(), *session.get_outputs())}
    expected = {name: list(array.shape) for name, array in tensors.items()}
    batch = {name: [1, *shape[1:]] for name, shape in told.items()}
    if batch != expected:
        raise ValueError(f"the network's tensors must be {expected}, got {told}")
