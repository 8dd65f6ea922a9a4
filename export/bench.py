"""Measures single stages on this computer: the tracker on a clip, the renderer on a moving pose.

Owns what is timed and how: every engine sees every frame in the same run, so that a ratio means something on a shared machine.
Knows nothing of the live pipeline; `live --report` measures that.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.puppet import PuppetRenderer
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import SourceError
from trackers.types import PARTS, Frame, Stamp

Progress = Callable[[int, int], None]

_WARM_UP_FRAMES = 5


def percentiles(values: Iterable[float]) -> dict[str, float | None]:
    """Return {p50, p95, p99} rounded to 0.001; None without values."""
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    if not len(ordered):
        return {"p50": None, "p95": None, "p99": None}
    return {f"p{p}": round(float(np.percentile(ordered, p, method="inverted_cdf")), 3) for p in (50, 95, 99)}


def read_clip(path: Path) -> list[Frame]:
    """Return all frames of a video, stamped by its own rate.

    Raises:
        SourceError: it is not there or holds no video.
    """
    if not path.is_file():
        raise SourceError(f"{path} was not found; name a video with --source")
    capture = cv2.VideoCapture(str(path))
    try:
        period_ns = round(1e9 / (capture.get(cv2.CAP_PROP_FPS) or 30))
        frames: list[Frame] = []
        while True:
            read, image = capture.read()
            if not read:
                break
            stamp = Stamp(seq=len(frames), captured_ns=len(frames) * period_ns)
            frames.append(Frame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), stamp))
    finally:
        capture.release()
    if not frames:
        raise SourceError(f"{path} holds no video that can be decoded; try another file")
    return frames


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


def bench_render(*, width_px: int, height_px: int, frames: int, on_progress: Progress) -> dict[str, Any]:
    """Draw the built-in character in every framing; return milliseconds per picture."""
    character, motion = build_mascot(), Motion()
    figures: dict[str, Any] = {}
    for done, framing in enumerate(Framing):
        renderer = PuppetRenderer(character, width_px=width_px, height_px=height_px, framing=framing)
        renderer.warm_up()
        times_ms = []
        for number in range(frames):
            time_ns = round(number * 1e9 / 60)
            pose = motion.idle(time_ns)
            started_ns = time.perf_counter_ns()
            renderer.render(pose, time_ns=time_ns)
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        figures[framing.value] = percentiles(times_ms[_WARM_UP_FRAMES:])
        on_progress(done + 1, len(Framing))
    return {"width_px": width_px, "height_px": height_px, "frames": frames, "ms": figures}
