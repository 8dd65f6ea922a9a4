"""A fall: head, shoulders and hips drop fast, and the person then lies there.

Owns the thresholds, which favour being told once too often: somebody who throws himself on the floor is told as well. Slowly
lying down, bowing (the hips stay), squatting and sitting down (the trunk stays upright) are not. Needs the hips in the picture.
Knows nothing of what is done about it.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trackers.gestures.body_view import BodyView, view_body
from trackers.gestures.soft import rising
from trackers.gestures.types import Look, Reading, Spec
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking

FALL_SPEC: Final = Spec(
    "fall", "Somebody drops to the floor and lies there for a second; the whole body must be in the picture.", ("body",),
    enter=0.6, leave=0.35, hold_s=0.8, cooldown_s=2.0, grace_s=5.0,  # bodies that lie are often lost for a moment
)  # fmt: skip

_DROP_S: Final = 0.9  # who falls is down after 0.5 to 1 s; who lies down takes two and more
_UPRIGHT_DEG: Final = 25.0
_GAP_S: Final = 0.3  # longer without a look counts as so long: a body that falls is often lost for a moment
_LONGEST_S: Final = 3.0  # but not for longer than this
_LIES_AFTER_S: Final = 2.5  # the trunk lies within so long after the drop
_HIP_SEEN: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Sample:
    time_s: float
    clock_s: float
    """As `time_s`, without the gaps."""
    shoulders_px: float
    hips_px: float | None
    width_px: float
    is_upright: bool


class Fall:
    """Judges `fall`."""

    def __init__(self) -> None:
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        return ("fall",)

    def reset(self) -> None:
        """Forget where the person was."""
        self._samples: deque[_Sample] = deque()
        self._drop = 0.0  # how surely somebody dropped,
        self._drop_s = -math.inf  # and when
        self._is_down = False
        self._confidence = 0.0

    def push(self, look: Look) -> Mapping[str, Reading]:
        body = look.tracking.body
        if body is not None and "body" in look.fresh:
            self._confidence = self._judge(look.time_s, body, view_body(body))
        return {"fall": Reading(self._confidence)}

    def _judge(self, now_s: float, body: BodyTracking, view: BodyView) -> float:
        lies = _lies(view)
        drop = self._dropped(self._sampled(now_s, body, view, lies))
        if drop >= max(0.3, self._drop) or now_s - self._drop_s > _LIES_AFTER_S and not self._is_down:
            self._drop, self._drop_s = drop, now_s
        self._is_down = lies >= 0.35 and (self._is_down or min(self._drop, lies) >= 0.35)
        return min(self._drop, lies) if self._is_down else 0.0

    def _sampled(self, now_s: float, body: BodyTracking, view: BodyView, lies: float) -> _Sample:
        """Remember this look, and forget what was too long ago."""
        last = self._samples[-1] if self._samples else None
        clock_s = 0.0 if last is None else last.clock_s + min(now_s - last.time_s, _GAP_S)
        hips = max(body.visibility[BODY_INDEX["left_hip"]], body.visibility[BODY_INDEX["right_hip"]]) >= _HIP_SEEN
        sample = _Sample(
            now_s,
            clock_s,
            view.shoulders_px[1],
            view.hips_px[1] if hips else None,
            view.width_px,
            is_upright=abs(view.trunk_deg) < _UPRIGHT_DEG and lies < 0.3,
        )
        self._samples.append(sample)
        while clock_s - self._samples[0].clock_s > _DROP_S or now_s - self._samples[0].time_s > _LONGEST_S:
            self._samples.popleft()
        return sample

    def _dropped(self, now: _Sample) -> float:
        """Return how surely shoulders and hips dropped since some upright look not long ago."""
        return max((_drop(then, now) for then in self._samples if then.is_upright), default=0.0)


def _drop(then: _Sample, now: _Sample) -> float:
    shoulders = (now.shoulders_px - then.shoulders_px) / then.width_px
    if now.hips_px is None or then.hips_px is None:
        return rising(shoulders, 1.8, 2.6)
    hips = (now.hips_px - then.hips_px) / then.width_px
    return min(rising(shoulders, 1.25, 1.95), rising(hips, 0.35, 0.75))


def _lies(view: BodyView) -> float:
    """Tell whether the trunk lies: in the picture, or, where it looks short, by the guess of its depth."""
    lies = rising(abs(view.trunk_deg), 45.0, 65.0)
    return max(lies, min(rising(view.tilt_deg, 50.0, 70.0), rising(1.3 - view.torso, 0.0, 0.3)))
