"""The first layer as one matrix product gives what its two convolutions give."""

import numpy as np
import pytest
from exported_network import SIDE_PX, Exported

from avatar.neural.byte_layout import ByteLayout, block_zeros, coarse_bytes
from export.painting import random_examples
from export.quantise import measured
from export.stem import stem_of
from export.to_onnx import read
from trackers.errors import UserError


def test_it_is_the_sum_of_both_convolutions(exported: Exported) -> None:
    """On a noise picture, to the rounding of the surface's bytes."""
    example = random_examples(1, width_px=SIDE_PX, height_px=SIDE_PX, seed=8)[0]
    model = read(exported.fp32)
    stem = stem_of(model)
    name = stem.nodes[2].output[0]
    low, high, _ = measured(model, [example])[name]
    layout = ByteLayout(surface_steps=np.full(12, 1 / 40, np.float32), colour_step=0.01)
    blocks = layout.block_bytes(coarse_bytes(example.coarse), example.surface[None])
    values = (blocks.astype(np.float32) - block_zeros()) * layout.block_steps()
    found = values @ stem.weight[:, :, 0, 0].T + stem.bias
    spread = np.abs(stem.weight[:, 64:]).sum() / 80
    assert (found.min(), found.max()) == pytest.approx((low, high), abs=float(spread) / len(stem.bias))
    assert high - low > 0.5


def test_another_first_layer_is_refused(exported: Exported) -> None:
    """One sentence that says what was found."""
    model = read(exported.fp32)
    conv = next(node for node in model.graph.node if "surface" in node.input)
    next(a for a in conv.attribute if a.name == "strides").ints[0] = 1
    with pytest.raises(UserError, match="the network's first layer is .* and their sum only; keep its fp32 file"):
        stem_of(model)
    conv.op_type = "Relu"
    with pytest.raises(UserError, match="the network's surface goes into Relu, where one Conv was expected"):
        stem_of(model)
