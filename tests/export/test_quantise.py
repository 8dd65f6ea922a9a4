"""The int8 file paints what the fp32 file paints, in bytes, and is the quick form that it is meant to be."""

import numpy as np
import onnx
import onnxruntime
import pytest
from exported_network import SIDE_PX, Exported
from onnx import helper, numpy_helper

from avatar.neural import spec
from avatar.neural.byte_layout import ByteLayout, coarse_bytes, dimensions
from export.painting import Example, Painter, composed, random_examples
from export.parity import compare
from export.quantise import Seen, layout_for, measured, quantise
from export.to_onnx import metadata, read
from trackers.errors import UserError


@pytest.fixture(scope="module")
def int8(exported: Exported) -> bytes:
    return quantise(exported.fp32, exported.examples)


def test_int8_paints_what_fp32_paints(exported: Exported, int8: bytes) -> None:
    """Pictures it was not measured on are 42 dB near, and the paint is not trivially 0."""
    others = random_examples(2, width_px=128, height_px=64, seed=5)
    row = compare(exported.network, {"int8": int8}, others)[0]
    assert row.psnr_db >= 42
    loud = Painter(int8, width_px=128, height_px=64).paint(others[0])
    assert loud.std() > 0.01


def test_int8_takes_and_gives_bytes(int8: bytes) -> None:
    """Types and dimensions are those of the byte layout."""
    model = read(int8)
    kinds = {v.name: v.type.tensor_type.elem_type for v in [*model.graph.input, *model.graph.output]}
    assert kinds == {"blocks": 2, "code": 1, "paint": 2}
    dims = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.input}
    assert dims["blocks"] == [1, "quarter_height_px", "quarter_width_px", 172]
    assert model.graph.name == "posecast-S-int8"
    layout = ByteLayout.of(metadata(model))
    assert layout is not None
    assert layout.colour_step > 0


def test_picture_in_bytes_is_the_picture(exported: Exported, int8: bytes) -> None:
    """Adding the paint's bytes to the picture's gives the same as floats do, to one level."""
    example = exported.examples[0]
    painter = Painter(int8, width_px=SIDE_PX, height_px=SIDE_PX)
    assert painter.layout is not None
    options = onnxruntime.SessionOptions()
    for name, value in dimensions(width_px=SIDE_PX, height_px=SIDE_PX).items():
        options.add_free_dimension_override_by_name(name, value)
    session = onnxruntime.InferenceSession(int8, options, providers=["CPUExecutionProvider"])
    paint = session.run(None, painter.feed(example))[0]
    quick = painter.layout.picture(coarse_bytes(example.coarse), paint)[0]
    assert np.abs(quick.astype(int) - composed(example, painter.paint(example))).max() <= 1


def test_every_convolution_and_sum_runs_in_bytes(int8: bytes, tmp_path: object) -> None:
    """ONNX Runtime fuses all of them, and no transpose or conversion is left between: that is what makes it quick."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = f"{tmp_path}/optimised.onnx"
    options.log_severity_level = 3
    for name, value in dimensions(width_px=SIDE_PX, height_px=SIDE_PX).items():
        options.add_free_dimension_override_by_name(name, value)
    onnxruntime.InferenceSession(int8, options, providers=["CPUExecutionProvider"])
    ops = [node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node]
    assert ops.count("QLinearConv") == 13
    assert ops.count("QLinearAdd") == 3
    assert "Conv" not in ops
    assert "Resize" not in ops
    assert ops.count("DequantizeLinear") == 1  # before the expression's scale and shift
    assert ops.count("QuantizeLinear") == 1
    assert ops.count("Transpose") <= 2  # of the expression's few numbers


def test_two_products_fit_sixteen_bits(int8: bytes) -> None:
    """As AVX2 without VNNI adds them, of neighbouring inputs; all the same most weights use more than half of their range."""
    weights = [numpy_helper.to_array(t) for t in read(int8).graph.initializer if t.data_type == 3 and len(t.dims) == 4]
    assert len(weights) == 13
    sizes = [np.abs(weight.astype(int)) for weight in weights]
    assert max((255 * (size[:, :-1] + size[:, 1:])).max() for size in sizes) < 2**15
    assert np.median([size.max(axis=(1, 2, 3)) for size in sizes if size.shape[0] == 80]) > 70


def test_ranges_hold_all_that_was_seen(exported: Exported) -> None:
    """More examples never narrow them, and the paint's are those of its colours."""
    model = read(exported.fp32)
    one, all_ = measured(model, exported.examples[:1]), measured(model, exported.examples)
    assert one.keys() == all_.keys()
    assert all(all_[name].low <= low <= 0 <= high <= all_[name].high for name, (low, high, _) in one.items())
    painted = Painter(exported.fp32, width_px=SIDE_PX, height_px=SIDE_PX).paint(exported.examples[0])
    colours = painted[: spec.COLOUR_CHANNELS]
    assert one["paint"][:2] == pytest.approx((colours.min(), colours.max()), abs=1e-5)
    np.testing.assert_allclose(one["paint"].mean[: spec.COLOUR_CHANNELS], colours.mean(axis=(1, 2)), atol=1e-5)


