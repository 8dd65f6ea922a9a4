"""Arms: from shoulder, elbow, wrist and palm to the clavicle, upper arm, forearm and hand, both sides at once.

Owns the elbow's plane, how twist is shared along the arm, and the limits of shoulder, elbow and wrist. Knows nothing of
fingers. Row 0 is the left arm, row 1 the right. At rest (T-pose) an arm points to its own side, the palm down and the elbow's
crease forward.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import rotations as rot
from trackers import quaternions as quat
from trackers.quaternions import Array

_SIGN: Final[Array] = np.array([1.0, -1.0])  # +X is the avatar's left
_REST: Final[Array] = _SIGN[:, None] * rot.X  # (2, 3) the way an arm points
_HINGE: Final[Array] = -_SIGN[:, None] * rot.Y  # (2, 3) axis about which a positive turn bends the elbow
_MAX_UPPER_TWIST_RAD = np.radians(100.0)
_MAX_FOREARM_TWIST_RAD = np.radians(100.0)
_FOLD_RAD = np.radians(140.0)  # beyond this a twist is a mistaken measurement
_FOREARM_SHARE = 0.6  # of the palm's twist; the hand has the rest
_STRAIGHT_ARM_SHARE = 0.35  # of the palm's twist that the shoulder does when the elbow is straight
_MAX_BEND_RAD = np.radians(150.0)
_MAX_RAISE_RAD = np.radians(22.0)
_MAX_REACH_RAD = np.radians(10.0)
_WRIST_LIMITS_RAD: Final[Array] = np.radians([35.0, 80.0])  # sideways (about Y), flexion (about Z)


_FORGET_S = 0.35  # how fast the last palm seen gives way to a neutral one once the hand is lost
_ALONG: Final[Array] = np.broadcast_to(rot.X, (2, 3))


@dataclass(frozen=True, slots=True, eq=False)
class ArmsPose:
    """Local rotations of both arms, (2, 4) each."""

    shoulder: Array
    upper: Array
    lower: Array
    hand: Array


@dataclass(frozen=True, slots=True, eq=False)
class ArmFrames:
    """Both arms as far as shoulder, elbow and wrist show them: everything but the forearm's twist and the hand."""

    shoulder: Array
    """(2, 4) local to the chest."""
    parent: Array
    """(2, 4) avatar_from_shoulder."""
    upper: Array
    """(2, 4) local to the shoulder."""
    lower_world: Array
    """(2, 4) avatar_from_lowerArm without twist."""
    bent: Array
    """(2,) 0 straight .. 1 the elbow's plane is plain to see."""


class WristMemory:
    """Keeps how each palm was turned against its forearm, for hands lost to motion blur. Driven by stamps."""

    def __init__(self) -> None:
        self._wrist = np.tile(quat.IDENTITY, (2, 1))
        self._time_ns = 0

    def update(self, wrist: Array, seen: Array, *, time_ns: int) -> Array:
        """Take in (2, 4) lowerArm_from_hand where `seen` (2,) 0..1 and return what to use; unseen palms ease to neutral."""
        dt_s = min(max(time_ns - self._time_ns, 0) * 1e-9, 1.0)
        self._time_ns = time_ns
        remembered = quat.exp(quat.log(self._wrist) * np.exp(-dt_s / _FORGET_S))
        self._wrist = quat.slerp(remembered, wrist, seen)
        return self._wrist


def arm_frames(chest: Array, upper_way: Array, lower_way: Array) -> ArmFrames:
    """Return both arms without twist and hand.

    Args:
        chest: (4,) avatar_from_upperChest.
        upper_way: (2, 3) unit directions shoulder to elbow, avatar space; `lower_way` elbow to wrist.
    """
    chest_from_avatar = quat.inverse(chest)
    shoulder = _clavicle(rot.rotate(chest_from_avatar[None], upper_way))
    parent = quat.multiply(chest[None], shoulder)
    upper_way = _kept_off_body(rot.rotate(quat.inverse(parent), upper_way))
    lower_in_parent = rot.rotate(quat.inverse(parent), lower_way)
    swing = rot.between(_REST, upper_way)
    twist, bent = _elbow_twist(swing, upper_way, lower_in_parent)
    upper = quat.multiply(rot.about(upper_way, twist), swing)
    upper_world = quat.multiply(parent, upper)
    lower_way = _elbow_limited(rot.rotate(quat.inverse(upper_world), lower_way))
    lower_world = quat.multiply(upper_world, rot.between(_REST, lower_way))
    return ArmFrames(shoulder=shoulder, parent=parent, upper=upper, lower_world=lower_world, bent=bent)


