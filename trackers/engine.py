"""Choosing a tracking engine: settings in, an open `Tracker` out.

Owns the choice. Knows nothing of how either engine works.
"""

from trackers.contract import EngineInfo, Tracker, TrackerSettings
from trackers.holistic import HolisticTracker

__all__ = ["EngineInfo", "Tracker", "TrackerSettings", "open_tracker"]


def open_tracker(settings: TrackerSettings) -> Tracker:
    """Return the engine that `settings` ask for; entering it loads the models.

    Raises:
        UserError: the engine is not installed (on entering: a model is missing or damaged).
    """
    if settings.own_process:
        from trackers.remote import RemoteTracker  # which imports this module in its child

        return RemoteTracker(settings)
    if settings.engine == "mediapipe":
        from trackers.mediapipe_tasks import MediaPipeTracker  # optional: imported at use

        return MediaPipeTracker(settings)
    return HolisticTracker(settings)
