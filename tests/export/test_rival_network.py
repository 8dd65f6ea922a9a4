"""Tests of the network that drawing is timed against: it is the published one."""

import numpy as np
import onnx

from export.network_cost import shapes_of
from export.rival_network import RivalNetwork, network_file


def test_it_costs_what_is_published() -> None:
    """54.4 million weights, 6.05 billion multiply-adds, a picture in and one out."""
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(network_file()))
    onnx.checker.check_model(model)
    shapes = shapes_of(model)
    weights = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    macs = 0
    for node in model.graph.node:
        if node.op_type in ("Conv", "ConvTranspose"):
            many = shapes[node.output[0] if node.op_type == "Conv" else node.input[0]]
            macs += int(np.prod(np.array(many, dtype=np.int64)) * np.prod(weights[node.input[1]][1:]))
    assert round(sum(np.prod(dims) for dims in weights.values()) / 1e6, 1) == 54.4
    assert round(macs / 1e9, 2) == 6.05
    assert shapes[model.graph.output[0].name] == (1, 3, 256, 256)


def test_it_runs_without_a_number_too_small_to_be_quick() -> None:
    """Denormal numbers and saturated ones would tell another time."""
    picture = RivalNetwork().run()
    assert picture.shape == (1, 3, 256, 256)
    assert 0.05 < np.abs(picture).mean() < 0.95
    assert np.isfinite(picture).all()
