"""What an ONNX file is, told without loading it: no runtime sees a model before it is known to be one of ours.

Owns a reader for the few fields of ONNX's protobuf that matter (their numbers are those of `onnx.proto`) and the contract of
the networks' inputs and outputs (`avatar.neural.spec`). Knows nothing of what the weights are worth.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from avatar.neural import spec
from avatar.neural.byte_layout import BLOCK_CHANNELS, OUTPUT, ByteLayout
from avatar.package.errors import fault
from avatar.package.network_memory import check_memory
from avatar.package.protobuf import Malformed, fields, inside, integers

LARGEST_NETWORK_BYTES: Final = 16_000_000
LARGEST_PICTURE_PX: Final = 4096
_USUAL_PX: Final = 512
"""Side of the picture for which the memory is told, where a file leaves it open."""
_NEWEST_OPSET: Final = 23
_DOMAINS: Final = (b"", b"ai.onnx", b"com.microsoft")
_DTYPES: Final = {1: "float32", 10: "float16", 2: "uint8", 3: "int8"}
_OPERATORS: Final = frozenset(
    b"Add Cast Clip Concat Constant Conv DepthToSpace DequantizeLinear Flatten Gemm Identity MatMul Mul"
    b" QuantizeLinear Relu Reshape Resize Slice Split Squeeze Sub Transpose Unsqueeze".split()
)
"""No operator that branches, loops, calls, reads a file, or makes much out of nothing."""

_LARGEST_ATTRIBUTE: Final = 4096
_LARGEST_SCALE: Final = 4.0
_FLOATS: Final = ("float32", "float16")
_ANY: Final = ("N", "batch", "any")
_PAINT: Final = (spec.PAINT_CHANNELS, spec.BLOCK_PX)
_IN_FLOATS: Final = {"coarse": (spec.COARSE_CHANNELS, 1), "surface": (spec.SURFACE_CHANNELS, 2), OUTPUT: _PAINT}
"""Channels, and by how much height and width are smaller than the picture's."""
_IN_BYTES: Final = {"blocks": (BLOCK_CHANNELS, spec.BLOCK_PX), OUTPUT: _PAINT}


Shape = tuple[int | str, ...]
Tensors = dict[str, tuple[str, Shape]]


@dataclass(frozen=True, slots=True)
class Interface:
    """What a model takes and gives, by name: dtype and shape; a name in a shape stands for any size."""

    inputs: Tensors = field(default_factory=dict)
    outputs: Tensors = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    graph: memoryview = memoryview(b"")
    """What it does, as it lies in the file."""


def interface_of(data: bytes, *, place: str) -> Interface:
    """Return what the model takes and gives.

    Raises:
        PackageError: it is no ONNX model, refers to other files, or has operators that no network of ours has.
    """
    if len(data) > LARGEST_NETWORK_BYTES:
        raise fault(place, f"have at most {LARGEST_NETWORK_BYTES:,} bytes", f"{len(data):,}")
    try:
        return _model(data)
    except Malformed as error:
        raise fault(place, "be an ONNX model of the renderer's network", str(error)) from error


