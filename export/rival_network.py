"""A published network whose time on other computers is known, to time the drawing of an avatar against in the same run.

It is pix2pix's U-Net for 256 x 256 pixels (Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial
Networks", appendix 6.1; normalisation folded into the convolutions, as everybody runs it): 54.4 million weights, 6.05 billion
multiply-adds. ONNX Runtime takes 64 ms for it with one thread on one core of an EPYC of Zen 4, the computer that the avatar's
goals were set on, so a ratio to it says on any computer what would be reached there. Owns its layers. Its weights are random:
it is timed, never looked at. Knows nothing of avatars.
"""

from typing import Any, Final

import numpy as np

from avatar.neural.runtime import runtime
from trackers.optional import imported
from trackers.types import FloatArray

NAME: Final = "pix2pix"
"""As `--against` calls it."""
WORDS: Final = "pix2pix U-Net 256"
REFERENCE_MS: Final = 64.0
"""On one core of the EPYC, with one thread."""
SIDE_PX: Final = 256
_DOWN: Final = (64, 128, 256, 512, 512, 512, 512, 512)


class RivalNetwork:
    """The network, open on the CPU. Not thread-safe.

    Raises:
        UserError: onnx or ONNX Runtime is not installed.
    """

    def __init__(self, *, threads: int = 1) -> None:
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as for ours
        self._session: Any = ort.InferenceSession(network_file(), options, providers=["CPUExecutionProvider"])
        noise = np.random.default_rng(1).random((1, 3, SIDE_PX, SIDE_PX), dtype=np.float32)
        self._feed = {"picture": noise}

    def run(self) -> FloatArray:
        """Return one picture (1, 3, 256, 256) of no meaning."""
        found: FloatArray = self._session.run(None, self._feed)[0]
        return found


def network_file() -> bytes:
    """Return the network as an ONNX file; 218 MB.

    Raises:
        UserError: onnx is not installed.
    """
    onnx = imported("onnx", otherwise='--against needs the package onnx, which is not installed; pip install ".[train]"')
    layers = _Layers(onnx)
    seen, source, inputs = [], "picture", 3
    for outputs in _DOWN:
        found = layers.convolve("Conv", source, inputs, outputs)
        seen.append((found, outputs))
        source, inputs = layers.then("LeakyRelu", [found], alpha=0.2), outputs
    source, inputs = layers.then("Relu", [seen.pop()[0]]), _DOWN[-1]
    while seen:
        beside, outputs = seen.pop()
        found = layers.convolve("ConvTranspose", source, inputs, outputs)
        source, inputs = layers.then("Relu", [layers.then("Concat", [found, beside], axis=1)]), 2 * outputs
    return layers.file(layers.then("Tanh", [layers.convolve("ConvTranspose", source, inputs, 3)]))


class _Layers:
    """Nodes and random weights as they are added."""

    def __init__(self, onnx: Any) -> None:
        self._onnx, self._rng = onnx, np.random.default_rng(0)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def convolve(self, op: str, source: str, inputs: int, outputs: int) -> str:
        """Add a convolution that halves or doubles, with weights that keep what passes through it about as large."""
        shape = (outputs, inputs, 4, 4) if op == "Conv" else (inputs, outputs, 4, 4)
        weight = self._rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(1 / (8 * inputs)))
        arrays = {f"weight_{len(self._nodes)}": weight, f"bias_{len(self._nodes)}": np.full(outputs, 0.01, np.float32)}
        self._weights += [self._onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()]
        return self.then(op, [source, *arrays], kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])

    def then(self, op: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node; return its output's name."""
        name = f"{op}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def file(self, output: str) -> bytes:
        """Return all of it, from `picture` to `output`."""
        helper = self._onnx.helper
        ends = [
            [helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, [1, 3, SIDE_PX, SIDE_PX])]
            for name in ("picture", output)
        ]
        graph = helper.make_graph(self._nodes, "unet_256", *ends, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        data: bytes = model.SerializeToString()
        return data
