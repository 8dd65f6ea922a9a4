"""Which parts are looked at in a frame: by change, by rest and by the time that a frame may take."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from trackers.backlog import Room
from trackers.change import Box
from trackers.schedule import ACCURATE, ALWAYS, BALANCED, PACES, Pace, Schedule
from trackers.types import PARTS

FRAME_NS = 33_333_333
BOXES = {part: Box(left, 0, left + 100, 100) for part, left in zip(PARTS, (0, 100, 200, 300), strict=True)}
COSTS_MS = {"body": 12.0, "left_hand": 10.0, "right_hand": 10.0, "face": 8.0}
STILL = np.full((100, 400, 3), 90, dtype=np.uint8)


def moving(*parts: str, frame: int) -> np.ndarray:
    """A picture in which something else is seen at `parts` in every frame."""
    image = STILL.copy()
    for part in parts:
        box = BOXES[part]
        image[10:80, box.left + 10 : box.left + 80] = (
            np.random.default_rng(frame).integers(0, 256, (7, 7, 1)).repeat(10, 0).repeat(10, 1)
        )
    return image


def run(schedule: Schedule, *parts: str, frames: int = 30, budget_ms: float | None = None) -> list[frozenset[str]]:
    """Let the parts move; note each look at the cost of its part; return what was looked at in each frame."""
    looks = []
    for frame in range(frames):
        image, time_ns = moving(*parts, frame=frame), frame * FRAME_NS
        plan = schedule.plan(image, time_ns=time_ns, budget_ms=budget_ms)
        for part in plan.parts:
            schedule.looked(part, image=image, box=lambda part=part: BOXES[part], time_ns=time_ns, cost_ms=COSTS_MS[part])
        schedule.spent(sum(COSTS_MS[part] for part in plan.parts), budget_ms=budget_ms)
        looks.append(plan.parts)
    return looks


def share(looks: list[frozenset[str]], part: str) -> float:
    """Return how often a part was looked at."""
    return float(np.mean([part in parts for parts in looks]))


def longest_rest(looks: list[frozenset[str]], part: str) -> int:
    """Return the most frames from one look to the next."""
    seen = [number for number, parts in enumerate(looks) if part in parts]
    return max(np.diff(seen))


def test_at_first_everything_is_looked_at() -> None:
    """Nothing is known yet."""
    assert run(Schedule(BALANCED), frames=1) == [frozenset(PARTS)]


def test_accurate_looks_at_every_part_in_every_frame() -> None:
    """Whether anything moves or not."""
    assert set(run(Schedule(ACCURATE))) == {frozenset(PARTS)}


def test_what_does_not_change_rests_for_a_while() -> None:
    """Body and hands a tenth of a second, the face every other frame, for a blink's sake."""
    looks = run(Schedule(BALANCED))
    assert {part: longest_rest(looks, part) for part in PARTS} == {"body": 3, "left_hand": 3, "right_hand": 3, "face": 2}


@pytest.mark.parametrize("part", PARTS)
def test_what_changes_is_looked_at_in_every_frame(part: str) -> None:
    """And wakes nothing else."""
    looks = run(Schedule(BALANCED), part)
    assert share(looks, part) == 1.0
    assert all(share(looks, other) < 0.6 for other in PARTS if other != part)


def test_a_rest_ends_with_the_first_change() -> None:
    """A hand that begins to move is looked at in that very frame."""
    schedule = Schedule(BALANCED)
    run(schedule, frames=4)
    assert "left_hand" in schedule.plan(moving("left_hand", frame=4), time_ns=4 * FRAME_NS).parts


def test_fast_rests_no_less_than_balanced() -> None:
    """The modes are in order."""
    for part in PARTS:
        assert PACES["fast"][part].change >= PACES["balanced"][part].change > PACES["accurate"][part].change
        assert PACES["fast"][part].rest_s >= PACES["balanced"][part].rest_s > PACES["accurate"][part].rest_s


def test_a_budget_is_kept_and_nobody_starves() -> None:
    """When all move and two fit, each part still has its turn, the face more often than any other."""
    looks = run(Schedule(ACCURATE), *PARTS, frames=60, budget_ms=21.0)
    assert all(sum(COSTS_MS[part] for part in parts) <= 21.0 for parts in looks[1:])
    assert all(longest_rest(looks[1:], part) <= 4 for part in PARTS)
    assert share(looks, "face") >= max(share(looks, part) for part in PARTS)


