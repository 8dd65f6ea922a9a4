"""What teaching a gesture has come to, as a value that panels are shown. Owns nothing but its fields; all are plain."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TeachingStatus:
    """What teaching a gesture has come to."""

    state: Literal["idle", "countdown", "recording", "training", "done", "failed"] = "idle"
    name: str = ""
    """Of the gesture that is being taught, or was last."""
    take: int = 0
    takes: int = 0
    share: float = 0.0
    """0..1 of the countdown or the take."""
    left_s: float = 0.0
    seen: tuple[str, ...] = ()
    """Parts that are seen just now."""
    text: str = ""
    """What the person should do, or what came of it; one sentence."""
    notes: tuple[str, ...] = ()
    """What the training says of conflicts; one sentence each."""
    gestures: tuple[str, ...] = ()
    """All gestures that the user has taught."""
