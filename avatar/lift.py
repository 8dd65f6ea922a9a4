"""Arms in depth: directions of the upper arms and forearms from the picture, with the model's depth as a second witness.

Owns the mix of two measurements. The body model's world landmarks are upright in the picture plane but squeezed: on webcam
clips a forearm raised to the chin comes out half as high and twice as far forward as the picture shows. The picture itself is
exact across and up, and the length of a limb tells how much of it must point at the lens. Knows nothing of bones.
"""

import math
from typing import Final

import numpy as np

from avatar.observation import SHOULDERS, BodyView
from avatar.rotations import unit
from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX
from trackers.types import HandTracking

# Lengths in the body model's metres, of a person whose shoulders are _WIDTH_M apart: from hanging arms in webcam clips.
_WIDTH_M, _UPPER_M, _FOREARM_M = 0.305, 0.255, 0.235
_PICTURE_SHARE = 0.5  # of the depth; the rest is the model's
_SURE_DEPTH_M = 0.05  # model depth from which its sign is believed
_NEAREST_M = 0.15  # nothing is nearer to the lens
_SAME_WRIST_M = 0.15  # a hand whose wrist lies further from the body's is another one
_CHAIN: Final = np.array([[BODY_INDEX[f"{side}_{p}"] for p in ("shoulder", "elbow", "wrist")] for side in ("left", "right")])


def arm_directions(view: BodyView, hands: tuple[HandTracking | None, HandTracking | None]) -> tuple[Array, Array]:
    """Return unit directions (2, 3) of the upper arms and (2, 3) of the forearms, left first, in avatar space."""
    left, right = view.points_m[SHOULDERS]
    depth = view.points_m[_CHAIN][..., 2] - 0.5 * (left[2] + right[2])  # (2, 3) towards the lens, from the shoulders' plane
    rays = _rays(view, hands)
    distance_m = view.focal_px / view.px_per_m
    width_m = math.dist(left, right)
    lengths = np.array([_UPPER_M, _FOREARM_M]) * min(max(width_m / _WIDTH_M, 0.85), 1.2)
    bones = np.empty((2, 2, 3))  # side, bone
    for _ in range(2):  # how near a joint is changes how large it looks, and that changes how near it is
        places = rays * np.maximum(distance_m - depth, _NEAREST_M)[..., None]  # (2, 3, 2)
        bones[..., :2] = places[:, 1:] - places[:, :-1]
        bones[..., 2] = _depths(bones[..., :2], view, lengths)
        depth[:, 1:] = depth[:, :1] + np.cumsum(bones[..., 2], axis=1)
    ways = unit(bones)
    return ways[:, 0], ways[:, 1]


def _depths(flat: Array, view: BodyView, lengths: Array) -> Array:
    """Return (2, 2) depths of the bones whose picture-plane parts are `flat` (2, 2, 2), metres."""
    model = np.diff(view.points_m[_CHAIN][..., 2], axis=1)
    rest = np.maximum(lengths**2 - np.einsum("sbi,sbi->sb", flat, flat), 0.0)
    # The picture cannot tell towards from away: the model's sign, softly, so that it does not flicker around zero.
    picture = np.sqrt(rest) * model / np.sqrt(model**2 + _SURE_DEPTH_M**2)
    return np.asarray(_PICTURE_SHARE * picture + (1 - _PICTURE_SHARE) * model)


def _rays(view: BodyView, hands: tuple[HandTracking | None, HandTracking | None]) -> Array:
    """Return (2, 3, 2) slopes of the rays through shoulder, elbow and wrist; the hand model's wrist is the better one."""
    pixels = view.pixels[_CHAIN]
    for row, hand in enumerate(hands):
        if hand is not None:
            wrist = hand.keypoints_px[0, :2].astype(np.float64)
            near = float(np.hypot(*(wrist - pixels[row, 2]))) < _SAME_WRIST_M * view.px_per_m
            pixels[row, 2] = wrist if near else pixels[row, 2]
    return np.asarray((pixels - view.centre_px) / view.focal_px * np.array([1.0, -1.0]))
