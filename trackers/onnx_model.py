"""A pose model in an ONNX file, on ONNX Runtime and the best execution provider that is there.

Owns the choice of the provider with its reason, and the check that the file is a model that we can read. ONNX Runtime is
optional and imported at use. Knows nothing of people.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from trackers.errors import UserError, first_line
from trackers.optional import check_installed, is_installed
from trackers.types import FloatArray

_MOST_TOLD: Final = 160
"""Characters of what ONNX Runtime says: the sentence holds a path, too."""
INSTALL_COMMAND: Final = 'pip install ".[onnx]"'
PREFERRED: Final = {
    "CUDAExecutionProvider": "CUDA",
    "MIGraphXExecutionProvider": "MIGraphX",
    "DmlExecutionProvider": "DirectML",
    "CoreMLExecutionProvider": "CoreML",
    "OpenVINOExecutionProvider": "OpenVINO",
    "CPUExecutionProvider": "CPU",
}
"""Execution providers from the first choice to the last, and their names for people."""
POINTS: Final = {17: "COCO", 133: "COCO-WholeBody"}
_TYPES: Final = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


@dataclass(frozen=True, slots=True)
class Provider:
    """What runs the model, and why."""

    name: str
    reason: str


class OnnxModel:
    """An open model: (1, 3, H, W) in, (K, width * split) and (K, height * split) out."""

    def __init__(self, path: Path, *, threads: int) -> None:
        """Open the file and run it once.

        Raises:
            UserError: there is no ONNX Runtime, no such file, or it is not a model of that kind.
        """
        check_installed(
            "onnxruntime",
            otherwise=f"tracker onnx needs the package onnxruntime, which is not installed; run `{INSTALL_COMMAND}`, "
            "or use --tracker posecast",
        )
        if not path.is_file():
            raise UserError(f"{path} was not found; name an ONNX file with --model")
        self._session, self.provider = _open(path, threads)
        self._input, self.size_px, self._type = _checked_input(path, self._session)
        self._outputs = _checked_outputs(path, self._session)
        self._path = path
        self.count = self._try(path)
        """How many points it finds: 17 or 133."""

    def run(self, picture: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the likelihoods across and down, (K, width * split) and (K, height * split), of a (1, 3, H, W) picture.

        Raises:
            UserError: ONNX Runtime cannot run it on this picture.
        """
        across, down = self._run(picture.astype(self._type, copy=False))
        return across[0].astype(np.float32, copy=False), down[0].astype(np.float32, copy=False)

    def _run(self, picture: Any) -> Any:
        try:
            return self._session.run(self._outputs, {self._input: picture})
        except Exception as error:  # ONNX Runtime has no exception of its own that is documented
            told = first_line(error, most=_MOST_TOLD)
            raise UserError(f"{self._path} cannot be run ({told}); choose another --model") from error

    def _try(self, path: Path) -> int:
        """Run it on nothing, which also warms it up, and check the shapes of what comes out."""
        width, height = self.size_px
        across, down = (np.asarray(output) for output in self._run(np.zeros((1, 3, height, width), self._type)))
        shapes = f"{across.shape} and {down.shape}"
        paired = across.ndim == down.ndim == 3 and across.shape[:2] == down.shape[:2]
        if not paired or across.shape[2] * height != down.shape[2] * width or across.shape[2] < width:
            raise UserError(
                f"{path} gives {shapes} for a picture of {width}x{height}; expected simcc_x (1, points, {width} x split) and "
                f"simcc_y (1, points, {height} x split); choose another --model"
            )
        count = int(across.shape[1])
        if count not in POINTS:
            known = " or ".join(f"{number} ({name})" for number, name in POINTS.items())
            raise UserError(f"{path} finds {count} points, expected {known}; choose another --model")
        return count


def runtime() -> tuple[bool, str]:
    """Tell whether there is an ONNX Runtime, and which provider it would take, or how to get one."""
    if not is_installed("onnxruntime"):
        return False, f"ONNX Runtime is not installed; {INSTALL_COMMAND} for --tracker onnx"
    import onnxruntime

    provider = choose_provider(onnxruntime.get_available_providers())
    return True, f"ONNX Runtime {onnxruntime.__version__} on {PREFERRED[provider.name]} ({provider.reason}), for --tracker onnx"


def choose_provider(available: list[str]) -> Provider:
    """Return the best of the providers that this ONNX Runtime has."""
    known = [name for name in PREFERRED if name in available] or ["CPUExecutionProvider"]
    others = ", ".join(PREFERRED[name] for name in known[1:])
    return Provider(known[0], f"the best of {PREFERRED[known[0]]}, {others}" if others else "the only one in this ONNX Runtime")


def _open(path: Path, threads: int) -> tuple[Any, Provider]:
    """Return the session and what really runs it: ONNX Runtime falls back to the CPU in silence, we say so."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the renderer wants the core meanwhile
    options.log_severity_level = 4  # it prints what we raise
    wanted = choose_provider(onnxruntime.get_available_providers())
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=list(dict.fromkeys([wanted.name, "CPUExecutionProvider"]))
        )
    except Exception as error:  # ONNX Runtime has no exception of its own that is documented
        raise UserError(
            f"{path} cannot be loaded as an ONNX model ({first_line(error, most=_MOST_TOLD)}); take a fresh copy"
        ) from error
    really = session.get_providers()[0]
    if really != wanted.name:
        missing = PREFERRED[wanted.name]
        return session, Provider(PREFERRED.get(really, really), f"{missing} is in this ONNX Runtime but could not be started")
    return session, Provider(PREFERRED.get(really, really), wanted.reason)


def _checked_input(path: Path, session: Any) -> tuple[str, tuple[int, int], type]:
    """Return the input's name, (width, height) and type."""
    inputs = session.get_inputs()
    first: Any = inputs[0] if inputs else None
    shape = list(first.shape) if inputs else []
    fits = len(inputs) == 1 and first.type in _TYPES and len(shape) == 4 and shape[1] == 3
    one_at_a_time = fits and (shape[0] == 1 or not isinstance(shape[0], int))  # a name stands for any number
    if not one_at_a_time or not all(isinstance(side, int) and 32 <= side <= 2048 for side in shape[2:]):
        told = ", ".join(f"{one.name} {tuple(one.shape)} {one.type}" for one in inputs) or "nothing"
        raise UserError(
            f"{path} takes {told}; expected one picture, (1, 3, height, width) of float, as RTMPose, RTMW and DWPose do; "
            "choose another --model"
        )
    return first.name, (shape[3], shape[2]), _TYPES[first.type]


def _checked_outputs(path: Path, session: Any) -> list[str]:
    """Return the names of the outputs across and down."""
    names = [one.name for one in session.get_outputs()]
    if {"simcc_x", "simcc_y"} <= set(names):
        return ["simcc_x", "simcc_y"]
    if len(names) == 2:
        return names  # unnamed exports keep the order
    told = ", ".join(names)
    raise UserError(
        f"{path} gives {told}; expected simcc_x and simcc_y, as RTMPose, RTMW and DWPose do; choose another --model"
    )
