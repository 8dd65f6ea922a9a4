"""Where hands and head have been: short histories by stamps, in widths of the shoulders and in the person's own directions.

Owns which measurements count (fresh ones only), when a history breaks off, and how swings to and fro are read from one. Knows
nothing of which motions mean something.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from trackers.geometry import head_angles
from trackers.gestures.types import Look, Side
from trackers.gestures.values import shoulder_width_px
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FloatArray

KEPT_S: Final = 3.0
GAP_S: Final = 0.45
"""Longer without a measurement, and what follows is a new motion; five looks a second leave gaps of 0.2."""
FASTEST: Final = 18.0
"""Shoulder widths a second that no hand exceeds: hands were mixed up."""
_FRAME_KEPT_S = 0.5
_VISIBLE = 0.5
_HAND_TIP, _HAND_WRIST = 12, 0
_REACH = 1.6
"""The tip of the middle finger is so many times as far from the wrist as the body's knuckle point."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hand was at one time: x to the person's own left, y up, in shoulder widths from the middle of the shoulders."""

    time_s: float
    x: float
    """Of the wrist."""
    y: float
    tip_x: float
    """Of the middle finger's tip, measured or guessed from the knuckles."""
    tip_y: float
    by_hand: bool
    """By the hand's own model, else by the body's, whose hands jitter more."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """What hands are measured by."""

    time_s: float
    x_px: float
    y_px: float
    width_px: float
    own_left: float
    """+1 if the person's left is at larger x, -1 if they are seen from behind."""


def trunk_of(body: BodyTracking, *, time_s: float) -> Trunk | None:
    """Return the middle and width of the shoulders; None if they are not seen."""
    width_px = shoulder_width_px(body)
    if width_px is None:
        return None
    left, right = body.keypoints_px[BODY_INDEX["left_shoulder"]], body.keypoints_px[BODY_INDEX["right_shoulder"]]
    own_left = 1.0 if left[0] >= right[0] else -1.0
    return Trunk(time_s, float(left[0] + right[0]) / 2, float(left[1] + right[1]) / 2, width_px, own_left)


class HandPath:
    """The places of one hand, newest last; empty when it was out of sight."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._trunk: Trunk | None = None
        self.places: deque[Place] = deque()

    def reset(self) -> None:
        """Forget all places."""
        self._trunk = None
        self.places.clear()

    def push(self, look: Look) -> bool:
        """Take a look; tell whether it gave a new place."""
        body = look.tracking.body
        if "body" in look.fresh and body is not None:
            self._trunk = trunk_of(body, time_s=look.time_s) or self._trunk
        if self.places and look.time_s - self.places[-1].time_s > GAP_S:
            self.places.clear()
        points = self._points(look)
        trunk = self._trunk
        if points is None or trunk is None or look.time_s - trunk.time_s > _FRAME_KEPT_S:
            return False
        place = _placed(points, trunk, time_s=look.time_s)
        if not math.isfinite(place.x + place.y + place.tip_x + place.tip_y):
            return False
        self._keep(place)
        return True

    def since(self, seconds: float) -> list[Place]:
        """Return the places of the last so many seconds, counted from the newest."""
        return [place for place in self.places if self.places[-1].time_s - place.time_s <= seconds]

    def _keep(self, place: Place) -> None:
        if self.places:
            last = self.places[-1]
            elapsed_s = place.time_s - last.time_s
            if elapsed_s <= 0:
                return
            if math.hypot(place.x - last.x, place.y - last.y) > FASTEST * elapsed_s + 0.2:
                self.places.clear()
        self.places.append(place)
        while place.time_s - self.places[0].time_s > KEPT_S:
            self.places.popleft()

    def _points(self, look: Look) -> tuple[FloatArray, FloatArray, bool] | None:
        """Return wrist and finger tip in pixels, and whether the hand's own model told them: if it has just looked, it does."""
        tracking = look.tracking
        hand = tracking.left_hand if self._side == "left" else tracking.right_hand
        if f"{self._side}_hand" in look.fresh and hand is not None:
            return hand.keypoints_px[_HAND_WRIST], hand.keypoints_px[_HAND_TIP], True
        row = BODY_INDEX[f"{self._side}_wrist"]
        if "body" not in look.fresh or tracking.body is None or tracking.body.visibility[row] < _VISIBLE:
            return None
        px = tracking.body.keypoints_px
        knuckles = (px[BODY_INDEX[f"{self._side}_index"]] + px[BODY_INDEX[f"{self._side}_pinky"]]) / 2
        return px[row], px[row] + _REACH * (knuckles - px[row]), False


