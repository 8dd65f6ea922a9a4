"""Which parts are looked at in a frame, and which may rest.

Owns the rule: a part is due when its piece of the picture has changed since its last look, or when it has rested long enough;
and when the due parts do not fit the time that a frame may take, those wait that matter least now. Knows nothing of models.

A part that was not found has a watched place too: where it was searched for in vain. Nothing is searched again where nothing
has changed, until it has rested.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from trackers.backlog import Room
from trackers.change import Box, change, thumbnail
from trackers.types import PARTS, FloatArray, ImageArray

ALWAYS: Final = 0.0
"""A threshold that every picture passes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a part may rest."""

    change: float
    """Grey levels by which its piece of the picture must have changed for it to be looked at."""
    rest_s: float
    """It is looked at after so long anyhow."""
    weight: float = 1.0
    """When not all can be looked at: how much sooner its turn comes than another's."""


_FACE_WEIGHT: Final = 1.8  # a blink lasts three frames, and viewers look there first
ACCURATE: Final[Mapping[str, Pace]] = {part: Pace(ALWAYS, 0.0, _FACE_WEIGHT if part == "face" else 1.0) for part in PARTS}
BALANCED: Final[Mapping[str, Pace]] = {
    "body": Pace(30.0, 0.1),
    "left_hand": Pace(20.0, 0.1),
    "right_hand": Pace(20.0, 0.1),
    "face": Pace(12.0, 0.066, _FACE_WEIGHT),
}
"""On webcam clips of people signing, a resting part is then off by no more than the models' own jitter: 2 % of the shoulders'
width, 3 % of a hand, 1 % of the eyes' distance (median; docs/tracking.md)."""
FAST: Final[Mapping[str, Pace]] = {
    "body": Pace(45.0, 0.13),
    "left_hand": Pace(30.0, 0.1),
    "right_hand": Pace(30.0, 0.1),
    "face": Pace(20.0, 0.066, _FACE_WEIGHT),
}
PACES: Final = {"accurate": ACCURATE, "balanced": BALANCED, "fast": FAST}

MOST_DEBT: Final = 2.0
"""Upper bound on carried-over overrun, in frame budgets."""

_ENDLESS: Final = Room()
_ONE_LOOK: Final[Mapping[str, int]] = {}
_EARLY_S: Final = 0.008  # half a frame at 60 Hz: stamps waver, and a part that is due now should not wait for the next frame
_MOST_URGENT: Final = 3.0  # however much changes, a part is not more urgent than this
_COST_SHARE: Final = 0.2  # of a new time in the running mean


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The last look at a part: when, and where a change makes it due again, with the picture there."""

    time_ns: int
    watched: tuple[Box, FloatArray] | None
    """None of a part that never rests: no change need be seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one frame is for."""

    parts: frozenset[str]
    """To be looked at."""
    demand_ms: float
    """About what all parts that are due would take, those that have to wait included."""
    spare_ms: float
    """What is left of the budget; infinite without one."""


class Schedule:
    """Remembers each part's last look and plans the next frame. Driven by stamps and pictures only."""

    def __init__(self, paces: Mapping[str, Pace], *, parts: Iterable[str] = PARTS) -> None:
        self._paces = {part: paces[part] for part in parts}
        self._costs_ms = dict.fromkeys(self._paces, 0.0)
        self.reset()

    def reset(self) -> None:
        """Forget all looks: every part is due. What looks take stays known."""
        self._looks: dict[str, _Look] = {}
        self._debt_ms = 0.0

    def plan(
        self,
        image: ImageArray,
        *,
        time_ns: int,
        budget_ms: float | None = None,
        room: Room = _ENDLESS,
        looks: Mapping[str, int] = _ONE_LOOK,
    ) -> Plan:
        """Return which parts to look at in this frame: the most urgent first, as many as the budget holds.

        A frame that took more than its budget makes the next ones take less, down to none for a frame or two. What was never
        looked at is not made to wait: a scene's first frame is dear.

        Args:
            room: what this frame may take. A budget is kept on the whole, and a single part may exceed it; a part for which
                there is no room waits, and those that are less urgent with it: a frame of rest makes room for the next.
            looks: of parts that take more than one look's time now, how many.
        """
        urgencies = {part: self._urgency(part, image, time_ns) for part in self._paces}
        due = sorted((part for part, urgency in urgencies.items() if urgency > 0), key=lambda part: -urgencies[part])
        demand_ms = sum(self._costs_ms[part] for part in due)
        if budget_ms is None:
            return Plan(frozenset(due), demand_ms, float("inf"))
        chosen: set[str] = set()
        left_ms, taken_ms = budget_ms - self._debt_ms, 0.0
        for part in due:
            cost_ms, is_new = self._costs_ms[part] * looks.get(part, 1), part not in self._looks
            if not is_new and room.is_short_of(cost_ms, taken_ms=taken_ms):
                break
            if is_new or (left_ms > 0 and (not chosen or cost_ms <= left_ms - taken_ms)):
                chosen.add(part)
                taken_ms += cost_ms
        return Plan(frozenset(chosen), demand_ms, left_ms - taken_ms)

    def expect(self, part: str, *, cost_ms: float) -> None:
        """Say what a look at a part takes before the first was timed."""
        if part in self._costs_ms:
            self._costs_ms[part] = cost_ms

    def cost_ms(self, part: str) -> float:
        """Return about what a look at a part takes; 0 if nothing is known yet."""
        return self._costs_ms.get(part, 0.0)

    def hasten(self, parts: Iterable[str]) -> None:
        """Look at these in the next frame, whatever else is due: they count as never seen."""
        for part in parts:
            self._looks.pop(part, None)

    def spent(self, time_ms: float, *, budget_ms: float | None) -> None:
        """Note what a whole frame took."""
        if budget_ms is not None:
            self._debt_ms = min(max(0.0, self._debt_ms + time_ms - budget_ms), MOST_DEBT * budget_ms)

    def looked(self, part: str, *, image: ImageArray, box: Callable[[], Box], time_ns: int, cost_ms: float | None) -> None:
        """Note a look at a part.

        Args:
            box: tells where a change makes it due again; not asked of a part that never rests.
            cost_ms: what it took; None if the part was not found, which takes now more, now less.
        """
        watched = None
        if self._paces[part].change != ALWAYS:
            place = box()
            watched = place, thumbnail(image, place)
        self._looks[part] = _Look(time_ns, watched)
        if cost_ms is not None:
            before = self._costs_ms[part]
            self._costs_ms[part] = cost_ms if before == 0 else before + _COST_SHARE * (cost_ms - before)

    def _urgency(self, part: str, image: ImageArray, time_ns: int) -> float:
        """Return 0 for a part that may rest; else the more, the longer it has waited and the more has changed."""
        look, pace = self._looks.get(part), self._paces[part]
        if look is None or time_ns <= look.time_ns:  # never seen, or time has begun anew
            return float("inf")
        waited_s = (time_ns - look.time_ns) * 1e-9
        if look.watched is None:
            return pace.weight * waited_s
        box, before = look.watched
        share = change(thumbnail(image, box), before) / pace.change
        if share < 1 and waited_s < pace.rest_s - _EARLY_S:
            return 0.0
        return pace.weight * waited_s * min(max(share, 1.0), _MOST_URGENT)
