"""Listing cameras and finding the one that is meant."""

import struct

import pytest
from fake_camera import FakeDevice, install

from stream.sources import cameras as module
from stream.sources.cameras import CameraInfo, find_again, find_camera, list_cameras
from trackers.errors import SourceError

REAL, SECOND, LOOPBACK = CameraInfo(2, "HD Webcam"), CameraInfo(4, "HD Capture"), CameraInfo(0, "OBS", virtual=True)


def test_the_default_is_the_first_real_camera() -> None:
    """A loopback device, which may be our own output, is taken only where it is asked for."""
    assert find_camera(None, [LOOPBACK, REAL, SECOND]) is REAL
    with pytest.raises(SourceError) as caught:
        find_camera(None, [LOOPBACK])
    assert str(caught.value) == (
        "no camera was found but virtual ones: 0 (OBS); plug one in, or try --source 0 if that is meant"
    )
    assert find_camera(0, [LOOPBACK]) is find_camera("obs", [LOOPBACK]) is LOOPBACK
    with pytest.raises(SourceError) as caught:
        find_camera(None, [])
    assert str(caught.value) == "no camera was found; plug one in, or try --source demo"


def test_a_part_of_a_name_finds_a_camera() -> None:
    """Upper and lower case are the same; a name that fits none or several is refused with the list."""
    assert find_camera("webCAM", [LOOPBACK, REAL, SECOND]) is REAL
    with pytest.raises(SourceError) as caught:
        find_camera("hd", [LOOPBACK, REAL, SECOND])
    assert str(caught.value) == '"hd" fits 2 cameras: 2 (HD Webcam), 4 (HD Capture); try --source 2'
    with pytest.raises(SourceError) as caught:
        find_camera("brio", [LOOPBACK, REAL])
    assert str(caught.value) == (
        'no camera is called "brio" and no file has that path; cameras found: 0 (OBS), 2 (HD Webcam); try --source 2'
    )


def test_an_index_is_taken_at_its_word() -> None:
    """An index that the system does not list may still open."""
    assert find_camera(2, [REAL]) is REAL
    assert find_camera(9, [REAL]) == CameraInfo(9, "")


def test_a_camera_that_was_open_is_found_again() -> None:
    """Its name counts first, then its index; a virtual one never takes the place of a real one."""
    moved, twin = CameraInfo(5, "HD Webcam"), CameraInfo(1, "HD Webcam")
    assert find_again(REAL, [LOOPBACK, twin, REAL]) is REAL
    assert find_again(REAL, [LOOPBACK, SECOND, moved]) is moved
    assert find_again(REAL, [CameraInfo(2, "Another")]) == CameraInfo(2, "Another")
    assert find_again(CameraInfo(3, ""), []) == CameraInfo(3, "")  # no list names it: opening will tell
    assert find_again(LOOPBACK, [LOOPBACK]) is LOOPBACK
    for instead in ([], [LOOPBACK, SECOND], [CameraInfo(2, "Posecast", virtual=True)]):
        with pytest.raises(SourceError) as caught:
            find_again(REAL, instead)
        assert str(caught.value) == "camera 2 (HD Webcam) is not there; plug it in again"


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


def test_elsewhere_indices_are_tried_and_released(monkeypatch) -> None:
    """Where the system tells OpenCV nothing, the first indices are opened for a moment."""
    devices = {1: FakeDevice(), 3: FakeDevice()}
    install(monkeypatch, devices)
    monkeypatch.setattr(module.sys, "platform", "win32")
    assert list_cameras() == [CameraInfo(1, ""), CameraInfo(3, "")]
    assert [device.open_count for device in devices.values()] == [0, 0]
