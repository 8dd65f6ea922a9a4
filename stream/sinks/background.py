"""What stands behind the avatar where a sink has no alpha: a colour, a picture, or a video that loops.

Owns its spelling, its loading, its change while pictures are made and, for a video, the thread that plays it. Knows nothing of
sinks.
"""

import logging
import re
import threading
from pathlib import Path
from typing import Protocol

from stream.compose import Colour, cover
from stream.paths import user_path
from stream.sources.base import EndOfStream
from stream.sources.settings import SourceSettings
from stream.sources.video import VideoSource
from trackers.errors import PosecastError, SourceError, UserError
from trackers.pictures import PICTURES, read_picture
from trackers.types import ImageArray

log = logging.getLogger(__name__)

_NEXT_STEP = "give a colour such as #00ff00, or the path of a picture or a video"


class Background(Protocol):
    """Something to lay the avatar over."""

    spec: str

    def now(self) -> Colour | ImageArray:
        """Return a colour, or the picture (height, width, 3) RGB of this moment."""

    def close(self) -> None:
        """Stop. Idempotent; `now` goes on giving the last picture."""


class ChangingBackground:
    """The background of one sink. May be changed from another thread while the sink makes pictures, or before it does."""

    def __init__(self, spec: str) -> None:
        self._spec = spec
        self._size = (0, 0)
        self._shown: Background | None = None
        self._lock = threading.Lock()  # a change may come while the first picture is set up

    @property
    def spec(self) -> str:
        """The background's colour or path."""
        return self._spec

    def change(self, spec: str) -> None:
        """Show another one from now on.

        Raises:
            UserError: it is no colour, picture or video; the old one stays.
        """
        with self._lock:
            if self._shown is not None and spec != self._spec:
                old, self._shown = self._shown, self._opened(spec)
                old.close()
            self._spec = spec

    def open(self, *, width_px: int, height_px: int) -> None:
        """Load it, to cover this size.

        Raises:
            UserError: it is no colour, picture or video.
        """
        with self._lock:
            self._size = (width_px, height_px)
            self._shown = self._opened(self._spec)

    def now(self) -> Colour | ImageArray | None:
        """Return what stands behind at this moment; None if it is not open."""
        shown = self._shown
        return None if shown is None else shown.now()

    def close(self) -> None:
        """Stop what plays. Idempotent."""
        with self._lock:
            shown, self._shown = self._shown, None
        if shown is not None:
            shown.close()

    def _opened(self, spec: str) -> Background:
        width, height = self._size
        return open_background(spec, width_px=width, height_px=height)


def check_background(spec: str) -> None:
    """Raise UserError unless `spec` can be a background now."""
    open_background(spec, width_px=16, height_px=16).close()


def open_background(spec: str, *, width_px: int, height_px: int) -> Background:
    """Return the background that `spec` names: `#rrggbb`, `#rgb`, or the path of a picture or video, scaled to cover the size.

    Raises:
        UserError: it is none of these.
    """
    if spec.startswith("#"):
        return Still(spec, parse_colour(spec))
    path = user_path(spec)
    if not path.is_file():
        raise UserError(f"background {spec} was not found; {_NEXT_STEP}")
    try:
        if path.suffix.lower() in PICTURES:
            return Still(spec, cover(read_picture(path), width_px=width_px, height_px=height_px))
        return PlayingVideo(spec, path, width_px=width_px, height_px=height_px)
    except SourceError as error:
        raise UserError(f"background {spec} holds neither a picture nor a video; {_NEXT_STEP}") from error


def parse_colour(text: str) -> Colour:
    """Return the colour that `#rrggbb` or `#rgb` names.

    Raises:
        UserError: it is no colour.
    """
    match = re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text)
    if match is None:
        raise UserError(f"background {text} is not a colour; expected #rrggbb, such as #00ff00")
    digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


class Still:
    """A colour or a picture."""

    def __init__(self, spec: str, content: Colour | ImageArray) -> None:
        self.spec = spec
        self._content = content

    def now(self) -> Colour | ImageArray:
        """Return it."""
        return self._content

    def close(self) -> None:
        """Nothing to stop."""


class PlayingVideo:
    """A video that plays in real time, again and again, in a thread of its own. Only its newest picture is kept."""

    def __init__(self, spec: str, path: Path, *, width_px: int, height_px: int) -> None:
        self.spec = spec
        self._size = (width_px, height_px)
        self._source = VideoSource(path, SourceSettings(loop=True))
        self._source.__enter__()
        self._picture = self._read()
        self._thread = threading.Thread(target=self._play, name="background video", daemon=True)
        self._thread.start()

    def now(self) -> ImageArray:
        """Return the picture of this moment."""
        return self._picture

    def close(self) -> None:
        """Stop playing and close the file."""
        self._source.interrupt()
        self._thread.join(2)

    def _read(self) -> ImageArray:
        width, height = self._size
        return cover(self._source.read().image, width_px=width, height_px=height)

    def _play(self) -> None:
        try:
            while True:
                self._picture = self._read()
        except EndOfStream:
            pass
        except PosecastError as error:  # the file went away: the last picture stays
            log.warning("background %s stopped: %s", self.spec, error)
        finally:
            self._source.close()
