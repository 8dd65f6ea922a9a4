"""The recorder, its files read back with ffmpeg's own tools."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from avatar.types import Rendered
from stream.sinks import recorder as module
from stream.sinks.encoding import VideoFile
from stream.sinks.recorder import QUEUED, RecorderSettings, RecorderSink
from tests.conftest import missing
from trackers.errors import UserError
from trackers.types import Stamp

COUNT, FPS = 30, 30


@pytest.fixture
def ffmpeg() -> None:
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        missing("no ffmpeg on this machine; apt-get install ffmpeg")


def picture(number: int = 0, *, size_px: int = 64) -> Rendered:
    """A red square that is opaque on the left half of the picture; half transparent blue on the right; clear at the top."""
    image = np.zeros((size_px, size_px, 4), np.uint8)
    image[size_px // 4 :, : size_px // 2] = (220, 30, 30, 255)
    image[size_px // 4 :, size_px // 2 :] = (30, 30, 220, 128)
    return Rendered(image, Stamp(number, number))


def record(path: Path, *, count: int = COUNT, **settings) -> RecorderSink:
    with RecorderSink(RecorderSettings(str(path), fps=FPS, paced=False, **settings)) as sink:
        for number in range(count):
            sink.send(picture(number))
    return sink


def probe(path: Path) -> dict:
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return {**answer["format"], **answer["streams"][0], "format_duration": answer["format"].get("duration")}


def decode(path: Path, *, pixels: str, decoder: tuple[str, ...] = ()) -> np.ndarray:
    """(N, 64, 64, channels) uint8, decoded by the ffmpeg program."""
    command = ["ffmpeg", "-v", "error", *decoder, "-i", str(path), "-f", "rawvideo", "-pix_fmt", pixels, "-"]
    data = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, 64, 64, len(pixels.replace("24", "")))


@pytest.mark.needs_ffmpeg
def test_an_mp4_holds_every_picture_over_the_background(tmp_path: Path, ffmpeg) -> None:
    """Duration, rate, size and colours are right, and the index stands where ordinary players look for it."""
    path = tmp_path / "out.mp4"
    sink = record(path, background="#00ff00")
    info = probe(path)
    assert (info["codec_name"], info["pix_fmt"], info["width"], info["height"]) == ("h264", "yuv420p", 64, 64)
    assert (int(info["nb_read_frames"]), info["avg_frame_rate"]) == (COUNT, "30/1")
    assert float(info["format_duration"]) == pytest.approx(COUNT / FPS, abs=0.001)
    assert (info["color_space"], info["color_primaries"], info["color_range"]) == ("bt709", "bt709", "tv")
    frames = decode(path, pixels="rgb24").astype(int)
    for place, wanted in (((8, 32), (0, 255, 0)), ((40, 12), (220, 30, 30)), ((40, 52), (15, 142, 110))):
        assert np.abs(frames[15][place] - wanted).max() < 10, place
    assert b"moof" not in path.read_bytes()  # finished: an ordinary file, not fragments
    assert (sink.written, sink.dropped) == (COUNT, 0)
    assert sink.status.detail == f"{COUNT} pictures in out.mp4"


@pytest.mark.needs_ffmpeg
def test_a_webm_holds_real_alpha(tmp_path: Path, ffmpeg) -> None:
    """Decoded with libvpx, alpha is 0, 255 and half where it was, and colours are straight."""
    path = tmp_path / "out.webm"
    record(path)
    info = probe(path)
    assert (info["codec_name"], info["width"], info["height"], info["tags"]["alpha_mode"]) == ("vp9", 64, 64, "1")
    assert (int(info["nb_read_frames"]), info["avg_frame_rate"]) == (COUNT, "30/1")
    assert float(info["format_duration"]) == pytest.approx(COUNT / FPS, abs=0.04)
    frames = decode(path, pixels="rgba", decoder=("-c:v", "libvpx-vp9")).astype(int)
    assert len(frames) == COUNT
    frame = frames[15]
    assert frame[8, 32, 3] < 6
    assert frame[40, 12, 3] > 249
    assert abs(frame[40, 52, 3] - 128) < 6
    assert np.abs(frame[40, 12, :3] - (220, 30, 30)).max() < 12
    assert np.abs(frame[40, 52, :3] - (30, 30, 220)).max() < 12


@pytest.mark.needs_ffmpeg
def test_a_missed_beat_leaves_its_place_empty(tmp_path: Path, ffmpeg, monkeypatch) -> None:
    """Late and early beats change nothing, a pause of ten frames stays a pause, so sound and picture stay together."""
    clock = {"now_ns": 0}
    monkeypatch.setattr(module.time, "perf_counter_ns", lambda: clock["now_ns"])
    path = tmp_path / "out.mp4"
    with RecorderSink(RecorderSettings(str(path), fps=FPS)) as sink:
        for beat in (0, 1.4, 1.7, 3, 4.2, 14, 15, 15.1, 15.2, 15.3):
            clock["now_ns"] = round(beat / FPS * 1e9)
            sink.send(picture())
            time.sleep(0.02)  # the encoder's thread keeps up
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(path)]
    times = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.split()
    beats = sorted(round(float(value.strip(b",")) * FPS) for value in times)
    assert beats == [0, 1, 2, 3, 4, 14, 15, 16]
    assert sink.dropped == 0


def test_a_slow_encoder_drops_counts_and_tells(tmp_path: Path, monkeypatch, caplog) -> None:
    """`send` never waits in a live run: what does not fit is counted, shown in the status and logged."""
    path = tmp_path / "out.mp4"
    begun, go = threading.Event(), threading.Event()
    add = VideoFile.add

    def slow(self: VideoFile, image, number: int) -> None:
        begun.set()
        go.wait(60)
        add(self, image, number)

    monkeypatch.setattr(VideoFile, "add", slow)
    clock = {"now_ns": 0}
    monkeypatch.setattr(module.time, "perf_counter_ns", lambda: clock["now_ns"])
    with RecorderSink(RecorderSettings(str(path), fps=FPS)) as sink:
        for beat in range(QUEUED + 11):
            clock["now_ns"] = round(beat / FPS * 1e9)
            sink.send(picture())
            assert begun.wait(60)
        assert sink.status.detail.endswith("10 dropped because encoding is too slow")
        go.set()
    assert (sink.written, sink.dropped) == (QUEUED + 1, 10)
    assert caplog.messages[-1] == f"{path} lacks 10 pictures because encoding was too slow"


@pytest.mark.needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_an_interrupted_recording_plays(tmp_path: Path, ffmpeg, suffix: str, way: signal.Signals) -> None:
    """After Ctrl-C the file is whole; after a kill it plays up to the last second."""
    path = tmp_path / f"out{suffix}"
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # who started the tests may have switched it off
        f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}, {str(Path(__file__).parent)!r}]\n"
        "import test_recorder as t\n"
        "try:\n"
        f"    with t.RecorderSink(t.RecorderSettings({str(path)!r}, fps=t.FPS, paced=False)) as sink:\n"
        "        for number in range(3 * t.FPS):\n"
        "            sink.send(t.picture(number))\n"
        "        while sink.written < 3 * t.FPS: time.sleep(0.01)\n"
        "        print('sent', flush=True)\n"
        "        time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    pass\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["tests", os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"sent\n"
        process.send_signal(way)
        process.wait(60)
    frames = int(probe(path)["nb_read_frames"])
    assert frames == 3 * FPS if way is signal.SIGINT else frames >= FPS


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    """Recording never overwrites."""
    path = tmp_path / "out.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(UserError) as caught, RecorderSink(RecorderSettings(str(path))):
        pass
    assert str(caught.value) == f"{path} exists already; remove it or choose another name"
    assert path.read_bytes() == b"precious"


def test_a_recording_without_pictures_is_removed_and_told(tmp_path: Path, caplog) -> None:
    """No empty file is left behind."""
    path = tmp_path / "out.mp4"
    record(path, count=0)
    assert not path.exists()
    assert caplog.messages == [f"{path} was removed: no picture was recorded"]


def test_errors_are_one_sentence(tmp_path: Path, monkeypatch) -> None:
    """A wrong suffix, an absent folder, a wrong background and a missing package each say what to do."""
    with pytest.raises(UserError) as caught:
        RecorderSink(RecorderSettings("out.avi"))
    assert str(caught.value) == "out.avi cannot be recorded; expected a name that ends in .mp4 or .webm"
    with pytest.raises(UserError) as caught:
        RecorderSink(RecorderSettings("out.mp4", background="#12"))
    assert str(caught.value) == "background #12 is not a colour; expected #rrggbb, such as #00ff00"
    absent = tmp_path / "absent" / "out.mp4"
    with pytest.raises(UserError) as caught, RecorderSink(RecorderSettings(str(absent))):
        pass
    assert str(caught.value) == f"{absent} could not be created (No such file or directory); choose another path"
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UserError) as caught, RecorderSink(RecorderSettings(str(tmp_path / "out.mp4"))):
        pass
    assert str(caught.value) == 'recording needs PyAV, which is not installed; pip install ".[record]"'
    assert not (tmp_path / "out.mp4").exists()


def test_an_encoder_that_fails_is_told_and_the_file_kept(tmp_path: Path, monkeypatch) -> None:
    """A failing disk ends the recording with a reason; sending raises it, closing does not."""
    path = tmp_path / "out.mp4"
    add = VideoFile.add

    def failing(self: VideoFile, image, number: int) -> None:
        if number == 20:
            raise OSError("No space left on device")
        add(self, image, number)

    monkeypatch.setattr(VideoFile, "add", failing)
    words = f"{path.name} could not be recorded further (No space left on device); free some space or record elsewhere"
    with RecorderSink(RecorderSettings(str(path), fps=FPS, paced=False)) as sink:
        for number in range(21):
            sink.send(picture(number))
        while sink.status:
            time.sleep(0.005)
        with pytest.raises(UserError) as caught:
            sink.send(picture(21))
        assert str(caught.value) == words
        assert sink.status.detail == words
    assert sink.written == 20
    assert path.stat().st_size > 0


def test_no_thread_is_left(tmp_path: Path) -> None:
    """Closing twice is allowed, and the encoder's thread has ended."""
    sink = record(tmp_path / "out.mp4", count=3)
    sink.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "recorder"]


