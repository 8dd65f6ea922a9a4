"""The live program: opens the parts that the configuration asks for, runs the pipeline, and reports.

Owns the order of opening (server → tracker and renderer, side by side → sinks → reactions → source → session recorder; undone
in reverse).
Prints nothing: a `View` shows what happens.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol, TypeVar

import cv2

from avatar.motion import Motion
from avatar.rig import Rig
from avatar.types import RigPose
from stream import parts
from stream.avatar_choice import AvatarChoice
from stream.broadcast import Broadcast
from stream.config import Config
from stream.control import Control
from stream.engines import open_engines
from stream.events import Event, EventLog
from stream.failsafe import FailSafe
from stream.hot_swap import HotSwapRenderer
from stream.machine import machine, version
from stream.metrics import Metrics
from stream.offline import OfflineRun
from stream.output import Painter
from stream.perception import Perception
from stream.pipeline import Pipeline
from stream.reactions import Reactions, load_rules
from stream.server.messages import Chosen, Message, status_message
from stream.server.server import Server, ServerSettings
from stream.session import SessionRecorder
from stream.signals import ctrl_c
from stream.sinks.base import Sink
from stream.sources.base import AnySource, Source, SourceInfo, Stamped
from stream.ticks import Ticks
from stream.worker import Stop
from trackers import assets
from trackers.engine import Tracker
from trackers.errors import UserError
from trackers.types import Frame, Tracking

T = TypeVar("T", bound=Stamped)

Run = Pipeline[Frame] | Pipeline[Tracking] | OfflineRun[Frame] | OfflineRun[Tracking]


class View(Protocol):
    """Shows a person what happens."""

    def fetch(self, wanted: Sequence[assets.Asset]) -> None: ...

    def started(self, lines: Sequence[tuple[str, str]], *, panel_url: str | None) -> None: ...

    def event(self, event: Event) -> None: ...

    def tick(self, figures: dict[str, Any]) -> None: ...

    def stopped(self, report: dict[str, Any] | None) -> None: ...


def run_live(config: Config, *, seconds: float | None, view: View) -> dict[str, Any]:
    """Run until the source ends, `seconds` have passed, or Ctrl-C; return the report.

    Raises:
        UserError: something cannot be opened; the sentence says what to do.
    """
    sys.setswitchinterval(0.001)  # Python's 5 ms would let perception hold the beat back
    cv2.setNumThreads(1)  # its thread pool would fight the tracker and the renderer for two cores
    report: dict[str, Any] | None = None
    program = Program(config, view)
    try:
        with ctrl_c(is_running=lambda: program.running, stop=program.stop.request):
            report = program.run(seconds)
    finally:
        view.stopped(report)
    return report


class Program:
    """One run of the live program."""

    def __init__(self, config: Config, view: View) -> None:
        self.stop = Stop()
        self.running = False
        """True once everything is open: from then on a stop is asked for, before it the start is broken off."""
        self._config = config
        self._view = view
        self._started_s = time.perf_counter()
        self._events = EventLog()
        self._events.listen(view.event)
        desk, choice = parts.make_calibration_desk(config, self._events), AvatarChoice(config, self._events)
        self._control = Control(parts.panel_settings(config, avatar=choice.given), calibrating=desk, choice=choice)
        self._metrics = Metrics()
        self._state: Callable[[], str] = lambda: "opening"
        self._source_info: SourceInfo | None = None
        self._tracker: Tracker | None = None
        self._renderer: HotSwapRenderer | None = None
        self._sinks: list[Sink] = []
        self._rules = load_rules(config)
        self._reactions: Reactions | None = None

    def run(self, seconds: float | None) -> dict[str, Any]:
        """Open everything, run, close everything; return the report."""
        try:
            return self._run(seconds)
        finally:
            self._events.deliver()  # what was told while closing

    def _run(self, seconds: float | None) -> dict[str, Any]:
        with ExitStack() as opened:
            source = parts.make_source(self._config, self._events)
            self._events.deliver()
            server = self._open_server(opened)
            if not parts.is_recording(source):
                self._view.fetch(parts.needed_models(self._config))
            tracker, renderer = open_engines(self._config, source, events=self._events, opened=opened)
            self._tracker, self._renderer = tracker, renderer
            self._open_sinks(server, opened)
            self._control.put_to_use(renderer, self._sinks)
            broadcast = self._open_broadcast(server)
            perception = self._perception(tracker, lambda: renderer.character.rig, broadcast)
            self._open_reactions(server, perception, opened)
            run = self._open_run(source, perception, renderer, opened)
            self._open_session(perception, opened)
            self._view.started(self._lines(server), panel_url=server.panel_url if server else None)
            gc.collect()
            gc.freeze()  # what was made so far stays; later collections need not look at it
            self._metrics.start()
            self.running = True
            run.run(seconds=seconds, on_tick=self._ticker(server, broadcast, perception))
            return self._report()

    def _open_server(self, opened: ExitStack) -> Server | None:
        if "overlay" not in self._config.output.sinks:
            return None
        settings = ServerSettings(host=self._config.server.host, port=self._config.server.port)
        server = opened.enter_context(Server(settings, on_command=self._control.carry_out))
        server.publish_state("status", self._status(server.overlay_url))  # loading models takes seconds, and panels may wait
        return server

    def _open_sinks(self, server: Server | None, opened: ExitStack) -> None:
        self._sinks = [opened.enter_context(sink) for sink in parts.make_sinks(self._config, server)]
        if not any(sink.status.running for sink in self._sinks):
            told = "; ".join(f"{sink.status.name}: {sink.status.detail}" for sink in self._sinks) or "no sink is chosen"
            raise UserError(f"nobody would see the avatar ({told}); add --sink overlay")
        self._metrics.add_sinks(sink.status.name for sink in self._sinks if sink.status.running)

    def _open_broadcast(self, server: Server | None) -> Broadcast | None:
        if server is None:
            return None
        broadcast = Broadcast(
            server, control=self._control, metrics=self._metrics, status=lambda: self._status(server.overlay_url)
        )
        self._events.listen(broadcast.event)
        return broadcast

    def _perception(self, tracker: Tracker | None, rig: Callable[[], Rig], broadcast: Broadcast | None) -> Perception:
        times = parts.part_times(self._config)
        perception = Perception(
            tracker, rig=rig, control=self._control, events=self._events, metrics=self._metrics, times=times
        )
        if broadcast is not None:
            perception.listen("the panel", broadcast.pose)
            perception.watch("the panel's camera picture", broadcast.frame)
        return perception

    def _open_reactions(self, server: Server | None, perception: Perception, opened: ExitStack) -> None:
        reactions = Reactions(
            self._config, self._rules, server=server, control=self._control, parts=perception.parts, events=self._events
        )
        self._reactions = opened.enter_context(reactions)
        perception.listen("the rules", reactions.take)

    def _open_run(self, source: AnySource, perception: Perception, renderer: HotSwapRenderer, opened: ExitStack) -> Run:
        motion = Motion(times=parts.part_times(self._config))
        failsafe = FailSafe(
            renderer,
            idle_pose=motion.idle,
            width_px=self._config.avatar.width_px,
            height_px=self._config.avatar.height_px,
            on_failure=lambda error: self._events.tell("renderer.failed", f"drawing failed ({error})", "error"),
        )
        painter = Painter(
            motion,
            failsafe,
            metrics=self._metrics,
            budget_ms=parts.render_budget_ms(self._config),
            renderer=renderer,
            on_effort=lambda rung: self._ease(renderer, rung),
        )
        run: Run
        if parts.is_recording(source):
            run = self._run_of(source, perception.take, painter)
        else:
            run = self._run_of(source, perception.see, painter)
        opened.enter_context(run)
        self._state, self._source_info = lambda: run.state, source.info
        return run

    def _ease(self, renderer: HotSwapRenderer, rung: int) -> None:
        """Draw with less effort while the computer is too slow for all."""
        renderer.rung = rung
        self._events.tell("renderer.changed", f"drawing: {renderer.drawing.reason}")

    def _run_of(
        self, source: Source[T], perceive: Callable[[T], RigPose | None], painter: Painter
    ) -> Pipeline[T] | OfflineRun[T]:
        shared: dict[str, Any] = {
            "painter": painter,
            "sinks": [sink for sink in self._sinks if sink.status.running],
            "output_fps": self._config.output.fps,
            "events": self._events,
            "metrics": self._metrics,
            "stop": self.stop,
        }
        if self._config.source.as_fast_as_possible:
            return OfflineRun(source, perceive=perceive, **shared)
        return Pipeline(source, perceive=perceive, **shared)

    def _open_session(self, perception: Perception, opened: ExitStack) -> None:
        path = self._config.output.record_session
        if path and self._source_info is not None:
            engine = self._tracker_chosen().name
            recorder = SessionRecorder(path, source=self._source_info, engine=engine, events=self._events)
            perception.listen("the session's recorder", opened.enter_context(recorder))

    def _ticker(self, server: Server | None, broadcast: Broadcast | None, perception: Perception) -> Ticks:
        ticks = Ticks(self._events)
        ticks.add("a look at the server", partial(_heed, server, self.stop))
        if not self._config.source.as_fast_as_possible:  # the camera may be gone: time passes without it
            ticks.add("losing and finding", lambda: perception.parts.advance(time.perf_counter_ns()))
        if self._reactions is not None:
            ticks.add("the rules' clock", self._reactions.tick)
        if broadcast is not None:
            ticks.add("the panel's news", broadcast.tick)
        ticks.add("the status line", lambda: self._view.tick(self._metrics.snapshot()), every_s=0.5)
        return ticks

    def _status(self, overlay_url: str) -> Message:
        state = self._state()
        detail = "Posecast is starting: what tracks and what draws are being made ready" if state == "opening" else ""
        if state == "lost" and self._source_info:
            detail = f"{self._source_info.name} gives no pictures; trying again"
        return status_message(
            version=version(),
            state=_STATES[state],
            detail=detail,
            source=self._source_info,
            tracker=self._tracker_chosen(),
            renderer=self._renderer_chosen(),
            sinks=[sink.status for sink in self._sinks],
            settings=self._control.settings,
            calibration=self._control.calibrating.status,
            avatars=self._control.choice.names,
            overlay_url=overlay_url,
        )

    def _tracker_chosen(self) -> Chosen:
        """Return what tracks now; the engine may ease its work while it runs."""
        if self._renderer is None:
            return Chosen("none", "none", "not started")
        if self._tracker is None:
            return Chosen("recording", "none", "none needed: the source holds trackings")
        info = self._tracker.info
        return Chosen(info.engine, info.provider, info.reason)

    def _renderer_chosen(self) -> Chosen:
        """Return what draws now; it may change while it runs."""
        return parts.renderer_chosen(self._renderer.drawing) if self._renderer else Chosen("none", "none", "not started")

    def _lines(self, server: Server | None) -> list[tuple[str, str]]:
        """Return what is running where, for the start."""
        info, tracker, renderer = self._source_info, self._tracker_chosen(), self._renderer_chosen()
        assert info is not None
        lines = [
            ("source", f"{info.name}, {info.width_px}x{info.height_px} at {info.fps:g} fps {info.detail}".strip()),
            ("tracker", f"{tracker.name} on {tracker.provider} ({tracker.reason})" if self._tracker else tracker.reason),
            ("avatar", f"{self._control.settings.avatar}, {renderer.name} on {renderer.provider} ({renderer.reason})"),
        ]
        desk = self._control.calibrating.status
        lines.append(("profile", f"{desk.profile}: {desk.detail}"))
        if self._reactions is not None:
            lines.append(("rules", self._reactions.words))
        lines += [(sink.status.name, sink.status.detail) for sink in self._sinks]
        if server is not None:
            lines.append(("panel", server.panel_url))
        return lines

    def _report(self) -> dict[str, Any]:
        tracker = self._tracker_chosen()
        return {
            "version": version(),
            "machine": machine(),
            "source": self._source_info.name if self._source_info else None,
            "engine": tracker.name,
            "provider": tracker.provider,
            "reason": tracker.reason,
            "avatar": self._control.settings.avatar,
            "renderer": asdict(self._renderer_chosen()),
            "startup_s": round(self._metrics.first_frame_s - self._started_s, 2) if self._metrics.first_frame_s else None,
            **self._metrics.report(),
            **(self._reactions.figures() if self._reactions else {}),
        }


def _heed(server: Server | None, stop: Stop) -> None:
    if server is not None and server.failure is not None:
        stop.request(server.failure)


_STATES: dict[str, Any] = {"opening": "starting", "running": "running", "lost": "lost", "ended": "stopping"}
