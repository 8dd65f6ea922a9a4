"""Pictures into a file: `.mp4` (H.264 over a background) or `.webm` (VP9 with real alpha). The files are `encoding`'s.

Owns the thread that encodes, the bounded queue before it, and which frame of the file a picture becomes. When the encoder is
too slow, pictures are dropped, counted and told; the ones that are kept stay at their times. Knows nothing of the output clock.
"""

import contextlib
import logging
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from avatar.types import Rendered
from stream.sinks.base import SinkStatus
from stream.sinks.encoding import SUFFIXES, VideoFile, import_av
from trackers.errors import UserError
from trackers.types import ImageArray

log = logging.getLogger(__name__)

NAME: Final = "recorder"
QUEUED: Final = 16
"""Pictures that may wait for the encoder: a quarter of a second at 60 fps, 16 MB at 512x512."""
FINISH_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """What is recorded, and how."""

    path: str
    """Ends in `.mp4` or `.webm`; the file must not exist yet."""
    fps: float = 60
    background: str = "#00ff00"
    """Behind the avatar in an .mp4: a colour, or the path of a picture or of a video, which loops."""
    paced: bool = True
    """True: pictures come in real time, and a missed one leaves its place empty. False: each picture is the next frame,
    and `send` waits for the encoder instead of dropping."""


class RecorderSink:
    """Records what is sent. `with` opens it and finishes the file, also when the program is interrupted."""

    repeats = False

    def __init__(self, settings: RecorderSettings) -> None:
        self._settings = settings
        self._path = Path(settings.path)
        if self._path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{settings.path} cannot be recorded; expected a name that ends in {' or '.join(SUFFIXES)}")
        self._file = VideoFile(self._path, fps=settings.fps, background=settings.background)
        self._queue: queue.Queue[tuple[ImageArray, int] | None] = queue.Queue(QUEUED)
        self._thread: threading.Thread | None = None
        self._failure: str | None = None
        self._start_ns = 0
        self._next_frame = 0
        self.dropped = 0
        """Pictures that the encoder was too slow for."""
        self.written = 0
        """Pictures in the file."""

    @property
    def status(self) -> SinkStatus:
        """The file's name, for others see it too, format and what was dropped; or why it stopped."""
        if self._failure is not None:
            return SinkStatus(NAME, False, self._failure)
        if self._thread is None:
            return SinkStatus(
                NAME, False, "not opened" if not self.written else f"{self.written} pictures in {self._path.name}"
            )
        dropped = f", {self.dropped} dropped because encoding is too slow" if self.dropped else ""
        return SinkStatus(NAME, True, f"{self._path.name}, {self._file.codec}, {self._settings.fps:g} fps{dropped}")

    @property
    def background(self) -> str:
        """The background's colour or path. May be set while recording, from another thread.

        Raises (when set):
            UserError: it is no colour, picture or video; the old one stays.
        """
        return self._file.background.spec

    @background.setter
    def background(self, spec: str) -> None:
        self._file.background.change(spec)

    def __enter__(self) -> Self:
        import_av()
        self._file.create()
        self._thread = threading.Thread(target=self._encode, name="recorder", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def send(self, picture: Rendered) -> None:
        """Take a copy of one picture.

        Raises:
            UserError: the file cannot be written any more; what was written so far is kept.
        """
        if self._failure is not None:
            raise UserError(self._failure)
        if self._thread is None:
            return
        frame = self._frame_of_now()
        if frame is None:
            return
        try:
            self._queue.put((picture.image.copy(), frame), block=not self._settings.paced)
        except queue.Full:
            self.dropped += 1
            if self.dropped == 1:
                log.warning("%s: encoding is too slow, pictures are dropped; record a smaller or slower picture", self._path)

    def close(self) -> None:
        """Encode what waits and finish the file. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        until_s = time.monotonic() + FINISH_S
        with contextlib.suppress(queue.Full):  # the disk does not answer
            self._queue.put(None, timeout=FINISH_S)
            thread.join(max(0.0, until_s - time.monotonic()))
        if thread.is_alive():  # it keeps nobody: what it has not written when the program ends is lost
            log.error(
                "%s could not be finished within %g s, so its end is missing; record onto a faster disk", self._path, FINISH_S
            )
        if self.dropped:
            log.warning("%s lacks %d pictures because encoding was too slow", self._path, self.dropped)

    def _frame_of_now(self) -> int | None:
        """Return the number of the frame that a picture sent now becomes; None if that frame has its picture already.

        A beat that comes early or late by less than a frame does not count: frames follow one another without holes.
        """
        now_ns = time.perf_counter_ns()
        if self._next_frame == 0:
            self._start_ns = now_ns
        elif self._settings.paced:
            elapsed = (now_ns - self._start_ns) / 1e9 * self._settings.fps
            if elapsed < self._next_frame - 1.5:
                return None
            if elapsed > self._next_frame + 1.5:
                self._next_frame = round(elapsed)
        self._next_frame += 1
        return self._next_frame - 1

    def _encode(self) -> None:
        item: tuple[ImageArray, int] | None = None
        over = False
        try:
            try:
                while not over:
                    item = self._queue.get()
                    over = item is None
                    if item is not None:
                        self._file.add(*item)
                        self.written += 1
            finally:
                self._file.finish()
        except Exception as error:  # told by `status` and the next `send`; the avatar goes on
            step = "; free some space or record elsewhere" if isinstance(error, OSError) else ""
            self._failure = f"{self._path.name} could not be recorded further ({error}){step}"
            log.error("%s: %s", self._path, self._failure)
            while not over:  # so that nobody waits for room, until `close` says that it is over
                over = self._queue.get() is None
