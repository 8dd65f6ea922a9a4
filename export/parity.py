"""How near the files of one network paint to the network itself.

Owns the table and its gates. Files are run by ONNX Runtime on this computer's CPU, the fp16 one too: that tells of its numbers,
not of a card's speed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from avatar.neural.runtime import cover_clipped
from export.painting import Example, Painter, composed
from export.to_onnx import need
from trackers.errors import UserError
from trackers.types import FloatArray, ImageArray

if TYPE_CHECKING:
    from avatar.training.network import Network

MOST_ABS: Final = 1 / 255
"""Of the paint, fp32 against torch."""
LEAST_PSNR_DB: Final = {"fp16": 46.0, "int8": 42.0}
"""Of the picture, against torch's."""
SAME_DB: Final = 100.0
"""Told for pictures that are the same."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file against its network, over all examples."""

    size: str
    precision: str
    size_bytes: int
    max_abs: float
    """Largest difference of the paint; 1 is white, and a whole cover."""
    psnr_db: float
    """Of the premultiplied picture, against the network's."""
    worst_psnr_db: float
    """Of the worst example."""


def compare(network: "Network", files: Mapping[str, bytes], examples: Sequence[Example]) -> tuple[Row, ...]:
    """Paint all examples with the network and with each file.

    Args:
        files: by precision: "fp32", "fp16", "int8".
        examples: all of one size.

    Raises:
        UserError: onnxruntime is not installed.
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("compare needs at least one example")
    wide, high = examples[0].size_px
    paints = [torch_paint(network, example) for example in examples]
    pictures = [composed(example, paint) for example, paint in zip(examples, paints, strict=True)]
    rows = []
    for precision, data in files.items():
        painter = Painter(data, width_px=wide, height_px=high)
        found = [painter.paint(example) for example in examples]
        painted = [composed(example, paint) for example, paint in zip(examples, found, strict=True)]
        errors = [_mean_square(a, b) for a, b in zip(painted, pictures, strict=True)]
        rows.append(
            Row(
                size=network.size.name,
                precision=precision,
                size_bytes=len(data),
                max_abs=max(float(np.abs(a - b).max()) for a, b in zip(found, paints, strict=True)),
                psnr_db=_decibels(float(np.mean(errors))),
                worst_psnr_db=_decibels(max(errors)),
            )
        )
    return tuple(rows)


def check(rows: Sequence[Row]) -> None:
    """Raise if a file paints something else than its network.

    Raises:
        UserError: a gate is not passed.
    """
    for row in rows:
        if row.precision == "fp32" and row.max_abs > MOST_ABS:
            raise UserError(
                f"the fp32 network should paint what torch paints to {MOST_ABS:.4f}, but is {row.max_abs:.4f} off; "
                "use a newer onnxruntime and export again"
            )
        least = LEAST_PSNR_DB.get(row.precision, 0.0)
        if row.psnr_db < least:
            raise UserError(
                f"the {row.precision} network should come within {least:.0f} dB of torch's pictures, got {row.psnr_db:.1f} dB; "
                "give more and more varied frames to measure ranges on, or leave this file out"
            )


def torch_paint(network: "Network", example: Example) -> FloatArray:
    """Return the network's own paint (80, H/4, W/4), covers clipped."""
    torch = need("torch")
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            feeds = [torch.from_numpy(array) for array in example.floats().values()]
            found: FloatArray = cover_clipped(network(*feeds).numpy())[0]
    finally:
        network.train(was_training)
    return found


def as_json(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows by size and precision, for the evaluation of a package."""
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        figures = asdict(row)
        told.setdefault(figures.pop("size"), {})[figures.pop("precision")] = figures
    return told


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of plain text."""
    lines = ["network       kB   max abs   PSNR dB  worst dB"]
    for row in rows:
        figures = f"{row.size_bytes / 1e3:7.0f}  {row.max_abs:8.5f}  {row.psnr_db:8.1f}  {row.worst_psnr_db:8.1f}"
        lines.append(f"{row.size} {row.precision:6s} {figures}")
    return "\n".join(lines)


def _mean_square(a: ImageArray, b: ImageArray) -> float:
    return float(np.square(a.astype(np.float32) - b).mean()) / 255**2


def _decibels(mean_square: float) -> float:
    return min(SAME_DB, -10 * float(np.log10(max(mean_square, 1e-30))))
