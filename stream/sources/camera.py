"""A webcam as a source. Owns the choice of its mode; the thread and the stamps are `live`'s, the list is `cameras`'."""

from collections.abc import Callable
from typing import Self

import cv2

from stream.sources.base import SourceInfo
from stream.sources.cameras import CameraInfo, backends, find_again, find_camera, list_cameras, next_step
from stream.sources.driver import open_capture
from stream.sources.live import LiveSource, Opened
from stream.sources.settings import SourceSettings
from trackers.errors import SourceError


class CameraSource(LiveSource):
    """The camera with an index, with a part of a name, or the first real one (None).

    The one that was opened first is meant from then on: while it is unplugged, no other takes its place.
    """

    def __init__(self, wanted: int | str | None, settings: SourceSettings) -> None:
        name = "camera" if wanted is None else f"camera {wanted}"
        info = SourceInfo(name, "camera", settings.width_px, settings.height_px, settings.fps, live=True)
        super().__init__(info, frozen_after_s=settings.frozen_after_s)
        self._wanted = wanted
        self._settings = settings
        self._found: CameraInfo | None = None
        self._opened: CameraInfo | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        self._opened = self._found
        return self

    def _target(self) -> tuple[str, Callable[[], Opened]]:
        before = self._opened
        if before is not None:
            camera = find_again(before, list_cameras() if before.name else _named(before.index))
        else:
            camera = find_camera(self._wanted, _named(self._wanted) if isinstance(self._wanted, int) else list_cameras())
        self._found = camera
        return f"camera {camera}", lambda: open_camera(camera, self._settings)


def open_camera(camera: CameraInfo, settings: SourceSettings) -> Opened:
    """Open `camera` in the mode nearest to `settings`.

    Raises:
        SourceError: no backend can open it.
    """
    for backend in backends():
        capture = open_capture(camera.index, backend=backend)
        if capture is not None:
            return _choose_mode(capture, settings)
    raise SourceError(f"camera {camera.index} could not be opened; {next_step(list_cameras(), failed=camera.index)}")


def _choose_mode(capture: cv2.VideoCapture, settings: SourceSettings) -> Opened:
    # Uncompressed pictures of 1280x720 fill a USB 2 bus at about 10 frames a second; JPEG ones reach 30 or 60. Below that,
    # raw pictures are better and cost no decoding. The code must be set first: it decides which sizes and rates there are.
    if settings.width_px * settings.height_px >= 1280 * 720 or settings.fps > 30:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width_px)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = capture.get(cv2.CAP_PROP_FPS)
    detail = f"{_code(capture)} {width}x{height}@{fps:g} ({capture.getBackendName()})".strip()
    if (width, height, round(fps)) != (settings.width_px, settings.height_px, round(settings.fps)):
        detail += f", asked for {settings.width_px}x{settings.height_px}@{settings.fps:g}"
    return Opened(capture, fps if fps > 0 else settings.fps, detail)


def _code(capture: cv2.VideoCapture) -> str:
    value = int(capture.get(cv2.CAP_PROP_FOURCC))
    text = "".join(chr((value >> shift) & 0xFF) for shift in (0, 8, 16, 24))
    return text.strip() if text.isascii() and text.strip().isalnum() else ""


def _named(index: int) -> list[CameraInfo]:
    """The camera `index` with its name, where looking up the name opens no camera."""
    return list_cameras() if backends() == (cv2.CAP_V4L2,) else [CameraInfo(index, "")]
