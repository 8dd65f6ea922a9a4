"""Tables of names and edges: body 33, hand 21, face parts and the 52 expression coefficients.

Owns the order of keypoints and coefficients. Pure data; knows nothing of models or pictures.
Sources: MediaPipe's pose, hand and face landmark documentation; Apple's `ARFaceAnchor.BlendShapeLocation`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BODY_NAMES: Final = (
    *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
    *("left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index"),
    *("left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
    *("left_heel", "right_heel", "left_foot_index", "right_foot_index"),
)
"""The 33 body keypoints of MediaPipe Pose."""

BODY_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(BODY_NAMES)}

BODY_EDGES: Final = (
    *((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24)),
    *((23, 25), (25, 27), (27, 29), (29, 31), (27, 31), (24, 26), (26, 28), (28, 30), (30, 32), (28, 32)),
    *((15, 17), (15, 19), (15, 21), (16, 18), (16, 20), (16, 22)),
)
"""Pairs of body keypoints to draw as lines (the head is drawn from the face)."""

HAND_NAMES: Final = (
    "wrist",
    *(f"{finger}_{joint}" for finger, joints in (("thumb", ("cmc", "mcp", "ip", "tip")),) for joint in joints),
    *(f"{f}_{j}" for f in ("index", "middle", "ring", "pinky") for j in ("mcp", "pip", "dip", "tip")),
)
"""The 21 hand keypoints of MediaPipe Hands."""

SIDES: Final = ("left", "right")
"""The person's own, in the order in which sides stand everywhere."""

HAND_EDGES: Final = (
    *((0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11), (11, 12)),
    *((9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (0, 17), (17, 18), (18, 19), (19, 20)),
)
"""Pairs of hand keypoints to draw as lines."""

EXPRESSION_NAMES: Final = (
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff"),
    *("cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight"),
    *("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight"),
    *("eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen"),
    *("jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight"),
    *("mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight"),
    *("mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft"),
    *("mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
"""The 52 ARKit coefficients, in the order MediaPipe gives them (its `_neutral` dropped), `tongueOut` last."""

EXPRESSION_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(EXPRESSION_NAMES)}
BLINK: Final = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]
"""The two coefficients of the lids."""


def _opposite(name: str) -> str:
    if name.endswith("Left"):
        return name[:-4] + "Right"
    if name.endswith("Right"):
        return name[:-5] + "Left"
    return name


EXPRESSION_MIRROR: Final[NDArray[np.intp]] = np.array([EXPRESSION_INDEX[_opposite(name)] for name in EXPRESSION_NAMES])
"""For each coefficient the index of its twin on the other side of the face (itself on the middle line)."""
