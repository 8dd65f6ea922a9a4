"""The contract that both tracking engines keep, and what they are asked for.

Owns no behaviour. Knows nothing of how either engine works.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from trackers.types import Frame, Tracking


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What to track, and with what."""

    engine: Literal["posecast", "mediapipe"] = "posecast"
    """Our own schedule, or MediaPipe's Tasks as the reference."""
    mode: Literal["fast", "balanced", "accurate"] = "balanced"
    """Ours only. accurate: every part in every frame. balanced: a part that hardly moves is looked at less often. fast: that,
    and the lite models."""
    body_model: Literal["lite", "full", "heavy"] = "full"
    hand_model: Literal["lite", "full"] = "full"
    """Lite takes half the time; its fingers are off by about 5 % of the hand's size. The reference engine has full only."""
    hands: bool = True
    face: bool = True
    threads: int = 2
    """Threads for one model run."""
    own_process: bool = False
    """Run in a process of its own, so that the caller's threads never wait for the tracker's Python."""
    budget_ms: float | None = None
    """Time that a frame may take; the tracker eases its work to keep it. None: every frame gets all."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What runs, and why, for the line at start, `doctor` and the metrics."""

    engine: str
    provider: str
    reason: str


class Tracker(Protocol):
    """Finds a person in frames. `with` opens and closes the models; `track` is called from one thread."""

    @property
    def info(self) -> EngineInfo:
        """What runs, and why; another object as soon as that changes."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame. Parts that were not found are None."""
        ...

    def reset(self) -> None:
        """Forget what was followed: the next frame is from another scene."""
        ...
