"""Networks of the contract with weights out of a generator: for trying and timing what runs them, without torch.

Owns the graph of `avatar.neural.spec.Size` as ONNX nodes. What such a network paints is noise, at the price of a picture.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from avatar.neural import spec
from avatar.neural.byte_layout import BLOCK_CHANNELS, ByteLayout

OPSET = 18
_IR = 9


class _Graph:
    """Nodes and weights as they are added; each method returns the name of its output."""

    def __init__(self, seed: int, gain: float) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._random = np.random.default_rng(seed)
        self._gain = gain

    def add(self, op: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node."""
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def weight(self, value: NDArray[Any]) -> str:
        """Add a constant."""
        name = f"w_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def conv(self, x: str, inside: int, outside: int, *, kernel: int = 3, stride: int = 1, gain: float = 1.0) -> str:
        """Add a convolution with its bias, padded so that only the stride shrinks the picture."""
        spread = gain * self._gain * np.sqrt(2 / (inside * kernel**2))
        w = self.weight(self._random.normal(0, spread, (outside, inside, kernel, kernel)))
        b = self.weight(self._random.normal(0, 0.01, outside))
        pad = 1 if kernel == 3 else 0
        return self.add("Conv", [x, w, b], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def relu(self, x: str) -> str:
        """Add a rectifier."""
        return self.add("Relu", [x])

    def film(self, x: str, code: str, width: int) -> str:
        """Scale and shift each channel by the code."""
        halves = []
        for base in (1.0, 0.0):
            w = self.weight(self._random.normal(0, 0.05, (spec.CODE_LENGTH, width)))
            halves.append(self.add("Gemm", [code, w, self.weight(np.full(width, base))]))
        shape = f"shape_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array([-1, width, 1, 1], dtype=np.int64), shape))
        scale, shift = (self.add("Reshape", [half, shape]) for half in halves)
        return self.add("Add", [self.add("Mul", [x, scale]), shift])

    def up(self, x: str, skip: str, inside: int, outside: int) -> str:
        """Back up one step: 1 x 1, twice as large, plus the skip, one more convolution."""
        small = self.conv(x, inside, outside, kernel=1)
        scales = self.weight(np.array([1, 1, 2, 2]))
        large = self.add(
            "Resize", [small, "", scales], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )
        joined = self.relu(self.add("Add", [large, skip]))
        return self.relu(self.conv(joined, outside, outside))


def made_network(name: str, *, seed: int = 0, gain: float = 1.0, out_gain: float = 0.01) -> bytes:
    """Return an ONNX model of size `name`, its height and width named; `out_gain` says how much it adds to the picture."""
    size, graph = spec.SIZES[name], _Graph(seed, gain)
    stem, (a, b, c) = size.stem, size.widths
    coarse = graph.conv("coarse", spec.COARSE_CHANNELS, stem, kernel=4, stride=4)
    surface = graph.conv("surface", spec.SURFACE_CHANNELS, stem, stride=2)
    x0 = graph.relu(graph.add("Add", [coarse, surface]))  # (1, stem, H/4, W/4)
    x1 = graph.relu(graph.conv(x0, stem, a, stride=2))
    x2 = graph.relu(graph.conv(graph.relu(graph.conv(x1, a, b, stride=2)), b, b))
    x3 = graph.relu(graph.conv(graph.relu(graph.conv(x2, b, c, stride=2)), c, c))
    x3 = graph.film(x3, "code", c)
    up = graph.up(graph.up(graph.up(x3, x2, c, b), x1, b, a), x0, a, stem)
    graph.conv(up, stem, spec.PAINT_CHANNELS, gain=out_gain)
    graph.nodes[-1].output[0] = "paint"
    return _model(graph)


def _model(graph: _Graph) -> bytes:
    inputs: dict[str, list[str | int]] = {
        "coarse": [1, spec.COARSE_CHANNELS, "height_px", "width_px"],
        "surface": [1, spec.SURFACE_CHANNELS, "half_height_px", "half_width_px"],
        "code": [1, spec.CODE_LENGTH],
    }
    paint = [1, spec.PAINT_CHANNELS, None, None]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    outputs = [helper.make_tensor_value_info("paint", TensorProto.FLOAT, paint)]
    made = helper.make_graph(graph.nodes, "made", values, outputs, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def made_byte_network(*, value: int = 140, step: float = 0.004) -> bytes:
    """Return a network in bytes that adds `step * (value - 128)` to each colour, covering nothing, where a surface is."""
    layout = ByteLayout(surface_steps=np.full(spec.SURFACE_CHANNELS, 1 / 100, dtype=np.float32), colour_step=step)
    nodes = [
        helper.make_node("Cast", ["blocks"], ["seen"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["seen", "mask_at"], ["mask"], axis=3),
        helper.make_node("ReduceMax", ["mask", "last_axis"], ["most"]),
        helper.make_node("Sub", ["most", "zero"], ["above"]),
        helper.make_node("Sign", ["above"], ["there"]),
        helper.make_node("Mul", ["there", "amounts"], ["amount"]),
        helper.make_node("Add", ["amount", "zeros"], ["total"]),
        helper.make_node("ReduceSum", ["code"], ["spoken"], keepdims=0),
        helper.make_node("Mul", ["spoken", "none"], ["unspoken"]),
        helper.make_node("ReduceMax", ["seen"], ["brightest"], keepdims=0),
        helper.make_node("Mul", ["brightest", "none"], ["unseen"]),
        helper.make_node("Sum", ["total", "unspoken", "unseen"], ["all"]),
        helper.make_node("Cast", ["all"], ["paint"], to=TensorProto.UINT8),
    ]
    constants: dict[str, NDArray[Any]] = {
        "mask_at": 64 + 11 + np.array([36 + 12, 36 + 24, 72 + 12, 72 + 24]),  # of the block's own 2 x 2
        "last_axis": np.array([3]),
        "zero": np.array(128, np.float32),
        "zeros": layout.paint_zeros().astype(np.float32),
        "none": np.array(0, np.float32),
        "amounts": np.repeat([value - 128, 0], [spec.COLOUR_CHANNELS, spec.PAINT_CHANNELS - spec.COLOUR_CHANNELS]).astype(
            np.float32
        ),
    }
    values = [
        helper.make_tensor_value_info(
            "blocks", TensorProto.UINT8, [1, "quarter_height_px", "quarter_width_px", BLOCK_CHANNELS]
        ),
        helper.make_tensor_value_info("code", TensorProto.FLOAT, [1, spec.CODE_LENGTH]),
    ]
    out = [helper.make_tensor_value_info("paint", TensorProto.UINT8, [1, None, None, spec.PAINT_CHANNELS])]
    weights = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    made = helper.make_graph(nodes, "made", values, out, weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR)
    helper.set_model_props(model, layout.metadata())
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
