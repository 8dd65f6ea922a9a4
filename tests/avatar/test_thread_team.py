"""Threads that share a picture's work."""

import threading

import numpy as np
import pytest

from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.puppet import EFFORTS, PuppetRenderer
from avatar.thread_team import ThreadTeam


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_every_piece_is_done_once(threads: int) -> None:
    """However many threads there are, and none is started that was not asked for."""
    before = threading.active_count()
    team, done = ThreadTeam(threads), []
    for _ in range(20):
        team.parallel_for(50, lambda thread, piece: done.append((thread, piece)))
    assert sorted(piece for _, piece in done) == sorted(list(range(50)) * 20)
    assert {thread for thread, _ in done} <= set(range(threads))
    team.close()
    team.close()
    assert threading.active_count() == before


def test_both_threads_work_at_the_same_time() -> None:
    """Two pieces that wait for each other both get done."""
    meeting = threading.Barrier(2, timeout=60)
    team = ThreadTeam(2)
    team.parallel_for(2, lambda thread, piece: meeting.wait())
    team.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_reaches_the_caller(threads: int) -> None:
    """And the team goes on serving."""
    team = ThreadTeam(threads)

    def fail(thread: int, piece: int) -> None:
        if piece == 3:
            raise ValueError("piece 3")

    with pytest.raises(ValueError, match="piece 3"):
        team.parallel_for(8, fail)
    done: list[int] = []
    team.parallel_for(3, lambda thread, piece: done.append(piece))
    assert sorted(done) == [0, 1, 2]
    team.close()


def test_two_threads_draw_the_same_picture_as_one() -> None:
    """To the byte, in every effort, and where something goes on from one piece to the next."""
    mascot = build_mascot()
    one, two = PuppetRenderer(mascot), PuppetRenderer(mascot, threads=2)
    pose = Motion().idle(1_000_000_000)
    for rung in range(len(EFFORTS)):
        one.rung = two.rung = rung
        np.testing.assert_array_equal(one.render(pose, time_ns=0).image, two.render(pose, time_ns=0).image)
    two.close()
