"""How much work a frame may be: the ladder of efforts, and who climbs it.

Owns the order in which models get lighter when the computer cannot keep up, and the rule for going down and up again. Pure;
driven by measured times only. Knows nothing of models or pictures.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

WINDOW_FRAMES: Final = 24
"""Times that one judgement rests on."""
FIRST_RETRY_FRAMES: Final = 300
LONGEST_RETRY_FRAMES: Final = 9000
OVERHEAD: Final = 1.2
"""A frame takes this many times as long as its models alone: crops, geometry, now and then a search."""
COMFORT: Final = 0.6
"""More is tried only when a frame takes less than this share of the budget."""


LEAST_PERIOD_MS: Final = 3.0
MOST_PERIOD_MS: Final = 1000.0
"""Times between two frames outside of these are a pause, or no camera's clock."""
PAUSE_MS: Final = 200.0
"""A single time as long as this is a pause, too; twice in a row it is a slow camera's."""
PERIOD_SHARE: Final = 0.1
"""Of a new time between two frames in the running mean."""


@dataclass(frozen=True, slots=True)
class Effort:
    """One rung: which models run."""

    body_model: str
    hand_model: str

    @property
    def words(self) -> tuple[str, str]:
        """The body's and the hands' part in words."""
        return f"body {self.body_model}", f"hands {self.hand_model}"


@dataclass(frozen=True, slots=True)
class Costs:
    """What single models take on this computer, in milliseconds."""

    body_ms: Mapping[str, float]
    hand_ms: Mapping[str, float]
    """Empty if hands are not tracked."""
    face_ms: float

    def frame_ms(self, effort: Effort) -> float:
        """Return about what a frame takes in which body, face and both hands are looked at."""
        return OVERHEAD * (self.body_ms[effort.body_model] + 2 * self.hand_ms.get(effort.hand_model, 0.0) + self.face_ms)


def ladder(*, body_model: str, hand_model: str, hands: bool) -> tuple[Effort, ...]:
    """Return the efforts from what the user asked for down to the least: lighter hands, then a lighter body.

    Below the last rung the schedule lets parts wait for each other. The face has one model, and is never eased: a blink lasts
    three frames, and viewers look there first.
    """
    rungs = [Effort(body_model, hand_model)]
    if hands and hand_model != "lite":
        rungs.append(replace(rungs[-1], hand_model="lite"))
    if body_model == "heavy":
        rungs.append(replace(rungs[-1], body_model="full"))
    if body_model != "lite":
        rungs.append(replace(rungs[-1], body_model="lite"))
    return tuple(rungs)


def first_rung(rungs: Sequence[Effort], *, costs: Costs, budget_ms: float) -> int:
    """Return the highest rung whose models fit the budget by their own times; the lowest if none does."""
    fitting = (number for number, effort in enumerate(rungs) if costs.frame_ms(effort) <= budget_ms)
    return next(fitting, len(rungs) - 1)


class Budget:
    """The time that a frame may take: a share of the time between two frames, as their stamps tell it.

    Counted by the frames' numbers, so that frames which were dropped because tracking was slow do not make it look as if there
    were more time.

    Args:
        share: of the time between two frames; None lets every frame take what it takes.
        fps: what is expected until the stamps tell.
    """

    def __init__(self, share: float | None, *, fps: float) -> None:
        self._share = share
        self.period_ms = 1000 / fps
        """Time between two frames, a running mean."""
        self._before: tuple[int, int] | None = None
        self._was_long = False

    @property
    def ms(self) -> float | None:
        """Milliseconds for a frame; None without a budget."""
        return None if self._share is None else self._share * self.period_ms

    def note(self, seq: int, captured_ns: int) -> float | None:
        """Take note of a frame's stamp; return `ms`."""
        before, self._before = self._before, (seq, captured_ns)
        if before is not None and seq > before[0]:
            period_ms = (captured_ns - before[1]) / 1e6 / (seq - before[0])
            is_first, self._was_long = not self._was_long, period_ms >= PAUSE_MS
            if LEAST_PERIOD_MS < period_ms < MOST_PERIOD_MS and not (self._was_long and is_first):
                self.period_ms += PERIOD_SHARE * (period_ms - self.period_ms)
        return self.ms


class Governor:
    """Keeps the time of a frame within a budget: one rung down when frames take longer, one up when there is room again.

    A rung that proved too much is tried again only after a pause that doubles each time, so that the tracker does not swing.

    Args:
        budget_ms: time that a frame may take; None lets every frame take what it takes.
        rung: where to begin.
    """

    def __init__(self, rungs: int, *, budget_ms: float | None, rung: int = 0) -> None:
        self.budget_ms = budget_ms
        self.rung = rung
        self._last = rungs - 1
        self._times_ms: deque[float] = deque(maxlen=WINDOW_FRAMES)
        self._frames = 0
        self._pause = FIRST_RETRY_FRAMES
        self._climbed = False

    @property
    def typical_ms(self) -> float:
        """The median time of the last frames."""
        return float(np.median(self._times_ms)) if self._times_ms else 0.0

    def note(self, time_ms: float) -> bool:
        """Take note of one frame's time; True if the rung changed."""
        self._times_ms.append(time_ms)
        self._frames += 1
        if self.budget_ms is None or len(self._times_ms) < WINDOW_FRAMES:
            return False
        if self.rung < self._last and np.percentile(self._times_ms, 75) > self.budget_ms:
            if self._climbed and self._frames < FIRST_RETRY_FRAMES:  # the higher rung proved too much
                self._pause = min(2 * self._pause, LONGEST_RETRY_FRAMES)
            self._climbed = False
            return self._step(+1)
        pause = FIRST_RETRY_FRAMES if self._climbed else self._pause
        if self.rung > 0 and self._frames >= pause and self.typical_ms < COMFORT * self.budget_ms:
            if self._climbed:  # the last climb held
                self._pause = FIRST_RETRY_FRAMES
            self._climbed = True
            return self._step(-1)
        return False

    def _step(self, change: int) -> bool:
        self.rung += change
        self._times_ms.clear()
        self._frames = 0
        return True
