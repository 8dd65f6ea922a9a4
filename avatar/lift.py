"""Arms in depth: directions of the upper arms and forearms from the picture, with the model's depth as a second witness.

Owns the mix of two measurements. The body model's world landmarks are upright in the picture plane but squeezed: on webcam
clips a forearm raised to the chin comes out half as high and twice as far forward as the picture shows. The picture itself is
exact across and up, and the length of a limb tells how much of it must point at the lens. Knows nothing of bones.
"""

import math
from typing import Final

from avatar.observation import BodyView
from avatar.turns import Vector, clamped, unit
from trackers.types import HandTracking

# Lengths in the body model's metres, of a person whose shoulders are _WIDTH_M apart: from hanging arms in webcam clips.
_WIDTH_M = 0.305
_BONES_M: Final = (0.255, 0.235)  # upper arm, forearm
_PICTURE_SHARE = 0.5  # of the depth; the rest is the model's
_SURE_DEPTH_M = 0.05  # model depth from which its sign is believed
_NEAREST_M = 0.15  # nothing is nearer to the lens
_SAME_WRIST_M = 0.15  # a hand whose wrist lies further from the body's is another one

_Slope = tuple[float, float]


def arm_directions(view: BodyView, hand: HandTracking | None, *, side: str) -> tuple[Vector, Vector]:
    """Return the unit directions of one side's upper arm and forearm in avatar space; `hand` is that side's, if found."""
    left, right = view.pair("shoulder")
    shoulder, elbow, wrist = (view.point(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
    slopes = _slopes(view, hand, side)
    distance_m = view.focal_px / view.px_per_m
    stretch = clamped(math.dist(left, right) / _WIDTH_M, 0.85, 1.2)
    middle = 0.5 * (left[2] + right[2])  # depths are towards the lens, from the shoulders' plane
    first = shoulder[2] - middle
    depths = (first, elbow[2] - middle, wrist[2] - middle)
    model = (elbow[2] - shoulder[2], wrist[2] - elbow[2])
    for _ in range(2):  # how near a joint is changes how large it looks, and that changes how near it is
        places = [_place(slope, max(distance_m - depth, _NEAREST_M)) for slope, depth in zip(slopes, depths, strict=True)]
        upper, lower = (_bone(places[k], places[k + 1], model_m=model[k], length_m=_BONES_M[k] * stretch) for k in range(2))
        depths = (first, first + upper[2], first + upper[2] + lower[2])
    return unit(upper), unit(lower)


def _place(slope: _Slope, away_m: float) -> _Slope:
    """Return where a ray is, across and up in metres, at this distance from the lens."""
    return slope[0] * away_m, slope[1] * away_m


def _bone(start: _Slope, end: _Slope, *, model_m: float, length_m: float) -> Vector:
    """Return the way from joint to joint: across and up as in the picture, its depth from its length and the model's."""
    across, up = end[0] - start[0], end[1] - start[1]
    rest = math.sqrt(max(length_m**2 - across**2 - up**2, 0.0))
    # The picture cannot tell towards from away: the model's sign, softly, so that it does not flicker around zero.
    picture = rest * model_m / math.hypot(model_m, _SURE_DEPTH_M)
    return across, up, _PICTURE_SHARE * picture + (1 - _PICTURE_SHARE) * model_m


def _slopes(view: BodyView, hand: HandTracking | None, side: str) -> list[_Slope]:
    """Return the slopes of the rays through shoulder, elbow and wrist; the hand model's wrist is the better one."""
    shoulder, elbow, wrist = (view.pixel(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
    if hand is not None:
        better = float(hand.keypoints_px[0, 0]), float(hand.keypoints_px[0, 1])
        wrist = better if math.dist(better, wrist) < _SAME_WRIST_M * view.px_per_m else wrist
    (middle_x, middle_y), focal_px = view.centre_px, view.focal_px
    return [((x - middle_x) / focal_px, (middle_y - y) / focal_px) for x, y in (shoulder, elbow, wrist)]
