"""The puppet: a character drawn from its mesh and painted texture, without any network.

Owns how much work a picture is; `figure` poses the character, `rasteriser` draws it. Knows nothing of where a pose
comes from or where the picture goes.
"""

import time
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from avatar.camera import Framing, camera_for
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.rasteriser import Rasteriser
from avatar.renderer import Drawing
from avatar.types import Rendered, RigPose
from trackers.types import ImageArray

_WARM_UP_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a picture is."""

    scale: float
    """Size at which it is drawn, before it is enlarged to its own."""
    words: str

    def size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the width and height that are drawn for a picture of this size."""
        return round(width_px * self.scale), round(height_px * self.scale)


EFFORTS: Final = (
    Effort(1.0, "at its full size"),
    Effort(0.75, "at three quarters of the size"),
    Effort(0.5, "at half the size"),
)
"""From the best picture to the quickest: the last takes less than half of the time of the first."""


class PuppetRenderer:
    """Draws a character. Not thread-safe: one thread uses it. `framing` may be set between frames.

    Args:
        threads: that draw one picture together; more than one are ended by `close`.
    """

    def __init__(
        self,
        character: Character,
        *,
        width_px: int = 512,
        height_px: int = 512,
        framing: Framing = Framing.BUST,
        threads: int = 1,
    ) -> None:
        self.character = character
        self.framing = framing
        self.rung = 0
        """Which of `EFFORTS` draws: 0 is the best, each further one takes less time. May be set between frames."""
        self._size = (width_px, height_px)
        self._figure, self._rasteriser = Figure(character), Rasteriser(character, threads=threads)

    @property
    def efforts(self) -> tuple[str, ...]:
        """In words, from the best picture to the quickest."""
        return tuple(effort.words for effort in EFFORTS)

    @property
    def drawing(self) -> Drawing:
        """What draws now, for people."""
        threads = self._rasteriser.team.threads
        eased = "; eased to keep the beat" if self.rung else ""
        return Drawing("puppet", f"CPU, {threads} thread{'s' * (threads > 1)}", EFFORTS[self.rung].words + eased)

    def close(self) -> None:
        """End the threads that help drawing. It draws no more afterwards."""
        self._rasteriser.close()

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away, so that the first real one is not late (loads compiled code).

        Returns the time that the quickest of them took, in milliseconds.
        """
        pose, times_ms = RigPose.at_rest(), []
        for _ in range(_WARM_UP_PICTURES):
            started_ns = time.perf_counter_ns()
            self.render(pose, time_ns=0)
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        self._figure.settle()
        return min(times_ms)

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns` (moves ears, tail and hair on from the last call).

        Raises:
            ValueError: the pose holds a number that is not finite.
        """
        effort = EFFORTS[self.rung]
        width_px, height_px = effort.size_px(*self._size)
        camera = camera_for(self.framing, width_px=width_px, height_px=height_px)
        self._figure.pose(pose, time_ns=time_ns)
        image: ImageArray = np.empty((height_px, width_px, 4), dtype=np.uint8)
        empty = self._rasteriser.clear_ink if effort.scale < 1 else 0
        self._rasteriser.draw(self._figure, camera, image, empty=empty)
        if effort.scale < 1:
            image = np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        return Rendered(image=image, stamp=pose.stamp)
