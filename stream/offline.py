"""A run without a clock: every item of the source in order, pictures at the output rate in the source's own time.

Owns the lock-step loop behind `--as-fast-as-possible`. The same source gives the same pictures and messages on every run, so
recordings, tests and benchmarks use it. Knows nothing of threads.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from avatar.types import RigPose
from stream.capture import State
from stream.events import EventLog
from stream.metrics import Metrics
from stream.output import Painter, SinkRunner
from stream.sinks.base import Sink
from stream.sources.base import EndOfStream, Source, Stamped
from stream.worker import Stop

T = TypeVar("T", bound=Stamped)


class OfflineRun(Generic[T]):
    """Runs a source to its end in the calling thread, as fast as the machine allows. `with` opens and closes the source."""

    def __init__(
        self,
        source: Source[T],
        *,
        perceive: Callable[[T], RigPose | None],
        painter: Painter,
        sinks: list[Sink],
        output_fps: float,
        events: EventLog,
        metrics: Metrics,
        stop: Stop,
    ) -> None:
        self._source = source
        self._perceive = perceive
        self._painter = painter
        self._runners = [
            SinkRunner(sink, period_s=1 / output_fps, stop=stop, events=events, metrics=metrics, live=False) for sink in sinks
        ]
        self._period_ns = round(1e9 / output_fps)
        self._events = events
        self._metrics = metrics
        self._stop = stop
        self._due_ns: int | None = None
        self.state: State = "opening"
        """What the source is doing; a file is never lost."""

    def __enter__(self) -> Self:
        self._source.__enter__()
        self.state = "running"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._source.__exit__(kind, error, trace)

    def run(self, *, seconds: float | None, on_tick: Callable[[], Any]) -> None:
        """Run until the source ends, `seconds` of its own time have passed, or a stop is requested."""
        first_ns: int | None = None
        while not self._stop.requested:
            started_ns = time.perf_counter_ns()
            try:
                item = self._source.read()
            except EndOfStream:
                self.state = "ended"
                return
            self._metrics.stage("capture", started_ns)
            self._metrics.frames_in.tick()
            at_ns = item.stamp.captured_ns
            first_ns = at_ns if first_ns is None else first_ns
            if seconds is not None and at_ns - first_ns >= seconds * 1e9:
                return
            self._advance(item, at_ns)
            self._events.deliver()
            on_tick()

    def _advance(self, item: T, at_ns: int) -> None:
        """Draw every beat that comes before this item, then let the item shape what follows."""
        self._due_ns = at_ns if self._due_ns is None else self._due_ns
        while self._due_ns < at_ns:
            self._beat()
        pose = self._perceive(item)
        if pose is not None:
            self._painter.push(pose)
        if self._due_ns == at_ns:
            self._beat()

    def _beat(self) -> None:
        assert self._due_ns is not None
        picture = self._painter.paint(self._due_ns)
        for runner in self._runners:
            if not runner.failed:
                runner.send(picture)
        self._due_ns += self._period_ns