def check_contract(interface: Interface, *, place: str) -> None:
    """Check that a model takes and gives what the renderer's contract says: floats (`spec`) or bytes (`byte_layout`).

    Raises:
        PackageError: a name, kind or shape differs, the steps of its bytes make no sense, or a picture takes too much memory.
    """
    try:
        in_bytes = ByteLayout.of(interface.metadata) is not None
    except ValueError as error:
        raise fault(f"{place}: its metadata", "tell what a byte is worth", "something else") from error
    contract = _IN_BYTES if in_bytes else _IN_FLOATS
    _same_names(interface.inputs, (*list(contract)[:-1], "code"), place=f"{place}: its inputs")
    _same_names(interface.outputs, (OUTPUT,), place=f"{place}: its outputs")
    tensors = {**interface.inputs, **interface.outputs}
    name, (_, shrink) = next(iter(contract.items()))
    height, width = (side * shrink if isinstance(side, int) else side for side in _sides(tensors[name][1], in_bytes=in_bytes))
    for name, (channels, shrink) in contract.items():
        dtype, shape = tensors[name]
        wanted_sides = [side // shrink if isinstance(side, int) else None for side in (height, width)]
        got_sides = _sides(shape, in_bytes=in_bytes)
        fits = len(shape) == 4 and shape[3 if in_bytes else 1] == channels and shape[0] in (1, *_ANY)
        fits &= all(w is None or not isinstance(g, int) or w == g for w, g in zip(wanted_sides, got_sides, strict=True))
        if not fits or dtype not in (("uint8",) if in_bytes else _FLOATS):
            sides = f"H / {shrink}, W / {shrink}"
            wanted = f"uint8 (1, {sides}, {channels})" if in_bytes else f"float (1, {channels}, {sides})"
            raise fault(f"{place}: {name}", f"be {wanted}", f"{dtype} {_told(shape)}")
    dtype, shape = tensors["code"]
    if len(shape) != 2 or shape[1] != spec.CODE_LENGTH or dtype not in _FLOATS:
        raise fault(f"{place}: code", f"be float (1, {spec.CODE_LENGTH})", f"{dtype} {_told(shape)}")
    for side in (height, width):
        if isinstance(side, int) and (side % spec.ALIGN_PX or not 0 < side <= LARGEST_PICTURE_PX):
            raise fault(place, f"paint multiples of {spec.ALIGN_PX} up to {LARGEST_PICTURE_PX} pixels", f"{width} x {height}")
    _check_memory(interface, (height, width), in_bytes=in_bytes, place=place)


def _check_memory(interface: Interface, sides: tuple[int | str, ...], *, in_bytes: bool, place: str) -> None:
    """Check what a picture takes, of the usual size if the file leaves it open."""
    height, width = (side if isinstance(side, int) else _USUAL_PX for side in sides)
    inputs: dict[str, tuple[int, ...]] = {"code": (1, spec.CODE_LENGTH)}
    for name, (channels, shrink) in (_IN_BYTES if in_bytes else _IN_FLOATS).items():
        if name != OUTPUT:
            high, wide = height // shrink, width // shrink
            inputs[name] = (1, high, wide, channels) if in_bytes else (1, channels, high, wide)
    try:
        check_memory(interface.graph, inputs, pixels=max(_USUAL_PX**2, height * width))
    except Malformed as error:
        raise fault(place, "be an ONNX model of the renderer's network", str(error)) from error


def _sides(shape: Shape, *, in_bytes: bool) -> tuple[int | str, int | str]:
    """Return height and width of a tensor's shape."""
    if len(shape) != 4:
        return "any", "any"
    return (shape[1], shape[2]) if in_bytes else (shape[2], shape[3])


def _same_names(table: Tensors, wanted: tuple[str, ...], *, place: str) -> None:
    if sorted(table) != sorted(wanted):
        raise fault(place, f"be {', '.join(wanted)}", ", ".join(ascii(name[:30]) for name in sorted(table)) or "none")


def _told(shape: Shape) -> str:
    return "(" + ", ".join(str(side) for side in shape) + ")"


def _model(data: bytes) -> Interface:
    graphs: list[memoryview] = []
    opsets: dict[bytes, int] = {}
    metadata: dict[str, str] = {}
    for number, value in fields(memoryview(data)):
        if number == 7:
            graphs.append(inside(value))
        elif number == 8:
            domain, version = _opset(inside(value))
            opsets[domain] = version
        elif number == 14:
            key, told = _entry(inside(value))
            metadata[key] = told
        elif number in (20, 25):
            raise Malformed("one with functions or training steps")
    if len(graphs) != 1 or not opsets:
        raise Malformed("something else")
    unknown = [domain for domain in opsets if domain not in _DOMAINS]
    if unknown:
        raise Malformed(f"one with operators of {ascii(bytes(unknown[0][:40]))[1:]}")
    newest = max(opsets.get(b"", 0), opsets.get(b"ai.onnx", 0))
    if newest > _NEWEST_OPSET:
        raise Malformed(f"one of opset {newest}, newer than {_NEWEST_OPSET}")
    return replace(_graph(graphs[0]), metadata=metadata)


def _entry(data: memoryview) -> tuple[str, str]:
    """Return key and value of one of the model's notes."""
    texts = {number: bytes(inside(value)[:4096]).decode("utf-8", errors="replace") for number, value in fields(data)}
    return texts.get(1, ""), texts.get(2, "")


def _opset(data: memoryview) -> tuple[bytes, int]:
    domain, version = b"", 0
    for number, value in fields(data):
        if number == 1:
            domain = bytes(inside(value))
        elif number == 2 and isinstance(value, int):
            version = value
    return domain, version


def _graph(data: memoryview) -> Interface:
    interface, scales = Interface(graph=data), set[bytes]()
    weights: dict[bytes, memoryview] = {}
    for number, value in fields(data):
        if number == 1:
            scales |= _check_node(inside(value))
        elif number == 5:
            weights |= [_named(inside(value))]
        elif number in (11, 12):
            name, dtype, shape = _value_info(inside(value))
            (interface.inputs if number == 11 else interface.outputs)[name] = (dtype, shape)
        elif number == 15:
            raise Malformed("one with sparse weights")
    for one in scales:
        if not 0 < _largest(weights.get(one)) <= _LARGEST_SCALE:
            raise Malformed("one that enlarges beyond bounds")
    return interface


def _named(data: memoryview) -> tuple[bytes, memoryview]:
    """Return a weight's name and its numbers as they lie there."""
    _check_tensor(data)
    found = {number: value for number, value in fields(data) if number in (4, 8, 9)}
    nothing = memoryview(b"")
    return bytes(inside(found.get(8, nothing))), inside(found.get(9) or found.get(4) or nothing)


def _largest(raw: memoryview | None) -> float:
    """Return the largest of up to four floats; 0 if they are none."""
    if raw is None or len(raw) % 4 or not 0 < len(raw) <= 16:
        return 0.0
    return float(np.abs(np.frombuffer(raw, dtype="<f4")).max())


def _check_node(data: memoryview) -> set[bytes]:
    """Return the names of what tells an enlarging node by how much."""
    is_resize, inputs = False, list[bytes]()
    for number, value in fields(data):
        if number == 1:
            inputs.append(bytes(inside(value)))
        if number == 4:
            is_resize = bytes(inside(value)) == b"Resize"
        if number == 4 and bytes(inside(value)) not in _OPERATORS:
            raise Malformed(f"one with the operator {ascii(bytes(inside(value)[:40]))[1:]}")
        if number == 7 and bytes(inside(value)) not in _DOMAINS:
            raise Malformed(f"one with operators of {ascii(bytes(inside(value)[:40]))[1:]}")
        if number == 5:
            _check_attribute(inside(value))
    return set(inputs[2:]) if is_resize else set()


def _check_attribute(data: memoryview) -> None:
    for number, value in fields(data):
        if number in (6, 11):
            raise Malformed("one with branches or loops")
        if number in (3, 8) and any(_LARGEST_ATTRIBUTE < one < (1 << 64) - _LARGEST_ATTRIBUTE for one in integers(value)):
            raise Malformed("one that pads or strides beyond bounds")
        if number in (5, 10):
            _check_tensor(inside(value))


def _check_tensor(data: memoryview) -> None:
    for number, value in fields(data):
        if number == 13 or (number == 14 and value != 0):
            raise Malformed("one that keeps its weights in another file")


def _value_info(data: memoryview) -> tuple[str, str, Shape]:
    name, dtype = "", "unknown"
    shape: Shape = ()
    for number, value in fields(data):
        if number == 1:
            name = bytes(inside(value)).decode("utf-8", errors="replace")
        elif number == 2:
            for kind, tensor in fields(inside(value)):
                if kind == 1:
                    dtype, shape = _tensor_type(inside(tensor))
    return name, dtype, shape


def _tensor_type(data: memoryview) -> tuple[str, Shape]:
    dtype = "unknown"
    shape: list[int | str] = []
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            dtype = _DTYPES.get(value, f"kind {value}")
        elif number == 2:
            shape = [_dimension(inside(one)) for kind, one in fields(inside(value)) if kind == 1][:8]
    return dtype, tuple(shape)


def _dimension(data: memoryview) -> int | str:
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            return value
        if number == 2:
            return ascii(bytes(inside(value)).decode("utf-8", errors="replace")[:24])[1:-1]
    return "any"
