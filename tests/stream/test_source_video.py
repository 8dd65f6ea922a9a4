"""Video files at their own times, and URLs as live sources."""

import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from still_clock import StillClock

from stream.sources import EndOfStream, SourceSettings
from stream.sources.pace import UNPACED_START_NS
from stream.sources.video import UrlSource, VideoSource, without_password
from trackers.errors import SourceError, SourceLost

COUNT, FPS = 6, 10
FAST = SourceSettings(paced=False)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Six frames at 10 fps, 64x48; frame n is n * 40 bright on the left, red on the right."""
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    for number in range(COUNT):
        image = np.full((48, 64, 3), number * 40, np.uint8)
        image[:, 32:] = (0, 0, 255)
        writer.write(image)
    writer.release()
    return path


def drain(source, frames: list) -> None:
    """Read until the source raises."""
    while True:
        frames.append(source.read())


def read_all(source) -> list:
    frames = []
    with source, pytest.raises(EndOfStream):
        drain(source, frames)
    return frames


def test_as_fast_as_possible_gives_every_frame_with_fixed_stamps(clip: Path) -> None:
    """No frame is left out, colours are RGB, stamps advance by 1/fps and are the same on every run."""
    frames = read_all(VideoSource(clip, FAST))
    assert [frame.stamp.seq for frame in frames] == list(range(COUNT))
    assert [frame.stamp.captured_ns for frame in frames] == [UNPACED_START_NS + n * 100_000_000 for n in range(COUNT)]
    for number, frame in enumerate(frames):
        assert abs(int(frame.image[24, 8, 0]) - number * 40) < 8
        assert frame.image[24, 56, 0] > 230
        assert frame.image[24, 56, 2] < 30
    assert [frame.stamp for frame in read_all(VideoSource(clip, FAST))] == [frame.stamp for frame in frames]


def test_the_info_tells_what_was_opened(clip: Path) -> None:
    """Name, size and rate are the file's own."""
    with VideoSource(clip, FAST) as source:
        info = source.info
    assert (info.name, info.kind, info.width_px, info.height_px, info.fps, info.live) == (
        "clip.avi",
        "video",
        64,
        48,
        10,
        False,
    )


def test_paced_frames_come_in_real_time(clip: Path) -> None:
    """Stamps are times of the real clock, and no frame comes before it is due."""
    began_ns = time.perf_counter_ns()
    with VideoSource(clip, SourceSettings()) as source:
        for _ in range(COUNT):
            stamp = source.read().stamp
            assert began_ns <= stamp.captured_ns <= time.perf_counter_ns()
            began_ns = stamp.captured_ns


def test_paced_stamps_follow_the_files_own_times(clip: Path, monkeypatch) -> None:
    """From frame to frame a stamp moves on as the file says, and the source sleeps until then."""
    clock = StillClock(monkeypatch)
    stamps = []
    with VideoSource(clip, SourceSettings()) as source:
        for _ in range(COUNT):
            stamps.append(source.read().stamp.captured_ns)
            assert clock.now_ns == stamps[-1]
    assert np.allclose(np.diff(stamps), 100_000_000, atol=1_000_000)


def test_a_loop_never_goes_back_in_time(clip: Path) -> None:
    """Over three rounds numbers rise by one and stamps by one frame; pictures start again."""
    with VideoSource(clip, SourceSettings(paced=False, loop=True)) as source:
        frames = [source.read() for _ in range(3 * COUNT)]
    assert [frame.stamp.seq for frame in frames] == list(range(3 * COUNT))
    assert set(np.diff([frame.stamp.captured_ns for frame in frames])) == {100_000_000}
    assert np.array_equal(frames[0].image, frames[COUNT].image)


def test_a_paced_loop_goes_on_one_frame_after_the_last(clip: Path, monkeypatch) -> None:
    """The step from the last frame to the first is a frame's length too."""
    StillClock(monkeypatch)
    with VideoSource(clip, SourceSettings(loop=True)) as source:
        stamps = [source.read().stamp.captured_ns for _ in range(COUNT + 2)]
    assert np.allclose(np.diff(stamps), 100_000_000, atol=1_000_000)


def test_a_source_can_be_opened_again(clip: Path) -> None:
    """A second `with` starts the file from its beginning."""
    source = VideoSource(clip, FAST)
    assert len(read_all(source)) == len(read_all(source)) == COUNT


