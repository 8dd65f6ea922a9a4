"""Where frames come from: cameras, URLs, files, pictures and recordings, all behind `open_source`."""

from stream.sources.base import EndOfStream, FrameSource, SourceInfo, TrackingSource
from stream.sources.camera_list import list_cameras
from stream.sources.cameras import CameraInfo
from stream.sources.opening import open_source
from stream.sources.settings import SourceSettings

__all__ = [
    "CameraInfo",
    "EndOfStream",
    "FrameSource",
    "SourceInfo",
    "SourceSettings",
    "TrackingSource",
    "list_cameras",
    "open_source",
]
