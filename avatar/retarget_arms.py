"""Arms: from shoulder, elbow, wrist and palm to the clavicle, upper arm, forearm and hand, one side at a time.

Owns the elbow's plane, how twist is shared along the arm, and the limits of shoulder, elbow and wrist. Knows nothing of
fingers. `sign` is +1 for the left arm and -1 for the right: at rest (T-pose) an arm points to its own side, the palm down and
the elbow's crease forward.
"""

import math
from dataclasses import dataclass

from avatar import turns
from avatar.turns import Turn, Vector, clamped, smoothstep

_MAX_UPPER_TWIST_RAD = math.radians(100.0)
_MAX_FOREARM_TWIST_RAD = math.radians(100.0)
_FOLD_RAD = math.radians(140.0)  # beyond this a twist is a mistaken measurement
_FOREARM_SHARE = 0.6  # of the palm's twist; the hand has the rest
_STRAIGHT_ARM_SHARE = 0.35  # of the palm's twist that the shoulder does when the elbow is straight
_LEAST_BEND_COSINE = math.cos(math.radians(150.0))
_MAX_RAISE_RAD = math.radians(22.0)
_MAX_REACH_RAD = math.radians(10.0)
_RAISE_FROM_RAD, _RAISE_TO_RAD = math.radians(-20.0), math.radians(80.0)
_WRIST_SIDEWAYS_RAD, _WRIST_FLEXION_RAD, _WRIST_TWIST_RAD = math.radians(35.0), math.radians(80.0), 0.9
_LIKELY_ROLL_RAD, _LIKELY_SWING_RAD = (math.radians(150.0), math.radians(115.0)), (math.radians(115.0), math.radians(85.0))
_STRAIGHT_ARM_ROLL_RAD = math.radians(45.0)
_FORGET_S = 0.35  # how fast the last palm seen gives way to a neutral one once the hand is lost


@dataclass(frozen=True, slots=True)
class ArmPose:
    """Local rotations of one arm."""

    shoulder: Turn
    upper: Turn
    lower: Turn
    hand: Turn


@dataclass(frozen=True, slots=True)
class ArmFrame:
    """One arm as far as shoulder, elbow and wrist show it: everything but the forearm's twist and the hand."""

    shoulder: Turn
    """Local to the chest."""
    parent: Turn
    """avatar_from_shoulder."""
    upper: Turn
    """Local to the shoulder."""
    lower_world: Turn
    """avatar_from_lowerArm without twist."""
    bent: float
    """0 straight .. 1 the elbow's plane is plain to see."""


class WristMemory:
    """Keeps how one palm was turned against its forearm, for a hand lost to motion blur. Driven by stamps."""

    def __init__(self) -> None:
        self._wrist = turns.NONE
        self._time_ns = 0

    def update(self, wrist: Turn, seen: float, *, time_ns: int) -> Turn:
        """Take in lowerArm_from_hand as far as `seen` (0..1) and return what to use; an unseen palm eases to neutral."""
        dt_s = clamped((time_ns - self._time_ns) * 1e-9, 0.0, 1.0)
        self._time_ns = time_ns
        remembered = turns.about(turns.log(self._wrist), math.exp(-dt_s / _FORGET_S))
        self._wrist = turns.slerp(remembered, wrist, seen)
        return self._wrist


def arm_frame(chest: Turn, upper_way: Vector, lower_way: Vector, *, sign: float) -> ArmFrame:
    """Return an arm without twist and hand.

    Args:
        chest: avatar_from_upperChest.
        upper_way: unit direction shoulder to elbow, avatar space; `lower_way` elbow to wrist.
        sign: which arm.
    """
    rest = (sign, 0.0, 0.0)
    shoulder = _clavicle(turns.rotate(turns.inverse(chest), upper_way), sign)
    parent = turns.multiply(chest, shoulder)
    from_avatar = turns.inverse(parent)
    upper_way = _kept_off_body(turns.rotate(from_avatar, upper_way), sign)
    swing = turns.between(rest, upper_way)
    twist, bent = _elbow_twist(swing, upper_way, turns.rotate(from_avatar, lower_way), sign)
    upper = turns.multiply(turns.about(upper_way, twist), swing)
    upper_world = turns.multiply(parent, upper)
    lower_way = _elbow_limited(turns.rotate(turns.inverse(upper_world), lower_way), sign)
    lower_world = turns.multiply(upper_world, turns.between(rest, lower_way))
    return ArmFrame(shoulder=shoulder, parent=parent, upper=upper, lower_world=lower_world, bent=bent)