def test_a_file_that_cannot_be_finished_holds_nobody_up(tmp_path: Path, monkeypatch) -> None:
    """The disk is full at the very end: closing returns, the reason is told."""
    path = tmp_path / "out.mp4"
    finish = VideoFile.finish

    def failing(self: VideoFile) -> None:
        finish(self)
        raise OSError("No space left on device")

    monkeypatch.setattr(VideoFile, "finish", failing)
    with RecorderSink(RecorderSettings(str(path), fps=FPS, paced=False)) as sink:
        sink.send(picture(0))
    assert sink.status.detail.startswith(f"{path.name} could not be recorded further (No space left on device)")
    assert not [thread for thread in threading.enumerate() if "record" in thread.name]


def test_a_wrong_background_is_refused_at_the_start(tmp_path: Path) -> None:
    """Not with the first picture, when nobody reads the terminal any more; a .webm needs none."""
    path = tmp_path / "out.mp4"
    with pytest.raises(UserError) as caught, RecorderSink(RecorderSettings(str(path), background="absent.png")):
        pass
    assert str(caught.value) == (
        "background absent.png was not found; give a colour such as #00ff00, or the path of a picture or a video"
    )
    assert not path.exists()
    assert record(tmp_path / "out.webm", count=2, background="absent.png").written == 2


