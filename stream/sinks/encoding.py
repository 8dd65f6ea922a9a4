"""A video file that is written picture by picture, through PyAV, which is imported at use (its wheels hold GPL encoders).

Owns formats, codecs and colours. Both formats can be played up to the last second if the program is killed: WebM by nature,
MP4 because it is written in fragments and turned into an ordinary file when it is finished. Used from one thread, apart from
`background`.
"""

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from stream.compose import Composer
from stream.sinks.background import ChangingBackground, check_background, parse_colour
from trackers.errors import UserError
from trackers.optional import imported
from trackers.types import ImageArray

log = logging.getLogger(__name__)

SUFFIXES: Final = (".mp4", ".webm")
_BT709: Final = 1  # the code for it in H.264, in VP9 and in FFmpeg
_VIDEO_RANGE: Final = 1


def import_av() -> Any:
    """Return PyAV.

    Raises:
        UserError: it is not installed.
    """
    return imported("av", otherwise='recording needs PyAV, which is not installed; pip install ".[record]"')


class VideoFile:
    """`.mp4` with H.264 over a background, or `.webm` with VP9 and alpha. Takes its size from the first picture."""

    def __init__(self, path: Path, *, fps: float, background: str) -> None:
        self._path = path
        self._rate = Fraction(fps).limit_denominator(1001)
        self.background = ChangingBackground(background)
        """Behind the avatar in an .mp4."""
        self._composer: Composer | None = None
        self._container: Any = None
        self._stream: Any = None
        self._alpha = path.suffix.lower() == ".webm"
        self.codec = "VP9 with alpha" if self._alpha else "H.264"
        if background.startswith("#"):
            parse_colour(background)

    def create(self) -> None:
        """Create the file, empty.

        Raises:
            UserError: it exists already or cannot be created, or its background cannot be shown.
        """
        if not self._alpha:
            check_background(self.background.spec)  # now, where it can be mended: it is opened with the first picture
        try:
            self._path.open("xb").close()
        except FileExistsError as error:
            raise UserError(f"{self._path} exists already; remove it or choose another name") from error
        except OSError as error:
            raise UserError(f"{self._path} could not be created ({error.strerror}); choose another path") from error

    def add(self, image: ImageArray, number: int) -> None:
        """Encode `image` (H, W, 4 RGBA, straight) as frame `number`, which must rise."""
        if self._container is None:
            self._begin(image)
        av = import_av()
        if self._alpha:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgba")
        else:
            background = self.background.now()
            assert self._composer is not None
            assert background is not None
            frame = av.VideoFrame.from_ndarray(self._composer.compose(image, background), format="rgb24")
        frame = frame.reformat(
            width=self._stream.width,
            height=self._stream.height,
            format=self._stream.pix_fmt,
            dst_colorspace="ITU709",
            dst_color_range="MPEG",
        )
        frame.pts, frame.time_base = number, 1 / self._rate
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder holds back and close the file; remove it if no picture ever came. Idempotent."""
        container, self._container = self._container, None
        try:
            if container is not None:
                container.mux(self._stream.encode(None))
        finally:
            if container is not None:
                container.close()
            self.background.close()
            if self._path.is_file() and self._path.stat().st_size == 0:
                self._path.unlink()
                log.warning("%s was removed: no picture was recorded", self._path)

    def _begin(self, image: ImageArray) -> None:
        height, width = image.shape[:2]
        if not self._alpha:
            width, height = width + width % 2, height + height % 2  # H.264 halves both for its colours
            self._composer = Composer(width_px=width, height_px=height)
            self.background.open(width_px=width, height_px=height)
        # What a kill may cost: WebM keeps a cluster in memory until it is complete, MP4 a fragment until its key frame.
        flags = {"cluster_time_limit": "1000"} if self._alpha else {"movflags": "+hybrid_fragmented"}
        self._container = import_av().open(str(self._path), "w", options={"flush_packets": "1", **flags})
        codec, pixels, options = _VP9 if self._alpha else _H264
        # A key frame a second: a killed recording loses no more than that, and editors can jump about in it.
        options = {**options, "g": str(round(self._rate))}
        self._stream = self._container.add_stream(codec, rate=self._rate, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, pixels
        self._stream.time_base = 1 / self._rate
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _VIDEO_RANGE


# Frames that look ahead ("B") would shift all times by two frames in a file that is written in fragments.
_H264: Final = ("libx264", "yuv420p", {"preset": "veryfast", "crf": "20", "bf": "0"})
# Alternate reference frames would be built without alpha. Speed 8 keeps up with 60 fps at 512x512 on two cores.
_VP9: Final = (
    "libvpx-vp9",
    "yuva420p",
    {"deadline": "realtime", "cpu-used": "8", "crf": "28", "b": "0", "row-mt": "1", "auto-alt-ref": "0", "lag-in-frames": "0"},
)
