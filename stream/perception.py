"""From a frame to a pose: track, note what was found, retarget.

Owns what happens when a stage of it fails: the failure is told once, the tracker starts afresh, and no pose is given, so that
the avatar goes to idle by itself; and that who looks on cannot fail it. Knows nothing of threads, clocks or sinks; live and
offline runs share it.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from avatar.retarget import Retargeter
from avatar.rig import Rig, mirror_pose
from avatar.types import RigPose
from stream.control import Control
from stream.events import EventLog
from stream.metrics import Metrics
from stream.part_watch import PartWatch
from trackers.engine import Tracker
from trackers.part_state import PartTimes
from trackers.steady import Steady
from trackers.types import Frame, Tracking

log = logging.getLogger(__name__)

Listener = Callable[[Tracking, RigPose], None]
Watcher = Callable[[Frame], None]


class Perception:
    """Turns frames or recorded trackings into rig poses. Used from one thread.

    Args:
        rig: returns that of the avatar which is shown; another one may come while it runs.
    """

    def __init__(
        self,
        tracker: Tracker | None,
        *,
        rig: Callable[[], Rig],
        control: Control,
        events: EventLog,
        metrics: Metrics,
        times: PartTimes | None = None,
    ) -> None:
        self._tracker = tracker
        self._info = tracker.info if tracker else None
        self._steady = Steady()
        self._rig = rig
        self._retargeter = Retargeter(rig())
        self._control = control
        self._events = events
        self._metrics = metrics
        self._listeners: list[tuple[str, Listener]] = []
        self._watchers: list[tuple[str, Watcher]] = []
        self._deaf: set[str] = set()
        self._failing = False
        self.parts = PartWatch(times=times or PartTimes(), events=events, metrics=metrics)
        """The state of each part; told as events."""

    def listen(self, name: str, listener: Listener) -> None:
        """Call `listener` with every tracking and its pose; before the first frame. `name` says in errors whose it is."""
        self._listeners.append((name, listener))

    def watch(self, name: str, watcher: Watcher) -> None:
        """Call `watcher` with every frame, before it is tracked; as `listen`."""
        self._watchers.append((name, watcher))

    def see(self, frame: Frame) -> RigPose | None:
        """Track one frame and return the pose; None if that failed."""
        assert self._tracker is not None
        for name, watcher in self._watchers:
            self._tell(name, partial(watcher, frame))
        started_ns = time.perf_counter_ns()
        try:
            tracking = self._tracker.track(frame)
        except Exception as error:  # a tracker may fail in any way; the avatar goes to idle and nothing exits
            self._fail("tracker.failed", f"tracking failed ({error}); the avatar idles until it works again")
            with contextlib.suppress(Exception):  # it may be gone altogether; that was told, and the next frame finds out
                self._tracker.reset()
            return None
        self._metrics.stage("track", started_ns)
        if self._tracker.info is not self._info:
            self._info = self._tracker.info
            self._events.tell("tracker.changed", f"tracking: {self._info.reason}")
        return self.take(tracking)

    def take(self, tracking: Tracking) -> RigPose | None:
        """Return the pose of one tracking, whether just made or recorded before; None if that failed.

        What a body cannot have done is put right first (`Steady`); listeners get the tracking as it was seen, so that a
        recording of it gives the same poses again.
        """
        started_ns = time.perf_counter_ns()
        self._metrics.tracked(tracking)
        self.parts.push(tracking)
        try:
            self._calibrate(tracking)
            self._retargeter.fit(self._rig())
            pose = self._retargeter.retarget(self._steady(tracking))
            if not np.isfinite(pose.rotations).all() or not np.isfinite(pose.expression).all():
                raise ValueError("the pose holds numbers that are not finite")
        except Exception as error:
            self._fail("pose.failed", f"posing failed ({error}); the avatar idles until it works again")
            self._steady.reset()  # what they remember may be what failed
            self._retargeter.reset()
            return None
        if self._control.settings.mirror:
            pose = mirror_pose(pose)
        self._failing = False
        for name, listener in self._listeners:
            self._tell(name, partial(listener, tracking, pose))
        self._metrics.stage("pose", started_ns)
        return pose

    def _fail(self, name: str, text: str) -> None:
        if not self._failing:
            self._events.tell(name, text, "error")
        self._failing = True

    def _tell(self, name: str, call: Callable[[], None]) -> None:
        """Let somebody look on: a failure of theirs is told once, and touches neither the avatar nor the others."""
        try:
            call()
        except Exception as error:
            log.debug("%s failed on a frame", name, exc_info=True)
            if name not in self._deaf:
                self._deaf.add(name)
                text = f"{name} could not take what was seen ({error}); trying again with each frame"
                self._events.tell("perception.listener_failed", text, "error")

    def _calibrate(self, tracking: Tracking) -> None:
        """Do what the user asked of the calibration, and put a new one to use."""
        desk = self._control.calibrating
        while (request := self._control.take_calibration_request()) is not None:
            desk.carry_out(request)
        desk.take(tracking)
        self._retargeter.calibration = desk.calibration
