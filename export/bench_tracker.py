"""Measures the tracker on clips: every engine sees every frame in the same run, so that a ratio means something on a shared machine.

Owns what is timed and how. Knows nothing of the live pipeline; `live --report` measures that.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from export.clips import read_clip
from export.percentiles import percentiles
from trackers.engine import TrackerSettings, open_tracker
from trackers.types import PARTS

Progress = Callable[[int, int], None]

_WARM_UP_FRAMES = 5


def bench_tracker(clips: list[Path], *, engines: list[TrackerSettings], on_progress: Progress) -> dict[str, Any]:
    """Run every engine on every frame of every clip, one after the other; return figures per engine and their ratio."""
    times_ms: dict[str, list[float]] = {settings.engine: [] for settings in engines}
    found: dict[str, dict[str, int]] = {settings.engine: dict.fromkeys(PARTS, 0) for settings in engines}
    frames_in_all = 0
    for done, clip in enumerate(clips):
        frames = read_clip(clip)
        frames_in_all += len(frames)
        with ExitStack() as opened:
            trackers = {settings.engine: opened.enter_context(open_tracker(settings)) for settings in engines}
            for number, frame in enumerate(frames):
                for name, tracker in trackers.items():
                    started_ns = time.perf_counter_ns()
                    tracking = tracker.track(frame)
                    if number >= _WARM_UP_FRAMES:
                        times_ms[name].append((time.perf_counter_ns() - started_ns) / 1e6)
                    for part in PARTS:
                        found[name][part] += getattr(tracking, part) is not None
        on_progress(done + 1, len(clips))
    figures: dict[str, Any] = {
        name: {
            "ms": percentiles(times),
            "found": {part: round(count / frames_in_all, 4) for part, count in found[name].items()},
        }
        for name, times in times_ms.items()
    }
    return {"clips": [clip.name for clip in clips], "frames": frames_in_all, "engines": figures, **_ratio(figures)}


def _ratio(figures: dict[str, Any]) -> dict[str, float]:
    """Return {"ratio": the second engine's median time over the first's}, if there are two."""
    medians = [engine["ms"]["p50"] for engine in figures.values()]
    return {"ratio": round(medians[1] / medians[0], 2)} if len(medians) == 2 and all(medians) else {}
