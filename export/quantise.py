"""From the fp32 network file to the int8 one: ranges are measured on examples, then the graph is written anew in bytes.

Owns the choice of ranges and which node of the float graph becomes what; `int8_graph` owns how, `rounding` which bytes the
weights become. All convolutions are int8, the first and last too: their bytes are those of pictures (the drawn proxy is exact
in them), and the whole gains 2.4 times.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from avatar.neural.byte_layout import OUTPUT, ZERO, ByteLayout, block_zeros, byte_order, coarse_bytes, dimensions
from avatar.neural.spec import COLOUR_CHANNELS
from export.int8_graph import Bytes, Int8Graph, Scale
from export.painting import Example
from export.rounding import Covariance
from export.stem import Stem, byte_tensors, stem_of
from export.to_onnx import OPSET, need, open_dimensions, read, size_of, tell, whole
from trackers.errors import UserError
from trackers.types import FloatArray

_WHITE: Final = 1.0  # the picture is clipped to 0..1: what adds more than this does the same
_TAKEN: Final = 0.25  # of white; a colour that takes away more is one in 10,000, and the finer step is worth more than they
_FURTHER: Final = 1.25  # than in the examples colours may reach in other frames
_HELD: Final = ("MatMul", "Softmax")


def quantise(data: bytes, examples: Sequence[Example]) -> bytes:
    """Return the int8 file of an fp32 network file; what it takes and gives is told by `avatar.neural.byte_layout`.

    Args:
        examples: of one size, held-in frames; some 30 are enough.

    Raises:
        UserError: the network holds something that has no int8 form here.
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("quantise needs at least one example")
    model = read(data)
    seen = measured(model, examples)
    layout = layout_for(seen, examples)
    return _Rewriter(model, seen, layout, covariances(model, layout, examples), examples).rewritten()


class Seen(NamedTuple):
    """What was seen of one tensor over all examples."""

    low: float
    high: float
    mean: FloatArray
    """(C,) of each channel."""


def layout_for(seen: Mapping[str, Seen], examples: Sequence[Example]) -> ByteLayout:
    """Return the steps of a network's bytes that reach what the examples hold."""
    most = np.max([np.abs(example.surface).max(axis=(1, 2)) for example in examples], axis=0)
    steps = np.maximum(np.where(most > 0, most, 1.0) / (255 - ZERO), 1e-6).astype(np.float32)
    low, high, _ = seen[OUTPUT]
    taken, added = min(_FURTHER * -low, _TAKEN), min(_FURTHER * max(high, 1e-4), _WHITE)
    step = float(np.float32((taken + added) / 255))
    return ByteLayout(surface_steps=steps, colour_step=step, colour_zero=round(taken / step))


def measured(model: Any, examples: Sequence[Example]) -> dict[str, Seen]:
    """Return what is seen of every tensor of an fp32 onnx.ModelProto over all examples, of the paint its colours' range.

    Nothing is clipped: with each tensor clipped where its mean squared error is least, pictures came no nearer (M, trained for
    7 minutes: 53.3 dB against 53.0), and single pixels were 0.44 off instead of 0.04.
    """
    session, names = _talkative(model, examples[0])
    seen: dict[str, Seen] = {}
    for example in examples:
        for name, value in zip(names, session.run(names, example.floats()), strict=True):
            told = value[:, :COLOUR_CHANNELS] if name == OUTPUT else value  # covers reach as far as they like, and are clipped
            low, high, mean = seen.get(name, (0.0, 0.0, np.float32(0)))
            share = value.mean(axis=tuple(range(2, value.ndim)))[0] / len(examples)
            seen[name] = Seen(min(low, float(told.min())), max(high, float(told.max())), mean + share)
    return seen


def covariances(model: Any, layout: ByteLayout, examples: Sequence[Example]) -> dict[str, FloatArray]:
    """Return how what each convolution of an fp32 onnx.ModelProto sees moves, by its output; the stem sees `blocks`' bytes."""
    stem = stem_of(model)
    drawn, surface, total = stem.nodes
    others = [node for node in model.graph.node if node.op_type == "Conv" and node not in (drawn, surface)]
    session, names = _talkative(model, examples[0])
    seen = {node.output[0]: _sight_of(node) for node in others}
    blocks = seen[total.output[0]] = Covariance(sides=(1, 1))
    for example in examples:
        told = dict(zip(names, session.run(names, example.floats()), strict=True))
        for node in others:
            seen[node.output[0]].add(told[node.input[0]][0])
        blocks.add(layout.block_bytes(coarse_bytes(example.coarse), example.surface[None])[0].transpose(2, 0, 1))
    return {name: sight.value() for name, sight in seen.items()}


def _sight_of(node: Any) -> Covariance:
    attributes = {a.name: need("onnx").helper.get_attribute_value(a) for a in node.attribute}
    high, wide = attributes["kernel_shape"]
    down, across = attributes.get("strides", (1, 1))
    return Covariance(sides=(high, wide), strides=(down, across), pad=attributes.get("pads", [0])[0])


def _talkative(model: Any, example: Example) -> tuple[Any, list[str]]:
    """Return a session that tells every tensor between the nodes, and their names."""
    onnx, ort = need("onnx"), need("onnxruntime")
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    names = [name for node in copy.graph.node for name in node.output]
    told = {value.name for value in copy.graph.output}
    copy.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in told)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    wide, high = example.size_px
    for name, value in dimensions(width_px=wide, height_px=high).items():
        options.add_free_dimension_override_by_name(name, value)
    session = ort.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, names


