"""From a trained torch network to the fp32 ONNX file of a package.

Owns the file's names, opset, dimensions and checks. The file's height and width are named, because one network paints regions
of many sizes: fixed when a session is made they cost nothing (measured: 16.7 ms either way for M at 512 x 512, 17.7 unfixed).
Knows nothing of what the network was trained on; `quantise` and `half` make the other two files out of this one.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from avatar.neural import spec
from avatar.neural.byte_layout import OUTPUT, dimensions
from export.network_cost import AT_PX, check_gates
from trackers.errors import UserError
from trackers.optional import imported

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

OPSET: Final = 18
"""Not above: 20 renamed GridSample's bilinear mode, which TensorRT's parser then took for nearest."""
SIZE_KEY: Final = "posecast.size"
PRECISION_KEY: Final = "posecast.precision"
INPUTS: Final = ("coarse", "surface", "code")
HELD: Final = "held."
"""What the name of every weight in the file begins with; the network's own name of it follows."""

_EXTRAS: Final = {"onnxruntime": "onnx"}  # which extra brings a module; all others come with `train`
_QUARTER: Final = ("quarter_height_px", "quarter_width_px")
_SIDES: Final = {
    "coarse": ("height_px", "width_px"),
    "surface": ("half_height_px", "half_width_px"),
    "blocks": _QUARTER,
    OUTPUT: _QUARTER,
}


def export_network(network: "torch.nn.Module", size: str, *, height_px: int = AT_PX, width_px: int = AT_PX) -> bytes:
    """Return `network` as an ONNX file with named height and width.

    Args:
        size: a key of `spec.SIZES`.
        height_px: of the picture that it is traced with; any other multiple of 64 works as well.

    Raises:
        UserError: onnx or onnxscript is not installed, or the graph passes a cost gate.
    """
    model = _traced(network, height_px=height_px, width_px=width_px)
    tell(model, size=size, precision="fp32")
    open_dimensions(model)
    check_gates(fixed(model, height_px=AT_PX, width_px=AT_PX), size)
    return whole(model)


def fixed(model: Any, *, height_px: int, width_px: int) -> Any:
    """Return an onnx.ModelProto of any precision with every shape static and inferred, as TensorRT and others want it.

    Its graph's name then tells the picture's size too.

    Raises:
        ValueError: a size that the network cannot halve evenly.
    """
    onnx = need("onnx")
    if height_px % spec.ALIGN_PX or width_px % spec.ALIGN_PX or height_px <= 0 or width_px <= 0:
        raise ValueError(f"width and height must be multiples of {spec.ALIGN_PX}, got {width_px}x{height_px}")
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    known = dimensions(width_px=width_px, height_px=height_px)
    for value in [*copy.graph.input, *copy.graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = known[dim.dim_param]
    del copy.graph.value_info[:]
    copy.graph.name = f"{copy.graph.name}-{width_px}x{height_px}"
    return onnx.shape_inference.infer_shapes(copy, check_type=True, strict_mode=True, data_prop=True)


def open_dimensions(model: Any) -> None:
    """Name the height and width of a model's pictures, whatever they were."""
    del model.graph.value_info[:]
    for value in [*model.graph.input, *model.graph.output]:
        if value.name in _SIDES:
            in_bytes = value.type.tensor_type.elem_type == need("onnx").TensorProto.UINT8  # then the channels come last
            for axis, name in enumerate(_SIDES[value.name], start=1 if in_bytes else 2):
                value.type.tensor_type.shape.dim[axis].Clear()
                value.type.tensor_type.shape.dim[axis].dim_param = name


def tell(model: Any, *, size: str, precision: str, more: dict[str, str] | None = None) -> None:
    """Write the graph's name and the metadata; a graph's name is what engine caches know it by."""
    if size not in spec.SIZES:
        raise ValueError(f"size must be one of {', '.join(spec.SIZES)}, got {size!r}")
    model.graph.name = f"posecast-{size}-{precision}"
    model.producer_name, model.producer_version = "posecast", ""
    del model.metadata_props[:]
    for key, value in {SIZE_KEY: size, PRECISION_KEY: precision, "posecast.opset": str(OPSET), **(more or {})}.items():
        model.metadata_props.add(key=key, value=value)


def metadata(model: Any) -> dict[str, str]:
    """Return an onnx.ModelProto's metadata."""
    return {entry.key: entry.value for entry in model.metadata_props}


def size_of(model: Any) -> str:
    """Return the size that `tell` wrote.

    Raises:
        UserError: it is not a network of ours.
    """
    size = metadata(model).get(SIZE_KEY, "")
    if size not in spec.SIZES:
        raise UserError(
            f"the network file names no size of {', '.join(spec.SIZES)}, got {size!r}; export it with run.py avatar export"
        )
    return size


def read(data: bytes) -> Any:
    """Return a file's onnx.ModelProto."""
    return need("onnx").ModelProto.FromString(data)


def whole(model: Any) -> bytes:
    """Check a model in full, with strict shape inference, and return its bytes."""
    need("onnx").checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def need(module: str) -> Any:
    """Import what only export needs.

    Raises:
        UserError: it is not installed.
    """
    step = f'pip install ".[{_EXTRAS.get(module, "train")}]", then try again'
    return imported(module, otherwise=f"{module} is not installed, which exporting a network needs; {step}")


def _traced(network: "torch.nn.Module", *, height_px: int, width_px: int) -> Any:
    torch, _ = need("torch"), need("onnxscript")
    examples = (
        torch.zeros(1, spec.COARSE_CHANNELS, height_px, width_px),
        torch.zeros(1, spec.SURFACE_CHANNELS, height_px // 2, width_px // 2),
        torch.zeros(1, spec.CODE_LENGTH),
    )
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                _within(torch, network),
                examples,
                dynamo=True,
                opset_version=OPSET,
                input_names=INPUTS,
                output_names=[OUTPUT],
                verbose=False,
            )
    finally:
        network.train(was_training)
    model = program.model_proto
    for node in model.graph.node:  # the tracer's notes of where each node came from hold paths of this machine
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.metadata_props[:], model.functions[:]
    return model


def _within(torch: Any, network: Any) -> Any:
    """Return a module that holds `network`: at the top, the tracer's own attributes clash with a layer called `code`."""

    class Holder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.held = network  # hence HELD

        def forward(self, coarse: Any, surface: Any, code: Any) -> Any:
            return self.held(coarse, surface, code)

    return Holder().eval()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells of optional packages and of torch's own deprecations, neither of which a user can mend."""
    loggers = [logging.getLogger("torch.onnx"), logging.getLogger("torch.onnx._internal.exporter._registration")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
