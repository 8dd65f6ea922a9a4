"""The guard between tracking and everything that uses it: what a body cannot have done is not believed.

Owns outliers, swapped sides and impossible bone lengths, on the keypoints as measured. Knows nothing of rotations, smoothing or
avatars. Causal and driven by stamps alone: the same trackings give the same results. It never delays a real movement by more
than one frame: what was doubted once is believed when the next frame says it again.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trackers.limbs import BODY, LEFT_HAND, POINT_COUNT, RIGHT_HAND, BoneLengths
from trackers.quaternions import Array
from trackers.sides import (
    LIMB_COUNT,
    LONGEST_SWAP,
    Place,
    are_exchanged,
    are_one,
    body_size_px,
    hand_extent_px,
    is_others,
    place_of,
    put_back,
    rows_of,
    stray_hand,
    swapped_limbs,
)
from trackers.skeleton import BODY_INDEX, SIDES
from trackers.types import BODY_COUNT, BodyTracking, HandTracking, Tracking

GAP_NS: Final = 300_000_000
"""After a pause this long nothing is expected, so nothing can be doubted."""
_Mask = NDArray[np.bool_]
_COMES_BACK: Final = 0.6
"""Share of a last movement that is expected to go on: limbs brake at least as often as they speed up."""
_OF_SPEED: Final = 0.8
"""Share of its last movement by which a point may differ from what was expected, beside what its part allows."""
_FRAME_S: Final = 1 / 30


def _body_limits() -> Array:
    """Return (33,) shoulder widths by which a keypoint may miss what was expected within a frame of a 30 Hz camera."""
    limits = np.full(BODY_COUNT, 0.45)
    for part, limit in (("elbow", 0.7), ("wrist", 1.1), ("pinky", 1.2), ("index", 1.2), ("thumb", 1.2), ("knee", 0.7)):
        limits[[BODY_INDEX[f"{side}_{part}"] for side in SIDES]] = limit
    for part in ("ankle", "heel", "foot_index"):
        limits[[BODY_INDEX[f"{side}_{part}"] for side in SIDES]] = 1.0
    return limits


_BODY_LIMITS: Final = _body_limits()
_HAND_LIMITS: Final = np.array([0.45, *[0.45, 0.45, 0.6, 0.75] * 5])
"""The same for a hand, in hand sizes, after the movement of the whole hand is taken off."""
_WHOLE_LIMIT: Final = 2.5
"""Sizes of a hand by which all of it may miss where it was going."""
_MOST_OUTLIERS: Final = 0.2
"""Share of a part's points that may jump at once; more are a movement."""
_SEEN: Final = 0.7
_HAND_ROWS: Final = {"left": LEFT_HAND, "right": RIGHT_HAND}
_HAND_PARTS: Final = frozenset({"left_hand", "right_hand"})
_OTHER_HAND: Final = {"left_hand": "right_hand", "right_hand": "left_hand"}
_PICTURE_WORLD: Final = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
_HAND_M: Final = 0.18
_SHOULDERS_M: Final = 0.35


