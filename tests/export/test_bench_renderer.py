"""Tests of the renderer's benchmark: the figures are there and hang together; no time is asserted."""

import numpy as np
import pytest

from avatar.camera import Framing
from avatar.mascot import Level, build_mascot, expression_window
from avatar.neural import spec
from avatar.neural.parts import AvatarParts
from avatar.neural.render_pipeline import STAGES
from export.bench_renderer import Settings, bench_renderer, moving_poses, settings_for
from trackers.errors import UserError

ASKED = {"renderer": "neural", "size": "512", "framing": "bust", "quality": "auto", "precision": "auto", "against": ""}


def _parts() -> AvatarParts:
    """A neural avatar whose network adds a constant: one node, for the benchmark cares for no picture."""
    onnx = pytest.importorskip("onnx")
    helper, float_ = onnx.helper, onnx.TensorProto.FLOAT
    weight = onnx.numpy_helper.from_array(np.zeros((80, 4, 4, 4), np.float32), "w")
    nodes = [
        helper.make_node("Conv", ["coarse", "w"], ["painted"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("ReduceSum", ["surface"], ["one"], keepdims=0),
        helper.make_node("ReduceSum", ["code"], ["other"], keepdims=0),
        helper.make_node("Mul", ["one", "none"], ["nothing"]),
        helper.make_node("Mul", ["other", "none"], ["nothing_else"]),
        helper.make_node("Sum", ["painted", "nothing", "nothing_else"], ["paint"]),
    ]
    shapes = {
        "coarse": [1, 4, "height_px", "width_px"],
        "surface": [1, 12, "half_height_px", "half_width_px"],
        "code": [1, spec.CODE_LENGTH],
    }
    inputs = [helper.make_tensor_value_info(name, float_, shape) for name, shape in shapes.items()]
    output = helper.make_tensor_value_info("paint", float_, [1, 80, None, None])
    none = onnx.numpy_helper.from_array(np.zeros((), np.float32), "none")
    graph = helper.make_graph(nodes, "made", inputs, [output], [weight, none])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    u0, v0, u1, v1 = (round(side * spec.FEATURE_SIDE_TEXELS) for side in expression_window())
    return AvatarParts(
        character=build_mascot(Level.PROXY),
        features=np.zeros((256, 256, 8), np.float32),
        deltas=np.zeros((16, v1 - v0, u1 - u0, 8), np.float32),
        window=(u0, v0, u1 - u0, v1 - v0),
        mix=np.zeros((16, 52), np.float32),
        networks={("S", "fp32"): model.SerializeToString()},
    )


def test_the_neural_renderer_is_timed_stage_by_stage() -> None:
    """Percentiles of the whole and of each stage, which are no longer than the whole; and what was timed."""
    told: list[tuple[int, int]] = []
    settings = Settings(width_px=128, height_px=96, frames=40, quality="S", framing=Framing.UPPER)
    figures = bench_renderer(settings, _parts(), on_progress=lambda done, total: told.append((done, total)))
    assert figures["size"] == "128x96"
    assert figures["frames"] == 40
    assert set(figures["total_ms"]) == {"p50", "p95", "p99", "max"}
    assert set(figures["stages_ms"]) == set(STAGES)
    assert 0 < sum(stage["p50"] for stage in figures["stages_ms"].values()) < figures["total_ms"]["max"]
    assert (figures["engine"], figures["precision"], figures["quality"]) == ("neural", "fp32", "S")
    assert figures["provider"] == "CPU, 1 thread"
    assert figures["fault"] is None
    assert 0 <= figures["late"] <= 1
    assert told[-1][0] == told[-1][1]


def test_the_puppet_is_timed_on_the_beat() -> None:
    """Without stages; paced."""
    figures = bench_renderer(Settings(renderer="puppet", width_px=64, height_px=64, frames=10, paced_hz=500), None)
    assert figures["engine"] == "puppet"
    assert figures["paced_hz"] == 500
    assert figures["total_ms"]["p50"] > 0
    assert figures["stages_ms"] == {}


def test_another_network_takes_turns() -> None:
    """Its time is told beside ours, and the ratio is that of the two; what cannot be timed so is one sentence."""
    figures = bench_renderer(Settings(width_px=64, height_px=64, frames=10, quality="S", against="pix2pix"), _parts())
    theirs = figures["against"]
    assert theirs["runs"] == 2
    assert theirs["reference_ms"] == 64
    assert figures["ratio"] >= figures["ratio_p99"] > 0
    with pytest.raises(UserError, match="so there is no beat to keep; leave --paced away"):
        settings_for(ASKED | {"against": "pix2pix"}, threads=1, frames=10, paced_hz=60)


def test_the_poses_move() -> None:
    """Head, arms and face, and every number is a pose."""
    poses = [pose for _, pose in moving_poses(60)]
    rotations = np.stack([pose.rotations for pose in poses])
    np.testing.assert_allclose(np.linalg.norm(rotations, axis=2), 1, atol=1e-4)
    assert (np.ptp(rotations, axis=0).max(axis=1) > 0.05).sum() >= 6
    expressions = np.stack([pose.expression for pose in poses])
    assert np.ptp(expressions, axis=0).max() > 0.9
    assert expressions.min() >= 0
    assert expressions.max() <= 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("renderer", "gl", "--renderer must be one of neural, puppet, got 'gl'"),
        ("framing", "feet", "--framing must be one of bust, upper, full, got 'feet'"),
        ("quality", "XL", "--quality must be one of auto, S, M, L, got 'XL'"),
        ("precision", "fp8", "--precision must be one of auto, fp32, int8, got 'fp8'"),
        ("against", "thing", "--against must be pix2pix, got 'thing'"),
        ("size", "9x9", "--size must be one side or WIDTHxHEIGHT of 64 to 4096 pixels, got '9x9'; try 512"),
        ("size", "32", "--size must be one side or WIDTHxHEIGHT of 64 to 4096 pixels, got '32'; try 512"),
    ],
)
def test_what_cannot_be_asked_for(name: str, value: str, sentence: str) -> None:
    """One sentence each."""
    with pytest.raises(UserError) as told:
        settings_for({**ASKED, name: value}, threads=1, frames=10, paced_hz=None)
    assert str(told.value) == sentence


def test_settings_in_words() -> None:
    """One side is a square."""
    made = settings_for({**ASKED, "size": "1280x720", "quality": "M"}, threads=2, frames=10, paced_hz=60)
    assert (made.width_px, made.height_px, made.quality, made.threads, made.paced_hz) == (1280, 720, "M", 2, 60)
    assert settings_for(ASKED, threads=1, frames=10, paced_hz=None).height_px == 512


def test_no_such_network() -> None:
    """Told as what to change; and the neural renderer needs an avatar."""
    with pytest.raises(UserError, match="the avatar has no int8 network, only fp32; choose another --quality or --precision"):
        bench_renderer(Settings(precision="int8"), _parts())
    with pytest.raises(UserError, match="the neural renderer needs an avatar; name one with --avatar"):
        bench_renderer(Settings(), None)
