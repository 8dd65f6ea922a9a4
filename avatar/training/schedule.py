"""How far a training is, and what learns how fast then.

Owns the arithmetic of progress, from steps or from time, and of rates. Knows nothing of torch.
"""

import math
from dataclasses import dataclass
from typing import Final

_WARM_UP: Final = 0.1
_BEGIN: Final = 1 / 25
_END: Final = 1 / 500
_AGAIN: Final = 0.5
"""A later cycle's peak, of the first one's: what was learnt is not to be shaken off."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one cycle of training is: a number of steps, or of seconds. Exactly one of them."""

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError(f"Budget must have either steps or seconds, got steps={self.steps}, seconds={self.seconds}")
        if (self.steps or self.seconds or 0) <= 0:
            raise ValueError(f"Budget must be more than 0, got {self.steps or self.seconds}")

    def progress(self, *, steps: int, seconds: float) -> float:
        """Return the share of the cycle that is done, 0..1."""
        done = steps / self.steps if self.steps is not None else seconds / (self.seconds or 1.0)
        return min(1.0, done)


def rate_factor(progress: float, *, cycle: int = 0) -> float:
    """Return what to multiply the peak rates by: up for a tenth of the cycle, then down along a cosine to almost nothing."""
    peak = 1.0 if cycle == 0 else _AGAIN
    if progress < _WARM_UP:
        return peak * (_BEGIN + (1 - _BEGIN) * (1 - math.cos(math.pi * progress / _WARM_UP)) / 2)
    falling = (progress - _WARM_UP) / (1 - _WARM_UP)
    return peak * (_END + (1 - _END) * (1 + math.cos(math.pi * min(1.0, falling))) / 2)
