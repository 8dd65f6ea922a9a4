"""Draws what `bench smoothing` measured: jitter against lag, and one quick movement as each way shows it.

Owns the picture. matplotlib is optional and imported at use. Knows nothing of how things were measured.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from export.bench_smoothing import Takes
from export.plotting import head_line, save
from export.steadiness import RATE_HZ, low_passed

COLOURS: Final = {"ours": "#1769aa", "none": "#9a9a9a", "mediapipe": "#d1701f"}
_NAMES: Final = {"ours": "Posecast", "none": "no filter", "mediapipe": "MediaPipe's own filter"}


def draw(path: Path, *, figures: dict[str, Any], takes: list[Takes]) -> None:
    """Write the figure as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.2), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1.1))
    head_line(figure, "How steady and how prompt the avatar is")
    _bars(figure.add_subplot(grid[0, 0]), figures, "jitter", "jitter at rest, share of no filter's")
    _bars(figure.add_subplot(grid[0, 1]), figures, "shown_lag_ms", "shown lag in ms, the way in included")
    _course(figure.add_subplot(grid[1, :]), takes)
    save(figure, path)


def _bars(axes: Any, figures: dict[str, Any], key: str, title: str) -> None:
    groups = figures["groups"]
    for number, way in enumerate(COLOURS):
        values = [row[way][key] if row[way][key] is not None else np.nan for row in groups.values()]
        if key == "jitter":
            values = [value / (row["none"][key] or np.nan) for value, row in zip(values, groups.values(), strict=True)]
        places = np.arange(len(groups)) + 0.27 * (number - 1)
        axes.bar(places, values, width=0.25, color=COLOURS[way], label=_NAMES[way])
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_title(title, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.3)
    axes.legend(fontsize=8, frameon=False, ncols=3)


def _course(axes: Any, takes: list[Takes]) -> None:
    """Draw the height of the wrist that moves most, one second round its quickest movement."""
    best: tuple[float, Takes, int, int] | None = None
    for one in takes:
        height = one.measured.groups["wrists"][:, :, 1]  # (T, 2)
        if len(height) < RATE_HZ:
            continue
        steps = np.nan_to_num(np.abs(np.gradient(low_passed(height, sigma_s=0.05), axis=0)))
        start, side = divmod(int(np.argmax(steps[: -RATE_HZ // 2])), steps.shape[1])
        if best is None or steps[start, side] > best[0]:
            best = float(steps[start, side]), one, start, side
    if best is None:
        return
    _, one, middle, wrist = best
    rows = slice(max(middle - RATE_HZ // 2, 0), middle + RATE_HZ)
    time_s = np.arange(len(one.measured.groups["wrists"]))[rows] / RATE_HZ
    axes.plot(
        time_s, one.measured.groups["wrists"][rows, wrist, 1], color="black", linewidth=1, label="as measured, at its own time"
    )
    for way, colour in COLOURS.items():
        axes.plot(time_s, one.shown[way].groups["wrists"][rows, wrist, 1], color=colour, linewidth=1.6, label=_NAMES[way])
    axes.set_title(
        f"{one.name}: height of a wrist in mm, as shown at 60 Hz when poses arrive 45 ms late", fontsize=10, loc="left"
    )
    axes.set_xlabel("seconds")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
