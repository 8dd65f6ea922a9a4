"""What a person does as a whole over time: goes away and comes back, stands up and sits down, falls.

Owns the memory that these need. Heights are those of the picture, in lengths of the person's own body, so that the camera must
stay where it is. Knows nothing of arms. A body that is only predicted is not looked at.
"""

import math
from collections.abc import Mapping
from typing import Final

from trackers.gestures.body_view import BodyView, view_body
from trackers.gestures.fall import FALL_SPEC, Fall
from trackers.gestures.levels import Levels
from trackers.gestures.soft import rising
from trackers.gestures.types import Look, Reading, Spec

AWAY_S: Final = 3.0
"""Somebody is away when nobody was seen for so long."""
_BACK_AFTER_S: Final = 0.3  # seen again for so long: a flicker is nobody
_TOLD_S: Final = 0.7  # what happens once is told for so long, that it can be seen and heard

SPECS: Final[tuple[Spec, ...]] = (
    Spec("stand_up", "Stand up from your chair, with your shoulders in the picture.", ("body",), hold_s=0.0, cooldown_s=1.0),
    Spec("sit_down", "Sit down again.", ("body",), hold_s=0.0, cooldown_s=1.0),
    FALL_SPEC,
    Spec("away", f"Leave the picture for {AWAY_S:g} seconds.", (), hold_s=0.0, cooldown_s=0.0),
    Spec("back", "Come back after you were away; it is told once.", (), hold_s=0.0, cooldown_s=0.0),
)


class Away:
    """Judges `away` and `back` by whether anything of a person is seen."""

    def __init__(self) -> None:
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        return ("away", "back")

    def reset(self) -> None:
        """Forget who was there; an empty room counts as away after the usual time."""
        self._last_s: float | None = None  # somebody was seen, or the first look
        self._since_s: float | None = None  # somebody has been seen since
        self._is_away = False
        self._back_s = -math.inf

    def push(self, look: Look) -> Mapping[str, Reading]:
        now_s = look.time_s
        if self._last_s is None:
            self._last_s = now_s
        self._since_s = (now_s if self._since_s is None else self._since_s) if look.seen else None
        if self._is_away and self._since_s is not None and now_s - self._since_s >= _BACK_AFTER_S:
            self._is_away, self._back_s = False, now_s
        if look.seen and not self._is_away:
            self._last_s = now_s
        absent_s = now_s - self._last_s
        self._is_away = self._is_away or absent_s >= AWAY_S
        away = 1.0 if self._is_away else min(0.6, absent_s / AWAY_S * 0.6)
        return {"away": Reading(away), "back": Reading(float(now_s - self._back_s < _TOLD_S))}


class StandSit:
    """Judges `stand_up` and `sit_down`: the shoulders go from one height to another and stay there."""

    def __init__(self) -> None:
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        return ("stand_up", "sit_down")

    def reset(self) -> None:
        """Forget how high the person was."""
        self._levels = Levels()
        self._told: dict[str, tuple[float, float]] = {}  # when, and how surely

    def push(self, look: Look) -> Mapping[str, Reading]:
        now_s = look.time_s
        if look.tracking.body is not None and "body" in look.fresh:
            view = view_body(look.tracking.body)
            rise = self._levels.push(now_s, view) if _is_person(view) else 0.0
            confidence = rising(abs(rise), 0.35, 0.75)
            if confidence > 0.0:
                self._told["stand_up" if rise > 0 else "sit_down"] = (now_s, confidence)
        readings = {}
        for name in self.names:
            told_s, confidence = self._told.get(name, (-math.inf, 0.0))
            readings[name] = Reading(confidence if 0.0 <= now_s - told_s < _TOLD_S else 0.0)
        return readings


def _is_person(view: BodyView) -> bool:
    """Tell whether the shoulders are seen well enough, and level enough, to say how high they are."""
    return view.shoulders_seen >= 0.5 and abs(view.slope_deg) < 30.0 and math.isfinite(view.width_px)


def detectors() -> tuple[Away, StandSit, Fall]:
    """Return new ones of all."""
    return Away(), StandSit(), Fall()
