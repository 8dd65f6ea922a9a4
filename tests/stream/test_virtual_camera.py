"""The virtual camera sink against a fake pyvirtualcam, and without one. The real device is in test_virtual_camera_vm.py."""

import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.types import Rendered
from stream.config import load_config
from stream.doctor import examine
from stream.sinks import virtual_camera as module
from stream.sinks.virtual_camera import VirtualCameraSettings, VirtualCameraSink, probe_virtual_camera
from trackers.errors import UserError
from trackers.types import Stamp

SETTINGS = VirtualCameraSettings(width_px=64, height_px=32, background="#00ff00")


class FakeCamera:
    """The driver's side: keeps what was sent."""

    def __init__(self, width, height, fps, *, fmt, device) -> None:
        if FakeCamera.failure is not None:
            raise FakeCamera.failure
        self.asked = (width, height, fps, fmt, device)
        self.backend, self.device = "fakeloopback", device or "/dev/video9"
        self.sent: list[np.ndarray] = []
        self.closed = False
        FakeCamera.opened.append(self)

    opened: list["FakeCamera"] = []
    failure: Exception | None = None
    gone = False

    def send(self, image: np.ndarray) -> None:
        if FakeCamera.gone:
            raise OSError("No such device")
        self.sent.append(image.copy())

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def driver(monkeypatch) -> type[FakeCamera]:
    package = types.ModuleType("pyvirtualcam")
    package.Camera = FakeCamera  # type: ignore[attr-defined]
    package.PixelFormat = types.SimpleNamespace(RGB="RGB")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyvirtualcam", package)
    monkeypatch.setattr(FakeCamera, "opened", [])
    monkeypatch.setattr(FakeCamera, "failure", None)
    monkeypatch.setattr(FakeCamera, "gone", False)
    return FakeCamera


def picture(*, alpha: int = 255) -> Rendered:
    return Rendered(np.full((16, 16, 4), (255, 0, 0, alpha), np.uint8), Stamp(0, 0))


def test_pictures_are_letterboxed_over_the_background(driver) -> None:
    """A square avatar stands in the middle of a wide camera, RGB, over green."""
    with VirtualCameraSink(SETTINGS) as sink:
        assert sink.status
        assert sink.status.detail == "fakeloopback on /dev/video9, 64x32@30"
        sink.send(picture())
    camera = driver.opened[0]
    assert camera.asked == (64, 32, 30, "RGB", None)
    assert camera.sent[0].shape == (32, 64, 3)
    assert camera.sent[0][16, 32].tolist() == [255, 0, 0]
    assert camera.sent[0][16, 4].tolist() == [0, 255, 0]
    assert camera.closed
    assert not sink.status
    assert sink.repeats


def test_the_background_can_change_while_it_runs(driver, tmp_path: Path) -> None:
    """A colour, a picture and a video can be set one after the other; a wrong one is refused and the old one stays."""
    path = tmp_path / "room.png"
    path.write_bytes(cv2.imencode(".png", np.full((20, 20, 3), (255, 0, 0), np.uint8))[1].tobytes())
    video = tmp_path / "loop.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 32))
    writer.write(np.full((32, 64, 3), 77, np.uint8))
    writer.release()
    with VirtualCameraSink(SETTINGS) as sink:
        for spec in ("#fff", str(path), str(video)):
            sink.background = spec
            sink.send(picture(alpha=0))
        with pytest.raises(UserError) as caught:
            sink.background = "room.jpg"
        assert sink.background == str(video)
        sink.send(picture(alpha=0))
    assert str(caught.value) == (
        "background room.jpg was not found; give a colour such as #00ff00, or the path of a picture or a video"
    )
    sent = driver.opened[0].sent
    assert np.all(sent[0] == 255)
    assert np.all(sent[1] == (0, 0, 255))
    assert np.all(np.abs(sent[2].astype(int) - 77) < 4)
    assert np.array_equal(sent[2], sent[3])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("#00ff0", "background #00ff0 is not a colour; expected #rrggbb, such as #00ff00"),
        ("green", "background green was not found; give a colour such as #00ff00, or the path of a picture or a video"),
    ],
)
def test_a_wrong_background_is_one_sentence(driver, spec: str, words: str) -> None:
    """It is said before anything is opened."""
    with pytest.raises(UserError) as caught, VirtualCameraSink(VirtualCameraSettings(background=spec)):
        pass
    assert str(caught.value) == words
    assert driver.opened == []


