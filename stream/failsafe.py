"""What goes out when drawing fails: the last picture, then the idle animation, then a neutral card.

Owns the order in which the avatar's picture falls back, so that a sink always gets a picture and never the camera's. Pure in
time: driven by the times it is given. Knows nothing of cameras; no camera picture ever comes near it.
"""

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np

from avatar.types import Rendered, RigPose
from trackers.types import ImageArray, Stamp

HOLD_LAST_NS = 500_000_000


class Renderer(Protocol):
    """Draws a pose; the avatar's own business how."""

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered: ...


def neutral_card(width_px: int, height_px: int) -> ImageArray:
    """Return an opaque (H, W, 4) card that shows nobody: a calm ground and a line of text."""
    card = np.full((height_px, width_px, 3), (38, 35, 48), dtype=np.uint8)
    text, font = "one moment", cv2.FONT_HERSHEY_SIMPLEX
    scale = width_px / 512
    (text_width, text_height), _ = cv2.getTextSize(text, font, scale, 2)
    origin = ((width_px - text_width) // 2, (height_px + text_height) // 2)
    cv2.putText(card, text, origin, font, scale, (236, 226, 208), max(1, round(2 * scale)), cv2.LINE_AA)
    return np.dstack([card, np.full((height_px, width_px), 255, dtype=np.uint8)])


class FailSafe:
    """A renderer that always gives a picture."""

    def __init__(
        self,
        renderer: Renderer,
        *,
        idle_pose: Callable[[int], RigPose],
        width_px: int,
        height_px: int,
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._renderer = renderer
        self._idle_pose = idle_pose
        self._card = neutral_card(width_px, height_px)
        self._on_failure = on_failure
        self._last: Rendered | None = None
        self._failing_since_ns: int | None = None

    def paint(self, pose: Callable[[int], RigPose], *, time_ns: int) -> Rendered:
        """Return the avatar at `time_ns`; `pose` gives the pose for that time and may raise, as drawing may."""
        try:
            picture = self._renderer.render(pose(time_ns), time_ns=time_ns)
        except Exception as error:
            return self._fallback(error, time_ns)
        self._last, self._failing_since_ns = picture, None
        return picture

    def _fallback(self, error: Exception, time_ns: int) -> Rendered:
        if self._failing_since_ns is None:
            self._failing_since_ns = time_ns
            self._on_failure(error)
        if self._last is not None and time_ns - self._failing_since_ns < HOLD_LAST_NS:
            return self._last
        try:
            return self._renderer.render(self._idle_pose(time_ns), time_ns=time_ns)
        except Exception:
            stamp = self._last.stamp if self._last else Stamp(seq=0, captured_ns=0)
            return Rendered(image=self._card, stamp=stamp)
