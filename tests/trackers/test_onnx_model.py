"""ONNX files: which are taken, which are refused in which words, and who runs them."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from simcc_models import COLOURS, blob, colour_finder, constant

from trackers.errors import UserError
from trackers.onnx_model import OnnxModel, choose_provider, runtime
from trackers.simcc import Box, crop_box, decode, model_input

SIZE = (192, 256)


def other(path: Path, inputs: list[tuple[int | str, ...]], outputs: list[tuple[str, tuple[int, ...]]]) -> Path:
    """Write a network of another signature; its outputs are constants."""
    half = helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])
    nodes = [helper.make_node("ConstantOfShape", [f"shape_{name}"], [name], value=half) for name, _ in outputs]
    graph = helper.make_graph(
        nodes,
        "other",
        [helper.make_tensor_value_info(f"in{number}", TensorProto.FLOAT, shape) for number, shape in enumerate(inputs)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [helper.make_tensor(f"shape_{name}", TensorProto.INT64, [len(shape)], shape) for name, shape in outputs],
    )
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString())
    return path


@pytest.mark.parametrize("size_px", [(192, 256), (288, 384), (256, 192)])
@pytest.mark.parametrize(
    "box",
    [
        Box(320, 240, 300, 400),
        Box(150, 380, 200, 150),  # off-centre, half outside, wide
        Box(330, 220, 180, 320, angle_rad=math.radians(70)),
        Box(300, 250, 330, 260, angle_rad=math.radians(-160)),
    ],
)
def test_points_land_where_they_are_in_the_picture(tmp_path: Path, size_px: tuple[int, int], box: Box) -> None:
    """A network that looks for colours finds each blob within a pixel of the crop, through crop, turn and normalisation."""
    grown = crop_box(box, size_px=size_px)
    image = np.zeros((480, 640, 3), np.uint8)
    scale = grown.width_px / size_px[0]
    cells = np.random.default_rng(3).permutation(20)[:17]
    offsets = np.stack([(cells % 4 + 0.5) / 4 - 0.5, (cells // 4 + 0.5) / 5 - 0.5], axis=1) * [grown.width_px, grown.height_px]
    cos, sin = math.cos(box.angle_rad), math.sin(box.angle_rad)
    places = offsets @ np.array([[cos, sin], [-sin, cos]]) + [box.x_px, box.y_px]
    for place, colour in zip(places, COLOURS, strict=True):
        blob(image, *place, colour, radius=4 * scale)
    model = OnnxModel(colour_finder(tmp_path / "m.onnx", size_px=size_px), threads=1)
    assert (model.count, model.size_px) == (17, size_px)
    points = decode(*model.run(model_input(image, grown, size_px)), box=grown, size_px=size_px)
    seen = ((places > 8) & (places < [632, 472])).all(axis=1)
    assert seen.sum() >= 8
    away = np.linalg.norm(points[seen, :2] - places[seen], axis=1)
    assert away.max() < 1.5 * scale
    assert points[seen, 2].min() > 0.3


def test_whole_body_with_unnamed_outputs(tmp_path: Path) -> None:
    """133 points are taken, and two outputs of other names in the usual order."""
    places = np.random.default_rng(1).integers(5, 180, (133, 2)).astype(float)
    model = OnnxModel(constant(tmp_path / "w.onnx", places, np.full(133, 0.9), size_px=SIZE), threads=1)
    assert model.count == 133
    across, down = model.run(np.zeros((1, 3, 256, 192), np.float32))
    assert (across.argmax(axis=1) == 2 * places[:, 0]).all()
    assert (down.argmax(axis=1) == 2 * places[:, 1]).all()
    assert OnnxModel(colour_finder(tmp_path / "u.onnx", size_px=SIZE, names=("a", "b")), threads=1).count == 17


def test_best_provider_is_chosen_with_its_reason() -> None:
    """A card comes before the CPU, and the reason says what there was to choose from."""
    every = ["CPUExecutionProvider", "AzureExecutionProvider", "DmlExecutionProvider", "CUDAExecutionProvider"]
    assert choose_provider(every).name == "CUDAExecutionProvider"
    assert choose_provider(every).reason == "the best of CUDA, DirectML, CPU"
    assert choose_provider(["CPUExecutionProvider"]).reason == "the only one in this ONNX Runtime"


def test_runtime_is_told_with_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """For `doctor`: which version on what, or how to get one."""
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["DmlExecutionProvider", "CPUExecutionProvider"])
    words = f"ONNX Runtime {onnxruntime.__version__} on DirectML (the best of DirectML, CPU), for --tracker onnx"
    assert runtime() == (True, words)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert runtime() == (False, 'ONNX Runtime is not installed; pip install ".[onnx]" for --tracker onnx')


def test_provider_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime goes to the CPU in silence when a card's libraries are missing; the reason says so."""
    import onnxruntime

    path = colour_finder(tmp_path / "m.onnx", size_px=SIZE)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda path, options, providers: real(path, options, providers=[providers[-1]])
    )
    provider = OnnxModel(path, threads=1).provider
    assert (provider.name, provider.reason) == ("CPU", "CUDA is in this ONNX Runtime but could not be started")


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        OnnxModel(path, threads=1)
    return str(caught.value).replace(str(path), "M")


