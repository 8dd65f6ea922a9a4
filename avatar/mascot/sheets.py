"""The poses by which the mascot is judged, and the sheet of its levels side by side.

`python -m avatar.mascot.sheets OUT` writes `levels.png` and `atlas.png` into the folder OUT: look at them. The other sheets are
drawn by the studio (`avatar.studio.sheets`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import typer

from avatar.camera import Framing
from avatar.mascot import Level, build_mascot
from avatar.mascot.atlas import texture
from avatar.puppet import PuppetRenderer
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, Stamp

Turns = Mapping[str, Sequence[float]]
_GROUND = (236, 233, 228)

REST: Turns = {
    "leftUpperArm": (0, -8, -68),
    "rightUpperArm": (0, 8, 68),
    "leftLowerArm": (0, -14, -6),
    "rightLowerArm": (0, 14, 6),
    **{f"{s}{f}{j}": (0, 0, z) for s, z in (("left", -18), ("right", 18)) for f in ("Index", "Middle", "Ring", "Little")
       for j in ("Proximal", "Intermediate", "Distal")},
}  # fmt: skip


def quaternion(turn_deg: Sequence[float]) -> FloatArray:
    """Return the quaternion of rotations about x, then y, then z (fixed axes), degrees."""
    x, y, z = np.radians(np.asarray(turn_deg, dtype=np.float64)) / 2
    (cx, cy, cz), (sx, sy, sz) = np.cos([x, y, z]), np.sin([x, y, z])
    return np.array(
        [
            sx * cy * cz - cx * sy * sz,
            cx * sy * cz + sx * cy * sz,
            cx * cy * sz - sx * sy * cz,
            cx * cy * cz + sx * sy * sz,
        ],
        dtype=np.float32,
    )


def pose(turns: Turns | None = None, expression: Mapping[str, float] | None = None) -> RigPose:
    """Return a pose with the given bones turned (x, y, z degrees) and coefficients set; all else is the T-pose."""
    rotations = np.zeros((BONE_COUNT, 4), dtype=np.float32)
    rotations[:, 3] = 1
    for bone, turn in (turns or {}).items():
        rotations[BONE_INDEX[bone]] = quaternion(turn)
    face = np.zeros(EXPRESSION_COUNT, dtype=np.float32)
    for name, value in (expression or {}).items():
        both = [name + side for side in ("Left", "Right")] if name not in EXPRESSION_INDEX else [name]
        for each in both:
            face[EXPRESSION_INDEX[each]] = value
    return RigPose(
        stamp=Stamp(seq=0, captured_ns=0),
        rotations=rotations,
        root_m=np.zeros(3, dtype=np.float32),
        expression=face,
        confidence=np.ones(BONE_COUNT, dtype=np.float32),
        face_confidence=1.0,
    )


EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {"mouthSmile": 0.8},
    "laugh": {"mouthSmile": 1.0, "jawOpen": 0.7, "eyeBlink": 1.0, "cheekSquint": 0.8},
    "blink": {"eyeBlink": 1.0},
    "half": {"eyeBlink": 0.55},
    "wink": {"eyeBlinkLeft": 1.0, "mouthSmile": 0.7},
    "surprise": {"eyeWide": 1.0, "browInnerUp": 1.0, "browOuterUp": 0.8, "jawOpen": 0.5, "mouthFunnel": 0.5},
    "angry": {"browDown": 1.0, "mouthFrown": 0.7, "eyeSquint": 0.3},
    "sad": {"browInnerUp": 1.0, "mouthFrown": 0.8, "eyeBlink": 0.2},
    "a": {"jawOpen": 0.8},
    "i": {"mouthStretch": 0.8, "jawOpen": 0.15, "mouthSmile": 0.3},
    "u": {"mouthPucker": 0.9, "jawOpen": 0.1},
    "e": {"jawOpen": 0.35, "mouthSmile": 0.4, "mouthStretch": 0.4},
    "o": {"mouthFunnel": 0.9, "jawOpen": 0.35},
    "pout": {"mouthPucker": 0.8, "cheekPuff": 1.0, "browDown": 0.3, "mouthFrown": 0.4},
    "tongue": {"tongueOut": 1.0, "jawOpen": 0.45, "mouthSmile": 0.6, "eyeBlinkRight": 1.0},
}


def _curl(side: str, fingers: Sequence[str], amount_deg: float) -> dict[str, Sequence[float]]:
    z = -amount_deg if side == "left" else amount_deg
    return {f"{side}{f}{j}": (0, 0, z) for f in fingers for j in ("Proximal", "Intermediate", "Distal")}


def _thumb(side: str, *, proximal: float, distal: float) -> dict[str, Sequence[float]]:
    s = 1 if side == "left" else -1
    return {f"{side}ThumbProximal": (0, s * proximal, 0), f"{side}ThumbDistal": (0, s * distal, 0)}


_ALL = ("Index", "Middle", "Ring", "Little")


def raised(extra: Turns) -> Turns:
    """Return the left hand held up beside the face with its palm to the viewer, and the right arm at rest."""
    hand: Turns = {"leftUpperArm": (-90, 0, -50), "leftLowerArm": (0, -118, 0), "leftHand": (0, 10, 0)}
    return {**REST, **{k: (0, 0, 0) for k in REST if k.startswith("left")}, **hand, **extra}


HANDS: dict[str, Turns] = {
    "open": raised({}),
    "fist": raised({**_curl("left", _ALL, -82), **_thumb("left", proximal=20, distal=55)}),
    "point": raised({**_curl("left", _ALL[1:], -82), **_thumb("left", proximal=20, distal=55)}),
    "victory": raised({**_curl("left", _ALL[2:], -82), "leftIndexProximal": (0, -12, 0), "leftMiddleProximal": (0, 10, 0),
                       **_thumb("left", proximal=20, distal=55)}),
    "thumb": raised({**_curl("left", _ALL, -82), "leftHand": (0, 0, 0)}),
    "pinch": raised({**_curl("left", _ALL[:1], -48), **_curl("left", _ALL[1:], -14), **_thumb("left", proximal=12, distal=28)}),
}  # fmt: skip

_UP = {"leftUpperArm": (0, 0, 62), "rightUpperArm": (0, 0, -62), "leftLowerArm": (0, 0, 20), "rightLowerArm": (0, 0, -20)}
_CROSSED = {
    "leftUpperArm": (0, -62, -52), "rightUpperArm": (0, 62, 52), "leftLowerArm": (0, -95, 22), "rightLowerArm": (0, 95, -22),
}  # fmt: skip
_HIDE = {
    "leftUpperArm": (0, -70, -10),
    "rightUpperArm": (0, 70, 10),
    "leftLowerArm": (0, -80, 60),
    "rightLowerArm": (0, 80, -60),
}


def _head(yaw: float, pitch: float, roll: float = 0.0) -> Turns:
    return {**REST, "head": (0.65 * pitch, 0.65 * yaw, 0.65 * roll), "neck": (0.35 * pitch, 0.35 * yaw, 0.35 * roll)}


EXTREMES: dict[str, Turns] = {
    "yaw +60": _head(60, 0),
    "yaw -60": _head(-60, 0),
    "pitch +25": _head(0, 25),
    "pitch -25": _head(0, -25),
    "roll +25": _head(0, 0, 25),
    "arms up": _UP,
    "crossed": _CROSSED,
    "before face": _HIDE,
}


def on_ground(image: ImageArray, ground: Sequence[int] = _GROUND) -> ImageArray:
    """Return (H, W, 3) RGB: the picture laid over one colour."""
    alpha = image[..., 3:].astype(np.float32) / 255
    flat = image[..., :3] * alpha + np.asarray(ground, dtype=np.float32) * (1 - alpha)
    return (flat + 0.5).astype(np.uint8)


_SHEET_PX = 256
_SHOWN = (
    (pose(REST), Framing.BUST, 0.0),
    (pose(EXTREMES["pitch -25"], EXPRESSIONS["laugh"]), Framing.BUST, 0.0),
    (pose(HANDS["victory"]), Framing.UPPER, 0.0),
    (pose(REST), Framing.FULL, 150.0),
)


def _level(level: Level) -> ImageArray:
    """Return one level in each of the poses, drawn by the puppet's rasteriser, settled."""
    renderer = PuppetRenderer(build_mascot(level), width_px=_SHEET_PX, height_px=_SHEET_PX)
    pictures = []
    for number, (shown, framing, turn_deg) in enumerate(_SHOWN):
        renderer.framing = framing
        rotations = shown.rotations.copy()
        rotations[0] = quaternion((0, turn_deg, 0))
        time_ns = number * 10_000_000_000  # a jump in time settles the springs at once
        pictures.append(on_ground(renderer.render(replace(shown, rotations=rotations), time_ns=time_ns).image))
    return np.concatenate(pictures, axis=1)


def _write(folder: Path, name: str, picture: ImageArray) -> None:
    cv2.imwrite(str(folder / f"{name}.png"), np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def draw(folder: Path) -> None:
    """Write the sheet of the levels, and the texture that they share, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, "levels", np.concatenate([_level(level) for level in Level]))
    _write(folder, "atlas", texture()[..., :3])


if __name__ == "__main__":
    typer.run(draw)
