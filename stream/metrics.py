"""What the pipeline measures of itself while it runs.

Owns the counters and percentiles, in constant memory, and two views of them: `snapshot` for the panel (the last seconds) and
`report` (the whole run, architecture's report). Knows nothing of threads or sinks beyond their names.
"""

import contextlib
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psutil

from stream.histogram import Histogram
from trackers.types import PARTS, Tracking

STAGES = ("capture", "track", "pose", "render", "send")

_WINDOW_S = 3.0
_LEAST_WINDOW_S = 0.5
_SETTLED_S = 5.0  # after so long nothing more should be allocated


class Use:
    """CPU seconds and memory of this process and those that it started (the tracker's), also of those that have ended."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[int, float], float] = {}  # by process and when it began: a number is given out again
        self._lock = threading.Lock()
        self._before_s = 0.0
        self.rss_mb = 0.0
        """Of those that run, when they were looked at last."""

    def start(self) -> None:
        """Count from now."""
        self._before_s = self.look()

    @property
    def cpu_s(self) -> float:
        """Since the start, when it was looked at last."""
        with self._lock:
            return sum(self._seconds.values()) - self._before_s

    def look(self) -> float:
        """Ask the system; return all CPU seconds that are known of."""
        with self._lock:
            return self._look()

    def _look(self) -> float:
        rss = 0
        for process in (None, *multiprocessing.active_children()):
            # It may end at any moment, and multiprocessing forgets its number then; and the system may have no file to spare.
            with contextlib.suppress(psutil.Error, ValueError, OSError):
                known = psutil.Process(None if process is None else process.pid)
                seconds, bytes_ = sum(known.cpu_times()[:2]), known.memory_info().rss
                self._seconds[known.pid, known.create_time()] = seconds
                rss += bytes_
        self.rss_mb = float(round(rss / 2**20, 1))
        return sum(self._seconds.values())


class Rate:
    """Events a second over the last seconds."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=1024)
        self.total = 0

    def tick(self) -> None:
        self._times_s.append(time.perf_counter())
        self.total += 1

    def per_second(self) -> float:
        now_s, times_s = time.perf_counter(), tuple(self._times_s)
        recent = sum(now_s - t <= _WINDOW_S for t in times_s)
        since_s = now_s - times_s[0] if times_s else 0.0  # shorter than the window, if it began just now
        return recent / min(max(since_s, _LEAST_WINDOW_S), _WINDOW_S)


