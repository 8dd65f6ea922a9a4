"""Weights of 8 bits in real models: what changes in the file, how little in what is found, and where they are taken."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from trackers.assets import path_of
from trackers.detector import PALM
from trackers.engine import TrackerSettings, open_tracker
from trackers.hands import MODELS as HAND_MODELS
from trackers.interpreter import Session, open_session, read_model
from trackers.quantization import LEAST_STRETCH, LEAST_WEIGHTS, is_chosen, with_int8_weights
from trackers.types import Frame

NARROWED = [
    (*HAND_MODELS["full"], 19),
    ("face_landmarker", "face_blendshapes.tflite", 16),
    ("face_landmarker", "face_landmarks_detector.tflite", 0),
    (PALM.asset, PALM.member, 0),
]
"""File, member, and of how many convolutions the weights become narrow."""


def tensors_of(content: bytes, kind: int) -> list[schema.TensorT]:
    return [tensor for tensor in _model(content).subgraphs[0].tensors if tensor.type == kind]


def _model(content: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


@pytest.mark.parametrize(("asset", "member", "count"), NARROWED)
def test_large_pointwise_weights_become_narrow_and_nothing_else(
    models: None, asset: str, member: str | None, count: int
) -> None:
    """One scale for each output channel, no number too small to compute fast, buffers where the format has them."""
    before = read_model(path_of(asset), member=member)
    after = with_int8_weights(before)
    narrow = tensors_of(after, schema.TensorType.INT8)
    assert len(narrow) == count
    for tensor in narrow:
        assert tensor.shape[1:3].tolist() == [1, 1]
        assert np.prod(tensor.shape) >= LEAST_WEIGHTS
        assert max(tensor.shape[[0, 3]]) > LEAST_STRETCH * min(tensor.shape[[0, 3]])
        scales = np.asarray(tensor.quantization.scale, dtype=np.float32)
        assert len(scales) == tensor.shape[0]
        assert scales.min() > 1e-30  # of a dead channel too: with numbers below, the whole model takes twice as long
    assert tensors_of(before, schema.TensorType.INT8) == []
    wide = schema.BuiltinOperator.DEQUANTIZE
    read = {int(number) for operator in _model(after).subgraphs[0].operators for number in operator.inputs}
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in _model(after).operatorCodes]
    assert all(op.outputs[0] in read for op in _model(after).subgraphs[0].operators if codes[op.opcodeIndex] == wide)
    raw = schema.Model.GetRootAsModel(after, 0)
    filled = [raw.Buffers(number) for number in range(raw.BuffersLength()) if raw.Buffers(number).DataLength() > 0]
    assert all(buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0 for buffer in filled)


def test_only_weights_beyond_the_limit_become_narrow(models: None) -> None:
    """With a limit that none reaches the model says what it said; with a lower one more of it is narrow."""
    asset, member = HAND_MODELS["full"]
    content = read_model(path_of(asset), member=member)
    counts = [len(tensors_of(with_int8_weights(content, least_weights=limit), schema.TensorType.INT8)) for limit in (0, 10**9)]
    assert counts[0] > len(tensors_of(with_int8_weights(content), schema.TensorType.INT8)) > counts[1] == 0
    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    same = with_int8_weights(content, least_weights=10**9)
    wanted, got = (Session(model, threads=1).run_image(image, outputs=(0, 1)) for model in (content, same))
    for one, other in zip(wanted, got, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_session_is_narrow_where_that_is_asked_for(models: None) -> None:
    """What comes out differs a little, not at all, and not much."""
    asset, member = HAND_MODELS["full"]
    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    wide, narrow = (open_session(asset, member=member, int8=int8).run_image(image, outputs=(0,))[0] for int8 in (False, True))
    assert 0 < np.abs(wide - narrow).max() < 0.03 * np.abs(wide).max()


@pytest.mark.needs_data
def test_a_signer_is_found_where_32_bits_find_her(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Over a clip, in accurate: body and face as often, hands nearly; the median keypoint a fiftieth of its part aside."""
    frames = list(read_clip("asl/want.mkv"))[:40]
    found = []
    for precision in ("fp32", "int8"):
        with open_tracker(TrackerSettings(mode="accurate", precision=precision)) as tracker:
            assert ("hands and expression in 8 bits" in tracker.info.reason) == (precision == "int8")
            found.append([tracker.track(frame) for frame in frames])
    for part, least in (("body", 1.0), ("face", 1.0), ("left_hand", 0.9), ("right_hand", 0.9)):
        pairs = [(getattr(one, part), getattr(other, part)) for one, other in zip(*found, strict=True)]
        both = [(one.keypoints_px[:, :2], other.keypoints_px[:, :2]) for one, other in pairs if one and other]
        assert len(both) >= least * sum(one is not None for one, _ in pairs) > 0
        off = np.median([np.median(np.hypot(*(one - other).T)) / np.ptp(one, axis=0).max() for one, other in both])
        assert off < 0.02
    faces = [(one.face.expression, other.face.expression) for one, other in zip(*found, strict=True) if one.face and other.face]
    apart = np.abs([one - other for one, other in faces])
    assert 0 < apart.mean() < 0.005
    assert apart.max() < 0.1


@pytest.mark.parametrize(
    ("features", "chosen"),
    [
        ({"avx2": True, "avx512vnni": True}, True),
        ({"avx2": True, "avxvnni": True, "avx512vnni": False}, True),
        ({"neon": True, "dotprod": True}, True),
        ({"avx2": True, "avx512f": True}, False),
        ({}, False),
    ],
)
def test_auto_asks_the_processor(monkeypatch: pytest.MonkeyPatch, features: dict[str, bool], chosen: bool) -> None:
    """8 bits where their products are added up in one instruction."""
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: features)
    assert is_chosen("auto") is chosen
    assert is_chosen("int8")
    assert not is_chosen("fp32")


def test_a_processor_that_cannot_be_asked_gets_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLVM's own error, on systems where it knows no way."""

    def fail() -> dict[str, bool]:
        raise RuntimeError("failed to get host cpu features")

    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", fail)
    assert not is_chosen("auto")


def test_a_tracker_that_is_told_asks_nobody() -> None:
    """The other process is told the precision by this one: what asks the processor would be 42 MB there."""
    script = "import sys, trackers.engine, trackers.holistic as h, trackers.contract as c; h.HolisticTracker(c.TrackerSettings("
    for precision in ("int8", "fp32"):
        check = f"{script}precision='{precision}')); assert 'llvmlite' not in sys.modules"
        subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])
    remote = open_tracker(TrackerSettings(own_process=True))
    assert remote._settings.precision == ("int8" if is_chosen("auto") else "fp32")
