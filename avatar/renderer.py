"""What draws an avatar, seen from outside: the interface that the puppet and the neural renderer share.

Owns the protocol alone. Whoever shows an avatar needs to know no more of it than this.
"""

from dataclasses import dataclass
from typing import Protocol

from avatar.camera import Framing
from avatar.mesh import Character
from avatar.types import Rendered, RigPose


@dataclass(frozen=True, slots=True)
class Drawing:
    """What draws, on what, and why so; for people."""

    name: str
    """`puppet` or `neural`."""
    provider: str
    reason: str


class Renderer(Protocol):
    """Draws one avatar. Not thread-safe: one thread uses it. What can be set may be set between frames."""

    framing: Framing
    rung: int
    """Which of `efforts` draws: 0 is the best, each further one takes less time."""

    @property
    def character(self) -> Character:
        """What is drawn now; its rig is what poses are for."""
        ...

    @property
    def efforts(self) -> tuple[str, ...]:
        """In words, how hard it can work: from the best picture to the quickest."""
        ...

    @property
    def drawing(self) -> Drawing:
        """What draws now."""
        ...

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away; return about what one takes at this rung, in milliseconds."""
        ...

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns` (moves ears, tail and hair on from the last call).

        Raises:
            ValueError: the pose holds a number that is not finite.
        """
        ...

    def close(self) -> None:
        """End the threads that help drawing. It draws no more afterwards."""
        ...
