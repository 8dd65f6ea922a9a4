"""Wave and swipe: motions of one hand to one side, or to and fro, judged on its path.

Owns what makes each. Paths come in shoulder widths and in stamps' time, so that 5 or 60 looks a second give the same answer.
Figures were chosen on made motions, signing and walking (docs/gestures.md).
"""

import math
from collections.abc import Sequence
from typing import Final

from trackers.gestures.motion_paths import HandPath, Place, Swing, Swings
from trackers.gestures.soft import ramp

SURE: Final = 0.6
"""Confidence from which a motion has been made."""

_WAYS: Final = {"left": 1.0, "right": -1.0}


class WaveJudge:
    """One hand, upright and raised, goes to and fro at 1 to 4 Hz."""

    HALF_SWINGS: Final = 3
    LEAST: Final = 0.2
    """Shoulder widths from turn to turn, at the finger tips: a hand that turns at the wrist by a quarter of a right angle."""
    LEAST_BY_BODY: Final = 0.3
    _SHORTEST_S, _LONGEST_S = 0.09, 0.6

    def __init__(self) -> None:
        self._swings = Swings(least=self.LEAST)

    def reset(self) -> None:
        """Forget what was seen."""
        self._swings.reset()

    def push(self, path: HandPath) -> float:
        """Take the newest place of the path; return 0..1."""
        place = path.places[-1]
        if len(path.places) == 1 or not self._raised(place):
            self._swings.reset()
        if not self._raised(place):
            return 0.0
        self._swings.push(place.time_s, place.tip_x)
        return self._judge(path, place.time_s)

    @staticmethod
    def _raised(place: Place) -> bool:
        return place.y > -0.55 and place.tip_y - place.y > 0.12 and place.tip_y > -0.15

    def _judge(self, path: HandPath, now_s: float) -> float:
        swings = [swing for swing in self._swings.swings if swing.end_s > now_s - 2.0]
        if len(swings) > 1 and abs(swings[-1].extent) < 0.6 * abs(swings[-2].extent):
            swings.pop()  # still going on
        swings = self._regular(swings)
        if len(swings) < 2 or now_s - swings[-1].end_s > self._LONGEST_S:
            return 0.0
        swings = swings[-self.HALF_SWINGS :]
        extents = [abs(swing.extent) for swing in swings]
        window = [place for place in path.places if place.time_s >= swings[0].start_s]
        height = max(place.tip_y for place in window) - min(place.tip_y for place in window)
        least = self.LEAST if all(place.by_hand for place in window) else self.LEAST_BY_BODY
        sure = min(
            ramp(sum(extents) / len(extents), 0.5 * least, 1.6 * least),
            ramp(height / max(extents), 1.6, 0.9),
            ramp(_thickness(window), 0.7, 0.45),
            ramp(min(extents) / max(extents), 0.1, 0.5),
        )
        return sure if len(swings) == self.HALF_SWINGS else 0.35 * sure

    def _regular(self, swings: Sequence[Swing]) -> list[Swing]:
        """Return the last swings that follow each other at the pace of a wave."""
        kept: list[Swing] = []
        for swing in reversed(swings):
            if not self._SHORTEST_S <= swing.lasted_s <= self._LONGEST_S:
                break
            kept.insert(0, swing)
        return kept


def _thickness(places: Sequence[Place]) -> float:
    """Return how wide the tips' track is as a share of its length, 0..1: of a hand to and fro little, of noise 1."""
    count = len(places)
    x, y = sum(place.tip_x for place in places) / count, sum(place.tip_y for place in places) / count
    xx = sum((place.tip_x - x) ** 2 for place in places)
    yy = sum((place.tip_y - y) ** 2 for place in places)
    xy = sum((place.tip_x - x) * (place.tip_y - y) for place in places)
    middle, spread = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(middle - spread, 0.0) / max(middle + spread, 1e-12))


class SwipeJudge:
    """One hand sweeps far to one side in half a second. Its way back is none."""

    FAR: Final = 1.2
    """Shoulder widths."""
    WITHIN_S: Final = 0.5
    BACK_S: Final = 1.0
    """For so long after a swipe the other way does not count."""
    _LOWEST = -1.0

    def __init__(self) -> None:
        self._fired_s = {way: float("-inf") for way in _WAYS}

    def reset(self) -> None:
        """Forget what was seen."""
        self._fired_s = {way: float("-inf") for way in _WAYS}

    def push(self, path: HandPath, other: HandPath) -> dict[str, float]:
        """Take the newest place; return 0..1 for each way."""
        now_s = path.places[-1].time_s
        back = {"left": "right", "right": "left"}
        sure = {
            way: 0.0 if now_s - self._fired_s[back[way]] < self.BACK_S else self._judge(path, other, sign)
            for way, sign in _WAYS.items()
        }
        for way, confidence in sure.items():
            if confidence >= SURE:
                self._fired_s[way] = now_s
        return sure

    def _judge(self, path: HandPath, other: HandPath, sign: float) -> float:
        window = path.since(self.WITHIN_S + 0.02)
        end = window[-1]
        start = min(window, key=lambda place: place.x * sign)
        far = (end.x - start.x) * sign
        if far < 0.5 * self.FAR or min(start.y, end.y) < self._LOWEST:
            return 0.0
        course = [place for place in window if place.time_s >= start.time_s]
        back = max(max((a.x - b.x) * sign for a, b in zip(course, course[1:], strict=False)), 0.0)
        height = max(place.y for place in course) - min(place.y for place in course)
        return min(
            ramp(far, 0.5 * self.FAR, 1.33 * self.FAR),
            ramp(height / far, 0.75, 0.3),
            ramp(back / far, 0.3, 0.05),
            ramp(_opposite(other, sign, start.time_s) / far, 0.7, 0.3),
            ramp(self._before(path, start, sign) / far, 1.0, 0.6),
        )

    @staticmethod
    def _before(path: HandPath, start: Place, sign: float) -> float:
        """Return how far the hand came the other way just before: as far as it goes now, and it is swinging."""
        earlier = [place.x * sign for place in path.places if start.time_s - 0.5 <= place.time_s <= start.time_s]
        return max(earlier) - start.x * sign


def _opposite(other: HandPath, sign: float, since_s: float) -> float:
    """Return how far the other hand went the other way meanwhile: arms that open or close together are no swipe."""
    places = [place.x * sign for place in other.places if place.time_s >= since_s]
    return max(places[0] - places[-1], 0.0) if len(places) > 1 else 0.0
