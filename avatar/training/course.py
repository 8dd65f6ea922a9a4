"""How far a training has come, over all its cycles and resumptions.

Owns that count. Knows nothing of torch or files.
"""

from dataclasses import dataclass
from typing import Any, Self

from avatar.training.schedule import Budget, rate_factor


@dataclass(slots=True)
class Course:
    """Steps and seconds so far."""

    budget: Budget
    """Of this cycle."""
    cycle: int = 0
    step: int = 0
    """Steps done, over all cycles."""
    seconds: float = 0.0
    """Seconds trained, over all cycles."""
    first_step: int = 0
    """Of this cycle."""
    first_second: float = 0.0

    def progress(self, *, ahead: int = 0) -> float:
        """Return the share of this cycle that is done when `ahead` more steps are; 0..1."""
        return self.budget.progress(steps=self.step + ahead - self.first_step, seconds=self.seconds - self.first_second)

    def shaping(self, *, ahead: int = 0) -> float:
        """Return the progress that decides what a step is made of: later cycles are made like the end of the first."""
        return self.progress(ahead=ahead) if self.cycle == 0 else 1.0

    def rate(self) -> float:
        """Return the factor of the peak rates for the next step."""
        return rate_factor(self.progress(), cycle=self.cycle)

    def left_s(self, *, step_s: float) -> float:
        """Return an estimate of the seconds that are left of this cycle."""
        if self.budget.seconds is not None:
            return max(0.0, self.budget.seconds - (self.seconds - self.first_second))
        return max(0, (self.budget.steps or 0) - (self.step - self.first_step)) * step_s

    def go_on(self, budget: Budget | None) -> None:
        """Take up a stopped training: what is left of its cycle, or, with another budget or at its end, one more cycle."""
        if budget is not None and (budget != self.budget or self.progress() >= 1):
            self.budget = budget
            self.cycle += 1
            self.first_step, self.first_second = self.step, self.seconds

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        counts = {name: getattr(self, name) for name in ("cycle", "step", "seconds", "first_step", "first_second")}
        return counts | {"budget_steps": self.budget.steps, "budget_seconds": self.budget.seconds}

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """Return what `to_json` gave."""
        counts = {name: value for name, value in held.items() if not name.startswith("budget_")}
        return cls(budget=Budget(steps=held["budget_steps"], seconds=held["budget_seconds"]), **counts)
