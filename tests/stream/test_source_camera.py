"""The camera source against a fake driver: newest frame only, honest stamps, loss, reopening, a driver that hangs."""

import threading
import time

import cv2
import numpy as np
import pytest
from fake_camera import FakeDevice, install
from server_clients import wait_until

from stream.sources import EndOfStream, SourceSettings, live
from stream.sources import camera as camera_module
from stream.sources.camera import CameraSource
from stream.sources.cameras import CameraInfo
from trackers.errors import SourceError, SourceLost

SMALL = SourceSettings(width_px=64, height_px=48, fps=30, frozen_after_s=60)
MJPG = cv2.VideoWriter.fourcc(*"MJPG")


@pytest.fixture
def cameras(monkeypatch):
    """What the system lists; a test may change the list. Closing has as long as a stalled computer needs."""
    monkeypatch.setattr(live, "JOIN_S", 60.0)
    listed: list[CameraInfo] = []
    monkeypatch.setattr(camera_module, "list_cameras", lambda: listed)
    return listed


def capture_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("capture")]


def drain(source, stamps: list | None = None) -> None:
    """Read until the source raises."""
    while True:
        stamp = source.read().stamp
        if stamps is not None:
            stamps.append(stamp)


def test_frames_are_rgb_and_stamped_before_conversion(monkeypatch, cameras) -> None:
    """A BGR picture comes out as RGB, numbered from 0, stamped when the driver handed it over."""
    device = FakeDevice(frames=1)
    install(monkeypatch, {0: device})
    with CameraSource(0, SMALL) as source:
        frame = source.read()
    assert frame.image.shape == (48, 64, 3)
    assert frame.image[0, 0].tolist() == [1, 100, 200]
    assert frame.stamp.seq == 0
    assert device.handles[0].grabbed_at_ns <= frame.stamp.captured_ns <= device.handles[0].retrieved_at_ns


def test_a_slow_reader_gets_the_newest_frame(monkeypatch, cameras) -> None:
    """Frames that nobody took are dropped, their numbers are not used again, and no frame comes twice."""
    device = FakeDevice()
    install(monkeypatch, {0: device})
    with CameraSource(0, SMALL) as source:
        seen = []
        for _ in range(5):
            wanted = device.handles[0].grabbed + 10
            wait_until(lambda wanted=wanted: device.handles[0].grabbed >= wanted)
            grabbed = device.handles[0].grabbed
            frame = source.read()
            assert frame.stamp.seq + 1 >= grabbed - 1  # the newest one may be on its way still
            assert frame.image[0, 0, 0] == (frame.stamp.seq + 1) % 256
            seen.append(frame.stamp.seq)
    assert all(later - earlier > 2 for earlier, later in zip(seen, seen[1:], strict=False))


def test_a_failed_grab_is_a_loss(monkeypatch, cameras) -> None:
    """After the last frame the source says that the camera stopped, and it keeps saying so."""
    install(monkeypatch, {0: FakeDevice(frames=3)})
    with CameraSource(0, SMALL) as source:
        for _ in range(2):
            with pytest.raises(SourceLost, match=r"^camera 0 stopped giving frames$"):
                drain(source)


def test_a_frozen_camera_is_a_loss(monkeypatch, cameras) -> None:
    """A driver that blocks is noticed after `frozen_after_s`, and closing does not wait for it."""
    monkeypatch.setattr(live, "JOIN_S", 0.5)
    device = FakeDevice()
    install(monkeypatch, {0: device})
    with CameraSource(0, SourceSettings(width_px=64, height_px=48, fps=30, frozen_after_s=0.2)) as source:
        device.hang.set()
        with pytest.raises(SourceLost, match=r"^camera 0 gave no frame for 0.2 s$"):
            drain(source)
        began_s = time.perf_counter()
    assert time.perf_counter() - began_s < 60  # far from the two minutes for which the driver blocks
    assert device.open_count == 1  # the hung thread still owns it
    device.free.set()
    wait_until(lambda: device.open_count == 0)


def test_a_driver_that_hangs_is_not_asked_again_and_again(monkeypatch, cameras) -> None:
    """Each attempt would leave one more thread behind; once it answers, it is opened again."""
    monkeypatch.setattr(live, "JOIN_S", 0.05)
    device = FakeDevice()
    install(monkeypatch, {0: device})
    source = CameraSource(0, SourceSettings(width_px=64, height_px=48, fps=30, frozen_after_s=0.2))
    with source:
        device.hang.set()
        with pytest.raises(SourceLost):
            drain(source)
    for _ in range(3):
        with pytest.raises(SourceError, match=r"^camera 0 still does not answer; unplug it and plug it in again$"), source:
            pass
    assert len(capture_threads()) == 1
    device.free.set()
    wait_until(lambda: not capture_threads())
    device.hang.clear()
    with source:
        assert source.read().image.shape == (48, 64, 3)