def arms_pose(frames: ArmFrames, wrist: Array) -> ArmsPose:
    """Return both arms with the palm's turn `wrist` (2, 4), lowerArm_from_hand, shared among upper arm, forearm and hand."""
    _, roll = rot.swing_twist(wrist, rot.X)
    straight = 1 - frames.bent
    # A straight elbow lets the shoulder turn along, so the palm gets further round.
    roll = rot.folded(roll, limit_rad=_MAX_FOREARM_TWIST_RAD + 1.0 * straight, fold_rad=_FOLD_RAD + 0.3 * straight)
    upper = quat.multiply(frames.upper, rot.about(_ALONG, roll * _STRAIGHT_ARM_SHARE * straight))
    forearm_roll = rot.about(_ALONG, roll * _FOREARM_SHARE)
    lower_world = quat.multiply(frames.lower_world, forearm_roll)
    lower = quat.multiply(quat.inverse(quat.multiply(frames.parent, upper)), lower_world)
    hand = _wrist_limited(quat.multiply(quat.inverse(forearm_roll), wrist))
    return ArmsPose(shoulder=frames.shoulder, upper=upper, lower=lower, hand=hand)


def plausible(wrist: Array, bent: Array) -> Array:
    """Return (2,) 0..1: whether an arm could turn its palm so; `wrist` (2, 4) is lowerArm_from_hand as measured."""
    swing, roll = rot.swing_twist(wrist, rot.X)
    vector = quat.log(swing)
    angle = np.sqrt(np.einsum("ni,ni->n", vector, vector))
    further = np.radians(45.0) * (1 - bent)  # with a straight elbow the shoulder turns along
    turned = rot.smoothstep(np.abs(roll), np.radians(150.0) + further, np.radians(115.0) + further)
    return np.asarray(turned * rot.smoothstep(angle, np.radians(115.0), np.radians(85.0)))


def _clavicle(upper_in_chest: Array) -> Array:
    """Return (2, 4): the collar bone follows an arm that is raised, and a little one that reaches forward."""
    elevation = np.arcsin(np.clip(upper_in_chest[:, 1], -1.0, 1.0))
    raised = _MAX_RAISE_RAD * rot.smoothstep(elevation, np.radians(-20.0), np.radians(80.0))
    reach = _MAX_REACH_RAD * rot.smoothstep(upper_in_chest[:, 2], 0.3, 1.0)
    up = rot.about(np.broadcast_to(rot.Z, (2, 3)), _SIGN * raised)
    return quat.multiply(up, rot.about(np.broadcast_to(rot.Y, (2, 3)), -_SIGN * reach))


def _kept_off_body(upper_way: Array) -> Array:
    """Return (2, 3) with a hanging upper arm held a little away from the trunk, and none far behind the back."""
    way = upper_way.copy()
    outward = _SIGN * way[:, 0]
    hanging = rot.smoothstep(-way[:, 1], 0.6, 0.95) * rot.smoothstep(way[:, 2], 0.5, 0.2)
    least = -1.0 + 1.14 * hanging
    way[:, 0] = _SIGN * np.maximum(outward, least)
    way[:, 2] = np.maximum(way[:, 2], -0.7)
    return rot.unit(way)


def _elbow_twist(swing: Array, upper_way: Array, lower_way: Array) -> tuple[Array, Array]:
    """Return (twist_rad (2,), bent (2,) 0..1): the turn about the upper arm that puts the hinge where the elbow bends.

    A nearly straight elbow shows no plane; then the hinge stays where the swing from the T-pose leaves it, which has
    the crease of a hanging arm forward.
    """
    hinge = rot.rotate(swing, _HINGE)
    plane = rot.cross(upper_way, lower_way)
    sine = np.sqrt(np.einsum("ni,ni->n", plane, plane))
    plane = rot.unit(plane)
    angle = np.arctan2(np.einsum("ni,ni->n", rot.cross(hinge, plane), upper_way), np.einsum("ni,ni->n", hinge, plane))
    bent = rot.smoothstep(sine, 0.2, 0.55)
    return bent * rot.folded(angle, limit_rad=_MAX_UPPER_TWIST_RAD, fold_rad=_FOLD_RAD), bent


def _elbow_limited(lower_way: Array) -> Array:
    """Return (2, 3) forearm directions in the upper arm's axes that an elbow can reach."""
    way = lower_way.copy()
    way[:, 2] = np.maximum(way[:, 2], -0.15)  # an elbow does not bend backwards
    way[:, 0] = _SIGN * np.maximum(_SIGN * way[:, 0], np.cos(_MAX_BEND_RAD))
    return rot.unit(way)


def _wrist_limited(hand: Array) -> Array:
    """Return (2, 4) the hand's rotation against the forearm within the wrist's limits."""
    swing, twist = rot.swing_twist(hand, rot.X)
    vector = quat.log(swing)
    share = vector[:, 1:] / _WRIST_LIMITS_RAD
    vector = vector / np.maximum(np.sqrt(np.einsum("ni,ni->n", share, share)), 1.0)[:, None]
    return quat.multiply(quat.exp(vector), rot.about(_ALONG, np.minimum(np.maximum(twist, -0.9), 0.9)))
