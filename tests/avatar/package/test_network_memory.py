"""Tests of what a network takes for a picture: ours are far from the bound, a small file that makes much is refused."""

import math
from typing import Any

import made_avatar
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper, shape_inference

from avatar.neural.byte_layout import dimensions
from avatar.package import network_memory
from avatar.package.errors import PackageError
from avatar.package.layout import MANIFEST
from avatar.package.library import BUILT_IN_FOLDER
from avatar.package.network_file import check_contract, interface_of
from avatar.package.network_memory import MOST_NUMBERS_PER_PIXEL
from avatar.package.reader import read_package

SIDE_PX = 512


def check(data: bytes) -> None:
    check_contract(interface_of(data, place="x"), place="x")


def extended(*nodes: Any, **weights: Any) -> bytes:
    """Return the file of a network that does more than it needs to."""
    model = made_avatar.made_network()
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(np.array(value), name) for name, value in weights.items())
    return model.SerializeToString()


def doubled(times: int) -> bytes:
    names = ["coarse", *(f"d{k}" for k in range(times))]
    return extended(*(helper.make_node("Concat", [a, a], [b], axis=0) for a, b in zip(names[:-1], names[1:], strict=True)))


def enlarged(times: int) -> bytes:
    names = ["a", *(f"e{k}" for k in range(times))]
    nodes = [helper.make_node("Resize", [a, "", "by"], [b]) for a, b in zip(names[:-1], names[1:], strict=True)]
    return extended(*nodes, by=np.array([1, 1, 4, 4], np.float32))


def outer_product(operator: str) -> bytes:
    """Every pixel with every other."""
    nodes = [helper.make_node("Reshape", ["coarse", shape], [shape[1:]]) for shape in ("_down", "_across")]
    return extended(*nodes, helper.make_node(operator, ["down", "across"], ["all"]), _down=[-1, 1], _across=[1, -1])


def many(times: int) -> bytes:
    """None of them much, all of them kept."""
    return extended(
        *(helper.make_node("Identity", ["coarse"], [f"k{k}"]) for k in range(times)),
        helper.make_node("Concat", [f"k{k}" for k in range(times)], ["all"], axis=0),
    )


def test_what_a_few_more_nodes_take_is_taken() -> None:
    """Some is left for other networks than ours."""
    for data in (doubled(4), enlarged(1), many(20)):
        check(data)


@pytest.mark.parametrize(
    "data",
    [
        doubled(6),
        doubled(3000),
        enlarged(2),
        outer_product("MatMul"),
        outer_product("Add"),
        outer_product("Mul"),
        many(100),
        extended(helper.make_node("Conv", ["coarse", "wide"], ["z"]), wide=np.zeros((600, 4, 1, 1), np.float32)),
        extended(helper.make_node("Conv", ["coarse", "w_code"], ["z"], pads=[4096] * 4)),
        extended(helper.make_node("DepthToSpace", ["coarse"], ["z"], blocksize=4096)),
    ],
)
def test_a_small_file_that_makes_much_is_refused(data: bytes) -> None:
    """Whichever operator makes it."""
    assert len(data) < 1_000_000
    with pytest.raises(PackageError, match="got one that takes too much memory; "):
        check(data)


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("Relu", ["nothing"], ["z"]),
        helper.make_node("Relu", [], ["z"]),
        helper.make_node("Constant", [], ["z"], value_int=3),
        helper.make_node("Reshape", ["coarse", "coarse"], ["z"]),
        helper.make_node("Reshape", ["coarse", "two_left"], ["z"]),
        helper.make_node("Conv", ["coarse", "w_coarse"], ["z"], strides=[0, 0]),
        helper.make_node("Conv", ["coarse", "two_left"], ["z"]),
        helper.make_node("Concat", ["coarse", "surface"], ["z"], axis=9),
        helper.make_node("Concat", ["coarse", "code"], ["z"], axis=0),
        helper.make_node("Transpose", ["coarse"], ["z"], perm=[0, 7]),
        helper.make_node("MatMul", ["two_left", "code"], ["z"]),
        helper.make_node("Unsqueeze", ["code", "w_coarse"], ["z"]),
        helper.make_node("Unsqueeze", ["code", "two_left"], ["z"]),
        helper.make_node("Squeeze", ["code"], ["z"]),
        helper.make_node("Resize", ["coarse", "", "two_left", "two_left"], ["z"]),
    ],
)
def test_what_cannot_be_told_is_refused(node: onnx.NodeProto) -> None:
    """Rather than guessed at."""
    with pytest.raises(PackageError, match="got one (whose sizes make no sense|that enlarges beyond bounds); "):
        check(extended(node, two_left=[-1, -1]))


def test_a_size_has_one_meaning() -> None:
    """Where a constant and a node's output share a name, readers differ in which of them they take."""
    small = helper.make_node("Constant", [], ["by"], value=numpy_helper.from_array(np.ones(4, np.float32)))
    data = extended(small, helper.make_node("Resize", ["coarse", "", "by"], ["z"]), by=np.array([1, 1, 4, 4], np.float32))
    with pytest.raises(PackageError, match="got one that gives two things one name; "):
        check(data)


def inferred(data: bytes) -> dict[str, int]:
    """Return how many numbers each output has, as onnx says."""
    model, sides = onnx.load_from_string(data), dimensions(width_px=SIDE_PX, height_px=SIDE_PX)
    sides |= {"side_px": SIDE_PX, "half_px": SIDE_PX // 2, "quarter_px": SIDE_PX // 4}
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = sides.get(dim.dim_param, 1)
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {value.name: value.type.tensor_type.shape.dim for value in (*graph.value_info, *graph.output)}
    return {name: math.prod(dim.dim_value for dim in shapes[name]) for node in graph.node for name in node.output}


def test_sizes_are_never_less_than_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every output of the shipped networks and a made one; all of it is far within the bound."""
    files = [made_avatar.made_network().SerializeToString(), doubled(2), enlarged(1)]
    if (BUILT_IN_FOLDER / MANIFEST).is_file():
        files += read_package(BUILT_IN_FOLDER).parts.networks.values()
    bounds: dict[str, int] = {}
    real = network_memory._given

    def noted(node: Any, *known: Any) -> tuple[int, ...]:
        shape = real(node, *known)
        bounds.update({name.decode(): math.prod(shape) for name in node.outputs})
        return shape

    monkeypatch.setattr(network_memory, "_given", noted)
    for data in files:
        bounds.clear()
        check(data)
        truth = inferred(data)
        assert bounds.keys() == truth.keys()
        assert all(bounds[name] >= count > 0 for name, count in truth.items())
        assert sum(bounds.values()) < 1.1 * sum(truth.values())
        assert sum(bounds.values()) < MOST_NUMBERS_PER_PIXEL / 4 * SIDE_PX**2
