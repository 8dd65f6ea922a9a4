"""A face as a few coloured lines: eyes with lids and irises, brows, nose, mouth, the head's outline and direction.

Owns which lines there are and how the expression bends them. Knows nothing of pictures: lines come out as points at rest, in
avatar space, which the head then carries. What a person's tracked landmarks would draw, and no more.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.mesh import Character, Gaze
from avatar.rig import BONE_INDEX
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FloatArray

Colour = tuple[int, int, int]
_Offsets = NDArray[np.floating[Any]]

_GAZE_FULL_RAD: Final = 0.5
_EYE: Final = {"Left": (0, 255, 255), "Right": (0, 128, 255)}
_BROW: Final = {"Left": (255, 255, 0), "Right": (255, 128, 0)}
_OUTLINE: Final = (128, 0, 255)
_NOSE: Final = (255, 255, 255)
_LIPS: Final = ((255, 0, 128), (255, 0, 255))
_TONGUE: Final = (0, 255, 0)
_ARC: Final[FloatArray] = np.linspace(-1, 1, 9, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One stroke through points; a single point is a dot."""

    points_m: FloatArray
    """(N, 3) at rest, avatar space."""
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class FaceLayout:
    """Where a character's eyes, brows and mouth are at rest, found from what its face's shapes move."""

    eyes_m: dict[str, FloatArray]
    brows_m: dict[str, FloatArray]
    mouth_m: FloatArray
    mouth_half_m: float
    chin_m: FloatArray
    crown_m: FloatArray
    span_m: float
    """Between the middles of the eyes."""


def layout_of(character: Character) -> FaceLayout:
    """Return the layout; what no shape of the face moves is placed by the distance of the eyes."""
    rest = character.rig.rest_m
    joints = {side: rest[BONE_INDEX[f"{side.lower()}Eye"]] for side in ("Left", "Right")}
    span = float(np.linalg.norm(joints["Left"] - joints["Right"]))
    eyes = {side: _middle(character, f"eyeBlink{side}", joint) for side, joint in joints.items()}
    up = np.array([0, 1, 0], dtype=np.float32)
    brows = {side: _middle(character, f"browOuterUp{side}", eye + 0.5 * span * up) for side, eye in eyes.items()}
    between = (eyes["Left"] + eyes["Right"]) / 2
    mouth = _middle(character, "mouthPucker", between - 0.8 * span * up)
    mouth[0] = between[0]
    head = rest[BONE_INDEX["head"]]
    chin = np.array([between[0], mouth[1] - 0.35 * span, between[2]], dtype=np.float32)
    crown = np.array([between[0], between[1] + 1.4 * span, head[2]], dtype=np.float32)
    return FaceLayout(eyes, brows, mouth, 0.24 * span, chin, crown, span)


def face_lines(layout: FaceLayout, gazes: tuple[Gaze, ...], rotations: FloatArray, expression: FloatArray) -> list[Line]:
    """Return the strokes of one expression (52,) under (55, 4) local quaternions, at rest in avatar space."""
    value = {name: float(expression[index]) for name, index in EXPRESSION_INDEX.items()}
    looks = [_look(gaze, rotations, expression) for gaze in gazes] or [(0.0, 0.0)]
    look = np.array(looks, dtype=np.float32).mean(axis=0)
    lines = [_outline(layout)]
    for side in ("Left", "Right"):
        lines += _eye(layout, side, value, look) + [_brow(layout, side, value)]
    nose = (layout.eyes_m["Left"] + layout.eyes_m["Right"] + layout.mouth_m) / 3
    ahead = nose + np.array([0, 0, layout.span_m], dtype=np.float32)
    return [*lines, Line(np.stack([nose, ahead]), _NOSE), *_mouth(layout, value)]


def _middle(character: Character, coefficient: str, otherwise: FloatArray) -> FloatArray:
    """Return the middle of what one coefficient moves in the face, or `otherwise`."""
    index = EXPRESSION_INDEX[coefficient]
    moved = [morph.vertex for morph in character.mesh.morphs if morph.drive[index] > 0 and len(morph.vertex)]
    if not moved:
        return otherwise.astype(np.float32)
    points = character.mesh.vertices[np.unique(np.concatenate(moved))]
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2, dtype=np.float32)


