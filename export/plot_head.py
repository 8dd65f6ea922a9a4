"""Draws what `bench head` measured: the head's yaw by its two witnesses, and where the eyes look while it turns.

Owns the picture, of the clip whose head turns furthest. Knows nothing of how things were measured.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.bench_head import HeadTake
from export.plotting import COLOURS, head_line, plain, save
from trackers.quaternions import Array


def draw(path: Path, *, takes: Sequence[HeadTake]) -> None:
    """Write the figure as a PNG."""
    from matplotlib.figure import Figure

    one = max(takes, key=_range_deg)
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    head_line(figure, f"{one.name}: the head by face and body, and the eyes")
    turned, looks = figure.subplots(1, 2, sharey=True)
    aside = float(one.body_aside_deg[0])
    curves = {"by the face": one.face_deg[:, 0], "by the body's head points, less a constant": one.body_deg[:, 0] - aside}
    _curves(turned, one, curves, "Yaw of the head")
    yaws = {"head": one.face_deg, "eyes in the head": one.gaze_deg, "eyes in the room": one.room_deg}
    both_seen = np.isfinite(one.gaze_deg[:, 0])
    seen_well = {words: np.where(both_seen, angles[:, 0], np.nan) for words, angles in yaws.items()}
    _curves(looks, one, seen_well, "Yaw of head and eyes, while both eyes are seen")
    turned.set_ylabel("degrees")
    save(figure, path)


def _range_deg(one: HeadTake) -> float:
    yaws = one.face_deg[np.isfinite(one.face_deg[:, 0]), 0]
    return float(np.ptp(yaws)) if len(yaws) else 0.0


def _curves(axes: Any, one: HeadTake, curves: dict[str, Array], title: str) -> None:
    for (words, yaw), colour in zip(curves.items(), COLOURS, strict=False):
        axes.plot(one.time_s, yaw, color=colour, linewidth=2, marker="o", markersize=3, label=words)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_title(title, fontsize=11, loc="left")
    axes.set_xlabel("s")
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(curves))
