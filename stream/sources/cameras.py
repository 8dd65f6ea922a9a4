"""Which cameras there are, and which one a user means. Owns their names; opens none where the system can tell without.

Linux tells names and abilities of every video device. Windows and macOS tell OpenCV neither, so the first indices are tried.
"""

import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from stream.sources.driver import open_capture
from trackers.errors import SourceError

_SYSFS: Final = Path("/sys/class/video4linux")
_QUERYCAP: Final = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h
_CAPABILITY: Final = struct.Struct("<16s32s32sIII12x")  # driver, card, bus, version, capabilities, device_caps
_CAN_CAPTURE: Final = 0x1
_PROBED: Final = 6
_NONE: Final = "no camera was found; plug one in, or try --source demo"


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera that can be opened by its index."""

    index: int
    name: str
    """As its driver calls it; empty where the system does not say."""
    virtual: bool = False
    """True for a loopback device: another program's output (or our own), never the default."""

    def __str__(self) -> str:
        return f"{self.index} ({self.name})" if self.name else str(self.index)


def backends() -> tuple[int, ...]:
    """OpenCV's backends for cameras on this system, in the order to try them."""
    if sys.platform == "win32":
        return (cv2.CAP_DSHOW, cv2.CAP_MSMF)  # Media Foundation takes seconds to open
    if sys.platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    return (cv2.CAP_V4L2,)


def list_cameras() -> list[CameraInfo]:
    """Return the cameras of this computer, ordered by index."""
    if sys.platform == "linux":
        return _list_linux(_SYSFS)
    return [CameraInfo(index, "") for index in range(_PROBED) if _opens(index)]


def find_camera(wanted: int | str | None, cameras: list[CameraInfo]) -> CameraInfo:
    """Return the camera that `wanted` means: its index, a part of its name, or None for the first real one.

    An index that is not listed is taken at its word: opening it will tell.

    A `virtual` one is another program's picture, or our own avatar, so None never means it.

    Raises:
        SourceError: there is none, or a name fits several.
    """
    if isinstance(wanted, int):
        return next((camera for camera in cameras if camera.index == wanted), CameraInfo(wanted, ""))
    if wanted is None:
        real = [camera for camera in cameras if not camera.virtual]
        if not real:
            raise SourceError(_only_virtual(cameras) if cameras else _NONE)
        return min(real, key=lambda camera: camera.index)
    fitting = [camera for camera in cameras if wanted.casefold() in camera.name.casefold()]
    if not fitting:
        raise SourceError(f'no camera is called "{wanted}" and no file has that path; {next_step(cameras)}')
    if len(fitting) > 1:
        listed = ", ".join(map(str, fitting))
        raise SourceError(f'"{wanted}" fits {len(fitting)} cameras: {listed}; try --source {fitting[0].index}')
    return fitting[0]


def next_step(cameras: list[CameraInfo], *, failed: int | None = None) -> str:
    """The end of an error sentence: what was found and what to try; not again the index that has just `failed`."""
    if not cameras:
        return _NONE
    found = f"cameras found: {', '.join(map(str, cameras))}"
    real = [camera for camera in cameras if not camera.virtual and camera.index != failed]
    other = f"try --source {min(real, key=lambda camera: camera.index).index}" if real else "try --source demo"
    is_there = any(camera.index == failed for camera in cameras)
    return f"{found}; close other programs that use it, or {other}" if is_there else f"{found}; {other}"


def find_again(camera: CameraInfo, cameras: list[CameraInfo]) -> CameraInfo:
    """Return the camera that was open before: by its name, since it may come back under another index, else by its index.

    Raises:
        SourceError: it is not there; what stands in its place now may be our own output.
    """
    if not camera.name:
        cameras = cameras if any(other.index == camera.index for other in cameras) else [*cameras, camera]
    fitting = [other for other in cameras if other.index == camera.index or (camera.name and other.name == camera.name)]
    fitting = [other for other in fitting if camera.virtual or not other.virtual]
    if not fitting:
        raise SourceError(f"camera {camera} is not there; plug it in again")
    return min(fitting, key=lambda other: (other.name != camera.name, other.index != camera.index))


def _only_virtual(cameras: list[CameraInfo]) -> str:
    found = ", ".join(map(str, cameras))
    return f"no camera was found but virtual ones: {found}; plug one in, or try --source {cameras[0].index} if that is meant"


def _list_linux(folder: Path) -> list[CameraInfo]:
    if not folder.is_dir():
        return []
    devices = [entry for entry in folder.iterdir() if entry.name.removeprefix("video").isdigit()]
    cameras = [camera for entry in devices if (camera := _linux_camera(entry)) is not None]
    return sorted(cameras, key=lambda camera: camera.index)


def _linux_camera(entry: Path) -> CameraInfo | None:
    """Return what `entry` of sysfs is, or None if it gives no pictures (a camera's metadata has a device of its own)."""
    try:
        name = (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
    answer = _capability(f"/dev/{entry.name}")
    if answer is None:  # no permission, or unplugged just now: keep it, so that opening it can say why
        return CameraInfo(int(entry.name.removeprefix("video")), name)
    driver, _, _, _, _, abilities = _CAPABILITY.unpack(answer)
    if not abilities & _CAN_CAPTURE:
        return None
    return CameraInfo(int(entry.name.removeprefix("video")), name, virtual=driver.startswith(b"v4l2 loopback"))


def _capability(device: str) -> bytes | None:
    """Ask the driver what `device` can do. This neither starts it nor lights its lamp."""
    import fcntl  # Linux only

    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return fcntl.ioctl(handle, _QUERYCAP, bytes(_CAPABILITY.size))
    except OSError:
        return None
    finally:
        os.close(handle)


def _opens(index: int) -> bool:
    for backend in backends():
        capture = open_capture(index, backend=backend)
        if capture is not None:
            capture.release()
            return True
    return False
