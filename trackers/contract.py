"""The contract that all tracking engines keep, and what they are asked for.

Owns no behaviour. Knows nothing of how any engine works.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from trackers.person import Policy
from trackers.types import Frame, Tracking


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What to track, and with what."""

    engine: Literal["posecast", "mediapipe", "onnx"] = "posecast"
    """Our own schedule, MediaPipe's Tasks as the reference, or a whole-body model in an ONNX file."""
    model: Path | None = None
    """The ONNX file; for that engine only."""
    mode: Literal["fast", "balanced", "accurate"] = "balanced"
    """Ours only. accurate: every part in every frame. balanced: a part that hardly moves is looked at less often. fast: that,
    and the lite models."""
    body_model: Literal["auto", "lite", "full", "heavy"] = "auto"
    """auto: lite when fast, else full."""
    hand_model: Literal["auto", "lite", "full"] = "auto"
    """Lite takes half the time; its fingers are off by about 5 % of the hand's size. The reference engine has full only."""
    hands: bool = True
    face: bool = True
    person: Policy = "largest"
    """Not the reference engine's. Whom to follow when several are there and nobody is followed yet; left and right are the
    camera's."""
    precision: Literal["auto", "int8", "fp32"] = "auto"
    """Ours only. int8: weights of 8 bits for hands (full) and expressions; auto: that where the processor is quicker with them.
    fp32 sees the same on every computer."""
    threads: int = 2
    """Threads that tracking may use; two looks beside each other share them. Of engine onnx: each run's."""
    own_process: bool = False
    """Run in a process of its own, so that the caller's threads never wait for the tracker's Python."""
    budget_share: float | None = None
    """Share of the time between two frames that tracking may take; it eases its work to keep that. None: no limit."""
    fps: float = 30.0
    """Frames per second that are expected; the stamps of the frames soon tell."""

    @property
    def models(self) -> tuple[str, str]:
        """The body model and the hand model that `auto` stands for, or that were asked for."""
        usual = "lite" if self.mode == "fast" else "full"
        return (
            usual if self.body_model == "auto" else self.body_model,
            usual if self.hand_model == "auto" else self.hand_model,
        )


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
