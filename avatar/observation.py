"""What a tracking says about the person, in avatar space: points, how far each may be believed, and the picture's scale.

Owns the way from camera axes to avatar axes and the judgement of what is in view. Knows nothing of bones. An un-mirrored
person who faces the lens has the left side on the image's right, so camera (x right, y down, z away) is (x, -y, -z) of
avatar space (+X own left, +Y up, +Z the way the avatar faces).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import turns
from avatar.rotations import smoothstep
from avatar.turns import Vector
from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX, SIDES
from trackers.types import BodyTracking, HandTracking, Tracking

_DEFAULT_PX_PER_M = 500.0
_LEAST_SHOULDERS_M, _LEAST_SHOULDERS_PX = 0.1, 1.0  # shoulders less far apart tell no scale
_FOCAL_LENGTHS = 0.87  # of the picture's longer side
SHOULDERS: Final = [BODY_INDEX[f"{side}_shoulder"] for side in SIDES]


@dataclass(frozen=True, slots=True, eq=False)
class BodyView:
    """The body of one tracking in avatar space. Points are asked for by their names in `skeleton.BODY_NAMES`."""

    points_m: list[Vector]
    """33 points, avatar axes, origin mid-hip."""
    pixels: list[tuple[float, float]]
    """33 x, y in the picture."""
    seen: list[float]
    """33 times 0..1: visible, present and inside the picture."""
    px_per_m: float
    """Scale of the picture at the shoulders."""
    centre_px: tuple[float, float]
    """The picture's middle, where the lens looks."""
    focal_px: float
    """A guess: most webcams see about 60 degrees across."""

    def point(self, name: str) -> Vector:
        """Return where a keypoint such as "left_elbow" is."""
        return self.points_m[BODY_INDEX[name]]

    def pixel(self, name: str) -> tuple[float, float]:
        """Return where a keypoint is in the picture."""
        return self.pixels[BODY_INDEX[name]]

    def believed(self, *names: str) -> float:
        """Return 0..1 how far all of these keypoints may be believed."""
        return min([self.seen[BODY_INDEX[name]] for name in names])

    def pair(self, part: str) -> tuple[Vector, Vector]:
        """Return the left and the right one of a keypoint such as "elbow"."""
        return self.point(f"left_{part}"), self.point(f"right_{part}")

    def both_believed(self, part: str) -> float:
        """Return 0..1 how far the left and the right one of a keypoint may be believed."""
        return self.believed(f"left_{part}", f"right_{part}")


def body_view(tracking: Tracking) -> BodyView | None:
    """Return the body of `tracking` in avatar space, or None if there is none."""
    body = tracking.body
    if body is None:
        return None
    points = [(x, -y, -z) for x, y, z in body.world_m.tolist()]
    places = body.keypoints_px[:, :2].astype(np.float64)
    pixels = [(x, y) for x, y in places.tolist()]
    inside = inside_picture(places, tracking) * turns.smoothstep(body.score, 0.2, 0.5)
    return BodyView(
        points_m=points,
        pixels=pixels,
        seen=(_seen(body) * inside).tolist(),
        px_per_m=_scale(points, pixels),
        centre_px=(tracking.width_px / 2, tracking.height_px / 2),
        focal_px=_FOCAL_LENGTHS * max(tracking.width_px, tracking.height_px),
    )


def hand_confidence(hand: HandTracking | None, tracking: Tracking, *, side: str) -> float:
    """Return 0..1 how far a hand may be believed: the score, how much of it is in the picture, and which hand it looks like.

    A blurred or edge-on hand looks to the model like the other one, and its palm then comes out back to front: of hands
    believed to be their own side with more than 0.9, none in webcam clips had a palm turned further than an arm can,
    of those below 0.5 a quarter.
    """
    if hand is None:
        return 0.0
    inside = inside_picture(hand.keypoints_px[:, :2].astype(np.float64), tracking).mean().item()
    own = hand.right_probability if side == "right" else 1.0 - hand.right_probability
    likely = turns.smoothstep(hand.score, 0.3, 0.7) * turns.smoothstep(own, 0.35, 0.75)
    return likely * turns.smoothstep(inside, 0.6, 0.9)


def inside_picture(pixels: Array, tracking: Tracking) -> Array:
    """Return (N,) 1 for points (N, 2) well inside the picture, 0 for points outside, a narrow ramp at the edge."""
    size = np.array([tracking.width_px, tracking.height_px], dtype=np.float64)
    margin = np.minimum(pixels, size - pixels).min(axis=1) / size.max()
    return smoothstep(margin, -0.02, 0.015)


def _seen(body: BodyTracking) -> Array:
    return np.asarray(smoothstep(body.visibility, 0.3, 0.7) * smoothstep(body.presence, 0.3, 0.7))


def _scale(points_m: list[Vector], pixels: list[tuple[float, float]]) -> float:
    """Return pixels per metre from the shoulders: lengths in the image plane, so that turning away does not change it."""
    left, right = SHOULDERS
    wide_m = math.dist(points_m[left][:2], points_m[right][:2])
    wide_px = math.dist(pixels[left], pixels[right])
    # A scale of zero has no logarithm, and nothing can be divided by it.
    return wide_px / wide_m if wide_m > _LEAST_SHOULDERS_M and wide_px > _LEAST_SHOULDERS_PX else _DEFAULT_PX_PER_M
