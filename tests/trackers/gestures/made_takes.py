"""Takes for the tests of trained gestures: made-up people who hold a pose or move, and real hands held a little unsteadily.

take = held(Pose(left=Arm(90), right=Arm(90)), build=TALL)     # 2 s of a T pose
take = waving(pace=1.2)                                        # 2 s of the right forearm going to and fro
take = hand_held("Horns", "right", seed=1)                     # 2 s of a real hand
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hand_examples import example, mirrored
from people import Arm, Build, Camera, Pose, look_at

from trackers.gestures.types import Look, Side
from trackers.types import PARTS, HandTracking, Stamp, Tracking

SHORT = Build(shoulders_m=0.31, upper_arm_m=0.25, forearm_m=0.21, torso_m=0.44)
TALL = Build(shoulders_m=0.42, upper_arm_m=0.33, forearm_m=0.29, torso_m=0.56)
ROOM = Camera(away_m=1.8)
REST = Pose()
SALUTE = Pose(right=Arm(80, 40, 165, 120))
ONE_OUT = Pose(left=Arm(90))
SQUAT = Pose(sit_deg=100)
Take = tuple[Tracking, ...]


def held(
    pose: Pose,
    *,
    build: Build | None = None,
    seconds: float = 2.0,
    seed: int = 0,
    start_s: float = 0.0,
    camera: Camera = ROOM,
    hidden: tuple[str, ...] = (),
) -> Take:
    """A pose, with the tracker's noise and a body that sways."""
    rng = np.random.default_rng(seed)

    def at(time_s: float) -> Pose:
        return replace(pose, turn_deg=pose.turn_deg + 4 * np.sin(2 * time_s + seed), lean_deg=pose.lean_deg + np.sin(time_s))

    return _filmed(at, build=build, seconds=seconds, rng=rng, start_s=start_s, camera=camera, hidden=hidden)


def waving(*, pace: float = 1.0, build: Build | None = None, seconds: float = 2.4, seed: int = 0, start_s: float = 0.0) -> Take:
    """The right forearm, upright, swings to both sides `pace` times a second."""

    def at(time_s: float) -> Pose:
        swing = 35 * np.sin(2 * np.pi * pace * time_s + seed)
        return Pose(right=Arm(60, 0, 170 + swing, 0))

    return _filmed(at, build=build, seconds=seconds, rng=np.random.default_rng(seed), start_s=start_s)


def swung_up(*, length_s: float = 1.0, build: Build | None = None, seed: int = 0, start_s: float = 0.0) -> Take:
    """The left arm goes from hanging to straight up once, and both ends are held for half a second."""

    def at(time_s: float) -> Pose:
        share = float(np.clip((time_s - 0.5) / length_s, 0.0, 1.0))
        return Pose(left=Arm(8 + 165 * (3 * share**2 - 2 * share**3)))

    return _filmed(at, build=build, seconds=length_s + 1.0, rng=np.random.default_rng(seed), start_s=start_s)


def hand_held(name: str, side: Side, *, seed: int = 0, seconds: float = 2.0) -> Take:
    """A real hand, from tests/trackers/gestures/hands.json, that turns a little and is tracked with noise."""
    rng = np.random.default_rng(seed)
    hand = example(name, side)
    frames = []
    for number in range(round(seconds * 30)):
        angle = 0.15 * np.sin(number / 9 + seed)
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        world = hand.world_m @ turn.T + rng.normal(0, 0.002, (21, 3))
        frames.append(with_hand(replace(hand, world_m=world.astype(np.float32)), side, number))
    return tuple(frames)


def with_hand(hand: HandTracking, side: Side, number: int = 0) -> Tracking:
    """A tracking with nothing but that hand."""
    hands = {"left_hand": hand if side == "left" else None, "right_hand": hand if side == "right" else None}
    return Tracking(Stamp(number, number * 33_333_333), 640, 480, None, hands["left_hand"], hands["right_hand"], None)


def other_hand(take: Take) -> Take:
    """The take as a mirror shows it: the other hand."""
    out = []
    for tracking in take:
        left, right = tracking.left_hand, tracking.right_hand
        flipped = mirrored(right) if right is not None else None, mirrored(left) if left is not None else None
        out.append(replace(tracking, left_hand=flipped[0], right_hand=flipped[1]))
    return tuple(out)


def look(tracking: Tracking) -> Look:
    """The tracking with all that it holds fresh."""
    seen = frozenset(part for part in PARTS if getattr(tracking, part) is not None)
    return Look(tracking, seen, seen)


def _filmed(
    pose: Callable[[float], Pose],
    *,
    build: Build | None,
    seconds: float,
    rng: np.random.Generator,
    start_s: float,
    camera: Camera = ROOM,
    hidden: tuple[str, ...] = (),
) -> Take:
    times = np.arange(0, seconds, 1 / 30)
    return tuple(
        look_at(
            pose(float(at)), time_s=start_s + float(at), build=build, camera=camera, noise=0.01, rng=rng, hidden=hidden
        ).tracking
        for at in times
    )
