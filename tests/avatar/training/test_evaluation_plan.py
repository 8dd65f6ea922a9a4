"""The frames of an evaluation are spread over motions and framings, and are always the same."""

import numpy as np
import pytest
from motions_at_hand import MadeMotion

from avatar.training.evaluation_plan import plan


def motion(name: str, *, framing: str = "upper", style: str = "talk", frames: int = 30, every: int = 3) -> MadeMotion:
    still = np.zeros((frames, 1), dtype=np.float32)
    return MadeMotion(name, framing, style, still, still, still, still, np.arange(0, frames, every))


def test_frames_are_even_over_the_motions() -> None:
    """Ten frames of three motions with ten each are four, three and three, spread from early to late."""
    picks = plan([motion("a"), motion("b"), motion("c")], 10)
    counts = [sum(pick.motion.name == name for pick in picks) for name in "abc"]
    assert sorted(counts) == [3, 3, 4]
    of_a = [pick.number for pick in picks if pick.motion.name == "a"]
    assert of_a == sorted(of_a)
    assert of_a[0] < 12 < of_a[-1]


def test_a_quick_look_sees_every_framing() -> None:
    """Three frames of thirty motions, ten of each framing, are one of each."""
    motions = [motion(f"{framing}{k}", framing=framing) for k in range(10) for framing in ("bust", "full", "upper")]
    assert sorted(pick.motion.framing for pick in plan(motions, 3)) == ["bust", "full", "upper"]


def test_more_frames_than_there_are_is_all_of_them() -> None:
    """No frame is looked at twice; a motion that holds few leaves its share to others."""
    motions = [motion("short", frames=6), motion("long")]
    picks = plan(motions, 1000)
    assert len({(pick.motion.name, pick.number) for pick in picks}) == len(picks) == 12
    assert len(plan(motions, 8)) == 8
    assert plan([], 8) == []


@pytest.mark.parametrize("frames", [1, 3, 24, 96])
def test_pairs_and_frozen_poses_are_some_of_the_frames(frames: int) -> None:
    """Every third frame has its next one, and at least one pose is frozen; the last frame of a motion has no next."""
    motions = [motion(str(k), frames=10, every=1) for k in range(10)]
    picks = plan(motions, frames)
    assert len(picks) == frames
    assert 1 <= sum(pick.frozen for pick in picks) == max(1, frames // 24)
    assert sum(pick.paired for pick in picks) <= -(-frames // 3)
    assert sum(pick.deep for pick in picks) == -(-frames // 4)
    assert all(pick.number + 1 < 10 for pick in picks if pick.paired)
    assert [(p.motion.name, p.number) for p in picks] == [(p.motion.name, p.number) for p in plan(motions[::-1], frames)]