def test_rounding_the_weights_leaves_no_tint(exported: Exported, int8: bytes) -> None:
    """What it would add to a colour on average is given back: over the examples the mean is the float network's."""
    size = {"width_px": SIDE_PX, "height_px": SIDE_PX}
    exact, quick = Painter(exported.fp32, **size), Painter(int8, **size)
    told = [[p.paint(e)[: spec.COLOUR_CHANNELS].mean(axis=(1, 2)) for e in exported.examples] for p in (exact, quick)]
    away = np.abs(np.mean(told[0], axis=0) - np.mean(told[1], axis=0))
    assert away.mean() < 0.03 / 255  # 0.07 without


def test_layout_reaches_what_examples_hold(exported: Exported) -> None:
    """No channel of the surface is clipped, and an empty one has a step all the same."""
    first = exported.examples[0]
    surface = first.surface.copy()
    surface[3], surface[4, 0, 0] = 0, 9.0
    examples = [Example(coarse=first.coarse, surface=surface, code=first.code)]
    layout = layout_for({"paint": Seen(-0.2, 0.5, np.zeros(80, dtype=np.float32))}, examples)
    assert layout.surface_steps[4] == pytest.approx(9 / 127)
    assert layout.surface_steps[3] > 0
    assert layout.colour_step == pytest.approx(1.25 * 0.7 / 255)
    assert (np.array([0, 255]) - layout.colour_zero) * layout.colour_step == pytest.approx(
        (-0.25, 0.625), abs=layout.colour_step
    )


@pytest.mark.parametrize(
    ("low", "high", "reached"), [(-3.0, 0.4, (-0.25, 0.5)), (-0.1, 3.0, (-0.125, 1.0)), (0.0, 0.0, (0, 0))]
)
def test_colours_reach_no_further_than_they_need(
    exported: Exported, low: float, high: float, reached: tuple[float, float]
) -> None:
    """White is the most that is added and a quarter of it taken away: what few pixels lose there, all others' steps gain."""
    layout = layout_for({"paint": Seen(low, high, np.zeros(80, dtype=np.float32))}, exported.examples)
    assert (np.array([0, 255]) - layout.colour_zero) * layout.colour_step == pytest.approx(reached, abs=0.005)


def test_quantising_twice_gives_the_same_bytes(exported: Exported, int8: bytes) -> None:
    """Nothing is drawn by lot."""
    assert quantise(exported.fp32, exported.examples) == int8


def test_no_examples_is_an_error(exported: Exported) -> None:
    """Ranges come from somewhere."""
    with pytest.raises(ValueError, match="at least one example"):
        quantise(exported.fp32, [])


def test_what_has_no_int8_form_is_named(exported: Exported) -> None:
    """A linear Resize after a ReLU has none."""
    model = read(exported.fp32)
    last = next(node for node in model.graph.node if node.output[0] == "paint")
    inner = last.input[0]
    scales = numpy_helper.from_array(np.array([1, 1, 1, 1], np.float32), "scales")
    model.graph.initializer.append(scales)
    place = list(model.graph.node).index(last)
    model.graph.node.insert(place, helper.make_node("Resize", [inner, "", "scales"], ["resized"], mode="linear"))
    model.graph.node[place + 1].input[0] = "resized"
    with pytest.raises(UserError, match="holds Resize, which has no int8 form here; keep its fp32 file"):
        quantise(model.SerializeToString(), exported.examples)
