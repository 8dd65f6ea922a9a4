"""The fp32 file holds what the contract says, for any size of picture, and nothing slow."""

import sys
from typing import Any

import numpy as np
import pytest
from exported_network import Exported

from avatar.neural import spec
from export import to_onnx
from export.network_cost import BUDGET_GMAC, check_gates
from export.painting import Painter, random_examples
from export.parity import torch_paint
from export.to_onnx import fixed, metadata, read, size_of, whole
from trackers.errors import UserError


def shapes(model: Any) -> dict[str, list[int | str]]:
    values = [*model.graph.input, *model.graph.output]
    return {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}


def test_file_is_named_and_open_in_height_and_width(exported: Exported) -> None:
    """Inputs, output and dimensions have the contract's names; opset, size and precision are told."""
    model = read(exported.fp32)
    assert shapes(model) == {
        "coarse": [1, 4, "height_px", "width_px"],
        "surface": [1, 12, "half_height_px", "half_width_px"],
        "code": [1, 52],
        "paint": [1, 80, "quarter_height_px", "quarter_width_px"],
    }
    assert model.graph.name == "posecast-S-fp32"
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]
    assert metadata(model) == {"posecast.size": "S", "posecast.precision": "fp32", "posecast.opset": "18"}


def test_file_holds_no_path_of_this_computer(exported: Exported) -> None:
    """The tracer notes where in the source each node came from; the file must not."""
    assert b"network.py" not in exported.fp32
    assert not any(node.metadata_props or node.doc_string for node in read(exported.fp32).graph.node)


@pytest.mark.parametrize(("high", "wide"), [(64, 192), (128, 64)])
def test_file_paints_what_torch_paints_at_sizes_it_was_not_traced_with(exported: Exported, high: int, wide: int) -> None:
    """Named dimensions are honest: other sizes give torch's numbers."""
    example = random_examples(1, width_px=wide, height_px=high, seed=3)[0]
    found = Painter(exported.fp32, width_px=wide, height_px=high).paint(example)
    want = torch_paint(exported.network, example)
    assert found.shape == (80, high // 4, wide // 4)
    assert np.abs(found - want).max() < 1e-5
    assert np.abs(want).max() > 0.05


def test_fixed_file_has_static_shapes_everywhere(exported: Exported) -> None:
    """Every value's shape is known, and the graph's name tells the size, which engine caches go by."""
    model = read(whole(fixed(read(exported.fp32), height_px=128, width_px=192)))
    assert model.graph.name == "posecast-S-fp32-192x128"
    known = {value.name for value in model.graph.value_info} | {"paint"}
    assert {name for node in model.graph.node for name in node.output} <= known
    assert shapes(model)["paint"] == [1, 80, 32, 48]
    assert all(d.HasField("dim_value") for v in model.graph.value_info for d in v.type.tensor_type.shape.dim)


def test_size_that_cannot_be_halved_is_refused(exported: Exported) -> None:
    """The contract's alignment holds for files too."""
    with pytest.raises(ValueError, match="multiples of 64, got 100x64"):
        fixed(read(exported.fp32), height_px=64, width_px=100)


def test_cost_is_counted(exported: Exported) -> None:
    """The count is that of the layers' arithmetic, by hand, and within the budget."""
    cost = check_gates(fixed(read(exported.fp32), height_px=512, width_px=512), "S")
    stem, (high, middle, low) = spec.SIZES["S"].stem, spec.SIZES["S"].widths
    q = [(512 >> shift) ** 2 for shift in (2, 3, 4, 5)]
    macs = q[0] * stem * (16 * 4 + 9 * 12) + q[1] * high * 9 * stem + q[2] * middle * 9 * (high + middle)
    macs += q[3] * low * 9 * (middle + low) + q[3] * low * middle + q[2] * middle * (9 * middle + high)
    macs += q[1] * high * (9 * high + stem) + q[0] * stem * (9 * stem + 9 * 80) + 52 * 64 + 64 * 2 * low
    assert cost.gmac == pytest.approx(macs / 1e9, rel=1e-9)
    assert cost.gmac <= BUDGET_GMAC["S"]
    assert cost.weights == pytest.approx(sum(p.numel() for p in exported.network.parameters()), abs=8)
    assert cost.convolutions == 14


def test_network_of_another_size_is_refused(exported: Exported) -> None:
    """A file that names no size of ours was not made by us."""
    model = read(exported.fp32)
    del model.metadata_props[:]
    with pytest.raises(UserError, match="names no size of S, M, L, got ''; export it with run.py avatar export"):
        size_of(model)


def test_missing_package_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    for name in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)  # as Python keeps what is not to be found
    with pytest.raises(UserError, match=r'onnx is not installed, .*; pip install ".\[train\]", then try again'):
        to_onnx.need("onnx")
    with pytest.raises(UserError, match=r'pip install ".\[onnx\]"'):
        to_onnx.need("onnxruntime")


def test_tracing_leaves_the_network_in_training(exported: Exported) -> None:
    """Exporting in the middle of a training does not end it."""
    assert exported.network.training
