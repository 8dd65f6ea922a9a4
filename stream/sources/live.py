"""A live capture: one reader thread that keeps only the newest frame. Owns the thread, the stamps and what "lost" means.

Knows nothing of devices and URLs: it is given a function that opens the capture. The thread opens, reads and releases it, all
by itself, because OpenCV frees a capture under the feet of a thread that still reads from it. A driver that hangs keeps its
thread, which is left behind and frees the device when the driver comes back; `close` returns within `JOIN_S` in any case.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Final, Self

import cv2

from stream.slot import Slot, SlotClosed
from stream.sources.base import EndOfStream, SourceInfo
from trackers.core_files import forbid_core_files
from trackers.errors import SourceError, SourceLost
from trackers.types import Frame, ImageArray, Stamp

log = logging.getLogger(__name__)

OPEN_S: Final = 12.0
"""A device that has not given its first frame by then counts as not openable."""
JOIN_S: Final = 1.0
_FIRST_WITHIN_S: Final = 9.0  # less than OPEN_S, so that what opened but gives nothing says so
_RETRY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Opened:
    """A capture that was opened, and what it says of itself."""

    capture: cv2.VideoCapture
    fps: float
    detail: str
    waits_in_retrieve: bool = False
    """Its `grab` returns at once, and `retrieve` waits for the picture (DirectShow)."""
    gives_up_early: bool = False
    """Its `grab` fails after a second without a picture, which is no loss yet (AVFoundation)."""


class LiveCapture:
    """Reads a capture in a thread of its own. One object is one opening; `start` and `close` are called once each."""

    def __init__(self, name: str, open_it: Callable[[], Opened], *, frozen_after_s: float, first_seq: int = 0) -> None:
        self._name = name
        self._open_it = open_it
        self._frozen_after_s = frozen_after_s
        self._slot: Slot[tuple[ImageArray, Stamp]] = Slot()
        self._started = threading.Event()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._opened: Opened | None = None
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)
        self.next_seq = first_seq
        self.size_px = (0, 0)
        """Width and height of the first frame."""

    @property
    def is_running(self) -> bool:
        """Tell whether its thread has not ended yet."""
        return self._thread.is_alive()

    def start(self) -> Opened:
        """Open the capture and wait for its first frame.

        Raises:
            SourceError: it cannot be opened, or gives no picture.
        """
        self._thread.start()
        if not self._started.wait(OPEN_S):
            raise SourceError(f"{self._name} did not open within {OPEN_S:g} s; unplug it, plug it in again and start anew")
        if self._opened is not None:
            return self._opened
        if isinstance(self._failure, SourceLost):
            raise SourceError(f"{self._name} was opened but gives no picture; close other programs that use it and try again")
        if self._failure is not None:
            raise self._failure
        raise EndOfStream("interrupted")

    def read(self) -> Frame:
        """Return the newest frame that was not read yet, as RGB.

        Raises:
            SourceLost: no frame came for `frozen_after_s`, or the driver gave up.
            EndOfStream: `interrupt` was called.
        """
        try:
            item = self._slot.get(self._frozen_after_s)
        except SlotClosed:
            if isinstance(self._failure, Exception):
                raise self._failure from None
            raise EndOfStream("interrupted") from None
        if item is None:
            raise SourceLost(f"{self._name} gave no frame for {self._frozen_after_s:g} s")
        image, stamp = item
        return Frame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), stamp)  # type: ignore[arg-type]

    def interrupt(self) -> None:
        """Make a waiting `start` or `read` raise now. Called from any thread."""
        self._stop.set()
        self._started.set()
        self._slot.close()

    def close(self) -> None:
        """Stop the thread and release the capture; leave both behind if the driver hangs."""
        self.interrupt()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
        if self._thread.is_alive():
            log.warning("%s does not answer; its device is freed as soon as the driver comes back", self._name)

    def _run(self) -> None:
        try:
            opened = self._open_it()
            try:
                self._pump(opened)
            finally:
                opened.capture.release()
        except BaseException as error:  # it is raised again by `start` or `read`
            self._failure = error
        finally:
            self._started.set()
            self._slot.close()

    def _pump(self, opened: Opened) -> None:
        heard_s, patience_s = time.perf_counter(), _FIRST_WITHIN_S
        while not self._stop.is_set():
            if not opened.capture.grab():
                if opened.gives_up_early and time.perf_counter() - heard_s < patience_s:
                    self._stop.wait(_RETRY_S)
                    continue
                raise SourceLost(f"{self._name} stopped giving frames")
            captured_ns = time.perf_counter_ns()  # before decoding and colour conversion: the age must not look younger
            whole, image = opened.capture.retrieve()
            if not whole or image is None:
                continue  # one broken JPEG; a stream of them is noticed as a frozen source
            if opened.waits_in_retrieve:
                captured_ns = time.perf_counter_ns()
            heard_s, patience_s = time.perf_counter(), self._frozen_after_s
            stamp, self.next_seq = Stamp(self.next_seq, captured_ns), self.next_seq + 1
            if self._opened is None:
                self.size_px = (image.shape[1], image.shape[0])
                self._opened = opened
                self._started.set()
            self._slot.put((image, stamp))  # type: ignore[arg-type]


class LiveSource(ABC):
    """A source that reads a `LiveCapture`. May be opened again after `close`; numbers of frames go on rising."""

    remedy: ClassVar[str] = "unplug it and plug it in again"
    """What helps with one that hangs."""

    def __init__(self, info: SourceInfo, *, frozen_after_s: float) -> None:
        self._info = info
        self._frozen_after_s = frozen_after_s
        self._live: LiveCapture | None = None
        self._left_behind: LiveCapture | None = None
        """The last one. While a driver that hangs still keeps its thread, no other is begun: they would pile up."""
        self._next_seq = 0

    @property
    def info(self) -> SourceInfo:
        """What was opened; before that, what is wanted."""
        return self._info

    @abstractmethod
    def _target(self) -> tuple[str, Callable[[], Opened]]:
        """Return the name of what is to be opened now, and the function that opens it."""

    def __enter__(self) -> Self:
        if self._left_behind is not None and self._left_behind.is_running:
            raise SourceError(f"{self._info.name} still does not answer; {self.remedy}")
        name, open_it = self._target()
        forbid_core_files()
        self._live = LiveCapture(name, open_it, frozen_after_s=self._frozen_after_s, first_seq=self._next_seq)
        try:
            opened = self._live.start()
            size = self._live.size_px
        except BaseException:
            self.close()
            raise
        self._info = SourceInfo(name, self._info.kind, *size, opened.fps, live=True, detail=opened.detail)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self) -> Frame:
        """Return the newest frame, waiting for it at most `frozen_after_s`.

        Raises:
            SourceLost: no frame came in that time, or the driver gave up.
            EndOfStream: `interrupt` was called.
        """
        if self._live is None:
            raise SourceLost(f"{self._info.name} is closed")
        return self._live.read()

    def interrupt(self) -> None:
        """Make a waiting `__enter__` or `read` raise now."""
        live = self._live
        if live is not None:
            live.interrupt()

    def close(self) -> None:
        """Release the device or hang up, waiting a bounded time. Idempotent."""
        live, self._live = self._live, None
        if live is not None:
            live.close()
            self._next_seq = live.next_seq
            self._left_behind = live
