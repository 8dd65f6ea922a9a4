"""What state each part is in: tracked, holding, decaying or idle.

Owns the states, the times between them and the one rule by which a state follows from the last. Pure: driven by the stamps of
trackings, never by a clock. Knows nothing of how parts are tracked, nor of what is shown meanwhile; the avatar eases by the
same times (`avatar.presence`).
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

Phase = Literal["idle", "tracked", "holding", "decaying"]
"""idle: not there. tracked: found in the newest frame. holding: just lost, shown as it was while its motion runs out.
decaying: lost for good, on its way to idle."""


@dataclass(frozen=True, slots=True)
class PartTimes:
    """How long losing and finding a part take."""

    hold_s: float = 0.25
    """A lost part stays as it was for this long."""
    decay_s: float = 0.6
    """After that it takes this long to go to the idle pose."""
    return_s: float = 0.2
    """A part that is found again takes this long to come back."""


@dataclass(frozen=True, slots=True)
class PartState:
    """What one part is doing, and since when, on the clock of the stamps."""

    phase: Phase
    since_ns: int
    seen_ns: int
    """Stamp of the last frame in which it was found."""


NEVER_SEEN: Final = PartState("idle", 0, 0)


def passed(state: PartState, *, found: bool | None, time_ns: int, times: PartTimes) -> tuple[PartState, ...]:
    """Return the states that a part goes through until `time_ns`, the last one being its state then; at least one.

    However long the gap between two frames, no state is left out. The first of those returned is `state` itself, brought up to
    date, where nothing changed.

    Args:
        found: whether a frame stamped `time_ns` holds the part; None if no frame came, which is no loss until the part has been
            unseen for as long as it is held.
    """
    if found:
        if state.phase == "tracked":
            return (replace(state, seen_ns=time_ns),)
        return (PartState("tracked", time_ns, time_ns),)
    steps: list[PartState] = []
    newest = state
    while (following := _next(newest, is_late=found is None, time_ns=time_ns, times=times)) is not None:
        steps.append(following)
        newest = following
    return tuple(steps) or (state,)


def _next(state: PartState, *, is_late: bool, time_ns: int, times: PartTimes) -> PartState | None:
    """Return what follows on `state` for a part that is not seen, if it is time for it."""
    lost_ns = state.seen_ns + round(times.hold_s * 1e9)
    gone_ns = lost_ns + round(times.decay_s * 1e9)
    if state.phase == "tracked" and (not is_late or time_ns >= lost_ns):
        return PartState("holding", min(time_ns, lost_ns), state.seen_ns)
    if state.phase == "holding" and time_ns >= lost_ns:
        return PartState("decaying", lost_ns, state.seen_ns)
    if state.phase == "decaying" and time_ns >= gone_ns:
        return PartState("idle", gone_ns, state.seen_ns)
    return None
