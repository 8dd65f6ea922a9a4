"""A `.pcast` recording as a source of trackings, at their own recorded times. The file itself is `trackers.recording`'s."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from stream.sources.base import EndOfStream, SourceInfo
from stream.sources.pace import Pacer
from stream.sources.settings import SourceSettings
from trackers.errors import SourceError
from trackers.recording import Recording, read_pcast
from trackers.types import Stamp, Tracking

log = logging.getLogger(__name__)

DEMO_PATH: Final = Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast"


class RecordingSource:
    """Plays a recording. Times between trackings are kept to the nanosecond; a loop goes on one frame after the last one."""

    def __init__(self, path: Path, settings: SourceSettings, *, demo: bool = False) -> None:
        self._path = path
        self._settings = settings
        self._kind = "demo" if demo else "recording"
        self._pacer = Pacer(paced=settings.paced)
        self._recording: Recording | None = None
        self._frame_ns = round(1e9 / settings.fps)
        self._trackings: Iterator[Tracking] = iter(())
        self._seq = 0
        self._base_ns = 0  # added to a recorded time: its place counted from the first tracking of the first round
        self._next_ns = 0  # where the next round may begin
        self._info = SourceInfo("demo" if demo else path.name, self._kind, 0, 0, settings.fps, live=False)

    @property
    def info(self) -> SourceInfo:
        """What was opened; size and rate are known after `__enter__`."""
        return self._info

    def __enter__(self) -> Self:
        if self._kind == "demo" and not self._path.is_file():
            raise SourceError(f"the built-in demo is missing ({self._path}); get Posecast anew, or try --source FILE")
        recording = read_pcast(self._path)
        metadata = recording.metadata
        if not len(recording):
            raise SourceError(f"{self._path} holds no trackings; record it again")
        if recording.warning:
            log.warning("%s", recording.warning)
        self._recording = recording
        self._pacer = Pacer(paced=self._settings.paced)
        self._seq = self._next_ns = 0
        self._trackings = iter(())
        self._frame_ns = round(1e9 / (metadata.fps if metadata.fps > 0 else self._settings.fps))
        detail = recording.warning or f"{len(recording)} trackings of {metadata.source}"
        size = (metadata.width_px, metadata.height_px)
        self._info = SourceInfo(self._info.name, self._kind, *size, metadata.fps, live=False, detail=detail)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self) -> Tracking:
        """Return the next tracking when it is due, its stamp laid on today's clock.

        Raises:
            EndOfStream: the recording ended and does not loop, or `interrupt` was called.
        """
        tracking = next(self._trackings, None)
        if tracking is None and self._recording is not None and (self._seq == 0 or self._settings.loop):
            self._trackings = iter(self._recording)
            tracking = next(self._trackings)
            self._base_ns = self._next_ns - tracking.stamp.captured_ns
        if tracking is None:
            raise EndOfStream(f"{self._path.name} ended")
        offset_ns = tracking.stamp.captured_ns + self._base_ns
        stamp = Stamp(self._seq, self._pacer.wait(offset_ns))
        self._seq += 1
        self._next_ns = offset_ns + self._frame_ns
        return replace(tracking, stamp=stamp)

    def interrupt(self) -> None:
        """Make a waiting `read` raise now."""
        self._pacer.interrupt()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._recording, self._trackings = None, iter(())
