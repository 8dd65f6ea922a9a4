"""A webcam as a source. Owns the choice of its mode; the thread and the stamps are `live`'s, the list is `camera_list`'s."""

from collections.abc import Callable
from typing import Final, Self

import cv2

from stream.sources.base import SourceInfo
from stream.sources.camera_list import list_cameras, ways_to_open
from stream.sources.cameras import CameraInfo, find_again, find_camera, next_step
from stream.sources.driver import open_capture
from stream.sources.live import LiveSource, Opened
from stream.sources.settings import SourceSettings
from trackers.errors import SourceError

_DIRECT_SHOW: Final = "DSHOW"
_AV_FOUNDATION: Final = "AVFOUNDATION"
"""Backends as OpenCV calls them."""


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
        there = list_cameras()
        camera = find_again(self._opened, there) if self._opened is not None else find_camera(self._wanted, there)
        self._found = camera
        return f"camera {camera}", lambda: open_camera(camera, self._settings)


def open_camera(camera: CameraInfo, settings: SourceSettings) -> Opened:
    """Open `camera` in the mode nearest to `settings`.

    Raises:
        SourceError: no backend can open it.
    """
    for index, backend in ways_to_open(camera):
        capture = open_capture(index, backend=backend)
        if capture is not None:
            return _choose_mode(capture, settings)
    raise SourceError(f"camera {camera.index} could not be opened; {next_step(list_cameras(), failed=camera.index)}")


def _choose_mode(capture: cv2.VideoCapture, settings: SourceSettings) -> Opened:
    backend = capture.getBackendName()
    for key, value in _wishes(backend, settings):
        capture.set(key, value)
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = capture.get(cv2.CAP_PROP_FPS)
    detail = f"{_code(capture)} {width}x{height}@{fps:g} ({backend})".strip()
    if (width, height, round(fps)) != (settings.width_px, settings.height_px, round(settings.fps)):
        detail += f", asked for {settings.width_px}x{settings.height_px}@{settings.fps:g}"
    return Opened(
        capture,
        fps if fps > 0 else settings.fps,
        detail,
        waits_in_retrieve=backend == _DIRECT_SHOW,
        gives_up_early=backend == _AV_FOUNDATION,
    )


def _wishes(backend: str, settings: SourceSettings) -> list[tuple[int, float]]:
    """Return what to set, in the order in which this backend must be told."""
    size: list[tuple[int, float]] = [
        (cv2.CAP_PROP_FRAME_WIDTH, settings.width_px),
        (cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px),
    ]
    rate, newest = (cv2.CAP_PROP_FPS, settings.fps), (cv2.CAP_PROP_BUFFERSIZE, 1.0)
    # Uncompressed pictures of 1280x720 fill a USB 2 bus at about 10 frames a second; JPEG ones reach 30 or 60. Below that,
    # raw pictures are better and cost no decoding.
    if settings.width_px * settings.height_px < 1280 * 720 and settings.fps <= 30:
        return [*size, rate, newest]
    code = (cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG")))
    if backend == _DIRECT_SHOW:  # every other wish makes it forget the code (`setProperty` of OpenCV's cap_dshow.cpp)
        return [rate, *size, code, newest]
    return [code, *size, rate, newest]  # to V4L2, the code decides which sizes and rates there are


def _code(capture: cv2.VideoCapture) -> str:
    value = int(capture.get(cv2.CAP_PROP_FOURCC))
    text = "".join(chr((value >> shift) & 0xFF) for shift in (0, 8, 16, 24))
    return text.strip() if text.isascii() and text.strip().isalnum() else ""
