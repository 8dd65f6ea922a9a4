"""A network's first layer as files in bytes have it: two convolutions and their sum as one matrix product.

Owns finding the three nodes in a float graph and joining their weights in the order of `avatar.neural.byte_layout`'s `blocks`.
Knows nothing of how either file goes on from there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from avatar.neural import spec
from avatar.neural.byte_layout import BLOCK_CHANNELS, OUTPUT
from export.to_onnx import need
from trackers.errors import UserError
from trackers.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Stem:
    """The first layer of a network, where a channel of `blocks` is worth 1."""

    weight: FloatArray
    """(O, 172, 1, 1)."""
    bias: FloatArray
    """(O,)."""
    nodes: tuple[Any, Any, Any]
    """Of the float graph: both convolutions, then the sum, whose output is this layer's."""


def stem_of(model: Any) -> Stem:
    """Return the first layer of an fp32 onnx.ModelProto.

    Raises:
        UserError: it is none of `spec.Size`.
    """
    onnx = need("onnx")
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    drawn, seen = (_only_user(model, name, "Conv") for name in ("coarse", "surface"))
    total = _only_user(model, drawn.output[0], "Add")
    told = {name: _told(onnx, node) for name, node in (("coarse", drawn), ("surface", seen))}
    wanted = {"coarse": ([4, 4], [4, 4], [0] * 4), "surface": ([3, 3], [2, 2], [1] * 4)}
    if told != wanted or sorted(total.input) != sorted([drawn.output[0], seen.output[0]]):
        raise UserError(
            f"the network's first layer is {told}, and files in bytes know {wanted} and their sum only; keep its fp32 file"
        )
    of_drawn = arrays[drawn.input[1]].transpose(0, 2, 3, 1)  # (O, y, x, c)
    of_seen = arrays[seen.input[1]].transpose(0, 2, 3, 1)
    width = len(of_drawn)
    weight = np.concatenate([of_drawn.reshape(width, -1), of_seen.reshape(width, -1)], axis=1)
    biases = [arrays[node.input[2]] for node in (drawn, seen) if len(node.input) > 2]  # the exporter leaves out one that is 0
    return Stem(
        weight=np.ascontiguousarray(weight.reshape(width, BLOCK_CHANNELS, 1, 1), dtype=np.float32),
        bias=np.sum([np.zeros(width), *biases], axis=0).astype(np.float32),
        nodes=(drawn, seen, total),
    )


def byte_tensors() -> tuple[list[Any], Any]:
    """Return the inputs and the output of a file that speaks bytes, for `to_onnx.open_dimensions` to name height and width."""
    onnx = need("onnx")
    made, kinds = onnx.helper.make_tensor_value_info, onnx.TensorProto
    blocks = made("blocks", kinds.UINT8, [1, 16, 16, BLOCK_CHANNELS])
    code = made("code", kinds.FLOAT, [1, spec.CODE_LENGTH])
    return [blocks, code], made(OUTPUT, kinds.UINT8, [1, 16, 16, spec.PAINT_CHANNELS])


def _only_user(model: Any, name: str, op: str) -> Any:
    users = [node for node in model.graph.node if name in node.input]
    if len(users) != 1 or users[0].op_type != op:
        kinds = ", ".join(node.op_type for node in users) or "nothing"
        raise UserError(f"the network's {name} goes into {kinds}, where one {op} was expected; keep its fp32 file")
    return users[0]


def _told(onnx: Any, node: Any) -> tuple[list[int], ...]:
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    usual = {"kernel_shape": [], "strides": [1, 1], "pads": [0] * 4}
    return tuple(list(attributes.get(name, value)) for name, value in usual.items())
