"""Whether a frame goes on with what was seen before.

Owns that judgement. Cuts within a film are the guard's matter (`person`). Knows nothing of who tracks.
"""

from trackers.types import Frame, Tracking


def is_another_scene(frame: Frame, before: Tracking | None) -> bool:
    """Tell whether what was seen before says nothing of this frame: another camera's picture, or a clip begun anew."""
    if before is None:
        return False
    height, width = frame.image.shape[:2]
    return (width, height) != (before.width_px, before.height_px) or frame.stamp.captured_ns < before.stamp.captured_ns
