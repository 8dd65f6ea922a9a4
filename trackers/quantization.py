"""Narrows a `.tflite` model's large weights to 8 bits, where the processor multiplies such numbers several times as fast.

Dynamic range quantization: each output channel of a pointwise convolution has a scale of its own, and XNNPACK turns what the
convolution reads into 8 bits at run time, each pixel by its own range; what comes out, biases and all else stay
floats. So nothing has to be calibrated. Owns the edit of the file's bytes. Knows nothing of what a model finds.

It is for the full hand model and the one that reads expressions. The body model's keypoints then tremble more (the torso's
rest was 0.49 of MediaPipe's and became 0.51 to 0.76), the lite models gain a seventh, and the face mesh nothing: its layers are
small.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from trackers.model_objects import packed, unpacked
from trackers.types import FloatArray

LEAST_WEIGHTS: Final = 10_000
"""Of a convolution that is narrowed: below, turning its input into 8 bits takes longer than the multiplying saves."""
LEAST_STRETCH: Final = 3
"""A convolution inside an inverted bottleneck widens or narrows its input by more than this. One that does not is of a head and
makes coordinates, for which 8 bits are too few, out of a few pixels, which takes hardly any time."""
_INSTRUCTIONS: Final = ("avx512vnni", "avxvnni", "dotprod")
"""LLVM's names of them: Intel's and AMD's, and ARM's."""
_LARGEST: Final = 127


def is_chosen(precision: str) -> bool:
    """Tell whether `auto`, `int8` or `fp32` means weights of 8 bits on this computer."""
    return precision == "int8" or (precision == "auto" and _pays_here())


def _pays_here() -> bool:
    """Tell whether this processor adds up products of 8-bit numbers in one instruction."""
    from llvmlite.binding import get_host_cpu_features  # 42 MB, which only drawing needs otherwise

    try:
        features = get_host_cpu_features()
    except RuntimeError:  # LLVM does not know how to ask it
        return False
    return any(features.get(name) for name in _INSTRUCTIONS)


def with_int8_weights(content: bytes, *, least_weights: int = LEAST_WEIGHTS) -> bytes:
    """Return the model with 8-bit weights in its pointwise convolutions of at least so many weights, within bottlenecks."""
    model = unpacked(content)
    graph = model.subgraphs[0]
    editor = _Editor(model, graph)
    for operator in editor.pointwise():
        outputs, _, _, inputs = shape = graph.tensors[operator.inputs[1]].shape
        if np.prod(shape) >= least_weights and max(inputs, outputs) > LEAST_STRETCH * min(inputs, outputs):
            editor.narrow(operator)
    editor.drop_unread()
    return packed(model, about_bytes=len(content))


class _Editor:
    """The one graph of a model, as the schema's own objects."""

    def __init__(self, model: Any, graph: Any) -> None:
        self._model, self._graph = model, graph
        self._widened = {operator.outputs[0]: operator.inputs[0] for operator in self._of_kind("DEQUANTIZE")}
        """Constant tensors of 32-bit floats, and those of 16 bits from which they are made."""

    def pointwise(self) -> Iterator[Any]:
        """Yield the convolutions that see one pixel at a time."""
        for operator in self._of_kind("CONV_2D"):
            _, height, width, _ = self._graph.tensors[operator.inputs[1]].shape
            if height == width == 1:
                yield operator

    def narrow(self, convolution: Any) -> None:
        """Give it 8-bit weights, and a bias that is a constant of its own, as XNNPACK wants it beside them."""
        source, weights, bias = convolution.inputs
        wide = self._floats(weights)
        largest = np.abs(wide).max(axis=(1, 2, 3))
        scales = np.where(largest > 0, largest, 1) / np.float32(_LARGEST)  # some channels of trained models are dead
        narrow = np.round(wide / scales[:, None, None, None]).astype(np.int8)
        told = schema.QuantizationParametersT()
        told.scale, told.zeroPoint, told.quantizedDimension = scales, np.zeros(len(scales), np.int64), 0
        convolution.inputs = np.array(
            [
                source,
                self._constant(narrow, schema.TensorType.INT8, told),
                self._constant(self._floats(bias), schema.TensorType.FLOAT32, None),
            ],
            dtype=np.int32,
        )

    def drop_unread(self) -> None:
        """Leave out the widening of weights that nobody reads any more."""
        read = {int(tensor) for operator in self._graph.operators for tensor in operator.inputs}
        unread = {id(operator) for operator in self._of_kind("DEQUANTIZE") if operator.outputs[0] not in read}
        self._graph.operators = [operator for operator in self._graph.operators if id(operator) not in unread]

    def _of_kind(self, name: str) -> list[Any]:
        wanted = getattr(schema.BuiltinOperator, name)
        codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in self._model.operatorCodes]
        return [operator for operator in self._graph.operators if codes[operator.opcodeIndex] == wanted]

    def _floats(self, number: int) -> FloatArray:
        tensor = self._graph.tensors[self._widened.get(number, number)]
        stored = np.float16 if tensor.type == schema.TensorType.FLOAT16 else np.float32
        values = np.asarray(self._model.buffers[tensor.buffer].data, dtype=np.uint8).view(stored)
        return values.astype(np.float32).reshape(tensor.shape)

    def _constant(self, values: NDArray[Any], kind: int, quantization: Any) -> int:
        """Add a tensor that holds these values; return its number."""
        buffer, tensor = schema.BufferT(), schema.TensorT()
        buffer.data = values.reshape(-1).view(np.uint8)
        tensor.shape, tensor.type, tensor.quantization = values.shape, kind, quantization
        tensor.buffer, tensor.name = len(self._model.buffers), f"narrowed {len(self._graph.tensors)}"
        self._model.buffers.append(buffer)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
