"""What a network file costs, and the gates that none may pass that is slow somewhere.

Owns the counting of multiply-adds and weights and the list of what ONNX Runtime or TensorRT run badly. Knows nothing of torch
and of how a file was made.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from trackers.errors import UserError

AT_PX: Final = 512
"""Side of the picture that budgets are counted at."""
BUDGET_GMAC: Final = {"S": 0.42, "M": 0.94, "L": 1.66}
"""Most multiply-adds of one picture of 512 x 512, in 10^9."""
BUDGET_WEIGHTS: Final = {"S": 170_000, "M": 340_000, "L": 660_000}

FORBIDDEN: Final = frozenset({"Sin", "Cos", "GridSample", "InstanceNormalization", "LayerNormalization", "Loop", "If", "Scan"})
"""Not vectorised on a CPU (Sin is 30 % of a peer's time), wrong in fp16 (normalisation by the frame), or control flow."""
_INPUT_MULTIPLE, _OUTPUT_MULTIPLE = 4, 16  # of channels, for ONNX Runtime's blocked convolutions with AVX-512


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one picture."""

    gmac: float
    """10^9 multiply-adds."""
    weights: int
    convolutions: int


def cost_of(model: Any) -> Cost:
    """Count an onnx.ModelProto whose shapes are static and inferred.

    Raises:
        ValueError: a convolution's output has no known shape.
    """
    shapes = shapes_of(model)
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    macs = convolutions = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            size = shapes.get(node.output[0], ())
            if len(size) != 4 or not all(isinstance(n, int) for n in size):
                raise ValueError(f"{node.name}'s output has no static shape, got {size}")
            macs += math.prod(size) * math.prod(weights[node.input[1]][1:])
            convolutions += 1
        elif node.op_type == "Gemm":
            macs += math.prod(weights[node.input[1]])
    numbers = sum(math.prod(dims) for name, dims in weights.items() if len(dims) and _is_float(model, name))
    return Cost(gmac=macs / 1e9, weights=numbers, convolutions=convolutions)


def shapes_of(model: Any) -> dict[str, tuple[int | str, ...]]:
    """Return the shape of each value of an onnx.ModelProto; a dimension that is not fixed is its name."""
    values = [*model.graph.input, *model.graph.value_info, *model.graph.output]
    return {
        value.name: tuple(
            dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in value.type.tensor_type.shape.dim
        )
        for value in values
    }


def check_gates(model: Any, size: str) -> Cost:
    """Return the cost of an fp32 model of AT_PX x AT_PX, static and with inferred shapes.

    Raises:
        UserError: it has an operator, a width or a cost that it must not have.
    """
    faults = [f"operator {node.op_type}" for node in model.graph.node if node.op_type in FORBIDDEN]
    faults += [fault for node in model.graph.node if node.op_type == "Resize" for fault in _resize_faults(node)]
    dims = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Conv":
            outputs, inputs = dims[node.input[1]][:2]
            if inputs % _INPUT_MULTIPLE or outputs % _OUTPUT_MULTIPLE:
                faults.append(f"a convolution from {inputs} to {outputs} channels, not multiples of 4 and 16")
    faults += [
        f"{name} has no fixed shape" for name, shape in shapes_of(model).items() if not all(isinstance(n, int) for n in shape)
    ]
    cost = cost_of(model) if not faults else None
    if cost is not None and cost.gmac > BUDGET_GMAC[size]:
        faults.append(f"{cost.gmac:.3f} GMAC where {BUDGET_GMAC[size]} are allowed")
    if cost is not None and cost.weights > BUDGET_WEIGHTS[size]:
        faults.append(f"{cost.weights} weights where {BUDGET_WEIGHTS[size]} are allowed")
    if cost is None or faults:
        raise UserError(
            f"network {size} would be slow or not portable: {'; '.join(faults)}; change the network, then export again"
        )
    return cost


def _resize_faults(node: Any) -> list[str]:
    words = {attribute.name: attribute.s.decode() for attribute in node.attribute if attribute.s}
    return [] if words.get("mode", "nearest") == "nearest" else [f"operator Resize in mode {words['mode']}"]


def _is_float(model: Any, name: str) -> bool:
    return any(tensor.name == name and tensor.data_type in (1, 10) for tensor in model.graph.initializer)
