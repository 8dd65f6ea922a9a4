"""Torso and neck: from shoulders and hips to the hips and spine, and the head's turn shared with the neck.

Owns how far each measurement is believed: a webcam sees shoulders well, hips rarely, and depth badly, so a torso without legs
in view is kept upright and calm. Knows nothing of arms. All rotations are avatar space, quaternions (x, y, z, w).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import rotations as rot
from avatar.observation import BodyView
from trackers import quaternions as quat
from trackers.quaternions import Array

_SPINE_SHARES: Final = (0.35, 0.35, 0.30)  # spine, chest, upperChest
_NECK_SHARE = 0.4  # of the head's turn against the chest; the head has the rest
_WEBCAM_LEAN_GAIN = 0.15  # the model's forward lean without legs in view is mostly made up: 28 degrees when standing upright
_YAW_DEAD_ZONE_RAD = np.radians(3.0)
_MAX_WEBCAM_YAW_RAD = np.radians(70.0)
_HEAD_LIMITS_RAD: Final = np.radians([80.0, 55.0, 45.0])  # yaw, pitch, roll against the chest


@dataclass(frozen=True, slots=True, eq=False)
class TorsoPose:
    """Where the trunk is turned."""

    hips: Array
    """(4,) avatar_from_hips."""
    chest: Array
    """(4,) avatar_from_upperChest."""
    spine: Array
    """(3, 4) local rotations of spine, chest, upperChest."""
    confidence: float
    legs_seen: float
    """0..1: the whole person is in view, so that hips and depth may be believed."""


UPRIGHT: Final = TorsoPose(
    hips=quat.IDENTITY, chest=quat.IDENTITY, spine=np.tile(quat.IDENTITY, (3, 1)), confidence=0.0, legs_seen=0.0
)


def torso_pose(view: BodyView, *, lean_rad: float, tilt_rad: float) -> TorsoPose:
    """Return the trunk's turn.

    Args:
        lean_rad: forward lean and `tilt_rad` sideways tilt (+ to the own right) that the picture's motion suggests;
            used as far as the legs are out of view.
    """
    shoulders = view.pair("shoulder")
    seen = float(view.pair_seen("shoulder").min())
    hips_seen = float(view.pair_seen("hip").min())
    legs = float(min(view.pair_seen("hip").min(), view.pair_seen("knee").min(), view.pair_seen("ankle").max()))
    across = shoulders[0] - shoulders[1]
    hips = view.pair("hip")
    up = 0.5 * (shoulders[0] + shoulders[1] - hips[0] - hips[1])
    yaw = math.atan2(-across[2], across[0])
    near = np.clip(_without_centre(yaw, _YAW_DEAD_ZONE_RAD), -_MAX_WEBCAM_YAW_RAD, _MAX_WEBCAM_YAW_RAD)
    yaw = _turned(float(near), yaw, legs)
    slope = math.atan2(across[1], math.hypot(across[0], across[2]))
    turned = math.cos(yaw), math.sin(yaw)  # `up` as seen by someone who is turned so
    side = math.atan2(turned[1] * up[2] - turned[0] * up[0], up[1])
    forward = math.atan2(turned[0] * up[2] + turned[1] * up[0], up[1])
    roll = hips_seen * (0.6 * side + 0.4 * slope) + (1 - hips_seen) * (0.5 * slope + tilt_rad)
    pitch = legs * forward + (1 - legs) * (rot.soft_limit(_WEBCAM_LEAN_GAIN * forward * hips_seen, 0.12) + lean_rad)
    chest = rot.from_yaw_pitch_roll(yaw, float(np.clip(pitch, -0.5, 1.3)), float(np.clip(roll, -0.6, 0.6)))
    pelvis = _hips(view, yaw=yaw, pitch=pitch, roll=roll, legs=legs)
    bend = quat.difference(pelvis, chest)
    spine = quat.exp(bend[None, :] * np.array(_SPINE_SHARES)[:, None])
    return TorsoPose(hips=pelvis, chest=chest, spine=spine, confidence=seen, legs_seen=legs)


def _hips(view: BodyView, *, yaw: float, pitch: float, roll: float, legs: float) -> Array:
    """Return avatar_from_hips: measured when the whole person is in view, else a small share of the chest's turn."""
    across = np.subtract(*view.pair("hip"))
    own_yaw = math.atan2(-across[2], across[0])
    own_roll = math.atan2(across[1], math.hypot(across[0], across[2]))
    return rot.from_yaw_pitch_roll(
        _turned(0.4 * yaw, own_yaw, legs),
        float(np.clip((0.15 + 0.35 * legs) * pitch, -0.3, 0.6)),
        0.2 * roll * (1 - legs) + float(np.clip(own_roll, -0.4, 0.4)) * legs,
    )


def _turned(start_rad: float, end_rad: float, share: float) -> float:
    """Return the angle `share` of the short way from start to end."""
    way = (end_rad - start_rad + np.pi) % (2 * np.pi) - np.pi
    return float(start_rad + share * way)


def _without_centre(angle_rad: float, zone_rad: float) -> float:
    """Return the angle with a soft dead zone: 0 slope at 0, no offset far away."""
    return float(angle_rad * rot.smoothstep(abs(angle_rad), 0.0, 3 * zone_rad))


def neck_and_head(chest: Array, head: Array) -> Array:
    """Return (2, 4) local rotations of neck and head that turn the head to avatar_from_head `head`, within its limits."""
    yaw, pitch, roll = rot.yaw_pitch_roll(quat.multiply(quat.inverse(chest), head))
    limits = _HEAD_LIMITS_RAD
    angles = np.clip([yaw, pitch, roll], -limits, limits)
    turn = quat.log(rot.from_yaw_pitch_roll(*(float(angle) for angle in angles)))
    return quat.exp(turn[None, :] * np.array([[_NECK_SHARE], [1 - _NECK_SHARE]]))