def test_no_core_file_is_written_once_a_camera_is_open(monkeypatch, cameras) -> None:
    """The picture lies in this program's memory from then on."""
    asked: list[bool] = []
    monkeypatch.setattr(live, "forbid_core_files", lambda: asked.append(True))
    install(monkeypatch, {0: FakeDevice()})
    with CameraSource(0, SMALL) as source:
        assert asked == [True]
        source.read()


def test_only_the_reader_thread_touches_the_device(monkeypatch, cameras) -> None:
    """Grabbing and releasing happen in one thread: OpenCV frees a capture under a reader otherwise."""
    device = FakeDevice()
    install(monkeypatch, {0: device})
    with CameraSource(0, SMALL) as source:
        source.read()
    assert len(device.handles[0].threads) == 1
    assert threading.get_ident() not in device.handles[0].threads


def test_a_lost_camera_can_be_opened_again(monkeypatch, cameras) -> None:
    """The same source opens again after a loss, and its numbers and stamps go on rising."""
    device = FakeDevice(frames=3)
    install(monkeypatch, {0: device})
    source = CameraSource(0, SMALL)
    stamps = []
    for _ in range(3):
        with source, pytest.raises(SourceLost):
            drain(source, stamps)
    assert [s.seq for s in stamps] == sorted({s.seq for s in stamps})
    assert [s.captured_ns for s in stamps] == sorted({s.captured_ns for s in stamps})
    assert stamps[-1].seq == 8
    assert device.open_count == 0
    assert capture_threads() == []


def test_fifty_openings_leak_nothing(monkeypatch, cameras) -> None:
    """Fifty rounds of opening and closing leave no thread and no open device."""
    device = FakeDevice()
    install(monkeypatch, {0: device})
    for _ in range(50):
        with CameraSource(0, SMALL) as source:
            source.read()
    assert len(device.handles) == 50
    assert device.open_count == 0
    assert capture_threads() == []


def test_interrupt_wakes_a_waiting_read(monkeypatch, cameras) -> None:
    """A read that waits for a frozen camera ends at once when the program stops."""
    device = FakeDevice()
    install(monkeypatch, {0: device})
    with CameraSource(0, SourceSettings(width_px=64, height_px=48, frozen_after_s=60)) as source:
        source.read()
        device.hang.set()
        threading.Timer(0.1, source.interrupt).start()
        with pytest.raises(EndOfStream):
            drain(source)
        device.free.set()


def test_a_camera_that_cannot_be_opened_names_those_that_can(monkeypatch, cameras) -> None:
    """The sentence lists the cameras found and what to type."""
    install(monkeypatch, {})
    cameras += [CameraInfo(0, "HD Webcam"), CameraInfo(1, "")]
    with pytest.raises(SourceError) as caught, CameraSource(2, SMALL):
        pass
    assert str(caught.value) == "camera 2 could not be opened; cameras found: 0 (HD Webcam), 1; try --source 0"
    cameras.clear()
    with pytest.raises(SourceError) as caught, CameraSource(2, SMALL):
        pass
    assert str(caught.value) == ("camera 2 could not be opened; no camera was found; plug one in, or try --source demo")
    assert capture_threads() == []


def test_a_busy_camera_is_not_what_one_is_told_to_try(monkeypatch, cameras) -> None:
    """The one that has just failed is among those found: other programs are the likely cause."""
    install(monkeypatch, {})
    cameras += [CameraInfo(0, "HD Webcam"), CameraInfo(9, "Posecast", virtual=True)]
    with pytest.raises(SourceError) as caught, CameraSource(0, SMALL):
        pass
    assert str(caught.value) == (
        "camera 0 could not be opened; cameras found: 0 (HD Webcam), 9 (Posecast); "
        "close other programs that use it, or try --source demo"
    )
    cameras.append(CameraInfo(4, "HD Capture"))
    with pytest.raises(SourceError, match=r"; close other programs that use it, or try --source 4$"), CameraSource(0, SMALL):
        pass


def test_a_camera_in_use_elsewhere_says_so(monkeypatch, cameras) -> None:
    """A device that opens but never gives a picture is most often held by another program."""
    device = FakeDevice(frames=0)
    install(monkeypatch, {0: device})
    with pytest.raises(SourceError) as caught, CameraSource(0, SMALL):
        pass
    assert str(caught.value) == ("camera 0 was opened but gives no picture; close other programs that use it and try again")
    assert device.open_count == 0


def test_mjpg_is_asked_for_where_the_bus_needs_it(monkeypatch, cameras) -> None:
    """Big or fast pictures ask for MJPG before anything else, small ones do not; the mode is told."""
    for width, height, fps, wanted in ((1280, 720, 30, True), (640, 480, 60, True), (640, 480, 30, False)):
        device = FakeDevice()
        install(monkeypatch, {0: device})
        with CameraSource(0, SourceSettings(width_px=width, height_px=height, fps=fps)) as source:
            info = source.info
        asked = device.handles[0].asked
        assert (asked[0] == (cv2.CAP_PROP_FOURCC, MJPG)) == wanted
        assert (cv2.CAP_PROP_BUFFERSIZE, 1) in asked
        assert info.detail == f"{'MJPG' if wanted else 'YUYV'} {width}x{height}@{fps} (FAKE)"
        assert (info.name, info.kind, info.width_px, info.height_px, info.live) == ("camera 0", "camera", width, height, True)


