"""Privacy: whatever fails, the camera's picture reaches no sink. Each renderer fails in turn, and the pixels are looked at."""

import multiprocessing
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import live_tools
import numpy as np
import pytest
from server_clients import wait_until

from stream import parts
from stream.app import Program
from stream.config import Config
from stream.failsafe import neutral_card
from stream.hot_swap import HotSwapRenderer
from stream.sources.base import SourceInfo
from trackers import assets
from trackers.errors import AssetError, SourceError, SourceLost
from trackers.holistic import HolisticTracker
from trackers.types import Frame, Stamp

CAMERA_COLOUR = np.array([255, 0, 255])
"""The camera of these tests sees only this; no avatar has it anywhere."""


class MagentaCamera:
    """A camera whose picture cannot be mistaken; it dies when told to."""

    info = SourceInfo("camera 0", "camera", 64, 48, 30, live=True)

    def __init__(self) -> None:
        self.dead = False
        self.seq = 0

    def __enter__(self) -> Self:
        if self.dead:
            raise SourceError("camera 0 could not be opened; try --source demo")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def read(self) -> Frame:
        if self.dead:
            raise SourceLost("unplugged")
        time.sleep(1 / 60)
        self.seq += 1
        image = np.broadcast_to(CAMERA_COLOUR.astype(np.uint8), (48, 64, 3)).copy()
        return Frame(image, Stamp(self.seq, time.perf_counter_ns()))

    def interrupt(self) -> None:
        pass


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> MagentaCamera:
    source = MagentaCamera()
    monkeypatch.setattr(parts, "make_source", lambda *_: source)
    return source


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> live_tools.Collector:
    sink = live_tools.Collector()
    monkeypatch.setattr(parts, "make_sinks", lambda *_: [sink])
    return sink


def wait_for_more(collector: live_tools.Collector, seconds: float = 1.0) -> None:
    """Wait until pictures have gone out for so long after now."""
    count, deadline_s = len(collector.pictures), time.monotonic() + 60
    until_s = time.monotonic() + seconds
    while (time.monotonic() < until_s or len(collector.pictures) < count + 5) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert len(collector.pictures) >= count + 5, "pictures stopped going out"


def here() -> Config:
    """Return settings with the tracker in this process, where a test can make it fail."""
    return live_tools.config(tracker__own_process="false")


def assert_nobody_seen(collector: live_tools.Collector) -> None:
    """No visible pixel of any picture has the camera's colour, and the avatar or the card is in each."""
    for picture in collector.pictures:
        near = np.abs(picture.image[..., :3].astype(int) - CAMERA_COLOUR).max(axis=-1) < 40
        assert not (near & (picture.image[..., 3] > 0)).any()
        assert (picture.image[..., 3] == 255).mean() > 0.05


def test_nothing_fails(camera: MagentaCamera, collector: live_tools.Collector) -> None:
    """The plain case: a camera that sees nobody, an avatar that idles."""
    with live_tools.running(live_tools.config()):
        wait_for_more(collector)
    assert_nobody_seen(collector)


def test_the_tracker_raises(camera: MagentaCamera, collector: live_tools.Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker that raises on every frame: the avatar idles, the failure is told once, nothing stops."""

    def fail(self: HolisticTracker, frame: Frame) -> None:
        raise RuntimeError("model on fire")

    monkeypatch.setattr(HolisticTracker, "track", fail)
    with live_tools.running(here()) as (_, view):
        wait_until(lambda: "tracker.failed" in view.names())
        wait_for_more(collector)
    assert_nobody_seen(collector)
    assert view.names().count("tracker.failed") == 1
    assert "tracking failed (model on fire); the avatar idles until it works again" in [e.text for e in view.events]


def test_the_tracker_dies(camera: MagentaCamera, collector: live_tools.Collector) -> None:
    """The tracker's process is killed while live: pictures go on, it is told, and tracking comes back by itself."""
    with live_tools.running(live_tools.config()) as (_, view):
        wait_for_more(collector, 0.5)
        (child,) = multiprocessing.active_children()
        killed = child.pid
        child.kill()
        wait_until(lambda: "tracker.failed" in view.names())
        wait_until(lambda: [p.name for p in multiprocessing.active_children() if p.pid != killed] == ["posecast-tracker"])
        wait_for_more(collector, 2.0)
    assert_nobody_seen(collector)
    assert view.names().count("tracker.failed") == 1
    assert multiprocessing.active_children() == []


def test_the_renderer_raises(camera: MagentaCamera, collector: live_tools.Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renderer that dies while live: the last picture for a moment, then the card."""
    with live_tools.running(live_tools.config()) as (_, view):
        wait_for_more(collector, 0.3)

        def fail(self: HotSwapRenderer, *_: object, **__: object) -> None:
            raise RuntimeError("no triangles")

        monkeypatch.setattr(HotSwapRenderer, "render", fail)
        wait_until(lambda: (collector.pictures[-1].image == neutral_card(512, 512)).all())
        wait_for_more(collector, 0.3)
    assert_nobody_seen(collector)
    assert (collector.pictures[-1].image == neutral_card(512, 512)).all()
    assert view.names().count("renderer.failed") == 1


def test_the_camera_dies(camera: MagentaCamera, collector: live_tools.Collector) -> None:
    """A camera that is unplugged: pictures go on, the loss is told, and it is found again when it is back."""
    with live_tools.running(live_tools.config()) as (_, view):
        wait_for_more(collector, 0.3)
        camera.dead = True
        wait_until(lambda: "source.lost" in view.names())
        wait_for_more(collector, 0.5)
        camera.dead = False
        wait_until(lambda: "source.found" in view.names())
    assert_nobody_seen(collector)
    assert [name for name in view.names() if name.startswith("source.")] == ["source.lost", "source.found"]


def test_a_model_file_is_damaged(
    camera: MagentaCamera, collector: live_tools.Collector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A damaged model ends the start with one sentence before any picture goes out."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    assets.cache_folder().mkdir(parents=True)
    for asset in assets.required_assets():
        (assets.cache_folder() / asset.file).write_bytes(b"damaged")
    monkeypatch.setattr(live_tools.QuietView, "fetch", lambda *_: None)
    with pytest.raises(AssetError, match=r"should have SHA-256 .* run `python run.py models` to fetch it again$"):
        Program(live_tools.config(), live_tools.QuietView()).run(5)
    assert collector.pictures == []


def test_a_sink_raises(camera: MagentaCamera, collector: live_tools.Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sink that fails is told once, however often it is tried again; the other goes on."""

    class Broken(live_tools.Collector):
        def send(self, picture: object) -> None:
            raise OSError("device gone")

    monkeypatch.setattr(parts, "make_sinks", lambda *_: [Broken(), collector])
    with live_tools.running(live_tools.config()) as (_, view):
        wait_until(lambda: "sink.failed" in view.names())
        wait_for_more(collector)
    assert_nobody_seen(collector)
    assert view.names().count("sink.failed") == 1