def _placed(points: tuple[FloatArray, FloatArray, bool], trunk: Trunk, *, time_s: float) -> Place:
    (wrist_x, wrist_y, _), (tip_x, tip_y, _), by_hand = points
    across, up = trunk.own_left / trunk.width_px, -1 / trunk.width_px
    return Place(
        time_s,
        float(wrist_x - trunk.x_px) * across,
        float(wrist_y - trunk.y_px) * up,
        float(tip_x - trunk.x_px) * across,
        float(tip_y - trunk.y_px) * up,
        by_hand,
    )


@dataclass(frozen=True, slots=True)
class Swing:
    """A movement one way, between two turns, or from the last turn to the farthest point since."""

    start_s: float
    end_s: float
    extent: float
    """Signed."""

    @property
    def lasted_s(self) -> float:
        """Seconds from its start to its end."""
        return self.end_s - self.start_s


class Swings:
    """Reads swings to and fro from a value over time. A turn counts once the value has come back by `least`."""

    def __init__(self, *, least: float) -> None:
        self._least = least
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._turns: deque[tuple[float, float]] = deque(maxlen=8)
        self._extreme: tuple[float, float] | None = None
        self._way = 0.0

    def push(self, time_s: float, value: float) -> None:
        """Take the value at a time."""
        if self._extreme is None:
            self._turns.append((time_s, value))
            self._extreme = (time_s, value)
            return
        moved = value - self._extreme[1]
        if self._way == 0.0:
            self._start(time_s, value, moved)
        elif moved * self._way >= 0:
            self._extreme = (time_s, value)
        elif abs(moved) >= self._least:
            self._turns.append(self._extreme)
            self._extreme, self._way = (time_s, value), -self._way

    def _start(self, time_s: float, value: float, moved: float) -> None:
        if abs(moved) >= self._least:
            self._extreme, self._way = (time_s, value), math.copysign(1.0, moved)
        elif abs(moved) < self._least / 4:  # at rest: the first swing begins when it begins
            self._turns[0] = self._extreme = (time_s, self._extreme[1]) if self._extreme else (time_s, value)

    @property
    def swings(self) -> list[Swing]:
        """The last swings in order; the last one may still be going on."""
        if self._extreme is None or self._way == 0.0:
            return []
        points = [*self._turns, self._extreme]
        return [Swing(a[0], b[0], b[1] - a[1]) for a, b in zip(points, points[1:], strict=False)]


@dataclass(frozen=True, slots=True)
class HeadPlace:
    """How the head was turned at one time, degrees."""

    time_s: float
    yaw: float
    pitch: float
    by_face: bool


_NOSE_OUT = 0.8
"""The nose stands out from the middle of the ears by so many of their distances (`keypoint_lift`: 0.12 m of 0.15 m)."""
_BODY_HEAD = tuple(BODY_INDEX[name] for name in ("nose", "left_ear", "right_ear"))


def head_place(look: Look) -> HeadPlace | None:
    """Return how the head is turned, by the face if that has just been looked at, else by the body's nose and ears."""
    face, body = look.tracking.face, look.tracking.body
    if "face" in look.fresh and face is not None:
        yaw, pitch, _ = head_angles(face.camera_from_head)
        return _finite(HeadPlace(look.time_s, math.degrees(yaw), math.degrees(pitch), True))
    if face is not None or "body" not in look.fresh or body is None or body.visibility[list(_BODY_HEAD)].min() < _VISIBLE:
        return None
    nose, left, right = (body.keypoints_px[row, :2] for row in _BODY_HEAD)
    across = left - right
    squared = float(across @ across)
    if squared < 1:
        return None
    out = nose - (left + right) / 2
    sideways = float(out @ across) / squared / _NOSE_OUT
    down = float(across[0] * out[1] - across[1] * out[0]) / squared / _NOSE_OUT
    return _finite(HeadPlace(look.time_s, math.degrees(math.atan(sideways)), math.degrees(math.atan(down)), False))


def _finite(place: HeadPlace) -> HeadPlace | None:
    return place if math.isfinite(place.yaw + place.pitch) else None