class _Rewriter:
    """Walks the float graph once and writes the int8 one."""

    def __init__(
        self,
        model: Any,
        seen: Mapping[str, Seen],
        layout: ByteLayout,
        moved: Mapping[str, FloatArray],
        examples: Sequence[Example],
    ) -> None:
        self._onnx = need("onnx")
        self._model, self._seen, self._layout, self._moved, self._examples = model, seen, layout, moved, examples
        self._graph = Int8Graph()
        self._known: dict[str, Bytes] = {}
        self._arrays = {t.name: self._onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
        self._users: dict[str, list[Any]] = {}
        for node in model.graph.node:
            for name in node.input:
                self._users.setdefault(name, []).append(node)

    def rewritten(self) -> bytes:
        """Return the file."""
        stem = stem_of(self._model)
        self._stem(stem)
        for node in self._model.graph.node:
            if node not in stem.nodes:
                self._rewrite(node)
        return whole(self._assembled())

    def _stem(self, stem: Stem) -> None:
        """The steps of the bytes that come in differ by channel, so they are in the weights: here a byte is worth 1."""
        blocks = Bytes(self._graph.channels_first("blocks"), Scale(1.0, ZERO))
        weight = stem.weight * self._layout.block_steps()[:, None, None]
        name, scale = self._end(stem.nodes[2])
        told = [self._layout.block_bytes(coarse_bytes(e.coarse), e.surface[None]).mean(axis=(0, 1, 2)) for e in self._examples]
        mean = (np.mean(told, axis=0) - block_zeros()).astype(np.float32)
        about = {"mean": mean, "moved": self._moved[stem.nodes[2].output[0]]}
        self._known[name] = self._graph.convolve(blocks, weight, stem.bias, scale, zeros=block_zeros(), **about)

    def _rewrite(self, node: Any) -> None:
        sources = [self._known.get(name) for name in node.input]
        if node.op_type == "Conv":
            self._convolve(node)
        elif node.op_type == "Add" and all(source is not None for source in sources):
            a, b = (source for source in sources if source is not None)
            name, scale = self._end(node)
            self._known[name] = self._graph.add(a, b, scale)
        elif node.op_type in ("Relu", "Resize") and node.output[0] in self._known:
            return  # the node before it did its work
        elif node.op_type in _HELD or node.op_type == "Resize":
            raise UserError(f"the network holds {node.op_type}, which has no int8 form here; keep its fp32 file")
        else:  # the expression's few numbers stay floats
            arrays = [name for name in node.input if name in self._arrays]
            self._graph.constants.extend(
                t for t in self._model.graph.initializer if t.name in arrays and t not in self._graph.constants
            )
            self._graph.copy(
                node, [n if s is None else self._graph.floats(s) for n, s in zip(node.input, sources, strict=True)]
            )

    def _convolve(self, node: Any) -> None:
        x = self._known.get(node.input[0])
        if x is None:
            x = self._graph.bytes(node.input[0], self._scale_of(node.input[0]))
        about: dict[str, Any] = {"mean": self._seen[node.input[0]].mean, "moved": self._moved[node.output[0]]}
        weight = np.asarray(self._arrays[node.input[1]], dtype=np.float32)
        has_bias = len(node.input) > 2  # the exporter leaves out one that is 0
        bias = np.asarray(self._arrays[node.input[2]], dtype=np.float32) if has_bias else np.zeros(len(weight), np.float32)
        attributes = {a.name: self._onnx.helper.get_attribute_value(a) for a in node.attribute}
        about |= {"strides": attributes.get("strides", [1, 1]), "pads": attributes.get("pads", [0] * 4)}
        users = self._users.get(node.output[0], [])
        if node.output[0] == OUTPUT:
            # One tensor has one scale, so what a cover's byte is worth otherwise is in its weights.
            scale, zeros = Scale(self._layout.colour_step, self._layout.colour_zero), self._layout.paint_zeros()
            stretch = np.float32(scale.step) / self._layout.paint_steps()
            weight, bias = (values[byte_order()] for values in (weight, bias))
            weight, bias = weight * stretch[:, None, None, None], bias * stretch + (zeros - scale.zero) * np.float32(scale.step)
            found = self._graph.convolve(x, weight, bias.astype(np.float32), scale, **about)
            self._graph.channels_last(found.name, OUTPUT)
        elif len(users) == 1 and users[0].op_type == "Resize":
            scale = self._scale_of(node.output[0])
            twice = self._graph.convolve(x, np.concatenate([weight] * 2), np.concatenate([bias] * 2), scale, **about)
            self._known[users[0].output[0]] = self._graph.enlarge(twice, len(weight))
        else:
            name, scale = self._end(node)
            self._known[name] = self._graph.convolve(x, weight, bias, scale, **about)

    def _end(self, node: Any) -> tuple[str, Scale]:
        """Return the tensor that a node's bytes are of: after the ReLU if one follows, which is then only a range from 0."""
        users = self._users.get(node.output[0], [])
        name = users[0].output[0] if len(users) == 1 and users[0].op_type == "Relu" else node.output[0]
        return name, self._scale_of(name)

    def _scale_of(self, name: str) -> Scale:
        return Scale.between(self._seen[name].low, self._seen[name].high)

    def _assembled(self) -> Any:
        helper = self._onnx.helper
        inputs, output = byte_tensors()
        graph = helper.make_graph(self._graph.nodes, "int8", inputs, [output], self._graph.constants)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=self._model.ir_version)
        tell(model, size=size_of(self._model), precision="int8", more=self._layout.metadata())
        open_dimensions(model)
        return model
