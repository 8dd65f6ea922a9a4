"""Small ONNX networks with the signature of RTMPose: (1, 3, H, W) in, simcc_x and simcc_y out, whose answers are known.

`colour_finder` really looks: each point has a colour, and its peak is where the normalised picture comes nearest to it, so a
wrong crop, order of channels or normalisation shows. `constant` always gives the same peaks.
"""

import itertools
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MEAN = np.array([123.675, 116.28, 103.53])
DEVIATION = np.array([58.395, 57.12, 57.375])
COLOURS = np.array([rgb for rgb in itertools.product((0, 120, 250), repeat=3) if 250 in rgb and rgb != (250, 250, 250)][:17])
"""(17, 3) RGB. None is a darker shade of another, so that a blob that fades to black has one peak."""


def blob(image: np.ndarray, x: float, y: float, colour: np.ndarray, *, radius: float = 5.0) -> None:
    """Paint a soft disc whose brightest place is (x, y), in place."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    share = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))[..., None]
    image[:] = (share * colour + (1 - share) * image).round()


def colour_finder(path: Path, *, size_px: tuple[int, int], names: tuple[str, str] = ("simcc_x", "simcc_y")) -> Path:
    """Write a network of 17 points that finds `COLOURS` in a picture of `size_px`, with two bins a pixel."""
    colours = ((COLOURS - MEAN) / DEVIATION).astype(np.float32)[:, :, None, None]  # (17, 3, 1, 1)
    nodes = [
        helper.make_node("Sub", ["input", "colours"], ["away"]),  # (17, 3, H, W)
        helper.make_node("Mul", ["away", "away"], ["square"]),
        helper.make_node("ReduceSum", ["square", "channel"], ["distance"], keepdims=0),  # (17, H, W)
        helper.make_node("Mul", ["distance", "minus"], ["less"]),
        helper.make_node("Exp", ["less"], ["likely"]),
    ]
    for name, axis in zip(names, ("down", "across"), strict=True):
        nodes += [
            helper.make_node("ReduceMax", ["likely", axis], [name + "1"], keepdims=0),  # (17, W or H)
            helper.make_node("Unsqueeze", [name + "1", "first_and_last"], [name + "2"]),  # (1, 17, W or H, 1)
            helper.make_node("Expand", [name + "2", "twice"], [name + "3"]),  # (1, 17, W or H, 2)
            helper.make_node("Reshape", [name + "3", "flat"], [name]),
        ]
    constants = {
        "colours": colours,
        "minus": np.float32(-2.0),
        "channel": np.array([1], dtype=np.int64),
        "down": np.array([1], dtype=np.int64),
        "across": np.array([2], dtype=np.int64),
        "first_and_last": np.array([0, 3], dtype=np.int64),
        "twice": np.array([1, 1, 1, 2], dtype=np.int64),
        "flat": np.array([1, 17, -1], dtype=np.int64),
    }
    width, height = size_px
    return _write(path, nodes, constants, size_px, {names[0]: (1, 17, 2 * width), names[1]: (1, 17, 2 * height)})


def constant(path: Path, places_px: np.ndarray, scores: np.ndarray, *, size_px: tuple[int, int], split: int = 2) -> Path:
    """Write a network whose peaks are always at `places_px` (K, 2) of the crop, `scores` (K,) high."""
    count = len(places_px)
    peaks = [np.zeros((1, count, split * side), dtype=np.float32) for side in size_px]
    for axis, table in enumerate(peaks):
        table[0, np.arange(count), np.round(places_px[:, axis] * split).astype(int)] = scores
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["peaks_x", "zero"], ["simcc_x"]),
        helper.make_node("Add", ["peaks_y", "zero"], ["simcc_y"]),
    ]
    constants = {"nothing": np.float32(0), "peaks_x": peaks[0], "peaks_y": peaks[1]}
    return _write(path, nodes, constants, size_px, {"simcc_x": peaks[0].shape, "simcc_y": peaks[1].shape})


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    size_px: tuple[int, int],
    outputs: dict[str, tuple[int, ...]],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "simcc",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, size_px[1], size_px[0]])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
