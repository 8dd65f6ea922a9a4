"""The keypoint sets that other programs use: names, order and correspondence with ours, as data.

Owns COCO-17, the feet and layout of COCO-WholeBody, OpenPose's BODY_25 and 18, and which points of our face mesh stand for
iBUG 68. Pure data; the conversions are `keypoint_sets`'.
Sources: COCO (Lin et al., 2014), COCO-WholeBody (Jin et al., 2020), OpenPose's output documentation, iBUG 300-W (Sagonas et
al., 2013). The mesh's correspondences are ours: jaw and lips at even lengths along the canonical mesh's outline, checked on
pictures.
"""

from typing import Final

COCO_NAMES: Final = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
    "right_ankle",
)
"""The 17 keypoints of COCO; all have a twin of the same name among our 33."""

COCO_FEET: Final = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")
"""The 6 foot keypoints of COCO-WholeBody."""

WHOLEBODY_COUNT: Final = 133
WHOLEBODY_BODY: Final = slice(0, 17)
WHOLEBODY_FEET: Final = slice(17, 23)
WHOLEBODY_FACE: Final = slice(23, 91)
WHOLEBODY_LEFT_HAND: Final = slice(91, 112)
WHOLEBODY_RIGHT_HAND: Final = slice(112, 133)

BODY_25_NAMES: Final = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye"),
    *("left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe"),
    *("right_small_toe", "right_heel"),
)
"""OpenPose's BODY_25."""

OPENPOSE_18_NAMES: Final = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye"),
    *("right_ear", "left_ear"),
)
"""OpenPose's older COCO model, which pose editors still write."""

TWINS: Final[dict[str, str]] = {
    **{name: name for name in COCO_NAMES},
    **{f"{side}_big_toe": f"{side}_foot_index" for side in ("left", "right")},
    **{f"{side}_heel": f"{side}_heel" for side in ("left", "right")},
}
"""Name in another set to the name among our 33. Our foot index lies at the big toe; a small toe we do not have."""

MIDDLES: Final[dict[str, tuple[str, str]]] = {
    "neck": ("left_shoulder", "right_shoulder"),
    "mid_hip": ("left_hip", "right_hip"),
}
"""Points that are the middle of two others, as OpenPose defines them."""

IBUG_COUNT: Final = 68
FACE_70_COUNT: Final = 70

IBUG_FROM_MESH: Final = (
    *(127, 234, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 356),  # jaw, from the own right ear
    *(70, 63, 105, 66, 107),  # right brow, from outside
    *(336, 296, 334, 293, 300),  # left brow, from inside
    *(168, 197, 195, 4),  # bridge of the nose, downwards
    *(98, 97, 2, 326, 327),  # under the nose, from the own right
    *(33, 160, 158, 133, 153, 144),  # right eye, from the outer corner over the upper lid
    *(362, 385, 387, 263, 373, 380),  # left eye, from the inner corner over the upper lid
    *(61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),  # outer lips, from the own right corner over the upper lip
    *(78, 81, 13, 311, 308, 402, 14, 178),  # inner lips, the same way
)
"""For each of the 68 points the number of the mesh's vertex."""

BROWS_FROM_MESH: Final = (46, 53, 52, 65, 55, 285, 295, 282, 283, 276)
"""The lower edge of both brows. The table above holds the upper edge; points 17 to 26 lie in the middle of the two."""

BROWS: Final = slice(17, 27)

PUPILS_FROM_MESH: Final = (468, 473)
"""The right and the left iris's centre: with them, iBUG 68 is OpenPose's face 70."""

BODY_FROM_FACE: Final[dict[str, int]] = {
    "right_eye_outer": 36,
    "right_eye_inner": 39,
    "left_eye_inner": 42,
    "left_eye_outer": 45,
    "mouth_right": 48,
    "mouth_left": 54,
}
"""Those of our 33 that other bodies lack but iBUG 68 has."""

BODY_FROM_HAND: Final[dict[str, int]] = {"thumb": 2, "index": 5, "pinky": 17}
"""Those of our 33 (each with its side) that a hand has and other bodies lack: the thumb's second knuckle, the others' first."""
