"""macOS's permission to use cameras, with a system of Python's in the place of its own."""

import sys
from types import SimpleNamespace

import pytest

from stream.config import Config
from stream.events import EventLog
from stream.parts import make_source
from stream.sources import SourceSettings, camera_permission, open_source
from stream.sources.cameras import CameraInfo
from trackers.errors import SourceError

REFUSED = (
    "macOS does not let this program use the camera; allow your terminal in System Settings, Privacy & Security, Camera, "
    "and start again"
)


class FakeMac:
    """`AVCaptureDevice`: it answers `answer` once it was asked, after a few looks at its status."""

    def __init__(self, status: int, answer: int) -> None:
        self.status, self.answer = status, answer
        self.asked, self.looks = 0, 0

    def authorizationStatusForMediaType_(self, kind: str) -> int:
        assert kind == "vide"
        self.looks += 1
        if self.asked and self.looks > 3:
            self.status = self.answer
        return self.status

    def requestAccessForMediaType_completionHandler_(self, kind: str, handler) -> None:
        assert kind == "vide"
        assert callable(handler)
        self.asked += 1


@pytest.fixture
def mac(monkeypatch):
    """Put a Mac in place with the status it has and the answer that its user will give."""

    def make(status: int, answer: int = 0) -> FakeMac:
        device = FakeMac(status, answer)
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(camera_permission, "ANSWER_WITHIN_S", 60.0 if answer else 0.0)
        monkeypatch.setattr(camera_permission, "_POLL_S", 0.0)
        monkeypatch.setattr("stream.parts.list_cameras", lambda: [CameraInfo(0, "FaceTime HD Camera")])
        monkeypatch.setattr("stream.sources.opening.list_cameras", lambda: [CameraInfo(0, "FaceTime HD Camera")])
        monkeypatch.setitem(sys.modules, "AVFoundation", SimpleNamespace(AVCaptureDevice=device, AVMediaTypeVideo="vide"))
        return device

    return make


def test_elsewhere_nobody_asks() -> None:
    """Linux has no such window, and no such library."""
    assert camera_permission.refusal() is None


@pytest.mark.parametrize(
    ("status", "answer", "asked", "refused"),
    [(3, 3, 0, False), (0, 3, 1, False), (0, 2, 1, True), (2, 2, 0, True), (0, 0, 1, True)],
)
def test_macos_is_asked_once_and_waited_for(mac, status: int, answer: int, asked: int, refused: bool) -> None:
    """Whoever was never asked is; whoever refused is told where to change that, as is who does not answer."""
    device = mac(status, answer)
    assert camera_permission.refusal() == (REFUSED if refused else None)
    assert device.asked == asked


def test_a_camera_that_may_not_be_used_says_so(mac) -> None:
    """Asked for by name, number or nothing: the same sentence."""
    mac(2)
    for spec in ("camera", "0", "facetime"):
        with pytest.raises(SourceError) as caught:
            open_source(spec, SourceSettings())
        assert str(caught.value) == REFUSED


def test_without_permission_the_demo_plays_and_says_why(mac) -> None:
    """`auto` goes on, and tells what to do."""
    mac(2)
    events, told = EventLog(), []
    events.listen(lambda event: told.append(event.text))
    assert make_source(Config(), events).info.kind == "demo"
    events.deliver()
    assert told == [f"{REFUSED}; meanwhile the built-in performance plays."]
