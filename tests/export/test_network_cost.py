"""Graphs that would be slow or wrong somewhere do not pass."""

from typing import Any

import numpy as np
import onnx
import pytest
from exported_network import Exported
from onnx import TensorProto, helper, numpy_helper

from export.network_cost import check_gates, cost_of
from export.to_onnx import fixed, read
from trackers.errors import UserError


def made(nodes: list[Any], weights: dict[str, Any], *, channels: int = 16) -> Any:
    """Return a small static model from x (1, 16, 8, 8) to y."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, channels, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "made", [x], [y], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)


def convolution(outputs: int, inputs: int = 16) -> Any:
    weights = {"w": np.ones((outputs, inputs, 1, 1), np.float32)}
    return made([helper.make_node("Conv", ["x", "w"], ["y"], name="c")], weights, channels=inputs)


def test_a_convolution_is_counted() -> None:
    """Outputs times what each is made of."""
    cost = cost_of(convolution(32))
    assert cost.gmac * 1e9 == pytest.approx(8 * 8 * 32 * 16)
    assert (cost.weights, cost.convolutions) == (512, 1)


def test_good_graph_passes(exported: Exported) -> None:
    """The exported network itself."""
    assert check_gates(fixed(read(exported.fp32), height_px=512, width_px=512), "S").convolutions == 14


@pytest.mark.parametrize(("outputs", "inputs"), [(17, 16), (16, 17)])
def test_odd_width_is_refused(outputs: int, inputs: int) -> None:
    """One channel too many costs a third more time, as it leaves the blocked kernels."""
    with pytest.raises(UserError, match=f"from {inputs} to {outputs} channels, not multiples of 4 and 16; change the network"):
        check_gates(convolution(outputs, inputs), "S")


def test_slow_operator_is_refused() -> None:
    """Sin is not vectorised."""
    with pytest.raises(UserError, match="network S would be slow or not portable: operator Sin; change"):
        check_gates(made([helper.make_node("Sin", ["x"], ["y"])], {}), "S")


def test_bilinear_resize_is_refused() -> None:
    """Nearest is quick, bilinear is not."""
    node = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="linear")
    with pytest.raises(UserError, match="operator Resize in mode linear"):
        check_gates(made([node], {"scales": np.array([1, 1, 2, 2], np.float32)}), "S")


def test_open_shape_is_refused(exported: Exported) -> None:
    """Counting needs numbers."""
    with pytest.raises(UserError, match="coarse has no fixed shape"):
        check_gates(read(exported.fp32), "S")


def test_too_costly_network_is_refused() -> None:
    """The budget of M is not that of S."""
    weights = {"w": np.ones((1600, 1600, 3, 3), np.float32)}
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="c", pads=[1] * 4)
    with pytest.raises(UserError, match=r"GMAC where 0\.42 are allowed; 23040000 weights where 170000 are allowed"):
        check_gates(made([node], weights, channels=1600), "S")
