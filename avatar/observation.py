"""What a tracking says about the person, in avatar space: points, how far each may be believed, and the picture's scale.

Owns the way from camera axes to avatar axes and the judgement of what is in view. Knows nothing of bones. An un-mirrored
person who faces the lens has the left side on the image's right, so camera (x right, y down, z away) is (x, -y, -z) of
avatar space (+X own left, +Y up, +Z the way the avatar faces).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.rotations import smoothstep
from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FloatArray, HandTracking, Tracking

AVATAR_FROM_CAMERA: Final[Array] = np.array([1.0, -1.0, -1.0])
"""Diagonal of the rotation from camera axes to avatar axes."""

SIDES: Final = ("left", "right")
_DEFAULT_PX_PER_M = 500.0
_FOCAL_LENGTHS = 0.87  # of the picture's longer side
SHOULDERS: Final = [BODY_INDEX[f"{side}_shoulder"] for side in SIDES]


@dataclass(frozen=True, slots=True, eq=False)
class BodyView:
    """The body of one tracking in avatar space."""

    points_m: Array
    """(33, 3) avatar axes, origin mid-hip."""
    pixels: Array
    """(33, 2) x, y in the picture."""
    seen: Array
    """(33,) 0..1: visible, present and inside the picture."""
    px_per_m: float
    """Scale of the picture at the shoulders."""
    centre_px: Array
    """(2,) the picture's middle, where the lens looks."""
    focal_px: float
    """A guess: most webcams see about 60 degrees across."""

    def pair(self, part: str) -> Array:
        """Return (2, 3) the left and the right one of a keypoint such as "elbow"."""
        return self.points_m[[BODY_INDEX[f"left_{part}"], BODY_INDEX[f"right_{part}"]]]

    def pair_seen(self, part: str) -> Array:
        """Return (2,) how far the left and the right one of a keypoint may be believed."""
        return self.seen[[BODY_INDEX[f"left_{part}"], BODY_INDEX[f"right_{part}"]]]


def body_view(tracking: Tracking) -> BodyView | None:
    """Return the body of `tracking` in avatar space, or None if there is none."""
    body = tracking.body
    if body is None:
        return None
    points = body.world_m.astype(np.float64) * AVATAR_FROM_CAMERA
    pixels = body.keypoints_px[:, :2].astype(np.float64)
    seen = _seen(body) * inside_picture(pixels, tracking) * float(smoothstep(body.score, 0.2, 0.5))
    size = np.array([tracking.width_px, tracking.height_px], dtype=np.float64)
    return BodyView(
        points_m=points,
        pixels=pixels,
        seen=seen,
        px_per_m=_scale(points, pixels),
        centre_px=size / 2,
        focal_px=_FOCAL_LENGTHS * float(size.max()),
    )


def hand_confidence(hand: HandTracking | None, tracking: Tracking, *, side: str) -> float:
    """Return 0..1 how far a hand may be believed: the score, how much of it is in the picture, and which hand it looks like.

    A blurred or edge-on hand looks to the model like the other one, and its palm then comes out back to front: of hands
    believed to be their own side with more than 0.9, none in webcam clips had a palm turned further than an arm can,
    of those below 0.5 a quarter.
    """
    if hand is None:
        return 0.0
    inside = inside_picture(hand.keypoints_px[:, :2].astype(np.float64), tracking).mean()
    own = hand.right_probability if side == "right" else 1.0 - hand.right_probability
    return float(smoothstep(hand.score, 0.3, 0.7) * smoothstep(inside, 0.6, 0.9) * smoothstep(own, 0.35, 0.75))


def inside_picture(pixels: Array, tracking: Tracking) -> Array:
    """Return (N,) 1 for points (N, 2) well inside the picture, 0 for points outside, a narrow ramp at the edge."""
    size = np.array([tracking.width_px, tracking.height_px], dtype=np.float64)
    margin = np.minimum(pixels, size - pixels).min(axis=1) / size.max()
    return smoothstep(margin, -0.02, 0.015)


def rotation_in_avatar(camera_from_part: FloatArray) -> Array:
    """Return the matrix (3, 3) avatar_from_part of a rotation (3, 3) camera_from_part."""
    return np.asarray(AVATAR_FROM_CAMERA[:, None] * camera_from_part.astype(np.float64))


def _seen(body: BodyTracking) -> Array:
    return np.asarray(smoothstep(body.visibility, 0.3, 0.7) * smoothstep(body.presence, 0.3, 0.7))


def _scale(points_m: Array, pixels: Array) -> float:
    """Return pixels per metre from the shoulders: lengths in the image plane, so that turning away does not change it."""
    left, right = SHOULDERS
    wide_m = float(np.hypot(*(points_m[left] - points_m[right])[:2]))
    wide_px = float(np.hypot(*(pixels[left] - pixels[right])))
    return wide_px / wide_m if wide_m > 0.1 else _DEFAULT_PX_PER_M
