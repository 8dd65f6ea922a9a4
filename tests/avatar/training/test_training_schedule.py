"""Budgets, rates and the course of a training over several cycles."""

import pytest

from avatar.training.course import Course
from avatar.training.schedule import Budget, rate_factor


def test_a_budget_is_steps_or_seconds() -> None:
    """Exactly one of both, more than nothing; progress follows it and ends at 1."""
    assert Budget(steps=10).progress(steps=4, seconds=1e9) == 0.4
    assert Budget(seconds=60).progress(steps=10**9, seconds=90) == 1
    with pytest.raises(ValueError, match="Budget must have either steps or seconds, got steps=1, seconds=2"):
        Budget(steps=1, seconds=2)
    with pytest.raises(ValueError, match="Budget must be more than 0, got -3"):
        Budget(seconds=-3)


def test_rates_rise_soon_and_fall_to_almost_nothing() -> None:
    """One peak of 1 at a tenth of the way, smooth, and half of it in later cycles."""
    rates = [rate_factor(i / 1000) for i in range(1001)]
    assert rates.index(max(rates)) == 100
    assert max(rates) == pytest.approx(1)
    assert rates[0] == pytest.approx(0.04)
    assert rates[-1] == pytest.approx(0.002)
    assert max(abs(a - b) for a, b in zip(rates, rates[1:], strict=False)) < 0.02
    assert rate_factor(0.1, cycle=2) == pytest.approx(0.5)


def test_a_course_goes_on_or_begins_a_cycle() -> None:
    """Without a budget, or with its own, a stopped cycle is finished; with another, or at its end, a new one begins."""
    course = Course(Budget(steps=10), step=4, seconds=8.0)
    course.go_on(None)
    course.go_on(Budget(steps=10))
    assert (course.cycle, course.progress(), course.progress(ahead=2)) == (0, 0.4, 0.6)
    assert course.left_s(step_s=2.0) == 12
    course.go_on(Budget(seconds=100.0))
    assert (course.cycle, course.progress(), course.shaping()) == (1, 0.0, 1.0)
    course.seconds += 25
    assert course.progress() == 0.25
    assert course.left_s(step_s=2.0) == 75
    assert Course.from_json(course.to_json()) == course
