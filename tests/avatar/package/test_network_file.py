"""Tests of networks that somebody else made: known for what they are before any runtime sees them."""

import math
from typing import Any

import made_avatar
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from avatar.neural.byte_layout import ByteLayout
from avatar.package.errors import PackageError
from avatar.package.network_file import check_contract, interface_of

PLACE = "x.avatar: network-S.onnx"


def refused(model: onnx.ModelProto | bytes) -> str:
    """Return the sentence that a model is refused with."""
    data = model if isinstance(model, bytes) else model.SerializeToString()
    with pytest.raises(PackageError) as told:
        check_contract(interface_of(data, place=PLACE), place=PLACE)
    return str(told.value)


def in_bytes(**shapes: list[int | str]) -> onnx.ModelProto:
    """Return a model whose tensors are bytes; what is within does not matter here."""
    table: dict[str, list[int | str]] = {
        "blocks": [1, "quarter_height_px", "quarter_width_px", 172],
        "code": [1, 52],
        "paint": [1, "quarter_height_px", "quarter_width_px", 80],
        **shapes,
    }
    infos = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT if name == "code" else TensorProto.UINT8, shape)
        for name, shape in table.items()
    }
    node = helper.make_node("Identity", ["blocks"], ["paint"])
    graph = helper.make_graph([node], "bytes", [infos["blocks"], infos["code"]], [infos["paint"]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    helper.set_model_props(model, ByteLayout(np.full(12, 0.02, np.float32), 0.004).metadata())
    return model


def changed(change: Any) -> onnx.ModelProto:
    model = made_avatar.made_network()
    change(model)
    return model


@pytest.mark.parametrize("side", ["side_px", 512])
def test_what_a_network_takes_and_gives_is_read(side: int | str) -> None:
    """Fixed sizes and named ones."""
    found = interface_of(made_avatar.made_network(side=side).SerializeToString(), place=PLACE)
    assert found.inputs["coarse"] == ("float32", (1, 4, side, side))
    assert found.inputs["code"] == ("float32", (1, 52))
    assert found.outputs == {"paint": ("float32", (1, 80, *[side // 4 if isinstance(side, int) else "quarter_px"] * 2))}
    check_contract(found, place=PLACE)


def test_a_network_of_bytes_is_taken() -> None:
    """The int8 and fp16 files: bytes in blocks of 4 x 4 pixels, their steps in the notes."""
    check_contract(interface_of(in_bytes().SerializeToString(), place=PLACE), place=PLACE)
    sentence = refused(in_bytes(blocks=[1, 172, "quarter_height_px", "quarter_width_px"]))
    assert sentence.startswith(f"{PLACE}: blocks must be uint8 (1, H / 4, W / 4, 172), got uint8 (1, 172, quarter_height_px, ")
    assert refused(in_bytes(blocks=[1, 125, 128, 172])).startswith(f"{PLACE} must paint multiples of 64 up to 4096 pixels")
    floats = in_bytes()
    del floats.metadata_props[:]
    assert refused(floats).startswith(f"{PLACE}: its inputs must be coarse, surface, code, got 'blocks', 'code'")
    for steps in ("[1, 2", "[" * 4000):
        torn = in_bytes()
        torn.metadata_props[0].value = steps
        assert refused(torn).startswith(f"{PLACE}: its metadata must tell what a byte is worth, got something else")


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Relu", ["a"], ["z"], body=body))


def hidden_external(model: onnx.ModelProto) -> None:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    value.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["z"], value=value))


def enlarged(model: onnx.ModelProto, by: float | None) -> None:
    """Let it enlarge something; None leaves open by how much."""
    if by is not None:
        model.graph.initializer.append(numpy_helper.from_array(np.array([1, 1, by, by], np.float32), "scales"))
    model.graph.node.append(helper.make_node("Resize", ["a", "", "scales"], ["z"]))


def padded(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Conv", ["a", "w_code"], ["z"], pads=[0, 1 << 40, 0, 0]))


@pytest.mark.parametrize(
    ("change", "came"),
    [
        (lambda m: enlarged(m, 1e6), "one that enlarges beyond bounds"),
        (lambda m: enlarged(m, math.nan), "one that enlarges beyond bounds"),
        (lambda m: enlarged(m, None), "one that enlarges beyond bounds"),
        (padded, "one that pads or strides beyond bounds"),
        (external, "one that keeps its weights in another file"),
        (hidden_external, "one that keeps its weights in another file"),
        (loop, "one with branches or loops"),
        (lambda m: m.graph.node.append(helper.make_node("Loop", [], ["z"])), "one with the operator 'Loop'"),
        (lambda m: m.graph.node.append(helper.make_node("Evil", [], ["z"], domain="my.own")), "one with the operator 'Evil'"),
        (lambda m: m.opset_import.append(helper.make_opsetid("my.own", 1)), "one with operators of 'my.own'"),
        (lambda m: m.functions.append(onnx.FunctionProto(name="f")), "one with functions or training steps"),
        (lambda m: setattr(m.opset_import[0], "version", 99), "one of opset 99, newer than 23"),
        (lambda m: m.ClearField("graph"), "something else"),
    ],
)
def test_a_model_with_more_than_a_network_is_refused(change: Any, came: str) -> None:
    """No other files, no loops that never end, no operators that nobody knows."""
    wanted = f"{PLACE} must be an ONNX model of the renderer's network, got {came}; get a fresh copy of the avatar"
    assert refused(changed(change)).startswith(wanted)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda m: setattr(m.graph.input[0], "name", "image"),
            ": its inputs must be coarse, surface, code, got 'code', 'image'",
        ),
        (lambda m: m.graph.output.pop(), ": its outputs must be paint, got none"),
        (
            lambda m: setattr(m.graph.input[1].type.tensor_type.shape.dim[1], "dim_value", 16),
            ": surface must be float (1, 12, H / 2, W / 2), got float32 (1, 16, half_px, half_px)",
        ),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", TensorProto.DOUBLE),
            ": coarse must be float (1, 4, H / 1, W / 1), got kind 11",
        ),
        (lambda m: setattr(m.graph.input[2].type.tensor_type.shape.dim[1], "dim_value", 51), ": code must be float (1, 52)"),
    ],
)
def test_a_network_of_another_contract_is_refused(change: Any, sentence: str) -> None:
    """Names, kinds and shapes are those of `neural.spec`."""
    assert refused(changed(change)).startswith(PLACE + sentence)


def test_what_our_networks_do_is_taken() -> None:
    """They enlarge twice, pad by one, and count axes from the end."""
    model = made_avatar.made_network()
    enlarged(model, 2.0)
    model.graph.node.append(helper.make_node("Conv", ["a", "w_code"], ["y"], pads=[1, 1, 1, 1]))
    model.graph.node.append(helper.make_node("Concat", ["a", "a"], ["x"], axis=-1))
    check_contract(interface_of(model.SerializeToString(), place=PLACE), place=PLACE)


def test_sizes_that_do_not_fit_each_other_are_refused() -> None:
    """A fixed picture has a fixed surface and paint."""
    model = made_avatar.made_network(side=512)
    model.graph.input[1].type.tensor_type.shape.dim[2].dim_value = 128
    assert refused(model).startswith(f"{PLACE}: surface must be float (1, 12, H / 2, W / 2), got float32 (1, 12, 128, 256)")
    assert refused(made_avatar.made_network(side=500)).startswith(f"{PLACE} must paint multiples of 64 up to 4096 pixels")


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"not a model", b"\x3a\xff\xff\xff\xff\x0f", b"\x08\x01" * 60_000, b"\xff" * 20]
)
def test_what_is_no_model_is_refused(data: bytes) -> None:
    """Quickly, and whatever it is."""
    assert refused(data).startswith(f"{PLACE} must be an ONNX model of the renderer's network, got ")
