"""From the fp32 network file to the fp16 one, for graphics cards.

It takes and gives the bytes of `avatar.neural.byte_layout`, so that less memory crosses to the card and back. Owns
which numbers become halves and how bytes become them. Every tensor of the graph has the type that it is computed in, as
TensorRT's strongly typed networks want it. Knows nothing of cards.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.neural.byte_layout import OUTPUT, ByteLayout, block_zeros, byte_order
from export.painting import Example
from export.quantise import Seen, layout_for, measured
from export.stem import byte_tensors, stem_of
from export.to_onnx import need, open_dimensions, read, size_of, tell, whole
from trackers.errors import UserError

MOST: Final = 30_000.0
"""Activations above this are refused: halves end at 65504, and other frames may go further than the examples."""


def to_half(data: bytes, examples: Sequence[Example]) -> bytes:
    """Return the fp16 file of an fp32 network file.

    Args:
        examples: of one size, held-in frames: they tell what the bytes must reach.

    Raises:
        UserError: a tensor goes beyond what halves hold.
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("to_half needs at least one example")
    model = read(data)
    seen = measured(model, examples)
    _check(seen)
    layout = layout_for(seen, examples)
    size = size_of(model)
    _bytes_in(model, layout)
    _halve_weights(model)
    _bytes_out(model, layout)
    tell(model, size=size, precision="fp16", more=layout.metadata())
    open_dimensions(model)
    return whole(model)


def _check(seen: Mapping[str, Seen]) -> None:
    for name, (low, high, _) in seen.items():
        if not max(-low, high) < MOST:
            raise UserError(
                f"the network's {name} reaches {max(-low, high):.3g}, where fp16 is safe below {MOST:.0f}; "
                "train it further with a lower learning rate, or keep its fp32 file"
            )


def _halve_weights(model: Any) -> None:
    onnx = need("onnx")
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            scales = any(
                tensor.name == name for node in model.graph.node if node.op_type == "Resize" for name in node.input[1:]
            )
            if not scales:  # a Resize's stay floats by ONNX's own rule
                _replace(tensor, onnx.numpy_helper.to_array(tensor).astype(np.float16))


def _bytes_in(model: Any, layout: ByteLayout) -> None:
    """Put before the graph what makes numbers in planes of bytes side by side, and one first layer in the place of two."""
    onnx, stem = need("onnx"), stem_of(model)
    make, half = onnx.helper.make_node, onnx.TensorProto.FLOAT16
    constants = {"nothing": block_zeros(), "steps": layout.block_steps(), "stem_weight": stem.weight, "stem_bias": stem.bias}
    for name, value in constants.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
    for node in model.graph.node:
        node.input[:] = ["code_half" if source == "code" else source for source in node.input]
    rest = [node for node in model.graph.node if node not in stem.nodes]
    first = [
        make("Cast", ["blocks"], ["blocks_numbers"], to=half),
        make("Sub", ["blocks_numbers", "nothing"], ["blocks_centred"]),
        make("Mul", ["blocks_centred", "steps"], ["blocks_last"]),
        make("Transpose", ["blocks_last"], ["blocks_half"], perm=[0, 3, 1, 2]),
        make("Conv", ["blocks_half", "stem_weight", "stem_bias"], [stem.nodes[2].output[0]], kernel_shape=[1, 1]),
        make("Cast", ["code"], ["code_half"], to=half),
    ]
    gone = {name for node in stem.nodes[:2] for name in node.input[1:]}
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in gone]
    for field, values in ((model.graph.node, [*first, *rest]), (model.graph.initializer, kept)):
        del field[:]
        field.extend(values)
    del model.graph.input[:]
    model.graph.input.extend(byte_tensors()[0])


def _bytes_out(model: Any, layout: ByteLayout) -> None:
    """Put after the graph what makes bytes in the order of pictures of halves in planes."""
    onnx = need("onnx")
    make, order = onnx.helper.make_node, byte_order()
    last = next(node for node in model.graph.node if node.output[0] == OUTPUT)
    if last.op_type != "Conv":
        raise UserError(f"the network ends in {last.op_type}, where a convolution was expected; change the network")
    arrays = {tensor.name: tensor for tensor in model.graph.initializer}
    for name in last.input[1:]:
        _replace(arrays[name], onnx.numpy_helper.to_array(arrays[name])[order])
    last.output[0] = "paint_half"
    # A cast to bytes cuts off: half a byte more, and it rounds.
    zeros = layout.paint_zeros()[:, None, None] + 0.5
    constants = {"bytes_per_one": 1 / layout.paint_steps()[:, None, None], "zeros": zeros, "black": 0, "brightest": 255}
    for name, value in constants.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value, dtype=np.float16), name))
    model.graph.node.extend(
        [
            make("Mul", ["paint_half", "bytes_per_one"], ["paint_bytes"]),
            make("Add", ["paint_bytes", "zeros"], ["paint_shifted"]),
            make("Clip", ["paint_shifted", "black", "brightest"], ["paint_clipped"]),
            make("Transpose", ["paint_clipped"], ["paint_last"], perm=[0, 2, 3, 1]),
            make("Cast", ["paint_last"], [OUTPUT], to=onnx.TensorProto.UINT8),
        ]
    )
    del model.graph.output[:], model.graph.value_info[:]
    model.graph.output.append(byte_tensors()[1])
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"


def _replace(tensor: Any, value: NDArray[Any]) -> None:
    tensor.CopyFrom(need("onnx").numpy_helper.from_array(np.array(value, order="C"), tensor.name))
