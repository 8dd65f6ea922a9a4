"""How much memory an ONNX file takes for a picture, told without running it.

Owns the sizes of what each operator gives, and how much is too much. The sizes are bounds, never less than the truth: what a
slice leaves out counts. Knows nothing of which operators a network may have, nor of what it takes and gives.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from avatar.package.protobuf import Malformed, fields, inside, integers

MOST_NUMBERS_PER_PIXEL: Final = 512
"""Of all that a network computes for one picture; size M in half floats has 96, the largest of those that are shipped."""
_MOST_AXES: Final = 8
_LONGEST_TOLD_BYTES: Final = 160
"""Of numbers that tell a size; longer ones are weights."""
_NUMBERS: Final = {1: "<f4", 7: "<i8"}

Shape = tuple[int, ...]


@dataclass(slots=True)
class _Tensor:
    """A constant; its numbers only if they may tell a size."""

    name: bytes = b""
    shape: Shape = ()
    numbers: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Node:
    """One step of a network, with what its operator needs to tell sizes."""

    operator: bytes = b""
    inputs: list[bytes] = field(default_factory=list)
    outputs: list[bytes] = field(default_factory=list)
    settings: dict[bytes, list[int]] = field(default_factory=dict)
    is_padded_alike: bool = False
    """Whether a convolution pads by itself so that only its stride shrinks the picture."""
    constant: _Tensor | None = None


def check_memory(graph: memoryview, inputs: Mapping[str, Shape], *, pixels: int) -> None:
    """Check that a picture of so many pixels takes no more memory than one of our networks could.

    Args:
        graph: as it lies in the file, each node after those whose outputs it takes.
        inputs: the shape of each.

    Raises:
        Malformed: it takes more, or its sizes cannot be told.
    """
    constants = {tensor.name: tensor for tensor in (_tensor(inside(value)) for number, value in fields(graph) if number == 5)}
    shapes = {name: tensor.shape for name, tensor in constants.items()}
    shapes |= {name.encode(): shape for name, shape in inputs.items()}
    left = MOST_NUMBERS_PER_PIXEL * pixels
    for node in (_node(inside(value)) for number, value in fields(graph) if number == 1):
        if not shapes.keys().isdisjoint(node.outputs):  # whoever runs it might take the other one
            raise Malformed("one that gives two things one name")
        try:
            shape = _given(node, shapes, constants)
        except (ArithmeticError, LookupError, ValueError) as error:
            raise Malformed("one whose sizes make no sense") from error
        if node.constant is not None:
            constants |= dict.fromkeys(node.outputs, node.constant)
        shapes |= dict.fromkeys(node.outputs, shape)
        left -= len(node.outputs) * math.prod(shape)
        if left < 0 or len(shape) > _MOST_AXES:
            raise Malformed("one that takes too much memory")


def _given(node: _Node, shapes: Mapping[bytes, Shape], constants: Mapping[bytes, _Tensor]) -> Shape:
    """Return the shape of what a node gives; each output of one that splits is taken for the whole."""
    taken = [shapes[name] for name in node.inputs if name]
    told = [constants[name].numbers if name in constants else [] for name in node.inputs]
    shape = _OPERATORS.get(node.operator, _same)(node, taken, told)
    return tuple(max(1, side) for side in shape)


def _same(_: _Node, taken: list[Shape], __: list[list[float]]) -> Shape:
    return taken[0]


def _constant(node: _Node, _: list[Shape], __: list[list[float]]) -> Shape:
    if node.constant is None:
        raise ValueError("a constant without its numbers")
    return node.constant.shape


def _spread(_: _Node, taken: list[Shape], __: list[list[float]]) -> Shape:
    """Return what two tensors give together, each repeated along the axes on which it has one number."""
    axes = max(map(len, taken))
    return tuple(max(sides) for sides in zip(*((1,) * (axes - len(shape)) + shape for shape in taken), strict=True))


def _concat(node: _Node, taken: list[Shape], _: list[list[float]]) -> Shape:
    (axis,) = node.settings[b"axis"]
    joined = [max(sides) for sides in zip(*taken, strict=True)]
    joined[axis] = sum(shape[axis] for shape in taken)
    return tuple(joined)


def _conv(node: _Node, taken: list[Shape], _: list[list[float]]) -> Shape:
    picture, weights = taken[:2]
    axes = len(picture) - 2
    pads, strides = node.settings.get(b"pads", [0] * 2 * axes), node.settings.get(b"strides", [1] * axes)
    sides = []
    for side, kernel, stride, before, after in zip(picture[2:], weights[2:], strides, pads[:axes], pads[axes:], strict=True):
        padded = side + kernel - 1 if node.is_padded_alike else side + before + after
        sides.append((padded - kernel) // stride + 1)
    return picture[0], weights[0], *sides


def _depth_to_space(node: _Node, taken: list[Shape], _: list[list[float]]) -> Shape:
    (block,), (count, channels, height, width) = node.settings[b"blocksize"], taken[0]
    return count, -(-channels // block**2), height * block, width * block


def _flatten(node: _Node, taken: list[Shape], _: list[list[float]]) -> Shape:
    (axis,) = node.settings.get(b"axis", [1])
    return math.prod(taken[0][:axis]), math.prod(taken[0][axis:])


def _gemm(node: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    a, b = (
        shape[::-1] if any(node.settings.get(key, [])) else shape
        for key, shape in zip((b"transA", b"transB"), taken[:2], strict=True)
    )
    return _matmul(node, [a, b], told)


def _matmul(node: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    a, b = taken
    return *_spread(node, [a[:-2], b[:-2]], told), a[-2], b[-1]


def _reshape(_: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    """0 leaves a side as it is, -1 takes what is left."""
    shape = [taken[0][at] if side == 0 else int(side) for at, side in enumerate(told[1])]
    known = math.prod(side for side in shape if side != -1)
    if not shape or shape.count(-1) > 1 or known < 1:
        raise ValueError("a shape that is not told")
    return tuple(-(-math.prod(taken[0]) // known) if side == -1 else side for side in shape)


def _resize(node: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    if len(told) != 3 or node.settings.get(b"axes"):
        raise ValueError("another way to enlarge than by each side's scale")
    return tuple(math.ceil(side * scale) for side, scale in zip(taken[0], told[2], strict=True))


def _squeeze(_: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    gone = _axes(told, of=len(taken[0]))
    return tuple(side for at, side in enumerate(taken[0]) if at not in gone)


def _transpose(node: _Node, taken: list[Shape], _: list[list[float]]) -> Shape:
    order = node.settings.get(b"perm", list(range(len(taken[0])))[::-1])
    return tuple(taken[0][axis] for axis in order)


def _unsqueeze(_: _Node, taken: list[Shape], told: list[list[float]]) -> Shape:
    axes, sides = len(taken[0]) + len(told[1]), iter(taken[0])
    new = _axes(told, of=axes)
    return tuple(1 if at in new else next(sides) for at in range(axes))


def _axes(told: list[list[float]], *, of: int) -> set[int]:
    axes = {int(axis) % of for axis in told[1]}
    if not axes or len(axes) != len(told[1]):
        raise ValueError("axes that are not told")
    return axes


_OPERATORS: Final[Mapping[bytes, Callable[[_Node, list[Shape], list[list[float]]], Shape]]] = {
    b"Add": _spread,
    b"Concat": _concat,
    b"Constant": _constant,
    b"Conv": _conv,
    b"DepthToSpace": _depth_to_space,
    b"Flatten": _flatten,
    b"Gemm": _gemm,
    b"MatMul": _matmul,
    b"Mul": _spread,
    b"Reshape": _reshape,
    b"Resize": _resize,
    b"Squeeze": _squeeze,
    b"Sub": _spread,
    b"Transpose": _transpose,
    b"Unsqueeze": _unsqueeze,
}
"""All others give as many numbers as they take, or fewer."""


def _node(data: memoryview) -> _Node:
    node = _Node()
    for number, value in fields(data):
        if number == 1:
            node.inputs.append(bytes(inside(value)))
        elif number == 2 and inside(value):
            node.outputs.append(bytes(inside(value)))
        elif number == 4:
            node.operator = bytes(inside(value))
        elif number == 5:
            _read_setting(node, inside(value))
    return node


def _read_setting(node: _Node, data: memoryview) -> None:
    name, numbers = b"", list[int]()
    for number, value in fields(data):
        if number == 1:
            name = bytes(inside(value))
        elif number in (3, 8):
            numbers += _told(value)
        elif number == 4:
            node.is_padded_alike |= bytes(inside(value)).startswith(b"SAME")
        elif number == 5:
            node.constant = _tensor(inside(value))
    node.settings[name] = numbers


def _tensor(data: memoryview) -> _Tensor:
    tensor, kind, raw = _Tensor(), 0, memoryview(b"")
    for number, value in fields(data):
        if number == 1:
            tensor.shape += tuple(max(1, side) for side in _told(value))
            if len(tensor.shape) > _MOST_AXES:
                raise Malformed("something else")
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number in (4, 9):
            raw = inside(value)
        elif number == 7 and (isinstance(value, int) or len(value) <= _LONGEST_TOLD_BYTES):
            tensor.numbers += map(float, _told(value))
        elif number == 8:
            tensor.name = bytes(inside(value))
    if kind in _NUMBERS and 0 < len(raw) <= _LONGEST_TOLD_BYTES and len(raw) % np.dtype(_NUMBERS[kind]).itemsize == 0:
        tensor.numbers = np.frombuffer(raw, dtype=_NUMBERS[kind]).tolist()
    return tensor


def _told(value: int | memoryview) -> list[int]:
    """Return the numbers of a size."""
    if not isinstance(value, int) and len(value) > _LONGEST_TOLD_BYTES:
        raise Malformed("something else")
    return [number - (1 << 64) if number >> 63 else number for number in integers(value)]
