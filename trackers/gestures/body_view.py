"""What body poses are judged by: the geometry of one body, free of where and how large it is in the picture.

Owns the frame of the trunk: the origin lies between the shoulders, one unit is the width of the shoulders, `up` runs from the
hips to the shoulders (where the hips are not seen: half of what the shoulders' line says, for a raised arm lifts its shoulder),
and `out` away from the middle to the arm's own side. Angles and places are those of the picture: its points are sure, their
depth is a guess, so an arm that points at the lens is short here. Knows nothing of any pose.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from trackers.gestures.soft import rising
from trackers.gestures.types import SIDES, Side
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking

Place = tuple[float, float]
"""(out, up) in shoulder widths from the middle of the shoulders."""

SIGN: Final[dict[Side, float]] = {"left": 1.0, "right": -1.0}
_UNSEEN, _SEEN = 0.3, 0.6  # visibility: below, a point is a guess of the model; above, it was looked at
_TORSO_SHARE: Final = 0.55  # shoulders are about so wide as a share of the torso's length, and
_EARS_SHARE: Final = 1.9  # so many times as far apart as the ears: who turns has narrow shoulders, but is no smaller
_TINY_PX: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Bone:
    """A part of a limb as the picture shows it."""

    raised_deg: float
    """0 along the trunk downwards, 90 level, 180 up; whichever way it points sideways."""
    out: float
    """-1..1: how far it points to its own side (+) or across the body (-)."""
    length: float
    """In shoulder widths, without its depth."""


@dataclass(frozen=True, slots=True)
class ArmView:
    """One arm."""

    upper_seen: float
    """0..1: shoulder and elbow are visible."""
    seen: float
    """0..1: shoulder, elbow and wrist are visible."""
    elbow: Place
    wrist: Place
    hand: Place
    """The middle of the knuckles that the body model knows; the wrist where it knows none."""
    upper: Bone
    fore: Bone
    elbow_deg: float
    """180 straight, in the picture."""
    reach_m: float
    """How far the wrist is nearer to the lens than the shoulders, metres; a guess of the model."""


@dataclass(frozen=True, slots=True)
class LegView:
    """One leg."""

    seen: float
    """0..1: hip, knee and ankle are visible."""
    knee_deg: float
    """180 straight, in the picture."""
    ankle: Place


@dataclass(frozen=True, slots=True)
class BodyView:
    """One body."""

    arms: dict[Side, ArmView]
    legs: dict[Side, LegView]
    width_px: float
    """The width of the shoulders as it would be from the front: the unit of places."""
    shoulders_px: Place
    """x and y of the middle of the shoulders in the picture."""
    hips_px: Place
    shoulders_seen: float
    hips_seen: float
    """0..1: both are visible."""
    frontal: float
    """Seen width of the shoulders as a share of the width from the front: 1 facing the lens or away from it, 0 in profile."""
    head: Place
    """Middle of the ears or, of the ears that are hidden, the nose; `out` is to the person's left."""
    head_seen: float
    torso: float
    """From shoulders to hips, in shoulder widths, in the picture."""
    trunk_deg: float
    """Of the hips-to-shoulders line against the picture's upright, in the picture, + to the person's left."""
    slope_deg: float
    """Of the shoulders' line against the level, + left shoulder lower, so that both angles agree in who leans."""
    tilt_deg: float
    """Of the trunk against the upright in space, 0..180; rests on the model's guess of depth."""


@lru_cache(maxsize=1)  # several detectors look at the same body; bodies are compared by identity
def view_body(body: BodyTracking) -> BodyView:
    """Return the view. Cheap (0.1 to 0.2 ms), never raises."""
    points = _Points(body)
    left, right = points.px("left_shoulder"), points.px("right_shoulder")
    shoulders, hips = _middle(left, right), _middle(points.px("left_hip"), points.px("right_hip"))
    seen_px = math.dist(left, right)
    torso_px = math.dist(shoulders, hips)
    hips_seen = points.seen("left_hip", "right_hip")
    width_px = max(seen_px, _EARS_SHARE * points.ears_px(), hips_seen * _TORSO_SHARE * torso_px, _TINY_PX)
    trunk_deg = math.degrees(math.atan2(shoulders[0] - hips[0], hips[1] - shoulders[1]))
    facing = 1.0 if left[0] >= right[0] or abs(trunk_deg) > 90.0 else -1.0  # the left is at the right of the picture
    slope_deg = math.degrees(math.atan2(left[1] - right[1], abs(left[0] - right[0])))
    lean_deg = hips_seen * trunk_deg + (1.0 - hips_seen) * 0.5 * facing * slope_deg
    frame = _Frame(shoulders, width_px, math.radians(lean_deg), facing)
    head, head_seen = points.head()
    return BodyView(
        arms={side: _arm(points, frame, side) for side in SIDES},
        legs={side: _leg(points, frame, side) for side in SIDES},
        width_px=width_px,
        shoulders_px=shoulders,
        hips_px=hips,
        shoulders_seen=points.seen("left_shoulder", "right_shoulder"),
        hips_seen=hips_seen,
        frontal=min(1.0, seen_px / width_px),
        head=frame.place(head, 1.0),
        head_seen=head_seen,
        torso=torso_px / width_px,
        trunk_deg=facing * trunk_deg,
        slope_deg=slope_deg,
        tilt_deg=points.tilt_deg(),
    )


