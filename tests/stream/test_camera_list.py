"""Listing cameras: what each system tells, and how OpenCV opens them."""

import struct
import sys
from types import SimpleNamespace

import cv2
import pytest

from stream.sources import camera_list as module
from stream.sources.camera_list import list_cameras, ways_to_open
from stream.sources.cameras import CameraInfo


@pytest.fixture
def enumerated(monkeypatch):
    """What cv2-enumerate-cameras, which is for Windows and macOS, tells of each backend; a test may change it."""
    told: dict[int, list[str]] = {}

    def enumerate_cameras(backend: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(index=index, name=name) for index, name in enumerate(told[backend])]

    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", SimpleNamespace(enumerate_cameras=enumerate_cameras))
    return told


def test_linux_lists_names_and_leaves_out_devices_without_pictures(tmp_path, monkeypatch) -> None:
    """Metadata devices and pure outputs are not cameras; loopbacks are marked; order is by number, not by name."""
    answers = {
        "/dev/video10": (b"uvcvideo", 0x04200001),
        "/dev/video2": (b"uvcvideo", 0x04200001),
        "/dev/video3": (b"uvcvideo", 0x04A00000),
        "/dev/video5": (b"v4l2 loopback", 0x05200003),
        "/dev/video6": (b"v4l2 loopback", 0x05200002),
    }
    for name in ("video10", "video2", "video3", "video5", "video6", "video7", "v4l-subdev0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(f"The {name}\n")
    (tmp_path / "video7" / "name").write_bytes("Câmé".encode()[:-1] + b"\n")  # drivers cut names wherever they end

    def answer(device: str) -> bytes | None:
        if device not in answers:
            return None
        driver, abilities = answers[device]
        return struct.pack("<16s32s32sIII12x", driver, b"", b"", 0, 0x84000000, abilities)

    monkeypatch.setattr(module, "_capability", answer)
    monkeypatch.setattr(module, "_SYSFS", tmp_path)
    monkeypatch.setattr(module.sys, "platform", "linux")
    assert list_cameras() == [
        CameraInfo(2, "The video2"),
        CameraInfo(5, "The video5", virtual=True),
        CameraInfo(7, "Câm�"),
        CameraInfo(10, "The video10"),
    ]


def test_windows_lists_names_and_tells_what_is_no_camera(monkeypatch, enumerated) -> None:
    """Another program's picture is never the default, whatever its index; a phone's may be."""
    monkeypatch.setattr(sys, "platform", "win32")
    names = ["OBS Virtual Camera", "HD Pro Webcam C920", "Camera (NVIDIA Broadcast)", "VTubeStudioCam", "e2eSoft iVCam"]
    enumerated[cv2.CAP_DSHOW] = names
    assert list_cameras() == [
        CameraInfo(0, "OBS Virtual Camera", virtual=True),
        CameraInfo(1, "HD Pro Webcam C920"),
        CameraInfo(2, "Camera (NVIDIA Broadcast)", virtual=True),
        CameraInfo(3, "VTubeStudioCam", virtual=True),
        CameraInfo(4, "e2eSoft iVCam"),
    ]


def test_on_windows_the_second_way_to_open_means_the_same_camera(monkeypatch, enumerated) -> None:
    """Media Foundation counts otherwise: by its index of the same number it would be another camera's picture."""
    monkeypatch.setattr(sys, "platform", "win32")
    enumerated[cv2.CAP_MSMF] = ["Laptop Camera", "HD Webcam"]
    assert ways_to_open(CameraInfo(0, "HD Webcam")) == [(0, cv2.CAP_DSHOW), (1, cv2.CAP_MSMF)]
    assert ways_to_open(CameraInfo(1, "OBS Virtual Camera", virtual=True)) == [(1, cv2.CAP_DSHOW)]
    assert ways_to_open(CameraInfo(3, "")) == [(3, cv2.CAP_DSHOW), (3, cv2.CAP_MSMF)]


def test_macos_lists_names(monkeypatch, enumerated) -> None:
    """OBS's camera sorts before the one that is built in."""
    monkeypatch.setattr(sys, "platform", "darwin")
    enumerated[cv2.CAP_AVFOUNDATION] = ["OBS Virtual Camera", "FaceTime HD Camera"]
    assert list_cameras() == [CameraInfo(0, "OBS Virtual Camera", virtual=True), CameraInfo(1, "FaceTime HD Camera")]
    assert ways_to_open(list_cameras()[1]) == [(1, cv2.CAP_AVFOUNDATION)]
