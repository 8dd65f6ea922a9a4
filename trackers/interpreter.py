"""One model session on LiteRT's CPU path (XNNPACK): bytes in, typed runs out.

Owns opening `.tflite` bytes (also inside a `.task` bundle) and moving pictures and tensors through a model without needless
copies. Knows nothing of what the numbers mean. `invoke` releases the GIL.
"""

import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from trackers.assets import path_of
from trackers.beside import Threads
from trackers.pruning import with_outputs
from trackers.quantization import with_int8_weights
from trackers.quiet_stderr import quiet_stderr
from trackers.types import FloatArray, ImageArray

PROVIDER: Final = "LiteRT XNNPACK"


def read_model(path: Path, *, member: str | None = None) -> bytes:
    """Return a model's bytes: the file itself, or `member` of the `.task` bundle (a zip) that the file is."""
    if member is None:
        return path.read_bytes()
    with zipfile.ZipFile(path) as bundle:
        return bundle.read(member)


def open_session(
    asset: str,
    *,
    member: str | None = None,
    threads: int | Threads = 2,
    outputs: Sequence[int] | None = None,
    int8: bool = False,
) -> "Session":
    """Open a model of the table in `models.toml`.

    Args:
        threads: as in `Session`.
        outputs: those that are read, by number; only what they need is run. None is all.
        int8: multiply by weights of 8 bits where these are large; see `quantization`.

    Raises:
        AssetError: its file is missing or damaged.
    """
    content = read_model(path_of(asset), member=member)
    if outputs is not None:
        content = with_outputs(content, outputs)
    if int8:
        content = with_int8_weights(content)
    return Session(content, threads=threads)


class _Runner:
    """A model with a fixed number of threads."""

    def __init__(self, content: bytes, threads: int) -> None:
        with quiet_stderr():
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
        entry = interpreter.get_input_details()[0]
        self.invoke = interpreter.invoke
        self.input_shape = tuple(int(size) for size in entry["shape"])
        self.input = interpreter.tensor(entry["index"])
        self.outputs = [interpreter.tensor(output["index"]) for output in interpreter.get_output_details()]


class Session:
    """A loaded model with one input. Not for use by two threads at once.

    Args:
        threads: for each run; of `Threads` as many as there are at that moment, and the model is loaded once for each number.
    """

    def __init__(self, content: bytes, *, threads: int | Threads = 2) -> None:
        self._threads = threads
        choices = (threads,) if isinstance(threads, int) else threads.choices
        self._runners = {number: _Runner(content, number) for number in choices}
        self.input_shape: tuple[int, ...] = self._runners[choices[0]].input_shape

    def _runner(self) -> _Runner:
        """Return that of the threads there are now, for a run that begins at once."""
        return self._runners[self._threads if isinstance(self._threads, int) else self._threads.claim()]

    @property
    def input_size_px(self) -> int:
        """Side of the square picture the model takes."""
        return self.input_shape[1]

    def run_image(self, image: ImageArray, *, outputs: Sequence[int], low: float = 0.0) -> list[FloatArray]:
        """Run on a picture and return copies of the numbered outputs.

        Args:
            image: (N, N, 3) uint8 RGB, N the model's input size.
            low: what black becomes; white is 1.
        """
        runner = self._runner()
        entry = runner.input()[0]  # a view into the model: it must be gone before invoke
        np.multiply(image, np.float32((1.0 - low) / 255.0), out=entry)
        if low != 0.0:
            entry += np.float32(low)
        del entry
        return _results(runner, outputs)

    def run_tensor(self, tensor: FloatArray, *, outputs: Sequence[int]) -> list[FloatArray]:
        """Run on a tensor of the model's own shape and return copies of the numbered outputs."""
        runner = self._runner()
        runner.input()[:] = tensor
        return _results(runner, outputs)

    def time_ms(self, runs: int = 3) -> float:
        """Run on nothing a few times and return what the quickest run took, in milliseconds."""
        runner = self._runner()
        runner.input()[:] = 0
        times_ms = []
        for _ in range(runs):
            started_ns = time.perf_counter_ns()
            runner.invoke()
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        return min(times_ms)


def _results(runner: _Runner, outputs: Sequence[int]) -> list[FloatArray]:
    runner.invoke()
    return [runner.outputs[number]().copy() for number in outputs]
