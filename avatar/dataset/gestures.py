"""What arms and hands do over time: go from station to station, with hand shapes that change on the way.

Owns how stations and shapes are drawn and joined. Knows nothing of faces or trunks.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.dataset import arms, fingers
from avatar.dataset.curves import Schedule, Span, schedule, waves
from avatar.dataset.limits import joined, parts
from avatar.dataset.sketch import Sketch
from avatar.rig import BONE_INDEX
from trackers import quaternions as quat
from trackers.quaternions import Array

BEFORE: Final = (
    *("beside", "beside_back", "stop", "face", "face_out", "mouth", "chin", "cheek", "chest", "chest_up", "present", "offer"),
    *("point_out", "point_up", "wave"),
)
"""Stations before body and face."""
AROUND: Final = (
    "side",
    "side_up",
    "up",
    "strong",
    "salute",
    "hip",
    "behind",
    "behind_head",
    "forward",
    "crossed",
    "hug",
    "wave",
)
"""Stations all around."""
SIDES: Final = ("left", "right")

Draw = Callable[[np.random.Generator], Array]


def drawn(names: Sequence[str], *, anywhere: float = 0.0, hanging: float = 0.0) -> Draw:
    """Return what draws (4, 4) the next station of an arm: one of these, or (these shares) anywhere, or hanging."""

    def draw(rng: np.random.Generator) -> Array:
        chance = rng.random()
        if chance < hanging:
            return arms.rest()
        if chance < hanging + anywhere:
            return arms.reach(arms.anywhere(rng))
        return arms.reach(arms.varied(arms.STATIONS[names[int(rng.integers(len(names)))]], rng))

    return draw


def gesture(sketch: Sketch, side: str, draw: Draw, *, hold_s: Span, move_s: Span, first: bool = True) -> Schedule:
    """Lead one arm from station to station; return when. It begins at a station, or (`first` False) hanging."""
    plan = schedule(sketch.rng, sketch.times_s, hold_s=hold_s, move_s=move_s)
    stations = np.stack([draw(sketch.rng) for _ in range(plan.count)])
    if not first:
        stations[0] = arms.rest()
    arms.put(sketch.rotations, _led(plan, stations), side=side)
    alive(sketch, side)
    return plan


def _led(plan: Schedule, stations: Array) -> Array:
    """Return (F, 4, 4) the arm between stations (K, 4, 4); swing and twist apart, so that no joint goes the wrong way round."""
    swing, turn = parts(stations, rot.X)
    return joined(plan.numbers(swing), plan.numbers(turn), rot.X)


def both(sketch: Sketch, draw: Draw, *, hold_s: Span, move_s: Span) -> Schedule:
    """Lead both arms alike, nearly as in a mirror."""
    plan = schedule(sketch.rng, sketch.times_s, hold_s=hold_s, move_s=move_s)
    stations = np.stack([draw(sketch.rng) for _ in range(plan.count)])
    for side in SIDES:
        arms.put(sketch.rotations, _led(plan, stations), side=side)
        alive(sketch, side)
    return plan


def alive(sketch: Sketch, side: str, *, amount_deg: float = 3.0) -> None:
    """Let an arm drift a little: nobody holds one quite still."""
    for part in ("UpperArm", "LowerArm", "Hand"):
        drift = [amount_deg * waves(sketch.rng, sketch.times_s, hz=(0.15, 0.9)) for _ in range(3)]
        sketch.turn(side + part, x=drift[0], y=drift[1], z=drift[2])


def wave_wrist(sketch: Sketch, side: str, *, hz: Span = (0.6, 2.4), amount_deg: float = 25.0) -> None:
    """Turn the wrist to and fro, and the forearm about itself."""
    rng, times = sketch.rng, sketch.times_s
    level = 0.5 + 0.5 * waves(rng, times, hz=(0.1, 0.4))
    sketch.turn(f"{side}Hand", y=level * amount_deg * waves(rng, times, hz=hz), z=level * amount_deg * waves(rng, times, hz=hz))
    row = BONE_INDEX[f"{side}LowerArm"]
    roll = np.radians(2 * amount_deg * level * waves(rng, times, hz=(hz[0] / 2, hz[1] / 2)))
    about = quat.exp(roll[:, None] * np.array([1.0, 0.0, 0.0]))
    sketch.rotations[:, row] = quat.multiply(sketch.rotations[:, row], about)


def shapes(
    sketch: Sketch,
    side: str,
    *,
    names: tuple[str, ...] = tuple(fingers.SHAPES),
    random: float = 0.3,
    hold_s: Span = (0.15, 1.2),
    move_s: Span = (0.12, 0.4),
) -> None:
    """Change the hand's shape now and then."""
    plan = schedule(sketch.rng, sketch.times_s, hold_s=hold_s, move_s=move_s)
    stations = np.stack([fingers.shape_of(sketch.rng, names, random=random) for _ in range(plan.count)])
    _put(sketch, side, plan.numbers(stations))


def at_ease(sketch: Sketch, side: str) -> None:
    """Keep a hand relaxed, its fingers never quite still."""
    _put(sketch, side, np.tile(np.array(fingers.SHAPES["relaxed"]), (sketch.frames, 1)))


def _put(sketch: Sketch, side: str, shown: Array) -> None:
    drift = np.stack([0.05 * waves(sketch.rng, sketch.times_s, hz=(0.2, 1.2)) for _ in range(shown.shape[1])], axis=1)
    fingers.put(sketch.rotations, shown + drift, side=side)
