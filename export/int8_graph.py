"""The nodes of an int8 network: ONNX's QDQ form, laid out so that ONNX Runtime moves no byte that it need not.

Owns how one tensor becomes another in bytes. ONNX Runtime runs a quantised convolution with the channels last; what stands
between two of them in the usual form (a Resize, conversions to float and back, transposes) costs more than they do. Here

- a 1 x 1 convolution that is enlarged afterwards gives its channels twice, which with the channels last *is* the picture twice
  as wide; a copy of each row makes it twice as high,
- sums are quantised too, and a ReLU is only a range that begins at 0,
- bytes come in and go out with the channels last, so the transposes at both ends cancel those around the convolutions,
- the first layer is a matrix product of what `avatar.neural.byte_layout` lays side by side for it.

Measured on one core, M at 512 x 512: fp32 17.0 ms, as onnxruntime.quantization makes it (convolutions but the first and last)
16.0, with sums and Resize quantised as well 12.3, with all of this but the last point 6.8, with it 5.8. Knows nothing of how
ranges are found.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.rounding import rounded, weight_steps
from export.to_onnx import need
from trackers.types import FloatArray


@dataclass(frozen=True, slots=True)
class Scale:
    """What the bytes of one tensor mean: `step * (byte - zero)`."""

    step: float
    zero: int

    @classmethod
    def between(cls, low: float, high: float) -> "Scale":
        """Return the scale whose bytes reach from `low` to `high`, and hit 0."""
        low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
        step = float(np.float32((high - low) / 255))
        return cls(step, int(np.clip(round(-low / step), 0, 255)))


@dataclass(frozen=True, slots=True)
class Bytes:
    """A tensor of the graph, in bytes."""

    name: str
    scale: Scale


class Int8Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        onnx = need("onnx")
        self._helper, self._numpy = onnx.helper, onnx.numpy_helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._scales: dict[Scale, tuple[str, str]] = {}

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant; return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self._numpy.from_array(np.array(value, order="C"), name))
        return name

    def node(self, op: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Add a node; return its output's name."""
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(op, inputs, [output or f"{name}_out"], name=name, **attributes))
        return str(self.nodes[-1].output[0])

    def copy(self, node: Any, inputs: list[str]) -> None:
        """Add a node of the float graph as it is, but for the names of its inputs."""
        twin = type(node).FromString(node.SerializeToString())
        del twin.input[:]
        twin.input.extend(inputs)
        twin.name = f"{node.op_type}_{len(self.nodes)}"
        self.nodes.append(twin)

    def floats(self, x: Bytes) -> str:
        """Return the name of `x` in floats."""
        return self.node("DequantizeLinear", [x.name, *self._constants_of(x.scale)])

    def bytes(self, name: str, scale: Scale) -> Bytes:
        """Return a float tensor in bytes."""
        return Bytes(self.node("QuantizeLinear", [name, *self._constants_of(scale)]), scale)

    def add(self, a: Bytes, b: Bytes, scale: Scale) -> Bytes:
        """Return the sum."""
        return self.bytes(self.node("Add", [self.floats(a), self.floats(b)]), scale)

    def convolve(
        self,
        x: Bytes,
        weight: FloatArray,
        bias: FloatArray,
        scale: Scale,
        *,
        mean: FloatArray,
        moved: FloatArray,
        zeros: NDArray[np.int64] | None = None,
        **attributes: Any,
    ) -> Bytes:
        """Return a convolution of `x`; `weight` (O, I, h, w) is rounded to int8 per output channel, `bias` to int32.

        Args:
            mean: (I,) of each channel of `x`: what rounding takes from its product with the weights, the bias gives back.
            moved: `rounding.Covariance.value` of what it sees of `x` at a time.
            zeros: (I,) the byte that means 0 in each channel of `x`, where that is not the same in all; without pads.
        """
        steps = weight_steps(weight)
        whole = rounded(weight, steps, moved)
        lost = weight - whole * steps[:, None, None, None]
        bias = bias + lost.sum(axis=(2, 3)) @ mean
        bias_steps = (steps * np.float32(x.scale.step)).astype(np.float32)
        whole_bias = np.clip(np.rint(bias / bias_steps.astype(np.float64)), -(2**30), 2**30).astype(np.int32)
        if zeros is not None:
            whole_bias += (whole.sum(axis=(2, 3), dtype=np.int64) @ (x.scale.zero - zeros)).astype(np.int32)
        held = self._per_channel(whole, steps), self._per_channel(whole_bias, bias_steps)
        found = self.node("Conv", [self.floats(x), *held], kernel_shape=list(weight.shape[2:]), **attributes)
        return self.bytes(found, scale)

    def enlarge(self, x: Bytes, channels: int) -> Bytes:
        """Return `x` (1, 2 C, h, w), whose channels come twice, as (1, C, 2 h, 2 w): each pixel as 2 x 2 of them."""
        wide = self.node("Reshape", [self.channels_last(x.name), self.shape(1, 0, -1, channels)])  # (1, h, 2w, C)
        rows = self.node("Reshape", [wide, self.shape(-1, 1, 0, channels)])  # (h, 1, 2w, C)
        twice = self.node("Concat", [rows, rows], axis=1)
        return Bytes(self.channels_first(self.node("Reshape", [twice, self.shape(1, -1, 0, channels)])), x.scale)

    def channels_first(self, name: str) -> str:
        """Return (1, h, w, C) as (1, C, h, w)."""
        return self.node("Transpose", [name], perm=[0, 3, 1, 2])

    def channels_last(self, name: str, output: str | None = None) -> str:
        """Return (1, C, h, w) as (1, h, w, C)."""
        return self.node("Transpose", [name], output, perm=[0, 2, 3, 1])

    def shape(self, *sizes: int) -> str:
        """Return a constant for Reshape: 0 keeps the size that stands there, -1 takes what is left."""
        return self.constant(np.array(sizes, dtype=np.int64))

    def _per_channel(self, values: NDArray[Any], steps: FloatArray) -> str:
        zeros = np.zeros(len(values), dtype=values.dtype)
        return self.node("DequantizeLinear", [self.constant(values), self.constant(steps), self.constant(zeros)], axis=0)

    def _constants_of(self, scale: Scale) -> tuple[str, str]:
        if scale not in self._scales:
            self._scales[scale] = (
                self.constant(np.array(scale.step, np.float32)),
                self.constant(np.array(scale.zero, np.uint8)),
            )
        return self._scales[scale]
