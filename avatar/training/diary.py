"""What happened in a training, line by line, and as a picture.

Owns the log's file (JSON lines) and its plot. Knows nothing of how training goes.
"""

import json
from pathlib import Path
from typing import Any, Final

from trackers.errors import UserError

LOG: Final = "log.jsonl"
PLOT: Final = "log.png"


def write_line(path: Path, **values: Any) -> None:
    """Append one line."""
    rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in values.items()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(rounded) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines that are whole; the last one may have been cut by a kill."""
    if not path.is_file():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines


def forget_after(path: Path, step: int) -> None:
    """Drop the lines beyond a step: a training that goes on from a checkpoint goes there again."""
    lines = read_lines(path)
    kept = [line for line in lines if line.get("step", 0) <= step]
    if len(kept) < len(lines):
        part = path.with_suffix(".part")
        part.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        part.replace(path)


def plot(folder: Path) -> Path:
    """Draw the log of a training's folder to a PNG beside it and return its path.

    Raises:
        UserError: there is no log, or matplotlib is not installed.
    """
    lines = read_lines(folder / LOG)
    losses = [line for line in lines if "loss" in line]
    if not losses:
        raise UserError(f"{folder / LOG} holds no step of a training; train first with: avatar train")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("plots need matplotlib; install it with: pip install matplotlib") from error
    figure = Figure(figsize=(9, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    minutes = [line["seconds"] / 60 for line in losses]
    names = sorted({name for line in losses for name in line["loss"]})
    for name in names:
        above.plot(minutes, [line["loss"].get(name) for line in losses], label=name, linewidth=2.0 if name == "all" else 1.0)
    above.set_yscale("log")
    above.set_ylabel("loss")
    above.legend(ncols=4, fontsize="small")
    looks = [line for line in lines if "psnr_db" in line]
    below.plot([line["seconds"] / 60 for line in looks], [line["psnr_db"] for line in looks], marker="o", label="ours")
    below.plot([line["seconds"] / 60 for line in looks], [line["coarse_psnr_db"] for line in looks], "--", label="proxy alone")
    below.set_xlabel("minutes")
    below.set_ylabel("PSNR of held-out pictures (dB)")
    below.legend(fontsize="small")
    figure.savefig(folder / PLOT, dpi=110)
    return folder / PLOT
