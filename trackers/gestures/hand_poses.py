"""Poses of one hand (open palm, fist, thumbs, victory, …), how far a pinch is closed, and the heart made by two hands.

Owns what makes each pose: soft conditions on a `HandView`, of which the least decides. Their lines were drawn by the even rows
of pose-classification-kit's hands and by our own tracker on stills; `Hands` of docs/gestures.md has the figures. Judges each
look by itself and remembers nothing; when a pose is told is the recogniser's affair.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from trackers.gestures.hand_view import HandView, PairView, view_hand, view_pair
from trackers.gestures.soft import falling, rising
from trackers.gestures.types import SIDES, Look, Reading, Side, Spec
from trackers.types import HandTracking

Judge = Callable[[HandView], float]


def straight(extension: float) -> float:
    """Tell how far a finger (not the thumb) of that `HandView.extension` is straight."""
    return rising(extension, 1.18, 1.31)


def standing_out(out: float, within: float, *, least: float = 1.05) -> float:
    """Tell how far some fingers are out and the others in: more against each other than by themselves.

    Args:
        out: the least extension of those that should be out,
        within: and the greatest of the others.
        least: an extension from which on a finger is a little out.
    """
    return min(rising(out - within, 0.03, 0.18), rising(out, least, least + 0.15), falling(within, 1.18, 1.32))


def open_palm(view: HandView) -> float:
    """All five straight, upright, the palm to the lens; a gap only between middle and ring finger is another sign."""
    index, middle, ring, little = view.extension
    gap = min(view.spread[0], view.spread[2]) - view.spread[1]
    return min(
        straight(min(index, little)),
        rising(min(middle, ring), 1.27, 1.36),
        rising(view.thumb_out, 0.14, 0.28),  # else it is a four
        rising(view.palm_rise, 0.2, 0.5),
        rising(view.facing, 0.0, 0.4),
        falling(gap, 0.04, 0.1),
    )


def fist(view: HandView) -> float:
    """Four curled, the thumb on them; not of a hand that hangs, for at rest it looks the same."""
    index, middle, ring, little = view.extension
    return min(
        falling(max(view.extension), 1.18, 1.34),
        falling(view.thumb_out, 0.22, 0.4),
        falling(max(view.gaps[0], view.gaps[1]), 0.58, 0.75),  # a claw's thumb is off the fingers
        falling(view.ring, 0.52, 0.64),
        rising(view.palm_rise, -0.6, -0.3),
        1.0 - standing_out(index, max(middle, ring, little)),
        1.0 - standing_out(min(index, little), max(middle, ring)),
    )


def thumb_up(view: HandView) -> float:
    """Four curled, the thumb off the hand and up in the picture."""
    return min(rising(view.thumb_rise, 0.4, 0.62), _thumb_alone(view))


def thumb_down(view: HandView) -> float:
    """Four curled, the thumb off the hand and down in the picture."""
    return min(falling(view.thumb_rise, -0.62, -0.4), _thumb_alone(view))


def _thumb_alone(view: HandView) -> float:
    index, middle, ring, little = view.extension
    return min(
        falling(max(view.extension), 1.14, 1.3),
        rising(view.thumb_out, 0.2, 0.36),
        rising(view.thumb_off, 0.3, 0.44),
        rising(view.gaps[0], 0.4, 0.55),
        1.0 - standing_out(little, max(index, middle, ring)),  # else it is a call
    )


def victory(view: HandView) -> float:
    """Index and middle finger straight, apart and up, the others and the thumb in."""
    index, middle, ring, little = view.extension
    return min(
        standing_out(min(index, middle), max(ring, little)),
        straight(index),
        falling(view.thumb_out, 0.32, 0.46),  # else it is a three
        rising(view.spread[0], 0.55, 0.7),
        falling(view.spread[0], 0.965, 0.985),
        rising(view.finger_rise[0] + view.finger_rise[1], 0.7, 1.2),
    )


def pointing_up(view: HandView) -> float:
    """The index finger alone, straight and up; the thumb does not make an L with it."""
    index, middle, ring, little = view.extension
    return min(
        standing_out(index, max(middle, ring, little)),
        max(falling(view.thumb_out, 0.3, 0.5), rising(view.thumb_slant, 0.55, 0.75)),
        rising(view.finger_rise[0], 0.5, 0.75),
    )


def ok(view: HandView) -> float:
    """Thumb and index finger meet in a ring, the other three straight."""
    _, middle, ring, little = view.extension
    return min(
        straight(min(middle, ring, little)),
        falling(view.gaps[0], 0.36, 0.5),
        rising(view.ring, 0.44, 0.54),
        rising(view.thumb_out, 0.0, 0.25),  # a nine's thumb lies across the palm
        _tips_meet(view),
    )


def horns(view: HandView) -> float:
    """Index and little finger straight and up, the two between curled; the thumb as one likes."""
    index, middle, ring, little = view.extension
    up = rising(view.finger_rise[0] + view.finger_rise[3], 0.4, 0.9)
    alike = falling(index - little, 0.07, 0.17)  # a little finger that is but half out goes with a pointing index finger
    return min(standing_out(min(index, little), max(middle, ring), least=0.98), alike, up)


def call(view: HandView) -> float:
    """Thumb and little finger out, the three between curled."""
    index, middle, ring, little = view.extension
    return min(
        standing_out(little, max(index, middle, ring)),
        rising(view.thumb_out, 0.1, 0.25),
        falling(view.spread[2], 0.85, 0.95),
    )


def pinch(view: HandView) -> float:
    """The tips of thumb and index finger meet off the palm; it is no ok and no fist, nor does the middle finger stand out."""
    index, middle, ring, little = view.extension
    return min(
        falling(view.gaps[0], 0.3, 0.5),
        rising(view.ring - view.gaps[0], 0.08, 0.25),
        rising(view.bend[0], 0.4, 0.6),  # a fist's index finger is bent at the knuckle
        rising(view.palm_rise, -0.6, -0.3),
        _tips_meet(view),
        1.0 - ok(view),
        1.0 - fist(view),
        1.0 - standing_out(middle, max(index, ring, little)),
    )


def pinch_strength(view: HandView) -> float:
    """Tell how far thumb and index finger's tip are closed, 0..1: smooth, and rising as they near each other."""
    part = falling(view.gaps[0], 0.15, 0.75)
    return part * part * (3.0 - 2.0 * part)


