"""Many people who make one pose each, and many who make none: bodies, cameras and manners differ, so that figures mean much.

`made(name, rng)` returns a look at somebody who makes `name`; `everyday(rng)` at somebody at a desk or on their feet who makes
none of the poses. Arms, builds, cameras, small turns (+-20 degrees), tilts and noise are drawn at random.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from people import Arm, Build, Camera, Pose, look_at, touching

from trackers.gestures.types import Look

Rng = np.random.Generator


def made(name: str, rng: Rng) -> Look:
    """Return somebody who makes the pose."""
    return _seen(MAKERS[name](rng), rng, tilt_deg=2.0 if name.startswith("lean") else 4.0)


def everyday(rng: Rng) -> Look:
    """Return somebody who makes no pose."""
    maker = NOTHING[int(rng.integers(len(NOTHING)))]
    return _seen(maker(rng), rng, tilt_deg=4.0)


def _seen(pose: Pose, rng: Rng, *, tilt_deg: float) -> Look:
    u = rng.uniform
    build = Build(u(0.32, 0.42), u(0.25, 0.32), u(0.22, 0.28), u(0.45, 0.55), head_m=u(0.2, 0.25))
    away_m = u(1.6, 3.2)
    height_m = u(1.1, 1.7)
    camera = Camera(away_m, height_m, np.degrees(np.arctan2(height_m - 1.4, away_m)) + u(-5, 5), 1280, 960)
    pose = replace(pose, turn_deg=pose.turn_deg + u(-20, 20), tip_deg=pose.tip_deg + u(-tilt_deg, tilt_deg))
    return look_at(pose, build=build, camera=camera, noise=0.02, rng=rng)


def _hanging(rng: Rng) -> Arm:
    up = rng.uniform(2, 20)
    return Arm(up, rng.uniform(0, 60), up + rng.uniform(0, 25), rng.uniform(30, 100))


def _level(rng: Rng) -> Arm:
    up = rng.uniform(78, 100)
    return Arm(up, rng.uniform(-10, 18), up + rng.uniform(-10, 10), rng.uniform(-5, 20))


def _high(rng: Rng) -> Arm:
    return Arm(rng.uniform(118, 170), rng.uniform(0, 50), rng.uniform(140, 178), rng.uniform(0, 120))


def _dab(rng: Rng, side: str) -> Pose:
    u = rng.uniform
    up = u(100, 135)
    straight = Arm(up, u(-10, 20), up + u(-8, 8), u(-10, 20))
    folded = Arm(u(88, 115), u(50, 95), u(95, 130), u(150, 185))
    head_deg = u(-30, 30)
    arms = (straight, folded) if side == "left" else (folded, straight)
    return Pose(left=arms[0], right=arms[1], head_pitch_deg=u(10, 40), head_yaw_deg=head_deg)


def _on_hips(rng: Rng) -> Pose:
    u = rng.uniform
    x, y, z = u(0.14, 0.2), -u(0.3, 0.42), u(0.02, 0.12)
    return touching(left=(x + u(-0.02, 0.02), y, z), right=(-x + u(-0.02, 0.02), y, z))


def _crossed(rng: Rng) -> Pose:
    u = rng.uniform
    y, z = -u(0.2, 0.33), u(0.14, 0.22)
    return touching(left=(-u(0.08, 0.16), y + u(-0.03, 0.03), z), right=(u(0.08, 0.16), y + u(-0.03, 0.03), z + 0.04))


def _together(rng: Rng) -> Pose:
    u = rng.uniform
    x, y, z = u(-0.03, 0.03), -u(0.05, 0.28), u(0.18, 0.3)
    return touching(left=(x + 0.03, y, z), right=(x - 0.03, y, z))


def _lean(rng: Rng, sign: float) -> Pose:
    return Pose(left=_hanging(rng), right=_hanging(rng), lean_deg=sign * rng.uniform(18, 32))


def _typing(rng: Rng) -> Pose:
    u = rng.uniform
    y, z = -u(0.3, 0.45), u(0.25, 0.4)
    return touching(left=(u(0.05, 0.2), y, z), right=(-u(0.05, 0.3), y, z), bow_deg=u(-5, 15))


def _talking(rng: Rng) -> Pose:
    """One hand speaks before the chest or at the side, the other rests."""
    u = rng.uniform
    hand = (u(0.12, 0.4), u(-0.35, 0.0), u(0.15, 0.4))
    rest = (-u(0.1, 0.3), -u(0.38, 0.48), u(0.1, 0.35))
    mirrored = ((-rest[0], *rest[1:]), (-hand[0], *hand[1:]))
    return touching(left=hand, right=rest) if u() < 0.5 else touching(left=mirrored[0], right=mirrored[1])


def _at_face(rng: Rng) -> Pose:
    """A hand at the chin, the cheek or the glasses."""
    u = rng.uniform
    hand = (u(-0.02, 0.12), u(0.05, 0.2), u(0.1, 0.2))
    rest = _hanging(rng)
    pose = touching(left=hand) if u() < 0.5 else touching(right=(-hand[0], *hand[1:]))
    return replace(pose, left=rest, right=rest)


def _waving(rng: Rng) -> Pose:
    """A hand beside the head, its elbow low."""
    u = rng.uniform
    arm = Arm(u(25, 80), u(0, 60), u(150, 178), u(0, 90))
    return Pose(left=arm, right=_hanging(rng)) if u() < 0.5 else Pose(left=_hanging(rng), right=arm)


def _a_pose(rng: Rng) -> Pose:
    up = rng.uniform(20, 40)
    return Pose(left=Arm(up), right=Arm(up + rng.uniform(-5, 5)))


def _one_out(rng: Rng) -> Pose:
    return Pose(left=_level(rng), right=_hanging(rng)) if rng.uniform() < 0.5 else Pose(left=_hanging(rng), right=_level(rng))


def _forward(rng: Rng) -> Pose:
    """Both arms reach for the lens."""
    up = rng.uniform(70, 100)
    return Pose(left=Arm(up, 90 + rng.uniform(-15, 10)), right=Arm(up, 90 + rng.uniform(-15, 10)))


def _goal_post(rng: Rng) -> Pose:
    """Upper arms level, forearms up."""
    arm = Arm(rng.uniform(70, 88), rng.uniform(0, 20), rng.uniform(165, 178), 0)
    return Pose(left=arm, right=arm)


MAKERS: Final[dict[str, Callable[[Rng], Pose]]] = {
    "t_pose": lambda rng: Pose(left=_level(rng), right=_level(rng)),
    "dab_left": lambda rng: _dab(rng, "left"),
    "dab_right": lambda rng: _dab(rng, "right"),
    "arms_up": lambda rng: Pose(left=_high(rng), right=_high(rng)),
    "left_arm_raised": lambda rng: Pose(left=_high(rng), right=_hanging(rng)),
    "right_arm_raised": lambda rng: Pose(left=_hanging(rng), right=_high(rng)),
    "hands_on_hips": _on_hips,
    "arms_crossed": _crossed,
    "hands_together": _together,
    "lean_left": lambda rng: _lean(rng, 1.0),
    "lean_right": lambda rng: _lean(rng, -1.0),
}
NOTHING: Final[tuple[Callable[[Rng], Pose], ...]] = (
    *(_typing, _talking, _at_face, _waving, _a_pose, _one_out, _forward, _goal_post),
    lambda rng: Pose(left=_hanging(rng), right=_hanging(rng)),
    lambda rng: Pose(left=_hanging(rng), right=_hanging(rng), sit_deg=90, bow_deg=rng.uniform(-10, 30)),
)
