"""Recording a session: every tracking into a `.pcast` file while the avatar runs.

Owns what happens when the disk fails: it is told once, and the avatar goes on. Knows nothing of the file's format.
"""

from datetime import datetime
from pathlib import PurePath
from types import TracebackType
from typing import Self

from avatar.types import RigPose
from stream.events import EventLog
from stream.sources.base import SourceInfo
from trackers.errors import UserError
from trackers.recording import PcastWriter, RecordingMetadata
from trackers.types import Tracking


class SessionRecorder:
    """A listener of `Perception` that writes what was tracked. `with` opens and finishes the file.

    Raises (on entering):
        UserError: the file exists already or cannot be created.
    """

    def __init__(self, path: str, *, source: SourceInfo, engine: str, events: EventLog) -> None:
        metadata = RecordingMetadata(
            source=source.name,
            fps=source.fps,
            width_px=source.width_px,
            height_px=source.height_px,
            created=datetime.now().astimezone().isoformat(timespec="seconds"),
            engine=engine,
        )
        if not path.endswith(".pcast"):
            raise UserError(f"a session is recorded into a .pcast file, got {path}; try --record-session {path}.pcast")
        self._path = path
        self._writer = PcastWriter(path, metadata=metadata)
        self._events = events
        self._failed = False

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._writer.__exit__(kind, error, trace)
        except (UserError, ValueError) as failure:
            self._fail(failure)
        if self._failed:
            return
        self._events.tell("session.written", f"{self._writer.count} trackings written to {PurePath(self._path).name}")

    def __call__(self, tracking: Tracking, _pose: RigPose) -> None:
        """Write one tracking."""
        if self._failed:
            return
        try:
            self._writer.write(tracking)
        except (UserError, ValueError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Tell the first failure; the avatar goes on."""
        if not self._failed:
            self._events.tell("session.failed", f"{error}; the session is no longer recorded", "error")
        self._failed = True
