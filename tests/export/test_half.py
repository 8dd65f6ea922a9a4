"""The fp16 file paints what the fp32 file paints, and holds nothing but halves and bytes."""

import numpy as np
import pytest
from exported_network import Exported
from onnx import TensorProto, numpy_helper

from avatar.neural.byte_layout import ByteLayout
from export.half import to_half
from export.painting import random_examples
from export.parity import compare
from export.to_onnx import fixed, metadata, read, whole
from trackers.errors import UserError


@pytest.fixture(scope="module")
def fp16(exported: Exported) -> bytes:
    return to_half(exported.fp32, exported.examples)


def test_fp16_paints_what_fp32_paints(exported: Exported, fp16: bytes) -> None:
    """Within the rounding of the paint's bytes."""
    others = random_examples(2, width_px=64, height_px=128, seed=6)
    row = compare(exported.network, {"fp16": fp16}, others)[0]
    layout = ByteLayout.of(metadata(read(fp16)))
    assert layout is not None
    assert row.psnr_db >= 46
    assert row.max_abs < 6 * layout.colour_step


def test_fp16_computes_in_halves(fp16: bytes) -> None:
    """Every tensor of the graph is fp16, but for bytes at both ends, the expression and a Resize's scales."""
    model = read(whole(fixed(read(fp16), height_px=64, width_px=64)))
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    assert set(kinds.values()) == {TensorProto.FLOAT16}
    floats = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT]
    assert all(numpy_helper.to_array(t).tolist() == [1, 1, 2, 2] for t in floats)
    assert model.graph.name == "posecast-S-fp16-64x64"
    assert {v.name: v.type.tensor_type.elem_type for v in model.graph.input} == {"blocks": 2, "code": 1}


def test_every_node_has_a_name_of_its_own(fp16: bytes) -> None:
    """TensorRT is asked by name whether it took each."""
    names = [node.name for node in read(fp16).graph.node]
    assert len(set(names)) == len(names)
    assert all(names)


def test_numbers_too_large_for_halves_are_refused(exported: Exported) -> None:
    """Better no fp16 file than one that paints infinity."""
    model = read(exported.fp32)
    last = next(node for node in model.graph.node if node.output[0] == "paint")
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == last.input[1])
    weight.CopyFrom(numpy_helper.from_array(np.float32(1e7) * numpy_helper.to_array(weight), weight.name))
    with pytest.raises(UserError, match=r"the network's paint reaches .*, where fp16 is safe below 30000; train it further"):
        to_half(model.SerializeToString(), exported.examples)


def test_no_examples_is_an_error(exported: Exported) -> None:
    """The bytes must reach something."""
    with pytest.raises(ValueError, match="at least one example"):
        to_half(exported.fp32, [])
