"""Falls: every quick drop that ends lying is told, whatever its direction; slow and upright ways down are not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from people import FAR, Build, Camera, Pose, look_at, nobody

from trackers.gestures.fall import FALL_SPEC, Fall
from trackers.gestures.recogniser import GestureRecogniser

HZ = 15


def share(time_s: float, begin_s: float, end_s: float) -> float:
    return float(np.clip((time_s - begin_s) / (end_s - begin_s), 0, 1))


def told(
    pose_at: Callable[[float], Pose | None], seconds: float, *, camera: Camera = FAR, seed: int = 0, build: Build | None = None
) -> list[tuple[str, float]]:
    """Return (phase, time) of falls while somebody moves; None: nobody is found."""
    recogniser = GestureRecogniser([Fall()], [FALL_SPEC])
    rng = np.random.default_rng(seed)
    out = []
    for index in range(int(seconds * HZ)):
        time_s = index / HZ
        pose = pose_at(time_s)
        if pose is None:
            look = nobody(time_s=time_s, camera=camera)
        else:
            look = look_at(pose, time_s=time_s, camera=camera, noise=0.015, rng=rng, build=build)
        out += [(g.phase, time_s) for g in recogniser.push(look.tracking) if g.phase != "hold"]
    return out


def tipping(seconds: float, *, sideways: float = 0.0, forwards: float = 0.0) -> Callable[[float], Pose]:
    """Return somebody who stands for two seconds and then tips over like a board, faster and faster."""

    def pose(time_s: float) -> Pose:
        done = share(time_s, 2, 2 + seconds) ** 2
        return Pose(tip_deg=sideways * done, tip_front_deg=forwards * done)

    return pose


@pytest.mark.parametrize(
    "way", [{"sideways": 88}, {"sideways": -88}, {"forwards": 88}, {"forwards": -88}, {"sideways": 60, "forwards": 60}]
)
@pytest.mark.parametrize("seconds", [0.6, 0.9, 1.2])
def test_people_fall_in_every_direction(way: dict[str, float], seconds: float) -> None:
    """Tall or small, seen from above or level: told once, within 1.2 s of lying, and it goes on while they lie."""
    for seed, (height_m, torso_m) in enumerate([(0.8, 0.45), (1.6, 0.55), (2.2, 0.5)]):
        camera = replace(FAR, height_m=height_m, away_m=3.8, tilt_deg=float(np.degrees(np.arctan2(height_m - 0.8, 3.8))))
        events = told(tipping(seconds, **way), 6, camera=camera, seed=seed, build=Build(torso_m=torso_m))
        assert [phase for phase, _ in events] == ["start"], (height_m, events)
        assert events[0][1] < 2 + seconds + 1.2


def test_people_collapse() -> None:
    """The knees give way, then the trunk tips over."""
    assert told(lambda t: Pose(sit_deg=110 * share(t, 2, 2.7), tip_deg=82 * share(t, 2.4, 3.1)), 6)[0][0] == "start"


def test_a_body_that_is_lost_while_it_falls_is_told_when_it_is_found_lying() -> None:
    """For a second and a half nobody is found; then they lie where they stood."""
    fall = tipping(0.8, sideways=88)
    events = told(lambda t: None if 2.3 < t < 3.8 else fall(t), 7)
    assert [phase for phase, _ in events] == ["start"]


def test_getting_up_ends_it() -> None:
    """And stumbling, up again within half a second, is nothing."""
    fall = tipping(0.8, sideways=88)
    assert [phase for phase, _ in told(lambda t: fall(t) if t < 6 else Pose(), 9)] == ["start", "end"]
    assert told(lambda t: Pose(tip_deg=80 * (share(t, 2, 2.5) - share(t, 2.7, 3.2))), 6) == []


@pytest.mark.parametrize(
    "pose_at",
    [
        lambda t: Pose(tip_deg=88 * share(t, 2, 5)),
        lambda t: Pose(sit_deg=90 * share(t, 2, 3), lean_deg=85 * share(t, 3.6, 4.8)),
        lambda t: Pose(sit_deg=120 * share(t, 2, 4), lean_deg=88 * share(t, 4, 5.5), at_m=(0, -0.35 * share(t, 2, 4), 0)),
        lambda t: Pose(bow_deg=95 * share(t, 2, 2.5)),
        lambda t: Pose(bow_deg=95 * share(t, 2, 2.5), turn_deg=85),
        lambda t: Pose(sit_deg=115 * share(t, 2, 2.6), bow_deg=25),
        lambda t: Pose(sit_deg=90 * share(t, 2, 2.7)),
        lambda t: Pose(lean_deg=40 * share(t, 2, 2.3)),
    ],
    ids=["lie down slowly", "sofa", "floor, slowly", "bow", "bow sideways", "squat", "drop into a chair", "lean"],
)
def test_ways_down_that_are_no_fall(pose_at: Callable[[float], Pose]) -> None:
    """Slow, or with the trunk upright, or with the hips where they were."""
    assert told(pose_at, 9) == []


def test_throwing_oneself_on_the_floor_is_told_too() -> None:
    """A burpee that stays down for two seconds looks like a fall; safety comes first."""
    assert told(lambda t: Pose(tip_front_deg=80 * share(t, 2, 2.7)), 6)[0][0] == "start"


def test_reset_forgets() -> None:
    """Whoever lies at the first look after it did not fall."""
    fall = Fall()
    for index in range(60):
        fall.push(look_at(Pose(), time_s=index / HZ, camera=FAR))
    fall.reset()
    assert fall.push(look_at(Pose(tip_deg=88), time_s=2.1, camera=FAR))["fall"].confidence == 0.0


def test_a_body_that_is_lost_while_it_lies_is_told_once() -> None:
    """The tracker often loses who lies for half a second; two falls would be two calls for help."""
    fall = tipping(0.7, sideways=88)
    assert [phase for phase, _ in told(lambda t: None if t > 5 and t % 3 < 0.5 else fall(t), 16)] == ["start"]
