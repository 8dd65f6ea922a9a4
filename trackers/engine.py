"""Choosing a tracking engine: settings in, an open `Tracker` out.

Owns the choice. Knows nothing of how any engine works.
"""

from dataclasses import replace

from trackers.contract import EngineInfo, Tracker, TrackerSettings
from trackers.holistic import HolisticTracker
from trackers.quantization import is_chosen
from trackers.remote import RemoteTracker

__all__ = ["EngineInfo", "Tracker", "TrackerSettings", "open_tracker"]


def open_tracker(settings: TrackerSettings) -> Tracker:
    """Return the engine that `settings` ask for; entering it loads the models.

    Raises:
        UserError: the engine is not installed (on entering: a model is missing or damaged).
    """
    if not settings.own_process:
        return _open_here(settings)
    if settings.engine == "posecast":  # the processor is asked in this process, which has what asks it for drawing anyway
        settings = replace(settings, precision="int8" if is_chosen(settings.precision) else "fp32")
    return RemoteTracker(settings, open_here=_open_here)


def _open_here(settings: TrackerSettings) -> Tracker:
    if settings.engine == "mediapipe":
        from trackers.mediapipe_tasks import MediaPipeTracker  # optional: imported at use

        return MediaPipeTracker(settings)
    if settings.engine == "onnx":
        from trackers.onnx_tracker import OnnxTracker  # optional: imported at use

        return OnnxTracker(settings)
    return HolisticTracker(settings)
