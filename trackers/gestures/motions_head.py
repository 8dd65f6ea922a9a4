"""Motions of the head: a nod and a shake, judged on how its turn swings to and fro.

Owns what makes each. The face tells the turn; where only the body is there, its nose and ears do. Knows nothing of models.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

from trackers.gestures.motion_paths import GAP_S, HeadPlace, Swings, head_place
from trackers.gestures.motion_sweeps import SURE
from trackers.gestures.soft import ramp
from trackers.gestures.types import Look, Reading, Spec


def _spec(name: str, about: str) -> Spec:
    parts = ("body", "face")
    return Spec(name, about, parts, enter=SURE, leave=0.4, hold_s=0.0, cooldown_s=0.5, is_by_any=True)


SPECS: Final = (_spec("nod", "nod twice"), _spec("head_shake", "shake the head, to and fro"))
HALF_SWINGS: Final = 3
_LEAST_DEG: Final = {"nod": 5.0, "head_shake": 6.0}
"""From turn to turn, by the face."""
_BODY_FACTOR: Final = 2.5
"""Nose and ears of the body tell it so much less surely."""
_SHORTEST_S, _LONGEST_S = 0.08, 0.55
_KEPT_S = 2.5


class HeadMotions:
    """The detector of nod and shake."""

    def __init__(self) -> None:
        self._places: deque[HeadPlace] = deque()
        self._begin(by_face=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The gestures that it judges."""
        return tuple(spec.name for spec in SPECS)

    def reset(self) -> None:
        """Forget what came before."""
        self._begin(by_face=True)

    def _begin(self, *, by_face: bool) -> None:
        self._places.clear()
        self._least = {name: least * (1.0 if by_face else _BODY_FACTOR) for name, least in _LEAST_DEG.items()}
        self._swings = {name: Swings(least=least) for name, least in self._least.items()}

    def push(self, look: Look) -> Mapping[str, Reading]:
        """Return a reading of each; they last as long as the swinging goes on."""
        place = head_place(look)
        if place is not None:
            self._take(place)
        return {name: Reading(self._judge(name, look.time_s)) for name in self.names}

    def _take(self, place: HeadPlace) -> None:
        last = self._places[-1] if self._places else None
        if last is not None and place.time_s <= last.time_s:
            return
        if last is None or place.time_s - last.time_s > GAP_S or place.by_face != last.by_face:  # models differ by degrees
            self._begin(by_face=place.by_face)
        self._places.append(place)
        while place.time_s - self._places[0].time_s > _KEPT_S:
            self._places.popleft()
        self._swings["nod"].push(place.time_s, place.pitch)
        self._swings["head_shake"].push(place.time_s, place.yaw)

    def _judge(self, name: str, now_s: float) -> float:
        swings = self._swings[name].swings
        if len(swings) > 1 and abs(swings[-1].extent) < 0.6 * abs(swings[-2].extent):
            swings = swings[:-1]  # still going on
        last = swings[-HALF_SWINGS:]
        if len(last) < 2 or now_s - last[-1].end_s > _LONGEST_S:
            return 0.0
        if not all(_SHORTEST_S <= swing.lasted_s <= _LONGEST_S for swing in last):
            return 0.0
        extents = [abs(swing.extent) for swing in last]
        least = self._least[name]
        sure = min(
            ramp(sum(extents) / len(extents), 0.8 * least, 2.0 * least),
            ramp(min(extents) / max(extents), 0.1, 0.45),
            ramp(self._across(name, last[0].start_s) / max(extents), 1.0, 0.5),
        )
        return sure if len(last) == HALF_SWINGS else 0.35 * sure

    def _across(self, name: str, since_s: float) -> float:
        """Return by how many degrees the head turned the other way meanwhile: a nod is straight, so is a shake."""
        angles = [place.yaw if name == "nod" else place.pitch for place in self._places if place.time_s >= since_s]
        return max(angles) - min(angles)
