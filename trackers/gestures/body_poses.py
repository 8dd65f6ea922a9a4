"""Poses of the body that are seen in one look: one small function each, from the view of a body to a confidence.

Owns what makes each pose. Every confidence is the least of soft conditions, so 0.5 means that the worst of them is half kept.
Poses are made by the arms, as a webcam on a desk sees no more: hips and legs only count where they are visible. Knows nothing
of time: how long a pose must be held is for its `Spec` to say.

The bounds were set on the even rows of pose-classification-kit's bodies and on made-up people: docs/gestures.md, `Body`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from trackers.gestures.body_view import SIGN, ArmView, BodyView, across, distance, view_body
from trackers.gestures.soft import between, falling, rising
from trackers.gestures.types import Look, Reading, Side, Spec

_BODY: Final = ("body",)
_OTHER: Final[dict[Side, Side]] = {"left": "right", "right": "left"}
_HIPS_BELOW: Final = 1.5  # shoulder widths: where a wrist on the hip is, if the hips are out of the picture


def t_pose(view: BodyView) -> float:
    """Both arms stretched out level; a lunge with such arms (yoga's warrior) is none."""
    arms = [
        min(
            arm.seen,
            between(_line_deg(arm), 60.0, 112.0, soft=24.0),
            rising(arm.elbow_deg, 110.0, 140.0),
            _far_out(arm),
            _long(arm),
        )
        for arm in view.arms.values()
    ]
    return min(*arms, _upright(view), _no_lunge(view))


def arms_up(view: BodyView) -> float:
    """Both hands over the head, elbows over the shoulders; a dab is none."""
    over = min(
        min(rising(arm.wrist[1] - _ears(view), -0.05, 0.3), rising(arm.fore.raised_deg, 105.0, 122.0))
        for arm in view.arms.values()
    )
    dabs = max(dab(view, "left"), dab(view, "right"))
    return min(_raised(view, "left"), _raised(view, "right"), over, 1.0 - dabs)


def arm_raised(view: BodyView, side: Side) -> float:
    """One hand over the head, or beside it with the elbow as high as the shoulder; the other arm is neither up nor out."""
    other = view.arms[_OTHER[side]]
    is_up = min(other.upper_seen, rising(_elbow_up_deg(view, _OTHER[side]), 55.0, 85.0))
    is_out = min(other.seen, rising(_line_deg(other), 15.0, 30.0), rising(other.wrist[0], 0.95, 1.2))
    return min(max(_raised(view, side), _beside_head(view, side)), 1.0 - max(is_up, is_out))


def dab(view: BodyView, side: Side) -> float:
    """One arm stretched out to its side and upwards, the other folded before the face, pointing the same way."""
    arm, bent = view.arms[side], view.arms[_OTHER[side]]
    stretched = min(
        between(_line_deg(arm), 95.0, 150.0, soft=15.0), rising(arm.elbow_deg, 125.0, 150.0), rising(arm.wrist[0], 0.85, 1.25)
    )
    folded = min(
        falling(bent.elbow_deg, 150.0, 172.0),
        rising(bent.elbow[1], -0.35, -0.05),  # the elbow is up at the shoulders or before the face
        between(bent.wrist[0], -1.0, 0.65, soft=0.3),  # the hand has come at least to the head,
        between(bent.wrist[1], 0.0, 1.0, soft=0.25),  # no lower than the chin
        rising(-bent.fore.out, 0.3, 0.65),  # and goes on to the stretched arm's side
    )
    return min(arm.seen, bent.seen, stretched, folded, _upright(view))


def arms_crossed(view: BodyView) -> float:
    """Both forearms lie across the chest, one over the other, each hand at the other elbow."""
    left, right = view.arms["left"], view.arms["right"]
    arms = [
        min(
            arm.upper_seen,
            rising(arm.seen, -1.0, 0.6),  # a hand under the other arm is hardly visible: it counts less
            between(arm.fore.raised_deg, 52.0, 135.0, soft=25.0),
            rising(-arm.fore.out, 0.45, 0.8),
            falling(arm.wrist[0], -0.05, 0.2),  # past the middle
            between(arm.wrist[1], -1.25, -0.3, soft=0.2),
            falling(distance(across(arm.wrist), other.elbow), 0.6, 0.95),
        )
        for arm, other in ((left, right), (right, left))
    ]
    return min(*arms, _upright(view))


def hands_together(view: BodyView) -> float:
    """Both hands meet before the chest, as in a prayer, with the forearms upwards or level."""
    left, right = view.arms["left"], view.arms["right"]
    hands = min(distance(left.wrist, across(right.wrist)), distance(left.hand, across(right.hand)))
    height = (left.wrist[1] + right.wrist[1]) / 2
    level = min(rising(arm.fore.raised_deg, 53.0, 83.0) for arm in (left, right))
    crossed = min(falling(arm.wrist[0], -0.4, -0.25) for arm in (left, right))
    return min(
        left.seen,
        right.seen,
        falling(hands, 0.35, 0.6),
        falling(abs(left.reach_m - right.reach_m), 0.15, 0.3),
        between(height, -1.3, 0.1, soft=0.25),
        level,
        1.0 - crossed,
        *(rising(arm.fore.length, 0.1, 0.25) for arm in (left, right)),
        _upright(view),
    )


def hands_on_hips(view: BodyView) -> float:
    """Both hands at the hips, the elbows stand out to the sides."""
    arms = []
    for arm in view.arms.values():
        below = view.hips_seen * view.torso + (1.0 - view.hips_seen) * _HIPS_BELOW
        arms.append(
            min(
                arm.seen,
                between(arm.elbow_deg, 60.0, 138.0, soft=15.0),
                rising(arm.elbow[0] - arm.wrist[0], 0.05, 0.2),
                rising(arm.elbow[0], 0.54, 0.74),
                between(arm.wrist[0], 0.33, 0.85, soft=0.2),  # not before the belly
                falling(arm.reach_m, 0.15, 0.35),
                between(arm.wrist[1] + below, -0.25, 0.6, soft=0.2),
            )
        )
    return min(*arms, _upright(view))


def lean(view: BodyView, side: Side) -> float:
    """The trunk leans to one side: shoulders and, where the hips are visible, the trunk's line; the head goes along."""
    slope, trunk = SIGN[side] * view.slope_deg, SIGN[side] * view.trunk_deg
    arms_down = min(1.0 - min(arm.upper_seen, rising(arm.upper.raised_deg, 55.0, 80.0)) for arm in view.arms.values())
    hips = view.hips_seen * between(trunk, 16.0, 40.0, soft=10.0) + (1.0 - view.hips_seen) * rising(slope, 9.0, 17.0)
    return min(view.shoulders_seen, rising(slope, 7.0, 14.0), hips, falling(slope, 40.0, 55.0), arms_down, _facing(view))


POSES: Final[dict[str, Callable[[BodyView], float]]] = {
    "t_pose": t_pose,
    "dab_left": lambda view: dab(view, "left"),
    "dab_right": lambda view: dab(view, "right"),
    "arms_up": arms_up,
    "left_arm_raised": lambda view: arm_raised(view, "left"),
    "right_arm_raised": lambda view: arm_raised(view, "right"),
    "hands_on_hips": hands_on_hips,
    "arms_crossed": arms_crossed,
    "hands_together": hands_together,
    "lean_left": lambda view: lean(view, "left"),
    "lean_right": lambda view: lean(view, "right"),
}
"""Every pose, in the order of the catalogue."""

SPECS: Final[tuple[Spec, ...]] = (
    Spec("t_pose", "Stretch both arms out to your sides, level, like a T.", _BODY),
    Spec("dab_left", "Hide your face in your right elbow and stretch your left arm up to your left.", _BODY, hold_s=0.1),
    Spec("dab_right", "Hide your face in your left elbow and stretch your right arm up to your right.", _BODY, hold_s=0.1),
    Spec("arms_up", "Hold both hands over your head, in the picture.", _BODY, hold_s=0.1),
    Spec("left_arm_raised", "Hold your left hand over or beside your head, the elbow no lower than the shoulder.", _BODY),
    Spec("right_arm_raised", "Hold your right hand over or beside your head, the elbow no lower than the shoulder.", _BODY),
    Spec("hands_on_hips", "Put both hands on your hips, the elbows out.", _BODY, hold_s=0.4),
    Spec("arms_crossed", "Cross your arms before your chest.", _BODY, hold_s=0.4),
    Spec("hands_together", "Put your palms together before your chest.", _BODY, hold_s=0.4),
    Spec("lean_left", "Lean your upper body to your left.", _BODY, hold_s=0.4),
    Spec("lean_right", "Lean your upper body to your right.", _BODY, hold_s=0.4),
)


class BodyPoses:
    """Judges every pose of `POSES`, each look by itself."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(POSES)

    def push(self, look: Look) -> Mapping[str, Reading]:
        body = look.tracking.body
        if body is None:
            return {}
        view = view_body(body)
        return {name: Reading(_sane(pose(view))) for name, pose in POSES.items()}

    def reset(self) -> None:
        """Nothing is remembered."""


def _sane(confidence: float) -> float:
    """Return 0 for what is no number, as of points that are none."""
    return confidence if math.isfinite(confidence) else 0.0


def _line_deg(arm: ArmView) -> float:
    """Return where the wrist lies from the shoulder: 0 below, 90 level, 180 above."""
    x = arm.upper.length * arm.upper.out + arm.fore.length * arm.fore.out
    y = arm.upper.length * _up(arm.upper.raised_deg) + arm.fore.length * _up(arm.fore.raised_deg)
    return math.degrees(math.atan2(abs(x), -y))


def _up(raised_deg: float) -> float:
    return -math.cos(math.radians(raised_deg))


def _far_out(arm: ArmView) -> float:
    """Tell whether the hand is far from the trunk, at its own side."""
    return rising(arm.wrist[0], 0.6, 0.95)


def _long(arm: ArmView) -> float:
    """Tell whether the arm lies in the picture's plane; one that reaches for the lens looks short."""
    return rising(arm.upper.length + arm.fore.length, 0.45, 0.8)


def _raised(view: BodyView, side: Side) -> float:
    """Tell whether a hand is higher than the ears and its elbow over the shoulder; a body in profile may do so too."""
    arm = view.arms[side]
    straight_deg = min(arm.elbow_deg, 130.0) - 95.0  # with a straight arm the elbow need not be as high
    return min(
        arm.seen,
        rising(_elbow_up_deg(view, side) + 0.2 * straight_deg, 84.0, 101.0),
        rising(arm.fore.raised_deg, 95.0, 120.0),
        rising(arm.wrist[1] - _ears(view), -0.18, 0.18),
        _not_lying(view),
    )


def _beside_head(view: BodyView, side: Side) -> float:
    """Tell whether an elbow is about as high as its shoulder and the forearm upright; a salute's goes to the brow."""
    arm = view.arms[side]
    return min(
        arm.seen,
        rising(_elbow_up_deg(view, side), 70.0, 82.0),  # who waves holds it lower
        rising(arm.fore.raised_deg, 120.0, 145.0),
        rising(arm.fore.out, -0.42, -0.28),
        rising(arm.wrist[0], 0.55, 0.75),
        rising(arm.wrist[1] - _ears(view), -0.4, -0.1),
        _not_lying(view),
    )


def _not_lying(view: BodyView) -> float:
    """Tell whether the trunk, as far as it is seen, is no more than half bent to a side."""
    return max(1.0 - view.hips_seen, falling(abs(view.trunk_deg), 30.0, 50.0))


def _ears(view: BodyView) -> float:
    """Return how high the ears are; where the head is hidden behind an arm, where they usually are."""
    return view.head[1] * view.head_seen + 0.5 * (1.0 - view.head_seen)


def _elbow_up_deg(view: BodyView, side: Side) -> float:
    """Return how far the upper arm is raised against the picture's upright: whoever lifts an arm leans away from it."""
    raised_deg = view.arms[side].upper.raised_deg
    return raised_deg - SIGN[side] * view.hips_seen * view.trunk_deg if raised_deg < 165.0 else raised_deg


def _upright(view: BodyView) -> float:
    """Tell whether the trunk is upright and not in profile, as far as it is seen."""
    level, frontal = falling(abs(view.slope_deg), 35.0, 55.0), rising(view.frontal, 0.25, 0.45)
    return min(view.shoulders_seen, level, frontal, _not_lying(view))


def _facing(view: BodyView) -> float:
    return rising(view.frontal, 0.5, 0.7)


def _no_lunge(view: BodyView) -> float:
    """Tell that nobody stands with feet far apart and a knee bent, as far as the legs are seen."""
    seen = min(leg.seen for leg in view.legs.values())
    apart = view.legs["left"].ankle[0] + view.legs["right"].ankle[0]
    bent = max(falling(leg.knee_deg, 135.0, 155.0) for leg in view.legs.values())
    return 1.0 - min(seen, bent, rising(apart, 1.5, 2.0))
