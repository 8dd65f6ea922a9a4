"""The output side: pictures on the beat, and a thread for each sink.

Owns the output clock's step and what happens when a sink is slow or fails: a slow sink misses pictures, one that fails is told
and tried again, and neither touches the others. Knows nothing of sources or trackers.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from avatar.mesh import Character
from avatar.renderer import Renderer
from avatar.types import Rendered, RigPose
from stream.events import EventLog
from stream.failsafe import FailSafe
from stream.metrics import Metrics
from stream.pacing import Beat, Handover
from stream.sinks.base import Sink
from stream.slot import Slot
from stream.worker import Stop
from trackers.effort import Governor

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_STEADY_S: Final = 5.0  # after so long without a failure a sink works again; one that fails now and then is told once
STUCK_AFTER_S: Final = 2.0
"""A picture that takes longer than this is told: whoever watches sees a still, and nothing else says why."""
LIVE_WITHIN_NS: Final = 1_000_000_000
"""A picture whose newest tracking is older than this shows the idle animation: the source or the tracker is lost, not late."""


class MotionLike(Protocol):
    """Stands between the tracker's clock and the output clock."""

    def push(self, pose: RigPose) -> None: ...

    def sample(self, time_ns: int) -> RigPose: ...


class Painter:
    """Takes the newest pose and draws the avatar at a given time. Used from one thread.

    Args:
        budget_ms: time that a picture may take; None lets it take what it takes.
        renderer: whose efforts are governed; None governs nothing.
        on_effort: called with another rung when drawing must be lighter to keep the budget, or may be better again.
    """

    def __init__(
        self,
        motion: MotionLike,
        failsafe: FailSafe,
        *,
        metrics: Metrics,
        budget_ms: float | None = None,
        renderer: Renderer | None = None,
        on_effort: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._motion = motion
        self._failsafe = failsafe
        self._metrics = metrics
        self._budget_ms, self._renderer, self._on_effort = budget_ms, renderer, on_effort
        self._drawn: Character | None = None
        self._govern()

    def push(self, pose: RigPose) -> None:
        """Let `pose` shape the pictures from now on."""
        self._motion.push(pose)

    def paint(self, time_ns: int) -> Rendered:
        """Return the avatar's picture at `time_ns`, whatever fails."""
        started_ns = time.perf_counter_ns()
        picture = self._failsafe.paint(self._motion.sample, time_ns=time_ns)
        self._metrics.stage("render", started_ns)
        if self._renderer is not None and self._renderer.character is not self._drawn:
            self._govern()  # another avatar: what it costs is another matter
        elif self._governor.note((time.perf_counter_ns() - started_ns) / 1e6):
            self._on_effort(self._governor.rung)
        return picture

    def _govern(self) -> None:
        """Begin to watch the time anew, with the renderer as it is."""
        efforts, rung = (len(self._renderer.efforts), self._renderer.rung) if self._renderer else (1, 0)
        self._drawn = self._renderer.character if self._renderer else None
        self._governor = Governor(efforts, budget_ms=self._budget_ms, rung=rung)


class SinkRunner:
    """Feeds one sink from a slot. `step` is a worker's step.

    A sink that fails is told once. Where it says itself that it does not run any more, it is left alone; else it is tried again
    with growing pauses.
    """

    def __init__(
        self, sink: Sink, *, period_s: float, stop: Stop, events: EventLog, metrics: Metrics, live: bool = True
    ) -> None:
        self.slot: Slot[Rendered] = Slot()
        self.sink = sink
        self.failed = False
        self._is_told = False
        self._failed_at_s = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._wait_s = 1.5 * period_s if sink.repeats else 0.5
        self._stop = stop
        self._events = events
        self._metrics = metrics
        self._live = live
        self._last: Rendered | None = None

    def step(self) -> None:
        """Send the newest picture; on a missed beat send the last one again if the sink must keep its pace."""
        if self.failed and (self._stop.wait(self._pause_s) or not self.sink.status.running):
            return
        picture = self.slot.get(self._wait_s)
        repeated = picture is None
        if picture is None:
            if self._last is None or not self.sink.repeats:
                return
            picture = self._last
        self._last = picture
        self.send(picture, repeated=repeated)

    def send(self, picture: Rendered, *, repeated: bool = False) -> None:
        """Send one picture and note how long it took; that a sink fails is told, and that it works again."""
        started_ns = time.perf_counter_ns()
        name = self.sink.status.name
        try:
            self.sink.send(picture)
        except Exception as error:  # one sink's failure must not touch the others
            self._note_failure(name, error)
            return
        self.failed = False
        if self._is_told and time.perf_counter() - self._failed_at_s > _STEADY_S:
            self._is_told, self._pause_s = False, _FIRST_PAUSE_S
            self._events.tell("sink.works", f"{name} works again")
        self._metrics.stage("send", started_ns)
        live = self._live and not repeated and time.perf_counter_ns() - picture.stamp.captured_ns < LIVE_WITHIN_NS
        self._metrics.sent(name, captured_ns=picture.stamp.captured_ns if live else None, repeated=repeated)

    def _note_failure(self, name: str, error: Exception) -> None:
        if not self._is_told:
            what = "is tried again" if self._live and self.sink.status.running else "is left alone"
            self._events.tell("sink.failed", f"{name} failed ({error}) and {what}; the rest goes on", "error")
        else:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self.failed = self._is_told = True
        self._failed_at_s = time.perf_counter()


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A pose, and when it was made."""

    pose: RigPose
    at_ns: int


def newer_arrival(untaken: Arrival, newer: Arrival) -> Arrival:
    """Return the newer one; what the untaken one measured counts as measured in it, or that look would be lost."""
    predicted = newer.pose.predicted & untaken.pose.predicted
    return newer if predicted == newer.pose.predicted else replace(newer, pose=replace(newer.pose, predicted=predicted))


class Output:
    """The output clock's step: newest pose in, one picture to every sink."""

    def __init__(
        self,
        painter: Painter,
        poses: Slot[Arrival],
        runners: list[SinkRunner],
        *,
        fps: float,
        events: EventLog,
        metrics: Metrics,
    ) -> None:
        self._events = events
        self._drawing_since_s: float | None = None
        self._is_stuck = False
        self._painter = painter
        self._poses = poses
        self._runners = runners
        self._beat = Beat(fps)
        self._handover = Handover(fps)
        self._metrics = metrics

    def step(self) -> None:
        """Wait for the beat, draw, hand over in step with it."""
        due_ns = self._beat.wait()
        arrival = self._poses.get(0)
        if arrival is not None:
            self._beat.arrived(arrival.at_ns)
            self._painter.push(arrival.pose)
        self._drawing_since_s = time.perf_counter()
        picture = self._painter.paint(due_ns)
        self._drawing_since_s = None
        self._handover.wait(due_ns)
        for runner in self._runners:
            runner.slot.put(picture)
        self._metrics.missed_beats = self._beat.missed

    def watch(self) -> None:
        """Tell once that a picture does not get finished, as with a graphics driver that hangs; called from another thread."""
        since_s = self._drawing_since_s
        is_stuck = since_s is not None and time.perf_counter() - since_s > STUCK_AFTER_S
        if is_stuck and not self._is_stuck:
            text = f"drawing has not finished a picture for {STUCK_AFTER_S:g} s, so the last one is shown"
            self._events.tell("render.stuck", f"{text}; if it stays so, start again", "error")
        elif self._is_stuck and not is_stuck:
            self._events.tell("render.works", "drawing goes on")
        self._is_stuck = is_stuck