def test_direct_show_is_told_the_code_last(monkeypatch, cameras) -> None:
    """It forgets MJPG with every other wish, and would give raw pictures at a third of the rate."""
    device = FakeDevice(backend="DSHOW")
    install(monkeypatch, {0: device})
    with CameraSource(0, SourceSettings(width_px=1280, height_px=720, fps=30)) as source:
        assert source.info.detail == "MJPG 1280x720@30 (DSHOW)"


def test_where_retrieving_waits_the_stamp_is_taken_after_it(monkeypatch, cameras) -> None:
    """DirectShow's grab returns at once: a stamp from then would be a whole picture too old."""
    device = FakeDevice(frames=1, backend="DSHOW")
    install(monkeypatch, {0: device})
    with CameraSource(0, SMALL) as source:
        frame = source.read()
    assert frame.stamp.captured_ns >= device.handles[0].retrieved_at_ns


def test_a_camera_that_starts_slowly_is_waited_for(monkeypatch, cameras) -> None:
    """On macOS a grab fails after a second without a picture; elsewhere a failed grab is the end."""
    slow = FakeDevice(backend="AVFOUNDATION")
    slow.misses = 3
    install(monkeypatch, {0: slow})
    with CameraSource(0, SMALL) as source:
        source.read()
        slow.misses = 3
        wait_until(lambda: slow.misses == 0)
        source.read()
    other = FakeDevice()
    other.misses = 1
    install(monkeypatch, {0: other})
    with pytest.raises(SourceError, match="was opened but gives no picture"), CameraSource(0, SMALL):
        pass


def test_a_silent_camera_is_given_up_in_time(monkeypatch, cameras) -> None:
    """What fails for longer than the first picture may take says the same as on any other system."""
    monkeypatch.setattr(live, "_FIRST_WITHIN_S", 0.1)
    device = FakeDevice(backend="AVFOUNDATION")
    device.misses = 1_000_000
    install(monkeypatch, {0: device})
    with pytest.raises(SourceError, match="was opened but gives no picture"), CameraSource(0, SMALL):
        pass
    assert device.open_count == 0


def test_a_mode_that_was_not_given_is_told(monkeypatch, cameras) -> None:
    """When the driver keeps its own mode, the detail says what was asked for."""
    device = FakeDevice()
    device.settable = False
    install(monkeypatch, {3: device})
    cameras.append(CameraInfo(3, "HD Webcam"))
    with CameraSource("webcam", SourceSettings()) as source:
        assert source.info.name == "camera 3 (HD Webcam)"
        assert source.info.detail == "YUYV 64x48@30 (FAKE), asked for 1280x720@30"
        assert (source.info.width_px, source.info.height_px) == (64, 48)


def test_one_broken_picture_is_skipped(monkeypatch, cameras) -> None:
    """A frame that cannot be decoded is left out; the camera is not lost."""
    device = FakeDevice()
    install(monkeypatch, {0: device})
    source = CameraSource(0, SMALL)
    with source:
        handle = device.handles[0]
        whole, broken = handle.retrieve, iter([True, True])
        monkeypatch.setattr(handle, "retrieve", lambda: (False, None) if next(broken, False) else whole())
        assert np.all([source.read().image[0, 0, 1] == 100 for _ in range(5)])


def test_a_name_is_looked_up_at_every_opening(monkeypatch, cameras) -> None:
    """A camera that comes back under another index is found by its name."""
    install(monkeypatch, {0: FakeDevice(), 4: FakeDevice()})
    cameras.append(CameraInfo(0, "HD Webcam"))
    source = CameraSource("HD", SMALL)
    with source:
        assert source.info.name == "camera 0 (HD Webcam)"
    cameras[:] = [CameraInfo(4, "HD Webcam")]
    with source:
        assert source.info.name == "camera 4 (HD Webcam)"


def test_nothing_takes_the_place_of_a_camera_that_is_unplugged(monkeypatch, cameras) -> None:
    """Our own virtual camera is there all the while; the real one is taken again as soon as it is back."""
    install(monkeypatch, {0: FakeDevice(), 2: FakeDevice(), 9: FakeDevice()})
    ours = CameraInfo(9, "Posecast", virtual=True)
    cameras[:] = [CameraInfo(0, "HD Webcam"), ours]
    source = CameraSource(None, SMALL)
    with source:
        assert source.info.name == "camera 0 (HD Webcam)"
    cameras[:] = [ours]
    with pytest.raises(SourceError, match=r"^camera 0 \(HD Webcam\) is not there; plug it in again$"), source:
        pass
    cameras[:] = [ours, CameraInfo(2, "HD Webcam")]
    with source:
        assert source.info.name == "camera 2 (HD Webcam)"
