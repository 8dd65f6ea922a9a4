"""Video files and stream URLs as sources. Owns their decoding through FFmpeg and the times of a file's frames."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2

from stream.sources.base import EndOfStream, SourceInfo
from stream.sources.driver import open_capture
from stream.sources.live import LiveSource, Opened
from stream.sources.pace import LONGEST_WAIT_NS, Pacer
from stream.sources.settings import SourceSettings
from trackers.errors import SourceError
from trackers.types import Frame, ImageArray, Stamp
from trackers.video_files import FrameTimes, spelt, told_fps

URL_OPEN_MS: Final = 5000
URL_READ_MS: Final = 5000


class VideoSource:
    """A video file, played at its own times or as fast as it can be decoded. No frame is left out."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path = path
        self._settings = settings
        self._capture: cv2.VideoCapture | None = None
        self._pacer = Pacer(paced=settings.paced)
        self._ahead: ImageArray | None = None  # the next frame, BGR
        self._seq = 0
        self._offset_ns = 0  # of the next frame, from the first one of the first round
        self._round_ns = 0  # where the present round began
        self._file_ns = 0  # of the next frame, from the file's own beginning
        self._fps = settings.fps
        self._times: FrameTimes | None = None
        self._info = SourceInfo(path.name, "video", 0, 0, settings.fps, live=False)

    @property
    def info(self) -> SourceInfo:
        """What was opened; size and rate are known after `__enter__`."""
        return self._info

    def __enter__(self) -> Self:
        self._pacer = Pacer(paced=self._settings.paced)
        self._seq = self._offset_ns = self._round_ns = 0
        self._times = None
        try:
            self._open()
            if self._ahead is None:
                raise SourceError(f"{self._path} holds no video that can be decoded; try another file, such as an .mp4")
        except BaseException:
            self.close()
            raise
        height, width = self._ahead.shape[:2]
        self._info = SourceInfo(self._path.name, "video", width, height, self._fps, live=False, detail=self._detail())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self) -> Frame:
        """Return the next frame when it is due.

        Raises:
            EndOfStream: the file ended and does not loop, or `interrupt` was called.
        """
        if self._ahead is None and self._settings.loop and self._capture is not None:
            self._round_ns = self._offset_ns
            self._open()
        if self._ahead is None:
            raise EndOfStream(f"{self._path.name} ended")
        stamp = Stamp(self._seq, self._pacer.wait(self._offset_ns))
        image = cv2.cvtColor(self._ahead, cv2.COLOR_BGR2RGB)
        self._seq += 1
        self._advance()
        return Frame(image, stamp)  # type: ignore[arg-type]

    def interrupt(self) -> None:
        """Make a waiting `read` raise now."""
        self._pacer.interrupt()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._ahead = None
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> None:
        """Open the file at its beginning. Seeking back is not exact in every format; opening anew is."""
        if self._capture is not None:
            self._capture.release()
        if not self._path.is_file():
            raise SourceError(f"{self._path} was not found; check the path, or try --source demo")
        self._capture = open_capture(spelt(self._path), backend=cv2.CAP_FFMPEG)
        if self._capture is None:
            return
        if self._times is None:
            self._times = FrameTimes(self._capture, self._path, default_fps=self._settings.fps)
        self._times.begin(self._capture)
        self._fps = self._times.fps
        self._file_ns = 0
        whole, image = self._capture.read()
        self._ahead = image if whole else None  # type: ignore[assignment]
        self._times.next_ns()

    def _advance(self) -> None:
        """Decode the next frame and find its time; after the last one, when the next round may begin."""
        assert self._capture is not None
        assert self._times is not None
        whole, image = self._capture.read()
        self._ahead = image if whole else None  # type: ignore[assignment]
        if not whole:
            self._offset_ns += round(1e9 / self._fps)
            return
        before_ns, self._file_ns = self._file_ns, self._times.next_ns()
        if self._settings.paced:  # what is not waited for is left out of all that follows
            self._round_ns -= max(0, self._file_ns - before_ns - LONGEST_WAIT_NS)
        self._offset_ns = self._round_ns + self._file_ns

    def _detail(self) -> str:
        assert self._capture is not None
        value = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        code = value.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ")
        return f"{code} decoded by FFmpeg".strip()


class UrlSource(LiveSource):
    """A live stream (RTSP, HTTP): only the newest frame is kept, and its end is a loss. Its name never holds the password."""

    remedy = "check the network and whoever sends it"

    def __init__(self, url: str, settings: SourceSettings) -> None:
        info = SourceInfo(without_password(url), "url", 0, 0, settings.fps, live=True)
        super().__init__(info, frozen_after_s=settings.frozen_after_s)
        self._url = url
        self._settings = settings

    def _target(self) -> tuple[str, Callable[[], Opened]]:
        return self._info.name, self._open

    def _open(self) -> Opened:
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, URL_OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, URL_READ_MS)
        began_s = time.perf_counter()
        capture = open_capture(self._url, backend=cv2.CAP_FFMPEG, parameters=limits)
        if capture is None:
            took_s = time.perf_counter() - began_s
            raise SourceError(
                f"{self._info.name} could not be opened (no video within {took_s:.1f} s); "
                "check the address and that this computer can reach it"
            )
        return Opened(capture, told_fps(capture) or self._settings.fps, "decoded by FFmpeg, newest frame only")


def without_password(url: str) -> str:
    """Return `url` fit to be shown: scheme, host and port. Cameras want passwords in the path, too, and tokens in the query.

    An `@` behind the host may be that of a password with a `/` in it: then the host is not certain, and left out.
    """
    scheme, _, rest = url.partition("://")
    authority, *path = re.split(r"[/?#]", rest, maxsplit=1)
    return f"{scheme}://{'…' if path and '@' in path[0] else authority.rpartition('@')[2]}"
