"""Motions of the hands: the detector that follows both wrists and asks for wave, swipe, circle and clap.

Owns their specs, and for how long a motion stays told that is over when it is known. Knows nothing of cameras and models.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from trackers.gestures.motion_paths import HandPath
from trackers.gestures.motion_rounds import CircleJudge, ClapJudge
from trackers.gestures.motion_sweeps import SURE, SwipeJudge, WaveJudge
from trackers.gestures.types import SIDES, Look, Reading, Side, Spec

TOLD_S: Final = 0.2
"""So that a body that rests for some frames misses none."""
CLAP_TOLD_S: Final = 0.1


def _spec(name: str, about: str, *, cooldown_s: float) -> Spec:
    return Spec(name, about, ("body",), enter=SURE, leave=0.4, hold_s=0.0, cooldown_s=cooldown_s)


SPECS: Final[tuple[Spec, ...]] = (
    *(_spec(f"{s}_wave", f"wave with the {s} hand raised, at least one and a half times", cooldown_s=0.5) for s in SIDES),
    _spec("clap", "clap the hands once; every clap counts", cooldown_s=0.0),
    *(
        _spec(f"{s}_swipe_{way}", f"sweep the {s} hand to your {way}, quickly, at the height of the chest", cooldown_s=0.3)
        for s in SIDES
        for way in SIDES
    ),
    *(_spec(f"{s}_circle", f"draw a full circle in the air with the {s} hand", cooldown_s=0.5) for s in SIDES),
)


class _Pulse:
    """A confidence that stays told for a while after its moment."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._until_s = float("-inf")
        self._confidence = 0.0

    def fire(self, confidence: float, *, time_s: float, lasts_s: float = TOLD_S) -> None:
        self._until_s, self._confidence = time_s + lasts_s, confidence

    def at(self, time_s: float) -> float:
        return self._confidence if time_s <= self._until_s else 0.0


class HandMotions:
    """The detector of all motions of hands."""

    def __init__(self) -> None:
        self._paths = {side: HandPath(side) for side in SIDES}
        self._waves = {side: WaveJudge() for side in SIDES}
        self._swipes = {side: SwipeJudge() for side in SIDES}
        self._circles = {side: CircleJudge() for side in SIDES}
        self._clap = ClapJudge()
        self._pulses = {name: _Pulse() for name in self.names}

    @property
    def names(self) -> tuple[str, ...]:
        """The gestures that it judges."""
        return tuple(spec.name for spec in SPECS)

    def reset(self) -> None:
        """Forget what came before."""
        for part in (*self._paths.values(), *self._judges(), *self._pulses.values()):
            part.reset()

    def _judges(self) -> Iterable[WaveJudge | SwipeJudge | CircleJudge | ClapJudge]:
        return (*self._waves.values(), *self._swipes.values(), *self._circles.values(), self._clap)

    def push(self, look: Look) -> Mapping[str, Reading]:
        """Return a reading of each motion; 0 where there is nothing new to judge by."""
        sure = dict.fromkeys(self.names, 0.0)
        moved = {side: self._paths[side].push(look) for side in SIDES}
        for side in SIDES:
            if moved[side]:
                sure |= self._of_one(side)
        if any(moved.values()):
            sure["clap"] = self._clap.push(self._paths["left"], self._paths["right"])
        for name in self.names:
            sure[name] = self._told(name, sure[name], look.time_s)
        return {name: Reading(confidence) for name, confidence in sure.items()}

    def _of_one(self, side: Side) -> dict[str, float]:
        path, other = self._paths[side], self._paths["right" if side == "left" else "left"]
        swipes = self._swipes[side].push(path, other)
        return {
            f"{side}_wave": self._waves[side].push(path),
            f"{side}_circle": self._circles[side].push(path),
            **{f"{side}_swipe_{way}": confidence for way, confidence in swipes.items()},
        }

    def _told(self, name: str, confidence: float, time_s: float) -> float:
        pulse = self._pulses[name]
        if confidence >= SURE:
            pulse.fire(confidence, time_s=time_s, lasts_s=CLAP_TOLD_S if name == "clap" else TOLD_S)
        return max(confidence, pulse.at(time_s))
