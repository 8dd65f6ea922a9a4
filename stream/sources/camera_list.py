"""Which cameras this computer has, asked of its system. Owns their names, and how OpenCV opens each; opens none itself.

Linux tells names and abilities of every video device; on Windows and macOS cv2-enumerate-cameras asks what OpenCV asks, in the
same order, so that indices fit.
"""

import os
import re
import struct
import sys
from pathlib import Path
from typing import Any, Final

import cv2

from stream.sources.cameras import CameraInfo

_SYSFS: Final = Path("/sys/class/video4linux")
_QUERYCAP: Final = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h
_CAPABILITY: Final = struct.Struct("<16s32s32sIII12x")  # driver, card, bus, version, capabilities, device_caps
_CAN_CAPTURE: Final = 0x1
_VIRTUAL: Final = re.compile(
    r"virtual|\bv-?cam\b|vtubestudiocam|vseeface|animaze|\bobs\b|\bndi\b|unity video capture|nvidia broadcast|snap camera"
    r"|manycam|splitcam|youcam|chromacam|mmhmm",
    re.IGNORECASE,
)
"""Names of pictures that other programs make: those that are known. Neither OpenCV nor macOS tells them from cameras."""


def list_cameras() -> list[CameraInfo]:
    """Return the cameras of this computer, ordered by index."""
    if sys.platform == "linux":
        return _list_linux(_SYSFS)
    backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_AVFOUNDATION
    return [CameraInfo(index, name, virtual=bool(_VIRTUAL.search(name))) for index, name in _enumerated(backend)]


def ways_to_open(camera: CameraInfo) -> list[tuple[int, int]]:
    """Return index and backend of OpenCV for a camera, in the order to try them."""
    if sys.platform == "linux":
        return [(camera.index, cv2.CAP_V4L2)]
    if sys.platform != "win32":
        return [(camera.index, cv2.CAP_AVFOUNDATION)]
    # Media Foundation takes seconds to open, and counts cameras otherwise: of two with one name it may mean the other.
    others = [index for index, name in _enumerated(cv2.CAP_MSMF) if name == camera.name] if camera.name else [camera.index]
    return [(camera.index, cv2.CAP_DSHOW), *((index, cv2.CAP_MSMF) for index in others if len(others) == 1)]


def _enumerated(backend: int) -> list[tuple[int, str]]:
    """Return index and name of each camera, as one of OpenCV's backends has them."""
    import cv2_enumerate_cameras as library  # Windows and macOS only

    found: list[Any] = library.enumerate_cameras(backend)
    return [(int(camera.index), str(camera.name)) for camera in found]


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
