"""Tests of `trackers.limbs`: lengths of bones, learnt and kept whatever is looked at when."""

import numpy as np
import pytest

from trackers.limbs import BODY, LEFT_HAND, POINT_COUNT, TOLERANCE, BoneLengths
from trackers.skeleton import HAND_NAMES

MCP, TIP = HAND_NAMES.index("index_mcp"), HAND_NAMES.index("index_pip")


def hand(*, stretch: float = 1.0) -> np.ndarray:
    """Return (75, 3) metres of which a left hand alone was measured, its index finger's first bone stretched."""
    points = np.full((POINT_COUNT, 3), np.nan)
    rows = points[LEFT_HAND]
    for row, name in enumerate(HAND_NAMES):
        joint = name.rpartition("_")[2]
        along = {"wrist": 0.0, "cmc": 0.03, "mcp": 0.09, "ip": 0.115, "pip": 0.13, "dip": 0.155, "tip": 0.175}[joint]
        rows[row] = (row // 5 * 0.02, -along, 0.0)
    rows[TIP] = rows[MCP] + stretch * (rows[TIP] - rows[MCP])
    return points


def nothing() -> np.ndarray:
    """Return (75, 3) of which nothing was measured."""
    return np.full((POINT_COUNT, 3), np.nan)


def bone_m(points: np.ndarray) -> float:
    """Return the length of the index finger's first bone."""
    rows = points[LEFT_HAND]
    return float(np.linalg.norm(rows[TIP] - rows[MCP]))


@pytest.mark.parametrize("every", [1, 2, 3, 4, 8])
def test_a_part_that_rests_between_its_looks_is_guarded_as_well(every: int) -> None:
    """Balanced tracking looks at a hand in every second frame or less: an impossible finger is put right all the same."""
    bones, seen = BoneLengths(), np.ones(POINT_COUNT, dtype=bool)
    for frame in range(30 * every):
        bones(hand() if frame % every == 0 else nothing(), seen)
    mended = bones(hand(stretch=1.8), seen)
    assert bone_m(mended) < bone_m(hand()) * (1 + TOLERANCE) + 0.006


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_hand_that_comes_late_is_learnt(first: int) -> None:
    """Whichever frames it is looked at: what is learnt is counted by its own looks."""
    bones, seen = BoneLengths(), np.ones(POINT_COUNT, dtype=bool)
    for _ in range(100 + first):
        bones(nothing(), seen)
    for frame in range(80):
        bones(hand() if frame % 4 == 0 else nothing(), seen)
    assert bone_m(bones(hand(stretch=1.8), seen)) < 0.06


def test_a_part_that_was_gone_may_come_back_otherwise() -> None:
    """What was measured before it was lost says nothing of how its depth is guessed now; its own lengths are kept."""
    bones, seen = BoneLengths(), np.ones(POINT_COUNT, dtype=bool)
    for _ in range(30):
        bones(hand(), seen)
    bones.lose(LEFT_HAND)
    assert bones(hand(stretch=1.8), seen)[LEFT_HAND][TIP] == pytest.approx(hand(stretch=1.8)[LEFT_HAND][TIP])
    assert bone_m(bones(hand(stretch=3.0), seen)) < bone_m(hand(stretch=3.0))


def test_losing_one_part_forgets_nothing_of_another() -> None:
    """A body that leaves does not unlearn the hand."""
    bones, seen = BoneLengths(), np.ones(POINT_COUNT, dtype=bool)
    for _ in range(30):
        bones(hand(), seen)
    bones.lose(BODY)
    assert bone_m(bones(hand(stretch=1.8), seen)) < bone_m(hand(stretch=1.8))
