"""A still picture, or a folder of pictures, as a source. Owns whose turn it is, and when."""

import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from stream.sources.base import EndOfStream, SourceInfo
from stream.sources.pace import Pacer
from stream.sources.settings import SourceSettings
from trackers.errors import SourceError
from trackers.pictures import PICTURES, natural_order, read_picture
from trackers.types import Frame, ImageArray, Stamp

log = logging.getLogger(__name__)


class ImagesSource:
    """One picture, repeated without end, or the pictures of a folder in natural order (2 before 10), at `settings.fps`."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path = path
        self._settings = settings
        self._pacer = Pacer(paced=settings.paced)
        self._paths: list[Path] = []
        self._still: ImageArray | None = None
        self._seq = self._turn = 0
        self._info = SourceInfo(path.name, "images", 0, 0, settings.fps, live=False)

    @property
    def info(self) -> SourceInfo:
        """What was opened; the size is known after `__enter__`."""
        return self._info

    def __enter__(self) -> Self:
        self._pacer = Pacer(paced=self._settings.paced)
        self._seq = self._turn = 0
        self._paths = natural_order(self._path) if self._path.is_dir() else [self._path]
        if not self._paths:
            raise SourceError(f"{self._path} holds no pictures; expected {', '.join(sorted(PICTURES))}")
        first = self._next_picture()
        self._still = None if self._path.is_dir() else first
        height, width = first.shape[:2]
        detail = f"{len(self._paths)} pictures" if self._path.is_dir() else "a still"
        self._info = SourceInfo(self._path.name, "images", width, height, self._settings.fps, live=False, detail=detail)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self) -> Frame:
        """Return the next picture when it is due.

        Raises:
            EndOfStream: the folder ended and does not loop, or `interrupt` was called.
            SourceError: no picture of the folder can be decoded.
        """
        if not self._paths:
            raise EndOfStream(f"{self._path.name} ended")
        image = self._still
        if image is None:
            image = self._next_picture()
            self._turn += 1
        stamp = Stamp(self._seq, self._pacer.wait(round(self._seq * 1e9 / self._settings.fps)))
        self._seq += 1
        return Frame(image, stamp)

    def _next_picture(self) -> ImageArray:
        """Return the picture whose turn it is; one that cannot be read is left out from then on."""
        while True:
            if self._turn >= len(self._paths):
                if not self._settings.loop:
                    raise EndOfStream(f"{self._path.name} ended")
                self._turn = 0
            path = self._paths[self._turn]
            try:
                return read_picture(path)
            except SourceError as error:
                if len(self._paths) == 1:
                    raise
                log.warning("%s; it is left out", error)
                self._paths.remove(path)

    def interrupt(self) -> None:
        """Make a waiting `read` raise now."""
        self._pacer.interrupt()

    def close(self) -> None:
        """Forget the pictures. Idempotent."""
        self._paths, self._still = [], None