def _tips_meet(view: HandView) -> float:
    """Tell tips that meet from a thumb that lies on the finger."""
    return rising(view.nail - view.gaps[0], -0.02, 0.04)


def heart(pair: PairView) -> float:
    """Tips of the thumbs below, tips of the bent index fingers above, and room between them."""
    return min(
        falling(pair.thumbs, 0.35, 0.6),
        falling(pair.indexes, 0.35, 0.6),
        rising(pair.height, 0.2, 0.45),
        rising(pair.width, 0.4, 0.7),
        rising(pair.arch, -0.3, -0.1),  # straight fingers make a roof
    )


@dataclass(frozen=True, slots=True)
class _Pose:
    name: str
    judge: Judge
    about: str
    hold_s: float = 0.25


_POSES: Final = (
    _Pose("open_palm", open_palm, "all five fingers straight and up, the palm to the camera"),
    _Pose("fist", fist, "a closed fist, the thumb on the fingers", hold_s=0.3),
    _Pose("thumb_up", thumb_up, "a fist with the thumb up", hold_s=0.3),
    _Pose("thumb_down", thumb_down, "a fist with the thumb down", hold_s=0.3),
    _Pose("victory", victory, "index and middle finger up and apart, the others in"),
    _Pose("pointing_up", pointing_up, "the index finger up, the others and the thumb in"),
    _Pose("ok", ok, "thumb and index finger closed to a ring, the other three straight"),
    _Pose("horns", horns, "index and little finger up, the two between in"),
    _Pose("call", call, "thumb and little finger out, the three between in"),
    _Pose("pinch", pinch, "the tips of thumb and index finger together, the others free", hold_s=0.15),
)
_HEART: Final = Spec(
    "heart", "Both hands make a heart: thumb tips below, bent index fingers above.", ("left_hand", "right_hand")
)


def _spec(pose: _Pose, side: Side) -> Spec:
    about = f"Your {side} hand: {pose.about}."
    return Spec(f"{side}_{pose.name}", about, (f"{side}_hand",), enter=0.7, leave=0.4, hold_s=pose.hold_s, cooldown_s=0.5)


SPECS: Final[tuple[Spec, ...]] = (*(_spec(pose, side) for side in SIDES for pose in _POSES), _HEART)


class HandPoses:
    """Judges the poses of both hands. Hands that are not fresh are left out."""

    names: tuple[str, ...] = tuple(spec.name for spec in SPECS)

    def push(self, look: Look) -> Mapping[str, Reading]:
        """Return a reading of every pose of each fresh hand, and of the heart where one is and the other was a moment ago."""
        left, right = look.tracking.left_hand, look.tracking.right_hand
        readings: dict[str, Reading] = {}
        if left is not None and "left_hand" in look.fresh:
            readings.update(_read(left, "left"))
        if right is not None and "right_hand" in look.fresh:
            readings.update(_read(right, "right"))
        if left is not None and right is not None and look.can_judge(_HEART.parts):
            readings["heart"] = Reading(heart(view_pair(left, right)))
        return readings

    def reset(self) -> None:
        """Nothing is remembered."""


_LEAST_M: Final = 0.02
_MOST_M: Final = 0.5
"""Palms of other lengths are a tracker's error; people's are about 0.09."""
_LEAST_SCORE: Final = 0.7
"""Where a tracker is less sure of the hand, the fingers are often wrong; at few looks a second one such look costs much."""
_JUDGES: Final = {
    side: tuple((f"{side}_{pose.name}", pose.judge) for pose in _POSES if pose.judge is not pinch) for side in SIDES
}


def _read(hand: HandTracking, side: Side) -> dict[str, Reading]:
    if hand.score < _LEAST_SCORE:
        return {}
    view = view_hand(hand, side=side)
    if not _LEAST_M < view.size_m < _MOST_M:  # nor where it is no number
        return {}
    readings = {name: Reading(judge(view)) for name, judge in _JUDGES[side]}
    readings[f"{side}_pinch"] = Reading(pinch(view), pinch_strength(view))
    return readings
