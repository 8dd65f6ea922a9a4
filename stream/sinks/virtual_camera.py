"""The webcam that other programs see. Owns the choice of backend through pyvirtualcam (GPL-2, optional, imported at use).

Without the package or a backend the sink says in one line how to get it, takes pictures and drops them: the rest goes on.
Knows nothing of the output clock; whoever calls `send` keeps the pace.
"""

import importlib
import platform
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from avatar.types import Rendered
from stream.compose import Composer
from stream.sinks.background import ChangingBackground
from stream.sinks.base import SinkStatus
from stream.sinks.loopback import free_loopback
from trackers.errors import UserError

NAME: Final = "virtual-camera"

# Linux: the module is unloaded first, because it may be there without a free device, or without exclusive_caps.
_GET_BACKEND: Final = {
    "Linux": (
        "sudo apt install v4l2loopback-dkms, then sudo modprobe -r v4l2loopback, then "
        "sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Posecast, then start again"
    ),
    "Windows": (
        "stop the virtual camera of OBS, or another Posecast, if it runs; if there is none yet, install OBS Studio from "
        "obsproject.com and start and stop its virtual camera once; then start again"
    ),
    "Darwin": (
        "stop the virtual camera of OBS, or another Posecast, if it runs; if there is none yet, install OBS Studio 30 or newer "
        "from obsproject.com, start its virtual camera once, allow its extension in System Settings, stop it; then start again"
    ),
}
_GET_PACKAGE: Final = 'pyvirtualcam is not installed; pip install ".[camera]", then start again'


@dataclass(frozen=True, slots=True)
class VirtualCameraSettings:
    """How other programs see the camera."""

    device: str | None = None
    """`/dev/video9` or a camera's name; None is the first that is free."""
    width_px: int = 1280
    height_px: int = 720
    fps: float = 30
    background: str = "#00ff00"
    """A colour, or the path of a picture or of a video, which loops."""

    def __post_init__(self) -> None:
        if self.width_px % 2 or self.height_px % 2 or self.width_px < 2 or self.height_px < 2:
            raise UserError(f"the virtual camera's size must be even, got {self.width_px}x{self.height_px}; try 1280x720")


class VirtualCameraSink:
    """Shows the avatar in a virtual webcam, letterboxed over a background."""

    repeats = True

    def __init__(self, settings: VirtualCameraSettings) -> None:
        self._settings = settings
        self._status = SinkStatus(NAME, False, "not opened")
        self._camera: Any = None
        self._background = ChangingBackground(settings.background)
        self._composer = Composer(width_px=settings.width_px, height_px=settings.height_px)

    @property
    def status(self) -> SinkStatus:
        """Backend, device and mode; or why there is none, and how to get one."""
        return self._status

    @property
    def background(self) -> str:
        """The background's colour or path. May be set while pictures are sent, from another thread.

        Raises (when set):
            UserError: it is no colour, picture or video; the old one stays.
        """
        return self._background.spec

    @background.setter
    def background(self, spec: str) -> None:
        self._background.change(spec)

    def __enter__(self) -> Self:
        self._background.open(width_px=self._settings.width_px, height_px=self._settings.height_px)
        self._camera, self._status = _open_camera(self._settings)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def send(self, picture: Rendered) -> None:
        """Show one picture.

        Raises:
            UserError: the device went away; the sink does not run any more.
        """
        background = self._background.now()
        if self._camera is None or background is None:
            return
        image = self._composer.compose(picture.image, background)
        try:
            self._camera.send(image)
        except Exception as error:
            self._status = SinkStatus(NAME, False, f"{self._status.detail} went away ({_one_line(error)}); start again")
            self._close_camera()
            raise UserError(f"the virtual camera went away ({_one_line(error)}); start Posecast again") from error

    def close(self) -> None:
        """Release the device. Idempotent."""
        self._background.close()
        if self._camera is not None:
            self._status = SinkStatus(NAME, False, "closed")
            self._close_camera()

    def _close_camera(self) -> None:
        camera, self._camera = self._camera, None
        device = camera.device  # cannot be asked after closing
        camera.close()
        free_loopback(device)


def probe_virtual_camera(settings: VirtualCameraSettings | None = None) -> SinkStatus:
    """Open the virtual camera and close it again, without a picture: what the sink would say if it were started now."""
    camera, status = _open_camera(settings or VirtualCameraSettings())
    if camera is not None:
        camera.close()
    return status


def _open_camera(settings: VirtualCameraSettings) -> tuple[Any, SinkStatus]:
    """Return pyvirtualcam's camera, or None, and what there is to say about it."""
    try:
        pyvirtualcam = importlib.import_module("pyvirtualcam")
    except ImportError:
        return None, SinkStatus(NAME, False, _GET_PACKAGE)
    try:
        camera = pyvirtualcam.Camera(
            settings.width_px,
            settings.height_px,
            settings.fps,
            fmt=pyvirtualcam.PixelFormat.RGB,
            device=settings.device,
        )
    except Exception as error:  # every backend has its own kind of error; the reason is in its words
        step = _GET_BACKEND.get(platform.system(), "this system has no backend")
        return None, SinkStatus(NAME, False, f"none could be opened ({_one_line(error)}); {step}")
    mode = f"{settings.width_px}x{settings.height_px}@{settings.fps:g}"
    return camera, SinkStatus(NAME, True, f"{camera.backend} on {camera.device}, {mode}")


def _one_line(error: BaseException) -> str:
    """The first sentence of an error, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.split(". ")[0].rstrip(".")
