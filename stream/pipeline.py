"""The live pipeline: threads, slots and the order in which they stop.

    source ─item→ [slot] → perception ─RigPose→ [slot] → painter, on the output beat ─Rendered→ [slot] → each sink
    thread 1              thread 2                      thread 3                               a thread each

Order of stopping: set stop → close slots → join workers → release the source (this unblocks a stuck read) → join again → close
sinks. The server, the recorder of the session and the printed summary belong to `app`, around this. A thread that dies stops
all, and its error is raised from `run`.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from avatar.types import RigPose
from stream.capture import Capture, State
from stream.events import EventLog
from stream.metrics import Metrics
from stream.output import Arrival, Output, Painter, SinkRunner, newer_arrival
from stream.sinks.base import Sink
from stream.slot import Slot
from stream.sources.base import Source, Stamped
from stream.worker import Stop, Worker

T = TypeVar("T", bound=Stamped)

_JOIN_S = 2.0
_TICK_S = 0.1
_DRAIN_S = 0.2
_BEHIND_THE_BEAT = 3  # when the cores are full, a late picture is seen, a tracking that is a millisecond later is not


class Pipeline(Generic[T]):
    """Runs one source through one avatar into some sinks until asked to stop. `with` opens and releases the source."""

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
        self._perceive = perceive
        self._events = events
        self._metrics = metrics
        self._stop = stop
        self._is_down = False
        self._items: Slot[T] = Slot()
        self._poses: Slot[Arrival] = Slot(merge=newer_arrival)
        self._runners = [SinkRunner(sink, period_s=1 / output_fps, stop=stop, events=events, metrics=metrics) for sink in sinks]
        self.capture = Capture(source, put=self._items.put, stop=stop, events=events, metrics=metrics)
        self._output = Output(painter, self._poses, self._runners, fps=output_fps, events=events, metrics=metrics)
        self._workers = [
            Worker("render", self._output.step, stop=stop),
            Worker("perceive", self._perceive_step, stop=stop, niceness=_BEHIND_THE_BEAT),
            Worker("capture", self.capture.step, stop=stop, niceness=_BEHIND_THE_BEAT),
            *(Worker(f"sink-{runner.sink.status.name}", runner.step, stop=stop) for runner in self._runners),
        ]

    def _perceive_step(self) -> None:
        item = self._items.get(0.5)
        pose = None if item is None else self._perceive(item)
        if pose is not None:
            self._poses.put(Arrival(pose, time.perf_counter_ns()))

    @property
    def state(self) -> State:
        """What the source is doing."""
        return self.capture.state

    def __enter__(self) -> Self:
        """Open the source.

        Raises:
            SourceError: it cannot be opened.
        """
        self.capture.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._shut_down()

    def run(self, *, seconds: float | None, on_tick: Callable[[], Any]) -> None:
        """Run until `seconds` have passed, the source has ended or a stop is requested.

        Args:
            on_tick: called about ten times a second from this thread.

        Raises:
            Exception: whatever a worker died of.
        """
        for worker in self._workers:
            worker.start()
        try:
            self._wait(seconds, on_tick)
        finally:
            self._shut_down()
        if self._stop.error is not None:
            raise self._stop.error

    def _wait(self, seconds: float | None, on_tick: Callable[[], Any]) -> None:
        deadline_s = None if seconds is None else time.perf_counter() + seconds
        while not self._stop.wait(_TICK_S):
            self._metrics.dropped = self._items.dropped
            self._events.deliver()
            self._output.watch()
            on_tick()
            if self.capture.state == "ended":
                self._stop.wait(_DRAIN_S)
                return
            if deadline_s is not None and time.perf_counter() >= deadline_s:
                return

    def _shut_down(self) -> None:
        """Stop everything in the order that the module's docstring gives. Idempotent: what hangs is waited for once."""
        if self._is_down:
            return
        self._is_down = True
        try:
            self._metrics.finish()
        finally:  # whatever failed: nothing may run on unseen, the camera least of all
            self._stop.request()
            self._items.close()
            self._poses.close()
            for runner in self._runners:
                runner.slot.close()
            self._release()

    def _release(self) -> None:
        """Let go of the source, and wait for the workers before and after that."""
        self.capture.interrupt()
        late = [worker for worker in self._workers if not worker.join(_JOIN_S)]
        self.capture.close()
        stuck = [worker.name for worker in late if not worker.join(_JOIN_S)]
        if stuck:
            self._events.tell("pipeline.stuck", f"{', '.join(stuck)} did not stop in time", "error")
        self._metrics.dropped = self._items.dropped
        self._events.deliver()