def test_a_file_that_is_no_background_is_one_sentence(driver, tmp_path: Path) -> None:
    """A text file is neither a picture nor a video."""
    path = tmp_path / "notes.txt"
    path.write_text("x")
    with pytest.raises(UserError) as caught, VirtualCameraSink(VirtualCameraSettings(background=str(path))):
        pass
    assert str(caught.value) == (
        f"background {path} holds neither a picture nor a video; "
        "give a colour such as #00ff00, or the path of a picture or a video"
    )


def test_without_the_package_the_rest_goes_on(monkeypatch) -> None:
    """The status says how to install it; entering, sending and closing do nothing."""
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with VirtualCameraSink(SETTINGS) as sink:
        assert not sink.status
        assert sink.status.detail == 'pyvirtualcam is not installed; pip install ".[camera]", then start again'
        sink.send(picture())
    assert probe_virtual_camera().detail == sink.status.detail


@pytest.mark.parametrize(
    ("system", "step"),
    [
        (
            "Linux",
            "sudo apt install v4l2loopback-dkms, then sudo modprobe -r v4l2loopback, then "
            "sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Posecast, then start again",
        ),
        (
            "Windows",
            "stop the virtual camera of OBS, or another Posecast, if it runs; if there is none yet, install OBS Studio from "
            "obsproject.com and start and stop its virtual camera once; then start again",
        ),
        (
            "Darwin",
            "stop the virtual camera of OBS, or another Posecast, if it runs; if there is none yet, install OBS Studio 30 or "
            "newer from obsproject.com, start its virtual camera once, allow its extension in System Settings, stop it; then "
            "start again",
        ),
    ],
)
def test_without_a_backend_one_line_says_how_to_get_it(driver, monkeypatch, system: str, step: str) -> None:
    """The backend's reason and this system's next step stand on one line."""
    driver.failure = RuntimeError("'x' backend: No device found at /dev/video[0-99]. Did you run modprobe?\n'y' backend: no")
    monkeypatch.setattr(module.platform, "system", lambda: system)
    with VirtualCameraSink(SETTINGS) as sink:
        sink.send(picture())
        status = sink.status
    assert not status
    assert status.detail == f"none could be opened ('x' backend: No device found at /dev/video[0-99]); {step}"
    assert probe_virtual_camera() == status


def test_the_real_package_without_a_device_is_a_status_too() -> None:
    """The real pyvirtualcam, where there is no device, gives a reason and raises nothing."""
    pytest.importorskip("pyvirtualcam")
    status = probe_virtual_camera(VirtualCameraSettings(device="/dev/video98"))
    assert not status.running
    assert "\n" not in status.detail
    assert "none could be opened (" in status.detail


def test_a_device_that_goes_away_is_told_once(driver) -> None:
    """The first failing send raises one sentence and frees the device; later ones do nothing."""
    with VirtualCameraSink(SETTINGS) as sink:
        driver.gone = True
        with pytest.raises(UserError) as caught:
            sink.send(picture())
        assert str(caught.value) == "the virtual camera went away (No such device); start Posecast again"
        assert not sink.status
        sink.send(picture())
    assert driver.opened[0].closed


def test_probing_opens_and_closes_without_a_picture(driver) -> None:
    """`doctor` learns the backend and leaves nothing behind."""
    assert probe_virtual_camera(SETTINGS).detail == "fakeloopback on /dev/video9, 64x32@30"
    assert driver.opened[0].closed
    assert driver.opened[0].sent == []


def test_an_odd_size_is_refused() -> None:
    """Cameras halve their colours in both directions."""
    with pytest.raises(UserError) as caught:
        VirtualCameraSettings(width_px=639)
    assert str(caught.value) == "the virtual camera's size must be even, got 639x720; try 1280x720"


def test_doctor_looks_at_the_camera_that_is_configured(driver) -> None:
    """Device, size and rate are those of the settings; what the start would refuse, it refuses."""
    config = load_config(None, {"virtual_camera.device": "/dev/video42", "virtual_camera.fps": "25"})
    (check,) = examine(config, names={"virtual camera"})
    assert (check.ok, driver.opened[-1].asked) == (True, (1280, 720, 25.0, "RGB", "/dev/video42"))
    config = load_config(None, {"virtual_camera.width_px": "641"})
    (check,) = examine(config, names={"virtual camera"})
    assert (check.ok, check.detail) == (False, "the virtual camera's size must be even, got 641x720; try 1280x720")