def test_parts_are_looked_at_however_small_the_budget() -> None:
    """A budget that nothing fits still moves on, one part at a time, in turns, at least in every third frame."""
    looks = run(Schedule(BALANCED), *PARTS, frames=60, budget_ms=1.0)[1:]
    assert all(len(parts) <= 1 for parts in looks)
    assert all(any(looks[at : at + 3]) for at in range(len(looks) - 3))
    assert set().union(*looks) == set(PARTS)


def test_frames_take_no_more_than_the_budget_on_the_whole() -> None:
    """No part fits; some frames then look at nothing, so that a quick camera's frames are all tracked in time."""
    looks = run(Schedule(BALANCED), *PARTS, frames=200, budget_ms=8.5)[1:]
    spent_ms = sum(COSTS_MS[part] for parts in looks for part in parts)
    assert 0.85 * 8.5 < spent_ms / len(looks) < 8.7


LATE = Room(ms=40.0, reserve_ms=10.0, late_ms=20.0)
"""Ten milliseconds are left."""


def late_looks(paces: Mapping[str, Pace], **more: Any) -> frozenset[str]:
    """What is looked at in the third frame, which is late; all parts are due, the face first, then the body."""
    schedule = Schedule(paces)
    run(schedule, frames=2)
    return schedule.plan(STILL, time_ns=3 * FRAME_NS, budget_ms=100.0, room=LATE, **more).parts


def test_a_late_frame_has_room_for_less() -> None:
    """The face fits; the body would make others be missed, and the hands, which are not more urgent, do not overtake it."""
    assert late_looks(ACCURATE) == {"face"}


def test_what_is_most_urgent_does_not_starve_in_late_frames() -> None:
    """It has no room: then the frame is one of rest, after which there is some."""
    body_first = {**ACCURATE, "body": Pace(ALWAYS, 0.0, 2.0)}
    assert late_looks(body_first) == frozenset()


def test_a_part_that_takes_more_looks_than_one_waits_for_more_room() -> None:
    """Such as a hand that is searched for."""
    hand_first = {**ACCURATE, "left_hand": Pace(ALWAYS, 0.0, 2.0)}
    assert late_looks(hand_first) == {"left_hand"}
    assert late_looks(hand_first, looks={"left_hand": 2}) == frozenset()


def test_what_was_never_seen_does_not_wait_for_room() -> None:
    """A scene begins at once."""
    schedule = Schedule(ACCURATE)
    for part, cost_ms in COSTS_MS.items():
        schedule.expect(part, cost_ms=2 * cost_ms)
    assert schedule.plan(STILL, time_ns=0, budget_ms=100.0, room=LATE).parts == frozenset(PARTS)


def test_what_is_hastened_is_looked_at_in_the_next_frame_whatever_is_due() -> None:
    """However little time there is, and though the others waited longer; once it was looked at, it waits its turn again."""
    schedule = Schedule(BALANCED)
    run(schedule, *PARTS, frames=12, budget_ms=5.0)
    schedule.spent(50.0, budget_ms=5.0)
    schedule.hasten(["left_hand", "face", "no such part"])
    image, time_ns = moving(*PARTS, frame=12), 12 * FRAME_NS
    plan = schedule.plan(image, time_ns=time_ns, budget_ms=5.0)
    assert plan.parts == {"left_hand", "face"}
    for part in plan.parts:
        schedule.looked(part, image=image, box=lambda part=part: BOXES[part], time_ns=time_ns, cost_ms=COSTS_MS[part])
    assert not schedule.plan(moving(*PARTS, frame=13), time_ns=13 * FRAME_NS, budget_ms=5.0).parts


def test_the_demand_counts_what_had_to_wait() -> None:
    """So that models can be made lighter before parts go hungry."""
    schedule = Schedule(ACCURATE)
    run(schedule, frames=2)
    plan = schedule.plan(STILL, time_ns=3 * FRAME_NS, budget_ms=15.0)
    assert plan.demand_ms == pytest.approx(sum(COSTS_MS.values()))
    assert 0 <= plan.spare_ms < 15.0
    searched = schedule.plan(STILL, time_ns=3 * FRAME_NS, budget_ms=15.0, looks={"left_hand": 2})
    assert searched.demand_ms == plan.demand_ms  # models are not made lighter for a search


def test_parts_that_are_off_are_never_planned() -> None:
    """They take no time at all."""
    assert run(Schedule(BALANCED, parts=["body", "face"]), frames=1) == [frozenset(("body", "face"))]


def test_a_clock_that_begins_anew_makes_all_due() -> None:
    """A clip that starts again is another scene."""
    schedule = Schedule(BALANCED)
    run(schedule, frames=10)
    assert schedule.plan(STILL, time_ns=0).parts == frozenset(PARTS)