def distance(one: Place, other: Place) -> float:
    """Return how far two places of the same side's frame are apart, shoulder widths."""
    return math.dist(one, other)


def across(place: Place) -> Place:
    """Return a place of one arm's frame in that of the other arm."""
    return -place[0], place[1]


class _Points:
    """The points of a body by name, as plain numbers: these are few, and numpy is slow on few."""

    def __init__(self, body: BodyTracking) -> None:
        self._px = body.keypoints_px[:, :2].tolist()
        self._world = body.world_m
        self._visible = np.minimum(body.visibility, body.presence).tolist()

    def px(self, name: str) -> Place:
        x, y = self._px[BODY_INDEX[name]]
        return x, y

    def seen(self, *names: str) -> float:
        return rising(min(self._visible[BODY_INDEX[name]] for name in names), _UNSEEN, _SEEN)

    def ears_px(self) -> float:
        ears = self.seen("left_ear", "right_ear")
        return ears * math.dist(self.px("left_ear"), self.px("right_ear"))

    def head(self) -> tuple[Place, float]:
        if self.seen("left_ear", "right_ear") >= 0.5:
            return _middle(self.px("left_ear"), self.px("right_ear")), self.seen("left_ear", "right_ear")
        name = max(("nose", "left_ear", "right_ear"), key=self.seen)
        return self.px(name), self.seen(name)

    def hand(self, side: Side) -> Place:
        index, pinky = f"{side}_index", f"{side}_pinky"
        known = self.seen(index, pinky) >= 0.5
        return _middle(self.px(index), self.px(pinky)) if known else self.px(f"{side}_wrist")

    def reach_m(self, side: Side) -> float:
        z = self._world[:, 2]
        shoulders = (z[BODY_INDEX["left_shoulder"]] + z[BODY_INDEX["right_shoulder"]]) / 2
        return float(shoulders - z[BODY_INDEX[f"{side}_wrist"]])

    def tilt_deg(self) -> float:
        rows = [BODY_INDEX[f"{side}_{part}"] for part in ("shoulder", "hip") for side in SIDES]
        x, y, z = (self._world[rows[:2]].mean(axis=0) - self._world[rows[2:]].mean(axis=0)).tolist()
        return math.degrees(math.atan2(math.hypot(x, z), -y))


@dataclass(frozen=True, slots=True)
class _Frame:
    """The frame of the trunk: pixels in, shoulder widths out."""

    origin: Place
    unit_px: float
    lean_rad: float
    """+ clockwise in the picture."""
    facing: float
    """+1 where the person's left is at the right of the picture, else -1."""

    def place(self, point: Place, sign: float) -> Place:
        x, y = self.turned((point[0] - self.origin[0], point[1] - self.origin[1]))
        return sign * self.facing * x, y

    def turned(self, step: Place) -> Place:
        """Return a step of the picture along the trunk's axes: to the right of the picture, and up."""
        x, y = step[0] / self.unit_px, -step[1] / self.unit_px
        c, s = math.cos(self.lean_rad), math.sin(self.lean_rad)
        return c * x - s * y, s * x + c * y

    def bone(self, start: Place, end: Place, sign: float) -> Bone:
        x, y = self.turned((end[0] - start[0], end[1] - start[1]))
        length = math.hypot(x, y)
        if length < 1e-6:
            return Bone(0.0, 0.0, 0.0)
        return Bone(math.degrees(math.acos(max(-1.0, min(1.0, -y / length)))), sign * self.facing * x / length, length)


def _arm(points: _Points, frame: _Frame, side: Side) -> ArmView:
    sign = SIGN[side]
    names = f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"
    shoulder, elbow, wrist = (points.px(name) for name in names)
    return ArmView(
        upper_seen=points.seen(*names[:2]),
        seen=points.seen(*names),
        elbow=frame.place(elbow, sign),
        wrist=frame.place(wrist, sign),
        hand=frame.place(points.hand(side), sign),
        upper=frame.bone(shoulder, elbow, sign),
        fore=frame.bone(elbow, wrist, sign),
        elbow_deg=_angle_deg(shoulder, elbow, wrist),
        reach_m=points.reach_m(side),
    )


def _leg(points: _Points, frame: _Frame, side: Side) -> LegView:
    names = f"{side}_hip", f"{side}_knee", f"{side}_ankle"
    hip, knee, ankle = (points.px(name) for name in names)
    return LegView(points.seen(*names), _angle_deg(hip, knee, ankle), frame.place(ankle, SIGN[side]))


def _angle_deg(a: Place, joint: Place, b: Place) -> float:
    one, other = (a[0] - joint[0], a[1] - joint[1]), (b[0] - joint[0], b[1] - joint[1])
    cross, dot = one[0] * other[1] - one[1] * other[0], one[0] * other[0] + one[1] * other[1]
    return math.degrees(math.atan2(abs(cross), dot))


def _middle(a: Place, b: Place) -> Place:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
