"""Where a followed hand is looked for next, and in what size a lost one."""

from collections.abc import Sequence

import pytest

from trackers.geometry import Region
from trackers.hand_motion import CARRIED, FURTHEST, SIZE_KEEPS_NS, STALE_NS, HandMotion

FRAME_NS = 33_000_000


def motion_through(*places: tuple[float, float], size_px: float = 100.0, step_ns: int = FRAME_NS) -> HandMotion:
    """A hand seen at these places, one frame after the other from time 0 on."""
    motion = HandMotion()
    for number, (x, y) in enumerate(places):
        motion.note(Region(x, y, size_px, 0.3), time_ns=number * step_ns)
    return motion


def carried(motion: HandMotion, last: Sequence[float], *, time_ns: int) -> tuple[float, float]:
    region = motion.carried_on(Region(last[0], last[1], 100.0, 0.3), time_ns=time_ns)
    assert (region.size_px, region.angle_rad) == (100.0, 0.3)
    return region.x_px, region.y_px


@pytest.mark.parametrize("frames", [1, 2])
def test_a_moving_hand_is_looked_for_further_on(frames: int) -> None:
    motion = motion_through((50, 80), (60, 70))
    where = carried(motion, (60, 70), time_ns=(1 + frames) * FRAME_NS)
    assert where == pytest.approx((60 + 10 * frames * CARRIED, 70 - 10 * frames * CARRIED))


def test_it_is_carried_on_no_further_than_half_its_size() -> None:
    where = carried(motion_through((0, 0), (300, 400)), (300, 400), time_ns=2 * FRAME_NS)
    assert where == pytest.approx((300 + 100 * FURTHEST * 0.6, 400 + 100 * FURTHEST * 0.8))


def test_a_hand_that_trembles_is_looked_for_where_it_was() -> None:
    """Its region would move by less than a twentieth of its side."""
    assert carried(motion_through((50, 80), (56, 80)), (56, 80), time_ns=2 * FRAME_NS) == (56, 80)
    assert carried(motion_through((50, 80), (58, 80)), (58, 80), time_ns=2 * FRAME_NS) == pytest.approx((64, 80))


def test_where_its_velocity_is_not_known_it_is_looked_for_where_it_was() -> None:
    assert carried(HandMotion(), (60, 70), time_ns=0) == (60, 70)
    assert carried(motion_through((60, 70)), (60, 70), time_ns=FRAME_NS) == (60, 70)


@pytest.mark.parametrize("time_ns", [FRAME_NS, 0, FRAME_NS + STALE_NS], ids=["the same frame", "an earlier one", "much later"])
def test_another_time_than_the_next_moves_nothing(time_ns: int) -> None:
    assert carried(motion_through((50, 80), (60, 70)), (60, 70), time_ns=time_ns) == (60, 70)


def test_looks_far_apart_tell_no_velocity() -> None:
    motion = motion_through((50, 80), (60, 70), step_ns=STALE_NS)
    assert carried(motion, (60, 70), time_ns=STALE_NS + FRAME_NS) == (60, 70)


@pytest.mark.parametrize("size_px", [70.0, 140.0])
def test_a_region_of_another_size_was_seated_anew_and_tells_no_velocity(size_px: float) -> None:
    motion = motion_through((50, 80), (60, 70))
    motion.note(Region(90, 70, size_px), time_ns=2 * FRAME_NS)
    assert carried(motion, (90, 70), time_ns=3 * FRAME_NS) == (90, 70)


def test_a_hand_that_was_lost_between_has_no_velocity_until_it_is_seen_twice() -> None:
    motion = motion_through((50, 80), (60, 70))
    motion.note(None, time_ns=2 * FRAME_NS)
    motion.note(Region(90, 70, 100.0), time_ns=3 * FRAME_NS)
    assert carried(motion, (90, 70), time_ns=4 * FRAME_NS) == (90, 70)
    motion.note(Region(100, 70, 100.0), time_ns=4 * FRAME_NS)
    assert carried(motion, (100, 70), time_ns=5 * FRAME_NS) == pytest.approx((100 + 10 * CARRIED, 70))


def test_a_lost_hand_keeps_its_size_for_a_while() -> None:
    motion, by_the_body = motion_through((50, 80), size_px=140.0), Region(20, 30, 90.0, 1.0)
    motion.note(None, time_ns=FRAME_NS)
    assert motion.sized(by_the_body, time_ns=SIZE_KEEPS_NS - 1) == Region(20, 30, 140.0, 1.0)
    assert motion.sized(by_the_body, time_ns=SIZE_KEEPS_NS) == by_the_body


def test_a_hand_never_seen_has_the_size_that_the_body_gives_it() -> None:
    motion, by_the_body = motion_through((50, 80)), Region(20, 30, 90.0, 1.0)
    motion.reset()
    assert motion.sized(by_the_body, time_ns=0) == by_the_body
