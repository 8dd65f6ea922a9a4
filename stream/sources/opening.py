"""From what the user wrote after `--source` to a source. Owns that decision; knows nothing of how sources work."""

import re
from pathlib import Path
from typing import Final

import cv2

from stream.paths import user_path
from stream.sources.base import AnySource
from stream.sources.camera import CameraSource
from stream.sources.camera_list import list_cameras
from stream.sources.camera_permission import refusal
from stream.sources.cameras import find_camera
from stream.sources.images import ImagesSource
from stream.sources.openpose import OpenPoseSource
from stream.sources.recording import DEMO_PATH, RecordingSource
from stream.sources.settings import SourceSettings
from stream.sources.video import UrlSource, VideoSource, without_password
from trackers.errors import SourceError
from trackers.openpose import is_pose_file
from trackers.pictures import PICTURES
from trackers.recording import is_recording

URL_SCHEMES: Final = ("http", "https", "rtmp", "rtsp", "rtsps", "srt", "tcp", "udp")


def open_source(spec: str, settings: SourceSettings | None = None) -> AnySource:
    """Return the source that `spec` names, not yet opened: `with` opens it.

    `spec` is `demo`, `camera` (the first one), a camera's index or a part of its name, a URL, or the path of a video, a
    picture, a folder of pictures, a `.pcast` recording or OpenPose's JSON (a file or a folder). A path wins over a
    camera's name.

    Raises:
        SourceError: nothing fits.
        UserError: it cannot be a path.
    """
    settings = settings or SourceSettings()
    if spec == "demo":
        return RecordingSource(DEMO_PATH, settings, demo=True)
    if spec == "camera":
        return _camera(None, settings)
    if re.fullmatch(r"[0-9]{1,4}", spec):
        return _camera(int(spec), settings)
    if "://" in spec:
        return _open_url(spec, settings)
    path = user_path(spec)
    if path.exists():
        return _open_path(path, settings)
    if path.suffix or len(path.parts) != 1:
        raise SourceError(f"{spec} was not found; check the path, or try --source demo")
    return _camera(spec, settings)


def _camera(wanted: int | str | None, settings: SourceSettings) -> CameraSource:
    """Return the camera that is meant; say now, not when it is opened, if there is none or it may not be used."""
    find_camera(wanted, list_cameras())
    if (reason := refusal()) is not None:
        raise SourceError(reason)
    return CameraSource(wanted, settings)


def _open_url(url: str, settings: SourceSettings) -> UrlSource:
    scheme = url.partition("://")[0].lower()
    if scheme not in URL_SCHEMES:
        raise SourceError(f"{without_password(url)} cannot be opened; expected one of {', '.join(URL_SCHEMES)}, got {scheme}")
    return UrlSource(url, settings)


def _open_path(path: Path, settings: SourceSettings) -> AnySource:
    if is_pose_file(path):
        return OpenPoseSource(path, settings)
    if path.is_dir():
        return ImagesSource(path, settings)
    if is_recording(path):
        return RecordingSource(path, settings)
    suffix = path.suffix.lower()
    if suffix in PICTURES or (suffix != ".gif" and cv2.haveImageReader(str(path))):
        return ImagesSource(path, settings)
    return VideoSource(path, settings)