def _look(gaze: Gaze, rotations: FloatArray, expression: FloatArray) -> tuple[float, float]:
    """Return how far an eye looks to the avatar's left and up, -1..1: by its bone, or by coefficients if that is at rest."""
    x, y, _, w = (float(part) for part in rotations[gaze.bone])
    left, right, up, down = (float(expression[index]) for index in gaze.look)
    turned = x * x + y * y > 1e-8
    sideways, upward = (2 * y * w / _GAZE_FULL_RAD, -2 * x * w / _GAZE_FULL_RAD) if turned else (left - right, up - down)
    return float(np.clip(sideways, -1, 1)), float(np.clip(upward, -1, 1))


def _stroke(middle: FloatArray, across: _Offsets, up: _Offsets, colour: Colour) -> Line:
    """Return a line in the plane of the face: offsets to the avatar's left and up from `middle`, metres."""
    offsets = np.stack([across, up, np.zeros_like(across)], axis=1)
    return Line((middle + offsets).astype(np.float32), colour)


def _eye(layout: FaceLayout, side: str, value: dict[str, float], look: FloatArray) -> list[Line]:
    half = 0.34 * layout.span_m
    opened = 1 - value[f"eyeBlink{side}"] + 0.25 * value[f"eyeWide{side}"] - 0.3 * value[f"eyeSquint{side}"]
    high = 0.42 * layout.span_m * float(np.clip(opened, 0, 1.3))
    arc = np.sqrt(1 - _ARC**2)
    middle, colour = layout.eyes_m[side], _EYE[side]
    lids = [_stroke(middle, half * _ARC, sign * high * arc, colour) for sign in (1, -0.8)]
    if opened < 0.15:
        return lids
    iris = np.array([[0.5 * half * look[0], 0.5 * high * look[1], 0.0]], dtype=np.float32)
    return [*lids, Line(middle + iris, colour)]


def _brow(layout: FaceLayout, side: str, value: dict[str, float]) -> Line:
    sign = 1 if side == "Left" else -1
    outward = (_ARC + 1) / 2  # 0 at the inner end
    raised = value["browInnerUp"] * (1 - outward) + value[f"browOuterUp{side}"] * outward
    lowered = value[f"browDown{side}"] * (1 - 0.4 * outward)
    up = layout.span_m * (0.22 * raised - 0.2 * lowered + 0.08 * (1 - _ARC**2))
    return _stroke(layout.brows_m[side], sign * 0.32 * layout.span_m * _ARC, up, _BROW[side])


def _mouth(layout: FaceLayout, value: dict[str, float]) -> list[Line]:
    half = layout.mouth_half_m
    left, right = np.clip(_ARC, 0, 1), np.clip(-_ARC, 0, 1)
    smile = value["mouthSmileLeft"] * left + value["mouthSmileRight"] * right
    frown = value["mouthFrownLeft"] * left + value["mouthFrownRight"] * right
    stretched = value["mouthStretchLeft"] * left + value["mouthStretchRight"] * right
    wide = 1 + 0.35 * (smile + stretched) - 0.5 * value["mouthPucker"] - 0.3 * value["mouthFunnel"]
    aside = half * 0.5 * (value["mouthLeft"] - value["mouthRight"] + value["jawLeft"] - value["jawRight"])
    across, corner, dome = half * wide * _ARC + aside, half * 0.5 * (smile - frown), 1 - _ARC**2
    raised = 0.25 * (value["mouthUpperUpLeft"] + value["mouthUpperUpRight"]) + 0.3 * value["mouthFunnel"]
    lowered = 0.25 * (value["mouthLowerDownLeft"] + value["mouthLowerDownRight"]) + 0.6 * value["mouthFunnel"]
    dropped = 1.4 * value["jawOpen"] * (1 - value["mouthClose"]) + lowered
    upper = _stroke(layout.mouth_m, across, corner + half * raised * dome, _LIPS[0])
    lower = _stroke(layout.mouth_m, across, corner - half * dropped * dome, _LIPS[1])
    if value["tongueOut"] < 0.1:
        return [upper, lower]
    tongue = np.array([[aside, -half * (dropped + value["tongueOut"]), 0]], dtype=np.float32)
    return [upper, lower, Line(layout.mouth_m + tongue, _TONGUE)]


def _outline(layout: FaceLayout) -> Line:
    """Return the loop over cheeks, chin and crown."""
    middle = np.asarray((layout.chin_m + layout.crown_m) / 2, dtype=np.float32)
    angle = np.linspace(0, 2 * np.pi, 25, dtype=np.float32)
    wide, high = 1.15 * layout.span_m, float(layout.crown_m[1] - layout.chin_m[1]) / 2
    return _stroke(middle, np.sin(angle) * wide, np.cos(angle) * high, _OUTLINE)
