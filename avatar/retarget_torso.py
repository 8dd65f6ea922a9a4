"""Torso and neck: from shoulders and hips to the hips and spine, and the head's turn shared with the neck.

Owns how far each measurement is believed: a webcam sees shoulders well, hips rarely, and depth badly, so a torso without legs
in view is kept upright and calm. Knows nothing of arms. All rotations are avatar space.
"""

import math
from dataclasses import dataclass
from typing import Final

from avatar import turns
from avatar.observation import BodyView
from avatar.turns import Turn, clamped

_SPINE_SHARES: Final = (0.35, 0.35, 0.30)  # spine, chest, upperChest
_NECK_SHARE = 0.4  # of the head's turn against the chest; the head has the rest
_WEBCAM_LEAN_GAIN = 0.15  # the model's forward lean without legs in view is mostly made up: 28 degrees when standing upright
_YAW_DEAD_ZONE_RAD = math.radians(3.0)
_MAX_WEBCAM_YAW_RAD = math.radians(70.0)
_HEAD_LIMITS_RAD: Final = tuple(math.radians(limit) for limit in (80.0, 55.0, 45.0))  # yaw, pitch, roll against the chest


@dataclass(frozen=True, slots=True)
class TorsoPose:
    """Where the trunk is turned."""

    hips: Turn
    """avatar_from_hips."""
    chest: Turn
    """avatar_from_upperChest."""
    spine: tuple[Turn, ...]
    """Local rotations of spine, chest, upperChest."""
    confidence: float
    legs_seen: float
    """0..1: the whole person is in view, so that hips and depth may be believed."""


UPRIGHT: Final = TorsoPose(hips=turns.NONE, chest=turns.NONE, spine=(turns.NONE,) * 3, confidence=0.0, legs_seen=0.0)


def torso_pose(view: BodyView, *, lean_rad: float, tilt_rad: float) -> TorsoPose:
    """Return the trunk's turn.

    Args:
        lean_rad: forward lean and `tilt_rad` sideways tilt (+ to the own right) that the picture's motion suggests;
            used as far as the legs are out of view.
    """
    left, right = view.pair("shoulder")
    left_hip, right_hip = view.pair("hip")
    hips_seen = view.both_believed("hip")
    # One ankle is enough: the other foot may be behind it.
    legs = min(hips_seen, view.both_believed("knee"), max(view.believed("left_ankle"), view.believed("right_ankle")))
    across = turns.minus(left, right)
    up_x, up_y, up_z = (0.5 * (left[k] + right[k] - left_hip[k] - right_hip[k]) for k in range(3))
    yaw = math.atan2(-across[2], across[0])
    near = clamped(_without_centre(yaw, _YAW_DEAD_ZONE_RAD), -_MAX_WEBCAM_YAW_RAD, _MAX_WEBCAM_YAW_RAD)
    yaw = _turned(near, yaw, legs)
    slope = math.atan2(across[1], math.hypot(across[0], across[2]))
    cosine, sine = math.cos(yaw), math.sin(yaw)  # the way up as seen by someone who is turned so
    side = math.atan2(sine * up_z - cosine * up_x, up_y)
    forward = math.atan2(cosine * up_z + sine * up_x, up_y)
    roll = hips_seen * (0.6 * side + 0.4 * slope) + (1 - hips_seen) * (0.5 * slope + tilt_rad)
    pitch = legs * forward + (1 - legs) * (turns.soft_limit(_WEBCAM_LEAN_GAIN * forward * hips_seen, 0.12) + lean_rad)
    chest = turns.from_yaw_pitch_roll(yaw, clamped(pitch, -0.5, 1.3), clamped(roll, -0.6, 0.6))
    hips = _hips(view, yaw=yaw, pitch=pitch, roll=roll, legs=legs)
    bend = turns.log(turns.multiply(turns.inverse(hips), chest))
    spine = tuple(turns.about(bend, share) for share in _SPINE_SHARES)
    return TorsoPose(hips=hips, chest=chest, spine=spine, confidence=view.both_believed("shoulder"), legs_seen=legs)


def _hips(view: BodyView, *, yaw: float, pitch: float, roll: float, legs: float) -> Turn:
    """Return avatar_from_hips: measured when the whole person is in view, else a small share of the chest's turn."""
    across = turns.minus(*view.pair("hip"))
    own_yaw = math.atan2(-across[2], across[0])
    own_roll = math.atan2(across[1], math.hypot(across[0], across[2]))
    return turns.from_yaw_pitch_roll(
        _turned(0.4 * yaw, own_yaw, legs),
        clamped((0.15 + 0.35 * legs) * pitch, -0.3, 0.6),
        0.2 * roll * (1 - legs) + clamped(own_roll, -0.4, 0.4) * legs,
    )


def _turned(start_rad: float, end_rad: float, share: float) -> float:
    """Return the angle `share` of the short way from start to end."""
    way = (end_rad - start_rad + math.pi) % (2 * math.pi) - math.pi
    return start_rad + share * way


def _without_centre(angle_rad: float, zone_rad: float) -> float:
    """Return the angle with a soft dead zone: 0 slope at 0, no offset far away."""
    return angle_rad * turns.smoothstep(abs(angle_rad), 0.0, 3 * zone_rad)


def neck_and_head(chest: Turn, head: Turn) -> tuple[Turn, Turn]:
    """Return the local rotations of neck and head that turn the head to avatar_from_head `head`, within its limits."""
    angles = turns.yaw_pitch_roll(turns.multiply(turns.inverse(chest), head))
    held = (clamped(angle, -limit, limit) for angle, limit in zip(angles, _HEAD_LIMITS_RAD, strict=True))
    turn = turns.log(turns.from_yaw_pitch_roll(*held))
    return turns.about(turn, _NECK_SHARE), turns.about(turn, 1 - _NECK_SHARE)
