"""TensorRT as it is installed here: which of its two libraries, the cards that it knows, its engines' keys, and its log.

Owns finding and importing it. Knows nothing of building (`export.to_tensorrt`) or running engines (`engine_runtime`).
"""

import contextlib
import hashlib
import importlib
import logging
import platform
from dataclasses import dataclass
from typing import Any, Final

from avatar.neural.engine_file import EngineKey
from trackers.errors import UserError

MODULES: Final = ("tensorrt_rtx", "tensorrt_rtx_bindings", "tensorrt")
"""In the order of preference. The second is what the wheels install: the first is the same under a name of its own."""
RTX: Final = "tensorrt_rtx"
DATA_CENTRE: Final = "tensorrt"
CURRENT: Final = "CURRENT"
"""What data-centre TensorRT builds for: the card that is in the computer, whichever that is."""

_GET: Final = 'pip install ".[tensorrt]", then try again'
_NO_CARDS: Final = ("NONE", CURRENT)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """One of the two."""

    module: Any
    name: str
    """RTX or DATA_CENTRE."""
    version: str

    @property
    def cards(self) -> tuple[str, ...]:
        """The compute capabilities that engines can be built for, none of them at hand: `SM75` and so on."""
        known = getattr(self.module, "ComputeCapability", None)
        return () if known is None or self.name != RTX else tuple(name for name in known.__members__ if name not in _NO_CARDS)

    def key(self, model: bytes, *, card: str, precision: str, width_px: int, height_px: int) -> EngineKey:
        """Return the key of what this library builds of an ONNX file, or runs, on this computer; see there for the rest."""
        return EngineKey(
            model_sha256=hashlib.sha256(model).hexdigest(),
            library=self.name,
            library_version=self.version,
            card=card,
            precision=precision,
            width_px=width_px,
            height_px=height_px,
            system=f"{platform.system()} {platform.machine()}",
        )


def library() -> Library:
    """Return TensorRT for RTX, or TensorRT.

    Raises:
        UserError: neither is installed.
    """
    for name in MODULES:
        with contextlib.suppress(ImportError):
            module = importlib.import_module(name)
            return Library(module, RTX if name.startswith(RTX) else DATA_CENTRE, str(module.__version__))
    raise UserError(f"TensorRT is not installed; {_GET}")


def logger_of(module: Any) -> Any:
    """Return a logger that hands TensorRT's words to ours, and keeps the last complaint as `last`."""

    class Logger(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.last = "it did not say why"

        def log(self, severity: Any, message: str) -> None:
            if severity in (module.ILogger.ERROR, module.ILogger.INTERNAL_ERROR):
                # Without a card it complains of CUDA's absence, and builds all the same.
                self.last = " ".join(message.split())
            log.debug("TensorRT: %s", message)

    return Logger()