class _Course:
    """Where the points of one part were and were going: (N, 5) x, y in pixels, then world metres."""

    def __init__(self, limits: Array, *, size_m: float, whole: bool) -> None:
        self._limits = limits
        self._least = float(limits.min())
        self._size_m = size_m
        self._whole = whole
        """The part moves as one: what all its points have in common is no outlier."""
        self.forget()

    def forget(self) -> None:
        """Expect nothing: the part is lost."""
        self._points: Array | None = None
        self._step: Array | None = None  # (N, 5) movement per second
        self._doubted: _Mask | None = None
        self._strayed = False
        self._time_ns = 0

    def expected(self, time_ns: int) -> Array | None:
        """Return (N, 5) where the points should be, or None if nothing is known of them."""
        if self._points is None or self._step is None or not 0 < time_ns - self._time_ns <= GAP_NS:
            return None
        return np.asarray(self._points + self._step * (_COMES_BACK * (time_ns - self._time_ns) * 1e-9))

    def note(self, points: Array, time_ns: int) -> None:
        """Take in where the points are believed to be."""
        if self._points is None or not 0 < time_ns - self._time_ns <= GAP_NS:
            self._step = np.zeros_like(points)
        else:
            self._step = (points - self._points) * (1e9 / (time_ns - self._time_ns))
        self._points, self._time_ns = points, time_ns

    def gaps(self, points: Array, expected: Array, *, size_px: float) -> Array:
        """Return (N,) how far the points miss what was expected, in sizes of the part, in the picture or in the world."""
        return self._sizes(points - expected, size_px=size_px)

    def _sizes(self, vectors: Array, *, size_px: float) -> Array:
        squared = (vectors * vectors) @ _PICTURE_WORLD  # (N, 2)
        squared *= (1.0 / size_px**2, 1.0 / self._size_m**2)
        return np.asarray(np.sqrt(np.maximum(squared[:, 0], squared[:, 1])))

    def judged(self, points: Array, expected: Array, gaps: Array, *, size_px: float, time_ns: int) -> Array:
        """Return the points (N, 5), those that jumped replaced by where they should be."""
        if gaps.max() < self._least:
            self._doubted, self._strayed = None, False
            return points
        assert self._step is not None
        miss = points - expected
        if self._whole:
            common = np.sort(miss, axis=0)[len(miss) // 2]  # the median
            strays = float(np.hypot(common[0], common[1])) > _WHOLE_LIMIT * size_px and not self._strayed
            self._strayed = strays
            if strays:
                self._doubted = None
                return expected
            miss = miss - common
            gaps = self._sizes(miss, size_px=size_px)
        dt_s = (time_ns - self._time_ns) * 1e-9
        moved = self._sizes(self._step * dt_s, size_px=size_px)
        jumped = gaps > self._limits * min(max(dt_s / _FRAME_S, 1.0), 3.0) + _OF_SPEED * moved
        if self._doubted is not None:
            jumped &= ~self._doubted  # twice in a row: then it is true
        if jumped.sum() > _MOST_OUTLIERS * len(jumped):  # so many are a change of shape
            jumped[:] = False
        self._doubted = jumped
        return np.where(jumped[:, None], points - miss, points) if jumped.any() else points


class Steady:
    """Takes trackings in their order and returns them without what cannot be. Used from one thread."""

    def __init__(self) -> None:
        self._bones = BoneLengths()
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._courses = {
            "body": _Course(_BODY_LIMITS, size_m=_SHOULDERS_M, whole=False),
            **{side: _Course(_HAND_LIMITS, size_m=_HAND_M, whole=True) for side in SIDES},
        }
        self._swaps = np.zeros(LIMB_COUNT, dtype=np.intp)  # frames for which each limb was turned round
        self._hand_swaps = 0
        self._mended: dict[str, Any] = {}
        self._places: tuple[Place, Place] = (None, None)
        self._bones.reset()

    def __call__(self, tracking: Tracking) -> Tracking:
        """Return the tracking with what cannot be put right. Parts that are only predicted are as their last look came out."""
        tracking = self._turned_back(tracking)
        carried = {part: self._mended[part] for part in tracking.predicted if part in self._mended}
        dropped = {part for part, value in carried.items() if value is None}
        mended = self._judged(replace(tracking, **carried, predicted=tracking.predicted - dropped) if carried else tracking)
        self._mended = {"body": mended.body, "left_hand": mended.left_hand, "right_hand": mended.right_hand}
        return mended

    def _turned_back(self, tracking: Tracking) -> Tracking:
        """Return the tracking with its hands in the slots where they were, as long as a swap goes on in which one is not seen.

        While a swap of both hands is being undone, resting hands and hands looked at alone are exchanged too.
        """
        left, right = tracking.left_hand, tracking.right_hand
        fresh = [
            None if f"{side}_hand" in tracking.predicted else hand for side, hand in zip(SIDES, (left, right), strict=True)
        ]
        if not self._hand_swaps or None not in fresh:
            return tracking
        if fresh == [None, None]:
            self._hand_swaps = self._hand_swaps if left is not None or right is not None else 0
            return tracking
        if not is_others(fresh[0], fresh[1], self._places):
            self._hand_swaps = 0
            return tracking
        if self._hand_swaps >= LONGEST_SWAP:
            self._believe_swap()
            return tracking
        self._hand_swaps += 1
        predicted = frozenset(_OTHER_HAND.get(part, part) for part in tracking.predicted)
        return replace(tracking, left_hand=right, right_hand=left, predicted=predicted)

    def _believe_swap(self) -> None:
        """Take it that the hands were in each other's slot before."""
        self._hand_swaps = 0
        self._places = self._places[1], self._places[0]
        self._courses |= {"left": self._courses["right"], "right": self._courses["left"]}
        self._mended |= {part: self._mended.get(other) for part, other in _OTHER_HAND.items()}

    def _judged(self, tracking: Tracking) -> Tracking:
        time_ns = tracking.stamp.captured_ns
        world, seen = np.full((POINT_COUNT, 3), np.nan), np.zeros(POINT_COUNT, dtype=bool)
        body = tracking.body
        if body is None:
            self._courses["body"].forget()
            self._bones.lose(BODY)
        elif "body" not in tracking.predicted:
            body = self._body(body, time_ns)
            world[BODY] = body.world_m
            seen[BODY] = np.minimum(body.visibility, body.presence) > _SEEN
        hands = self._hands_apart(tracking)
        for number, (side, rows) in enumerate(_HAND_ROWS.items()):
            hand = hands[number]
            if hand is None:
                self._courses[side].forget()
                self._bones.lose(rows)
            elif f"{side}_hand" not in tracking.predicted:
                hand = hands[number] = self._hand(hand, self._courses[side], time_ns, other=hands[1 - number])
                world[rows] = hand.world_m
                seen[rows] = hand.score > _SEEN
        parts = self._with_lengths(body, hands[0], hands[1], world, seen)
        if all(
            now is before for now, before in zip(parts, (tracking.body, tracking.left_hand, tracking.right_hand), strict=True)
        ):
            return tracking
        lost = {f"{side}_hand" for side, hand in zip(SIDES, parts[1:], strict=True) if hand is None}
        return replace(tracking, body=parts[0], left_hand=parts[1], right_hand=parts[2], predicted=tracking.predicted - lost)

    def _with_lengths(
        self, body: BodyTracking | None, left: HandTracking | None, right: HandTracking | None, world: Array, seen: _Mask
    ) -> tuple[BodyTracking | None, HandTracking | None, HandTracking | None]:
        """Return the parts with possible bones; `world` (75, 3) holds what was measured of them, NaN elsewhere."""
        mended = self._bones(world, seen)
        if mended is world:
            return body, left, right
        moved = (mended != world) & np.isfinite(world)
        if body is not None and moved[BODY].any():
            body = replace(body, world_m=mended[BODY].astype(np.float32))
        if left is not None and moved[LEFT_HAND].any():
            left = replace(left, world_m=mended[LEFT_HAND].astype(np.float32))
        if right is not None and moved[RIGHT_HAND].any():
            right = replace(right, world_m=mended[RIGHT_HAND].astype(np.float32))
        return body, left, right

    def _body(self, body: BodyTracking, time_ns: int) -> BodyTracking:
        course, points = self._courses["body"], _stacked(body)
        expected = course.expected(time_ns)
        if expected is None:
            course.note(points, time_ns)
            return body
        size_px = body_size_px(points)
        gaps = course.gaps(points, expected, size_px=size_px)
        rows = self._exchanged_rows(points, expected, gaps, size_px=size_px)
        if rows is not None:
            body = put_back(body, rows)
            points = _stacked(body)
            gaps = course.gaps(points, expected, size_px=size_px)
        judged = course.judged(points, expected, gaps, size_px=size_px, time_ns=time_ns)
        course.note(judged, time_ns)
        if judged is points:
            return body
        return replace(body, keypoints_px=_in_picture(body, judged), world_m=judged[:, 2:].astype(np.float32))

    def _exchanged_rows(self, points: Array, expected: Array, gaps: Array, *, size_px: float) -> _Mask | None:
        """Return (33,) the keypoints whose sides were exchanged in this frame, or None."""
        if gaps.max() < _BODY_LIMITS.min():
            self._swaps[:] = 0
            return None
        scale = np.array([1 / size_px] * 2 + [1 / _SHOULDERS_M] * 3)
        limbs = swapped_limbs(points * scale, expected * scale) & (self._swaps < LONGEST_SWAP)
        self._swaps = np.where(limbs, self._swaps + 1, 0)
        return rows_of(limbs) if limbs.any() else None

    def _hands_apart(self, tracking: Tracking) -> list[HandTracking | None]:
        """Return left and right hand in the slots where they were, and never one hand in both."""
        left, right = tracking.left_hand, tracking.right_hand
        if left is not None and right is not None and not tracking.predicted >= _HAND_PARTS:
            size_px = max(hand_extent_px(left), hand_extent_px(right))
            exchanged = False
            if not tracking.predicted & _HAND_PARTS:
                places = place_of(left), place_of(right)
                exchanged = are_exchanged(places, self._places, size_px=size_px) and self._hand_swaps < LONGEST_SWAP
                self._hand_swaps = self._hand_swaps + 1 if exchanged else 0
            if are_one(left, right, size_px=size_px):
                stray = stray_hand(left, right, self._places)
                left, right = (None, right) if stray == "left" else (left, None)
            elif exchanged:
                left, right = right, left
        self._places = None if left is None else place_of(left), None if right is None else place_of(right)
        return [left, right]

    def _hand(self, hand: HandTracking, course: _Course, time_ns: int, *, other: HandTracking | None) -> HandTracking:
        """Return the hand without what it cannot have done; it is never held where the other one is."""
        points = _stacked(hand)
        expected = course.expected(time_ns)
        judged = points
        if expected is not None:
            size_px = hand_extent_px(hand)
            gaps = course.gaps(points, expected, size_px=size_px)
            judged = course.judged(points, expected, gaps, size_px=size_px, time_ns=time_ns)
        mended = hand
        if judged is not points:
            mended = replace(hand, keypoints_px=_in_picture(hand, judged), world_m=judged[:, 2:].astype(np.float32))
            if judged is expected and other is not None and are_one(mended, other, size_px=hand_extent_px(hand)):
                judged, mended = points, hand
        course.note(judged, time_ns)
        return mended


def _in_picture(part: BodyTracking | HandTracking, points: Array) -> NDArray[np.float32]:
    """Return the part's keypoints with x and y of `points` (N, 5)."""
    out = part.keypoints_px.copy()
    out[:, :2] = points[:, :2]
    return out


def _stacked(part: BodyTracking | HandTracking) -> Array:
    """Return (N, 5): x, y in pixels, then world metres."""
    out = np.empty((len(part.world_m), 5))
    out[:, :2], out[:, 2:] = part.keypoints_px[:, :2], part.world_m
    return out
