"""When a rule's moment has come: each `when` is watched from input to input.

Owns what has to be remembered for that: whether a state held before, how far a sequence has come, when a timer is due. Knows
nothing of what the rule does, nor whether it may.
"""

from dataclasses import dataclass, field
from typing import Protocol

from stream.triggers.conditions import After, Beyond, Change, Every, InOrder, Made, When
from stream.triggers.world import World
from trackers.gestures.sequences import SequenceTracker

Details = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Edge:
    """What an input meant for one `when`."""

    rose: bool = False
    """Its moment came."""
    fell: bool = False
    """A state that had come is over."""
    cause: str = ""
    """For people: `t_pose (0.93)`."""
    details: Details = field(default_factory=dict)


NOTHING = Edge()


class Watch(Protocol):
    """Looks at the world at every input."""

    def look(self, world: World) -> Edge:
        """Return what came about since the last look."""

    def progress(self, world: World) -> float:
        """Return 0..1: how far it has come."""

    @property
    def is_on(self) -> bool:
        """Whether the state is there now; of what has no length, False."""

    @property
    def is_of_frames(self) -> bool:
        """Whether its moment comes by what a frame shows."""


def watch_for(when: When, *, hold_s: float, holds: bool) -> Watch:
    """Return a watch for a rule's `when`.

    Args:
        holds: something is held as long as the state lasts: it ends, too, when nobody has known for long whether it does.
    """
    match when:
        case Change():
            return _ChangeWatch(when, hold_s=hold_s, holds=holds)
        case InOrder():
            return _SequenceWatch(when)
        case Every() | After():
            return _TimerWatch(when)


class _ChangeWatch:
    """A state begins, has lasted, or ends."""

    def __init__(self, when: Change, *, hold_s: float, holds: bool) -> None:
        self._when = when
        self._hold_ns = round(hold_s * 1e9)
        self._holds = holds
        self._held = False
        self._began_ns = 0
        self._lasted = False
        self._last_cause: tuple[str, Details] = ("", {})
        self.is_of_frames = isinstance(when.state, Made | Beyond)

    @property
    def is_on(self) -> bool:
        return self._held

    def look(self, world: World) -> Edge:
        state = self._when.state
        held, lasted = self._held, self._lasted
        self._held = world.holds(state, was=held) and not (self._holds and world.is_forgotten(state))
        if self._held and not held:
            self._began_ns = world.began_ns(state)
        if self._held:
            self._last_cause = world.cause(state)
        self._lasted = self._held and (lasted or world.clock_ns(state) - self._began_ns >= self._hold_ns)
        cause, details = self._last_cause
        if self._when.at_end:
            ended = lasted and not self._held
            return Edge(rose=ended, cause=f"{state} ended", details=details) if ended else NOTHING
        if self._lasted == lasted:
            return NOTHING
        return Edge(rose=self._lasted, fell=lasted, cause=cause, details=details)

    def progress(self, world: World) -> float:
        if not self._held or self._lasted or not self._hold_ns:
            return float(self._held)
        return min(max((world.clock_ns(self._when.state) - self._began_ns) / self._hold_ns, 0.0), 1.0)


class _SequenceWatch:
    """Gestures one after another."""

    is_on = False
    is_of_frames = True

    def __init__(self, when: InOrder) -> None:
        self._tracker = SequenceTracker(when.sequence)
        self._words = str(when)

    def look(self, world: World) -> Edge:
        done = [event for event in world.events if self._tracker.push(event)]
        if not done:
            return NOTHING
        last = done[-1]
        return Edge(rose=True, cause=self._words, details={"gesture": last.name, "confidence": round(last.confidence, 3)})

    def progress(self, world: World) -> float:
        return self._tracker.progress(world.frame_ns)


class _TimerWatch:
    """A time has passed since the first look, once or again and again."""

    is_on = False
    is_of_frames = False

    def __init__(self, when: Every | After) -> None:
        self._when = when
        self._due_ns: int | None = None
        self._is_over = False

    def look(self, world: World) -> Edge:
        span_ns = round((self._when.period_s if isinstance(self._when, Every) else self._when.delay_s) * 1e9)
        if self._due_ns is None:
            self._due_ns = world.now_ns + span_ns
        if self._is_over or world.now_ns < self._due_ns:
            return NOTHING
        if isinstance(self._when, Every):  # beats that were missed are not made up for
            self._due_ns += span_ns * (1 + (world.now_ns - self._due_ns) // span_ns)
        else:
            self._is_over = True
        return Edge(rose=True, cause=str(self._when))

    def progress(self, world: World) -> float:
        return 0.0
