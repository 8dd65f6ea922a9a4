"""What the server's clients are told, and when.

Owns the rates: tracking and pose with every frame, metrics and status a few times a second, the camera's picture only when it
is switched on and someone with the token looks. Makes nothing that nobody listens to, but the status, which whoever comes next
is told at once. Knows nothing of sockets.
"""

import time
from collections.abc import Callable

from avatar.types import RigPose
from stream.control import Control
from stream.events import Event
from stream.metrics import Metrics
from stream.server.messages import Message, event_message, metrics_message, pose_message, tracking_message
from stream.server.pictures import camera_picture
from stream.server.server import Server
from trackers.types import Frame, Tracking

_CAMERA_PERIOD_NS = 100_000_000
_STATE_PERIOD_NS = 250_000_000


class Broadcast:
    """Publishes what the pipeline does."""

    def __init__(self, server: Server, *, control: Control, metrics: Metrics, status: Callable[[], Message]) -> None:
        self._server = server
        self._control = control
        self._metrics = metrics
        self._status = status
        self._camera_due_ns = 0
        self._state_due_ns = 0

    def pose(self, tracking: Tracking, pose: RigPose) -> None:
        """Tell what was found and what the avatar does."""
        if self._server.wants("tracking"):
            self._server.publish_state("tracking", tracking_message(tracking))
        if self._server.wants("pose"):
            self._server.publish_state("pose", pose_message(pose))

    def frame(self, frame: Frame) -> None:
        """Show the camera's picture on the panel, if the user switched that on."""
        if not self._control.settings.show_camera or frame.stamp.captured_ns < self._camera_due_ns:
            return
        if self._server.wants("camera"):
            self._camera_due_ns = frame.stamp.captured_ns + _CAMERA_PERIOD_NS
            self._server.publish_camera(camera_picture(frame.image))

    def event(self, event: Event) -> None:
        """Tell an event."""
        self._server.publish_event(event_message(name=event.name, level=event.level, text=event.text))

    def tick(self) -> None:
        """Tell metrics and status when they are due."""
        now_ns = time.perf_counter_ns()
        if now_ns < self._state_due_ns:
            return
        self._state_due_ns = now_ns + _STATE_PERIOD_NS
        if self._server.wants("metrics"):
            self._server.publish_state("metrics", metrics_message(self._metrics.snapshot()))
        self._server.publish_state("status", self._status())
