"""What the user writes after `--source`, and the source that it means."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from stream.sources import CameraInfo, SourceSettings, open_source, opening
from stream.sources.camera import CameraSource
from stream.sources.images import ImagesSource
from stream.sources.recording import RecordingSource
from stream.sources.video import UrlSource, VideoSource
from trackers.errors import SourceError
from trackers.recording import PcastWriter, RecordingMetadata


@pytest.fixture
def cameras(monkeypatch) -> list[CameraInfo]:
    listed = [CameraInfo(0, "HD Webcam")]
    monkeypatch.setattr(opening, "list_cameras", lambda: listed)
    return listed


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Path:
    """A folder with one file of each kind, some under names that do not say so; it is the current folder."""
    picture = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    for name in ("still.png", "still_without_suffix", "pictures/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture)
    for name in ("clip.mkv", "clip.gif", "HD"):
        (tmp_path / name).write_bytes(b"not looked at before it is opened")
    for name in ("s.pcast", "bug-report"):
        with PcastWriter(tmp_path / name, metadata=RecordingMetadata("x", 30, 1, 1, "")):
            pass
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("camera", CameraSource),
        ("0", CameraSource),
        ("12", CameraSource),
        ("webcam", CameraSource),
        ("rtsp://10.0.0.2/live", UrlSource),
        ("http://10.0.0.2:8080/video", UrlSource),
        ("clip.mkv", VideoSource),
        ("clip.gif", VideoSource),
        ("HD", VideoSource),
        ("still.png", ImagesSource),
        ("still_without_suffix", ImagesSource),
        ("pictures", ImagesSource),
        ("s.pcast", RecordingSource),
        ("bug-report", RecordingSource),
        ("demo", RecordingSource),
    ],
)
def test_a_spec_opens_its_kind(spec: str, kind: type, files: Path, cameras) -> None:
    """Name, content and place decide; a path wins over a camera's name."""
    source = open_source(spec, SourceSettings())
    assert type(source) is kind
    assert source.info.kind == {"demo": "demo"}.get(spec, source.info.kind)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("clip.mov", "clip.mov was not found; check the path, or try --source demo"),
        ("folder/clip", "folder/clip was not found; check the path, or try --source demo"),
        (
            "brio",
            'no camera is called "brio" and no file has that path; cameras found: 0 (HD Webcam); try --source 0',
        ),
        (
            "gopher://me:secret@x/y?z",
            "gopher://x cannot be opened; expected one of http, https, rtmp, rtsp, rtsps, srt, tcp, udp, got gopher",
        ),
    ],
)
def test_errors_are_one_sentence(spec: str, words: str, files: Path, cameras) -> None:
    """Each names the thing and the next step."""
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert str(caught.value) == words


def test_without_a_camera_the_demo_is_offered(cameras) -> None:
    """`camera` fails at once when there is none, so that the caller can play the demo instead."""
    cameras.clear()
    with pytest.raises(SourceError) as caught:
        open_source("camera")
    assert str(caught.value) == "no camera was found; plug one in, or try --source demo"