def test_a_browsers_recording_has_its_own_times(
    browser_clip: Path, browser_ms: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a rate in the header, paced or not: the file's times, and the rate that they show. A colon makes no address."""
    StillClock(monkeypatch)
    shutil.copy(browser_clip, tmp_path / "10:30.webm")
    monkeypatch.chdir(tmp_path)
    for settings in (FAST, SourceSettings()):
        source = VideoSource(Path("10:30.webm"), settings)
        stamps = [frame.stamp.captured_ns for frame in read_all(source)]
        assert [stamp - stamps[0] for stamp in stamps] == [ms * 1_000_000 for ms in browser_ms]
        assert source.info.fps == pytest.approx(30, abs=0.5)


def test_nobody_waits_minutes_for_a_picture(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in which one picture stands for a minute goes on after two seconds when paced, and keeps its times when not."""
    jump = {3: 60.0, 4: 60.1, 5: 60.2}
    monkeypatch.setattr("trackers.video_files._position_ns", lambda capture: round(jump.get(seq[0], seq[0] * 0.1) * 1e9))
    for settings, wait_s in ((SourceSettings(), 2.0), (FAST, 59.8)):
        StillClock(monkeypatch)
        seq, stamps = [0], []
        with VideoSource(clip, settings) as source:
            for number in range(COUNT):
                seq[0] = number + 1
                stamps.append(source.read().stamp.captured_ns)
        assert np.diff(stamps) / 1e9 == pytest.approx([0.1, 0.1, wait_s, 0.1, 0.1])


@pytest.mark.needs_data
def test_a_gif_and_a_real_clip_play_to_their_end(data_folder: Path, monkeypatch) -> None:
    """A GIF is a video, and a webcam clip of varying frame times keeps them in order when paced."""
    StillClock(monkeypatch)
    gif = read_all(VideoSource(data_folder / "face/head-pose-face-detection-female.gif", FAST))
    assert len(gif) == 23
    assert gif[0].image.shape == (270, 480, 3)
    with VideoSource(data_folder / "asl/want.mkv", SourceSettings()) as source:
        stamps = [source.read().stamp.captured_ns for _ in range(10)]
    assert np.allclose(np.diff(stamps), 33_333_333, atol=1_500_000)


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    """A file that is absent and one that is no video each say what to do."""
    absent, text = tmp_path / "clip.mov", tmp_path / "x.mkv"
    text.write_text("no video")
    for path, words in (
        (absent, f"{absent} was not found; check the path, or try --source demo"),
        (text, f"{text} holds no video that can be decoded; try another file, such as an .mp4"),
    ):
        with pytest.raises(SourceError) as caught, VideoSource(path, FAST):
            pass
        assert str(caught.value) == words


def test_interrupt_wakes_a_waiting_read(clip: Path) -> None:
    """A read that waits for the next frame's time ends when the program stops."""
    with VideoSource(clip, SourceSettings()) as source:
        source.read()
        source.interrupt()
        with pytest.raises(EndOfStream):
            source.read()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:secret@10.0.0.2:554/stream1", "rtsp://10.0.0.2:554"),
        ("http://10.0.0.2:8080/video?token=secret", "http://10.0.0.2:8080"),
        ("http://10.0.0.2:8080?token=secret", "http://10.0.0.2:8080"),
        ("rtsp://me:p@ss@cam/live", "rtsp://cam"),
        ("rtsp://10.0.0.4:554/user=admin_password=secret_channel=1_stream=0.sdp", "rtsp://10.0.0.4:554"),
        ("rtsp://u:pa/ss@cam/1", "rtsp://…"),
        ("rtsp://u:a@b/c@cam/1", "rtsp://…"),
        ("http://cam/x?mail=me@secret", "http://…"),
        ("http://phone.local", "http://phone.local"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    """User, password and query stay out of the name."""
    assert without_password(url) == shown
    assert UrlSource(url, FAST).info.name == shown


class Phone(BaseHTTPRequestHandler):
    """What camera apps on phones serve: JPEGs without end, until `server.alive` is cleared or `server.frozen` set."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        image = np.full((48, 64, 3), (0, 0, 255), np.uint8)
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg)
        try:
            while self.server.alive.is_set():  # type: ignore[attr-defined]
                if not self.server.frozen.is_set():  # type: ignore[attr-defined]
                    self.wfile.write(part)
                time.sleep(0.01)
        except OSError:
            pass

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def phone():
    """A server that acts like a phone, and its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Phone)
    server.alive, server.frozen = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    server.alive.set()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server, f"http://me:secret@127.0.0.1:{server.server_port}/video"
    server.alive.clear()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_phone_is_a_live_source_that_can_be_lost_and_comes_back(phone) -> None:
    """Frames come as RGB; when the phone goes the source is lost; opened again it goes on counting."""
    server, url = phone
    source = UrlSource(url, SourceSettings(frozen_after_s=60))
    with source:
        frames = [source.read() for _ in range(5)]
        assert source.info.live
        assert source.info.name == f"http://127.0.0.1:{server.server_port}"
        assert (source.info.width_px, source.info.height_px) == (64, 48)
        server.alive.clear()
        with pytest.raises(SourceLost, match=r"^http://127\.0\.0\.1:\d+ stopped giving frames$"):
            drain(source, [])
    assert frames[0].image[24, 32, 0] > 230
    assert frames[0].image[24, 32, 2] < 30
    server.alive.set()
    with source:
        again = source.read()
    assert again.stamp.seq > frames[-1].stamp.seq
    assert again.stamp.captured_ns > frames[-1].stamp.captured_ns


def test_a_url_that_does_not_answer_is_one_sentence_without_its_password(capfd) -> None:
    """Nothing of the password is in the sentence or on the console, and FFmpeg's own lines are not there either."""
    source = UrlSource("http://me:secret@127.0.0.1:9/video", FAST)
    with pytest.raises(SourceError) as caught, source:
        pass
    said = str(caught.value)
    assert said.startswith("http://127.0.0.1:9 could not be opened (no video within ")
    assert said.endswith(" s); check the address and that this computer can reach it")
    output = capfd.readouterr()
    assert output.out + output.err == ""