def test_other_models_are_refused_in_a_sentence(tmp_path: Path) -> None:
    """Wrong inputs, outputs and numbers of points, each with what was expected."""
    good = (1, 3, 256, 192)
    pair = [("simcc_x", (1, 17, 384)), ("simcc_y", (1, 17, 512))]
    as_they_do = "as RTMPose, RTMW and DWPose do; choose another --model"
    flat = other(tmp_path / "1.onnx", [(1, 256, 192, 3)], pair)
    assert refusal(flat) == (
        f"M takes in0 (1, 256, 192, 3) tensor(float); expected one picture, (1, 3, height, width) of float, {as_they_do}"
    )
    assert refusal(other(tmp_path / "2.onnx", [good, (1, 2)], pair)).startswith(
        "M takes in0 (1, 3, 256, 192) tensor(float), in1"
    )
    assert refusal(other(tmp_path / "3.onnx", [(1, 3, "h", "w")], pair)).startswith("M takes in0 (1, 3, 'h', 'w')")
    heatmaps = other(tmp_path / "4.onnx", [good], [("heatmaps", (1, 17, 64, 48))])
    assert refusal(heatmaps) == f"M gives heatmaps; expected simcc_x and simcc_y, {as_they_do}"
    halpe = other(tmp_path / "5.onnx", [good], [("simcc_x", (1, 26, 384)), ("simcc_y", (1, 26, 512))])
    assert refusal(halpe) == "M finds 26 points, expected 17 (COCO) or 133 (COCO-WholeBody); choose another --model"
    odd = other(tmp_path / "6.onnx", [good], [("simcc_x", (1, 17, 384)), ("simcc_y", (1, 17, 500))])
    assert refusal(odd) == (
        "M gives (1, 17, 384) and (1, 17, 500) for a picture of 192x256; expected simcc_x (1, points, 192 x split) and "
        "simcc_y (1, points, 256 x split); choose another --model"
    )


def test_files_that_are_no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a file of something else, and no ONNX Runtime at all."""
    assert refusal(tmp_path / "no.onnx") == "M was not found; name an ONNX file with --model"
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    said = refusal(broken)
    assert said.startswith("M cannot be loaded as an ONNX model (")
    assert said.endswith("); take a fresh copy")
    assert "\n" not in said
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refusal(broken) == (
        'tracker onnx needs the package onnxruntime, which is not installed; run `pip install ".[onnx]"`, '
        "or use --tracker posecast"
    )


def test_a_model_that_fails_on_a_picture_is_one_sentence(tmp_path: Path) -> None:
    """It ran on nothing when it was opened, and looks up a row that it does not have when something bright comes."""
    path = constant(tmp_path / "m.onnx", np.full((17, 2), 50.0), np.full(17, 0.9), size_px=SIZE)
    model = onnx.load(path)
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "rows"))
    graph.node.insert(1, helper.make_node("Cast", ["mean"], ["row"], to=TensorProto.INT64))
    graph.node.insert(2, helper.make_node("Gather", ["rows", "row"], ["found"]))
    next(node for node in graph.node if node.op_type == "Mul").input[0] = "found"
    onnx.save(model, path)
    opened = OnnxModel(path, threads=1)
    with pytest.raises(UserError) as caught:
        opened.run(np.full((1, 3, 256, 192), 9.0, np.float32))
    said = str(caught.value)
    assert said.startswith(f"{path} cannot be run (")
    assert said.endswith("); choose another --model")
    assert "\n" not in said


def test_network_of_the_tests_is_valid(tmp_path: Path) -> None:
    """The network that stands for RTMPose passes ONNX's own checker with the inferred shapes."""
    model = onnx.load(colour_finder(tmp_path / "m.onnx", size_px=SIZE))
    onnx.checker.check_model(model, full_check=True)
