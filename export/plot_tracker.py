"""Draws what `bench tracker` measured: time per frame for each clip, what was found, and how far apart the engines see it.

Owns the picture. matplotlib is optional and imported at use. Knows nothing of how things were measured.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from export.bench_tracker import ClipRun
from export.plotting import COLOURS, head_line, plain, save
from trackers.types import PARTS

GOALS: Final = {"body": 3.0, "left_hand": 4.0, "right_hand": 4.0, "face": 3.0}
"""Median distance that we set ourselves to keep, in per cent of the part's size."""
_NAMES: Final = {"posecast": "Posecast", "mediapipe": "MediaPipe", "accurate": "its accurate mode"}


def draw(path: Path, *, runs: Sequence[ClipRun], figures: dict[str, Any], machine: dict[str, Any]) -> None:
    """Write the figure as a PNG."""
    from matplotlib.figure import Figure

    compared = "ratio" in figures
    figure = Figure(figsize=(11, 7.6), layout="constrained")
    grid = figure.add_gridspec(2, 2 if compared else 1, height_ratios=(1.25, 1))
    head_line(figure, _title(figures))
    _times(figure.add_subplot(grid[0, :]), runs, machine)
    _found(figure.add_subplot(grid[1, 0]), figures)
    if compared:
        _agreement(figure.add_subplot(grid[1, 1]), figures)
    save(figure, path)


def _title(figures: dict[str, Any]) -> str:
    if "ratio" not in figures:
        median_ms = _shown(figures["engines"]["posecast"]["ms"]["p50"], 1)
        return f"Posecast, {figures['tracking']}: {median_ms} ms a frame (median)"
    return (
        f"On the same frames {_rival(figures)} takes {_shown(figures['ratio'], 2)} times as long as Posecast "
        f"({figures['tracking']}), and {_shown(figures['ratio_cpu'], 2)} times its CPU"
    )


def _rival(figures: dict[str, Any]) -> str:
    """Return the name of what ours was compared with."""
    return _NAMES[list(figures["engines"])[1]]


def _shown(value: float | None, digits: int) -> str:
    """Return the number, or a dash where clips are too short for one."""
    return "–" if value is None else f"{value:.{digits}f}"


def _times(axes: Any, runs: Sequence[ClipRun], machine: dict[str, Any]) -> None:
    """Draw a box of the frame times for each clip and engine: quartiles, whiskers at p5 and p95."""
    engines = list(runs[0].engines)
    for number, engine in enumerate(engines):
        boxes = axes.boxplot(
            [run.engines[engine].ms for run in runs],
            positions=np.arange(len(runs)) + (number - (len(engines) - 1) / 2) * 0.34,
            widths=0.28,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            medianprops={"color": "black", "linewidth": 1.5},
        )
        for box in boxes["boxes"]:
            box.set_facecolor(COLOURS[number])
        axes.plot([], [], color=COLOURS[number], linewidth=8, label=_NAMES.get(engine, engine))
    axes.set_xticks(np.arange(len(runs)), [Path(run.name).name.partition(".")[0] for run in runs])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms per frame")
    axes.set_title(
        f"Wall time: median, quartiles, 5 to 95 %   ({machine['cpu']}, {machine['cores']} cores)", fontsize=11, loc="left"
    )
    plain(axes)
    axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))


def _found(axes: Any, figures: dict[str, Any]) -> None:
    engines = figures["engines"]
    for number, (engine, values) in enumerate(engines.items()):
        shares = [100 * values["found"][part] for part in PARTS]
        places = np.arange(len(PARTS)) + (number - (len(engines) - 1) / 2) * 0.38
        bars = axes.bar(places, shares, width=0.36, color=COLOURS[number], label=_NAMES.get(engine, engine))
        axes.bar_label(bars, fmt="%.0f", fontsize=9)
    axes.set_xticks(np.arange(len(PARTS)), [part.replace("_", " ") for part in PARTS])
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel("% of frames")
    axes.set_title("Part found", fontsize=11, loc="left")
    plain(axes)


def _agreement(axes: Any, figures: dict[str, Any]) -> None:
    """Draw each part's median distance, as delivered and behind the same filter, with the goal."""
    rows = [("agreement", "as delivered", COLOURS[0]), ("agreement_same_filter", "behind MediaPipe's own filter", "#56B4E9")]
    rows = [row for row in rows if row[0] in figures]
    tallest = 0.0
    for number, (key, label, colour) in enumerate(rows):
        places = [place for place, part in enumerate(PARTS) if _median(figures, key, part) is not None]
        heights = [100 * float(_median(figures, key, PARTS[place]) or 0) for place in places]
        bars = axes.bar(
            np.array(places) + (number - (len(rows) - 1) / 2) * 0.38, heights, width=0.36, color=colour, label=label
        )
        axes.bar_label(bars, fmt="%.1f", fontsize=9)
        tallest = max(tallest, *heights, 0.0)
    for place, part in enumerate(PARTS):
        axes.hlines(GOALS[part], place - 0.42, place + 0.42, color="black", linestyle=(0, (3, 2)), linewidth=1.3)
    axes.plot([], [], color="black", linestyle=(0, (3, 2)), label="goal: at most")
    labels = {"body": "body\n(of shoulder width)", "face": "face\n(of eye distance)"}
    axes.set_xticks(np.arange(len(PARTS)), [labels.get(part, f"{part.replace('_', ' ')}\n(of hand size)") for part in PARTS])
    axes.set_ylim(0, max(6.0, 1.3 * tallest))  # the legend lies above the bars
    axes.set_ylabel("%")
    axes.set_title(f"Median distance from the keypoints of {_rival(figures)}", fontsize=11, loc="left")
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper right", ncols=1)


def _median(figures: dict[str, Any], key: str, part: str) -> float | None:
    found = figures[key].get(part)
    return None if found is None else found["of_size"]["p50"]
