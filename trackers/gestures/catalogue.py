"""The built-in gestures: their specs, their detectors, and the families under which a rule may name several at once.

Owns the list. Knows nothing of how any of them is judged.
"""

from typing import Final

from trackers.gestures import body_poses, face_poses, hand_poses, motions, presence_gestures
from trackers.gestures.types import SIDES, Detector, Spec

BUILT_IN: Final[tuple[Spec, ...]] = (
    *body_poses.SPECS,
    *presence_gestures.SPECS,
    *hand_poses.SPECS,
    *motions.SPECS,
    *face_poses.SPECS,
)
"""Every built-in gesture, as `Gesture.name` calls it."""

_OF_ONE_HAND: Final = (
    *("open_palm", "fist", "thumb_up", "thumb_down", "victory", "pointing_up", "ok", "horns", "call", "pinch"),
    *("wave", "swipe_left", "swipe_right", "circle"),
)
_OF_TWO_SIDES: Final = ("dab", "lean", "wink")

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    **{name: tuple(f"{side}_{name}" for side in SIDES) for name in _OF_ONE_HAND},
    **{name: tuple(f"{name}_{side}" for side in SIDES) for name in _OF_TWO_SIDES},
    "arm_raised": ("left_arm_raised", "right_arm_raised"),
}
"""A name that means any of several gestures: `fist` is `left_fist` or `right_fist`."""


def built_in_detectors() -> tuple[Detector, ...]:
    """Return a new detector for every built-in gesture."""
    return (
        body_poses.BodyPoses(),
        *presence_gestures.detectors(),
        hand_poses.HandPoses(),
        *motions.motion_detectors(),
        face_poses.FacePoses(),
    )