def test_only_a_full_disk_is_told_to_be_freed(tmp_path: Path, monkeypatch) -> None:
    """Any other failure has its own words."""

    def failing(self: VideoFile, image, number: int) -> None:
        raise UserError("the picture cannot be encoded; try another")

    monkeypatch.setattr(VideoFile, "add", failing)
    path = tmp_path / "out.mp4"
    sink = record(path, count=1)
    assert sink.status.detail == f"{path.name} could not be recorded further (the picture cannot be encoded; try another)"


def test_the_background_may_change_while_the_first_picture_is_set_up(tmp_path: Path, monkeypatch) -> None:
    """The panel's thread meets the encoder's in the middle of opening the file."""
    import av

    sink = RecorderSink(RecorderSettings(str(tmp_path / "out.mp4"), fps=FPS, paced=False, background="#00ff00"))
    real = av.open

    def opening(*arguments: object, **options: object) -> object:
        sink.background = "#0000ff"
        return real(*arguments, **options)

    monkeypatch.setattr(av, "open", opening)
    with sink:
        sink.send(picture())
    assert (sink.background, sink.written) == ("#0000ff", 1)
    assert sink.status.detail == "1 pictures in out.mp4"


def test_a_disk_that_does_not_answer_holds_nobody_up(tmp_path: Path, monkeypatch, caplog) -> None:
    """Closing gives up after a while, though the queue is full, and the thread does not keep the program alive."""
    monkeypatch.setattr(module, "FINISH_S", 0.3)
    answers, begun = threading.Event(), threading.Event()

    def stalled(self: VideoFile, image, number: int) -> None:
        begun.set()
        answers.wait(60)

    monkeypatch.setattr(VideoFile, "add", stalled)
    path = tmp_path / "out.mp4"
    with RecorderSink(RecorderSettings(str(path), fps=FPS, paced=False)) as sink:
        for _ in range(QUEUED + 1):
            sink.send(picture())
        assert begun.wait(60)
        (thread,) = (thread for thread in threading.enumerate() if thread.name == "recorder")
        assert thread.daemon
    words = f"{path} could not be finished within 0.3 s, so its end is missing; record onto a faster disk"
    assert words in caplog.messages
    answers.set()
    sink._queue.put(None)  # it waits for room, which there is only now
    thread.join(60)