def arm_pose(frame: ArmFrame, wrist: Turn) -> ArmPose:
    """Return an arm with the palm's turn `wrist`, lowerArm_from_hand, shared among upper arm, forearm and hand."""
    _, roll = turns.swing_roll(wrist)
    straight = 1 - frame.bent
    # A straight elbow lets the shoulder turn along, so the palm gets further round.
    roll = turns.folded(roll, limit_rad=_MAX_FOREARM_TWIST_RAD + 1.0 * straight, fold_rad=_FOLD_RAD + 0.3 * straight)
    upper = turns.multiply(frame.upper, turns.about(turns.X, roll * _STRAIGHT_ARM_SHARE * straight))
    forearm_roll = turns.about(turns.X, roll * _FOREARM_SHARE)
    lower_world = turns.multiply(frame.lower_world, forearm_roll)
    lower = turns.multiply(turns.inverse(turns.multiply(frame.parent, upper)), lower_world)
    hand = _wrist_limited(turns.multiply(turns.inverse(forearm_roll), wrist))
    return ArmPose(shoulder=frame.shoulder, upper=upper, lower=lower, hand=hand)


def plausible(wrist: Turn, bent: float) -> float:
    """Return 0..1: whether an arm could turn its palm so; `wrist` is lowerArm_from_hand as measured."""
    swing, roll = turns.swing_roll(wrist)
    further = _STRAIGHT_ARM_ROLL_RAD * (1 - bent)  # with a straight elbow the shoulder turns along
    never, surely = _LIKELY_ROLL_RAD
    turned = smoothstep(abs(roll), never + further, surely + further)
    return turned * smoothstep(math.hypot(*turns.log(swing)), *_LIKELY_SWING_RAD)


def _clavicle(upper_in_chest: Vector, sign: float) -> Turn:
    """Return how the collar bone follows an arm that is raised, and a little one that reaches forward."""
    _, up, forward = upper_in_chest
    elevation = math.asin(clamped(up, -1.0, 1.0))
    raised = _MAX_RAISE_RAD * smoothstep(elevation, _RAISE_FROM_RAD, _RAISE_TO_RAD)
    reach = _MAX_REACH_RAD * smoothstep(forward, 0.3, 1.0)
    return turns.multiply(turns.about(turns.Z, sign * raised), turns.about(turns.Y, -sign * reach))


def _kept_off_body(upper_way: Vector, sign: float) -> Vector:
    """Return the upper arm's direction, held a little away from the trunk when it hangs, and never far behind the back."""
    across, up, forward = upper_way
    hanging = smoothstep(-up, 0.6, 0.95) * smoothstep(forward, 0.5, 0.2)
    return turns.unit((sign * max(sign * across, -1.0 + 1.14 * hanging), up, max(forward, -0.7)))


def _elbow_twist(swing: Turn, upper_way: Vector, lower_way: Vector, sign: float) -> tuple[float, float]:
    """Return (twist_rad, bent 0..1): the turn about the upper arm that puts the hinge where the elbow bends.

    A nearly straight elbow shows no plane; then the hinge stays where the swing from the T-pose leaves it, which has
    the crease of a hanging arm forward.
    """
    hinge = turns.rotate(swing, (0.0, -sign, 0.0))  # a positive turn about it bends the elbow
    plane = turns.cross(upper_way, lower_way)
    angle = turns.angle_about(upper_way, hinge, turns.unit(plane))
    bent = smoothstep(math.hypot(*plane), 0.2, 0.55)
    return bent * turns.folded(angle, limit_rad=_MAX_UPPER_TWIST_RAD, fold_rad=_FOLD_RAD), bent


def _elbow_limited(lower_way: Vector, sign: float) -> Vector:
    """Return the forearm's direction in the upper arm's axes as far as an elbow can reach; it does not bend backwards."""
    across, up, forward = lower_way
    return turns.unit((sign * max(sign * across, _LEAST_BEND_COSINE), up, max(forward, -0.15)))


def _wrist_limited(hand: Turn) -> Turn:
    """Return the hand's rotation against the forearm within the wrist's limits."""
    swing, twist = turns.swing_roll(hand)
    vector = turns.log(swing)
    beyond = math.hypot(vector[1] / _WRIST_SIDEWAYS_RAD, vector[2] / _WRIST_FLEXION_RAD)
    roll = turns.about(turns.X, clamped(twist, -_WRIST_TWIST_RAD, _WRIST_TWIST_RAD))
    return turns.multiply(turns.about(vector, 1.0 / max(beyond, 1.0)), roll)