class Recent:
    """The last few hundred values, for people who watch."""

    def __init__(self, length: int = 300) -> None:
        self._values: deque[float] = deque(maxlen=length)

    def add(self, value: float) -> None:
        self._values.append(value)

    def summary(self) -> dict[str, float | None]:
        """Return {p50, p95, p99}, None without values."""
        values = list(self._values)  # a copy first: another thread may be adding
        values.sort()
        if not values:
            return {"p50": None, "p95": None, "p99": None}
        return {f"p{p}": round(values[min(len(values) - 1, len(values) * p // 100)], 2) for p in (50, 95, 99)}


@dataclass(slots=True, eq=False)
class SinkFigures:
    """What one sink was given."""

    rate: Rate = field(default_factory=Rate)
    interval_ms: Histogram = field(default_factory=Histogram)
    latency_ms: Histogram = field(default_factory=Histogram)
    recent_latency_ms: Recent = field(default_factory=Recent)
    repeated: int = 0
    last_ns: int | None = None


class Metrics:
    """Counters of one run. Every method may be called from any thread; all are cheap."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._use = Use()
        self._ended_s: float | None = None
        self.first_frame_s: float | None = None
        """`time.perf_counter()` when the first picture reached a sink."""
        self.start()
        self._rss_settled_mb: float | None = None
        self.frames_in = Rate()
        self.stages_ms = {stage: Histogram() for stage in STAGES}
        self.sinks: dict[str, SinkFigures] = {}
        self._found = dict.fromkeys(PARTS, 0)
        self._looked = dict.fromkeys(PARTS, 0)
        self._newest_found = dict.fromkeys(PARTS, False)
        self.part_phases: dict[str, str] = dict.fromkeys(PARTS, "idle")
        """State of each part now (`trackers.part_state`)."""
        self._tracked, self._seen_anew = 0, 0
        self.dropped = 0
        self.missed_beats = 0

    def start(self) -> None:
        """Let rates and CPU use count from now."""
        self._use.start()
        self._started_s = time.perf_counter()

    def finish(self) -> None:
        """Let rates and CPU use count until now. Only the first call matters."""
        if self._ended_s is None:
            self._use.look()
            self._ended_s = time.perf_counter()

    def add_sinks(self, names: Iterable[str]) -> None:
        """Expect pictures at these sinks; the first is the one that the report is about."""
        self.sinks |= {name: SinkFigures() for name in names}

    def stage(self, name: str, started_ns: int) -> None:
        """Note that stage `name` ran from `started_ns` until now."""
        self.stages_ms[name].add((time.perf_counter_ns() - started_ns) / 1e6)

    def tracked(self, tracking: Tracking) -> None:
        """Note which parts were found in one frame."""
        found = {part for part in PARTS if getattr(tracking, part) is not None}
        anew = found - tracking.predicted
        with self._lock:
            self._tracked += 1
            self._seen_anew += bool(anew)
            for part in PARTS:
                self._found[part] += part in found
                self._looked[part] += part in anew
                self._newest_found[part] = part in found

    def sent(self, sink: str, *, captured_ns: int | None, repeated: bool) -> None:
        """Note that a sink's `send` returned now; `captured_ns` is None when nothing live shaped the picture."""
        now_ns = time.perf_counter_ns()
        figures = self.sinks[sink]
        figures.rate.tick()
        figures.repeated += repeated
        if figures.last_ns is not None:
            figures.interval_ms.add((now_ns - figures.last_ns) / 1e6)
        elif self.first_frame_s is None:
            self.first_frame_s = now_ns / 1e9
        figures.last_ns = now_ns
        if captured_ns is not None:
            figures.latency_ms.add((now_ns - captured_ns) / 1e6)
            figures.recent_latency_ms.add((now_ns - captured_ns) / 1e6)

    def _main_sink(self) -> SinkFigures:
        return next(iter(self.sinks.values()), SinkFigures())

    def found(self) -> dict[str, float]:
        """Return for each part the fraction of frames in which it was found."""
        return {part: round(self._found[part] / self._tracked, 4) if self._tracked else 0.0 for part in PARTS}

    def _figures(self) -> dict[str, Any]:
        """Return what the snapshot and the report have in common."""
        sink = self._main_sink()
        if self._ended_s is None:
            self._use.look()
        seconds = (self._ended_s or time.perf_counter()) - self._started_s
        if self._rss_settled_mb is None and seconds > _SETTLED_S:
            self._rss_settled_mb = self._use.rss_mb
        return {
            "frames_in": self.frames_in.total,
            "frames_out": sink.rate.total,
            "seconds": round(seconds, 2),
            "fps_in": round(self.frames_in.total / seconds, 2),
            "fps_out": round(sink.rate.total / seconds, 2),
            "interval_ms": sink.interval_ms.summary(with_max=True),
            "latency_ms": sink.latency_ms.summary(),
            "stages_ms": {name: figures.summary((50, 95)) for name, figures in self.stages_ms.items()},
            "dropped": self.dropped,
            "repeated": sink.repeated,
            "missed_beats": self.missed_beats,
            "fps_tracked": round(self._tracked / seconds, 2),
            "fps_seen_anew": round(self._seen_anew / seconds, 2),
            "tracking": self.found(),
            "looks_per_s": {part: round(count / seconds, 1) for part, count in self._looked.items()},
            "cpu_percent": round(100 * self._use.cpu_s / seconds, 1),
            "rss_mb": self._use.rss_mb,
        }

    def snapshot(self) -> dict[str, Any]:
        """Return the figures that the panel shows, as plain JSON values: rates and latency of the last seconds."""
        sink = self._main_sink()
        recent = {
            "fps_in": round(self.frames_in.per_second(), 1),
            "fps_out": round(sink.rate.per_second(), 1),
            "latency_ms": sink.recent_latency_ms.summary(),
            "tracking": {part: float(found) for part, found in self._newest_found.items()},
            "parts": dict(self.part_phases),
        }
        return self._figures() | recent

    def report(self) -> dict[str, Any]:
        """Return the figures of the whole run, as plain JSON values."""
        sinks = {
            name: {"frames": f.rate.total, "repeated": f.repeated, "interval_ms": f.interval_ms.summary(with_max=True)}
            for name, f in self.sinks.items()
        }
        return self._figures() | {"sinks": sinks, "rss_settled_mb": self._rss_settled_mb}
