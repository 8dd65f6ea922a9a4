"""Where frames come from: cameras, URLs, files, pictures and recordings, all behind `open_source`."""

from stream.sources.base import EndOfStream, FrameSource, SourceInfo, TrackingSource
from stream.sources.cameras import CameraInfo, list_cameras
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
