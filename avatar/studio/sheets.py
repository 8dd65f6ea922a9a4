"""Draws the mascot's sheets: turnaround, expressions, hands, extremes, sizes, grounds, and the studio beside the puppet.

`python -m avatar.studio.sheets OUT` writes PNGs into the folder OUT (about half a minute). They are how the character,
its light and its line are judged: look at them. The poses are `avatar.mascot.sheets`'; this module owns how they are laid out.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import typer

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot import Level, build_mascot
from avatar.mascot.sheets import EXPRESSIONS, EXTREMES, HANDS, REST, Turns, on_ground, pose, quaternion
from avatar.mesh import Character
from avatar.puppet import PuppetRenderer
from avatar.studio.studio import Studio
from avatar.types import RigPose
from trackers.types import ImageArray

_GROUNDS = ((0, 0, 0), (255, 255, 255), (0, 177, 64))
_SIZES_PX = (512, 256, 96, 64)
_SMILE = {"mouthSmile": 0.5}
_HAND_SHEET_PX, _HAND_CROP_PX = 640, 350  # a raised hand is shown larger than the whole bust


def _mirrored(turns: Turns) -> dict[str, Sequence[float]]:
    """Return the turns of the left side, and the same of the right side."""
    right = {bone.replace("left", "right"): (x, -y, -z) for bone, (x, y, z) in turns.items()}
    return {**turns, **right}


BOTH_HANDS: dict[str, Turns] = {
    "peek": _mirrored({"leftUpperArm": (62, -91, -70), "leftLowerArm": (53, -19, 47), "leftHand": (0, 42, 0)}),
    "cheeks": _mirrored({"leftUpperArm": (-48, -79, -70), "leftLowerArm": (4, -33, -38), "leftHand": (0, -43, 0)}),
}
"""Both hands held before the face: what hides most, and what a streamer does most."""


class _Photographer:
    """Settled pictures of one character: every one is taken after the springs have come to rest."""

    def __init__(self, character: Character) -> None:
        self._character, self._figure = character, Figure(character)
        self._studios: dict[int, Studio] = {}

    def shot(self, shown: RigPose, *, framing: Framing, size_px: int = 384, turn_deg: float = 0.0) -> ImageArray:
        if size_px not in self._studios:
            self._studios[size_px] = Studio(self._character, width_px=size_px, height_px=size_px)
        if turn_deg:
            rotations = shown.rotations.copy()
            rotations[0] = quaternion((0, turn_deg, 0))
            shown = replace(shown, rotations=rotations)
        self._figure.settle()
        self._figure.pose(shown, time_ns=0)
        given = {"rotations": shown.rotations, "expression": shown.expression}
        return self._studios[size_px].shoot(self._figure.bones, framing=framing, **given)


def _tiled(pictures: Sequence[ImageArray], columns: int) -> ImageArray:
    rows = [np.concatenate(pictures[k : k + columns], axis=1) for k in range(0, len(pictures), columns)]
    return np.concatenate(rows)


def _grey(picture: ImageArray) -> ImageArray:
    """Return (H, W, 3) without colour: what is light and what is dark."""
    luma = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.repeat((luma + 0.5).astype(np.uint8)[..., None], 3, axis=2)


def _hands(photographer: _Photographer) -> ImageArray:
    pictures = []
    for turns in HANDS.values():
        whole = on_ground(photographer.shot(pose(turns), framing=Framing.BUST, size_px=_HAND_SHEET_PX))
        pictures.append(whole[-_HAND_CROP_PX - 110 : -110, -_HAND_CROP_PX:])
    for turns in BOTH_HANDS.values():
        pictures.append(on_ground(photographer.shot(pose(turns), framing=Framing.BUST, size_px=_HAND_CROP_PX)))
    return _tiled(pictures, 4)


def _grounds(photographer: _Photographer) -> ImageArray:
    bust = photographer.shot(pose(REST, _SMILE), framing=Framing.BUST)
    return np.concatenate([*(on_ground(bust, ground) for ground in _GROUNDS), _grey(on_ground(bust))], axis=1)


def _sizes(photographer: _Photographer) -> ImageArray:
    pictures = []
    for size_px in _SIZES_PX:
        whole = np.zeros((_SIZES_PX[0], size_px, 4), dtype=np.uint8)  # small ones stand on the same line
        whole[-size_px:] = photographer.shot(pose(REST, _SMILE), framing=Framing.BUST, size_px=size_px)
        pictures.append(on_ground(whole))
    return np.concatenate(pictures, axis=1)


def _beside_the_puppet(photographer: _Photographer) -> ImageArray:
    """Return the puppet's picture and the studio's, side by side."""
    puppet = PuppetRenderer(build_mascot(), framing=Framing.BUST)
    shown = pose(HANDS["victory"], _SMILE)
    pictures = [puppet.render(shown, time_ns=0).image, photographer.shot(shown, framing=Framing.BUST, size_px=512)]
    return np.concatenate([on_ground(picture) for picture in pictures], axis=1)


def draw(folder: Path, character: Character) -> None:
    """Write all sheets of `character` into `folder`."""
    photographer, calm = _Photographer(character), pose(REST)
    turns = [on_ground(photographer.shot(calm, framing=Framing.FULL, turn_deg=angle)) for angle in range(0, 360, 45)]
    faces = [on_ground(photographer.shot(pose(REST, face), framing=Framing.BUST, size_px=320)) for face in EXPRESSIONS.values()]
    extremes = [on_ground(photographer.shot(pose(turns), framing=Framing.UPPER)) for turns in EXTREMES.values()]
    sheets = {
        "turnaround": _tiled(turns, 4),
        "expressions": _tiled(faces, 4),
        "hands": _hands(photographer),
        "extremes": _tiled(extremes, 4),
        "grounds": _grounds(photographer),
        "sizes": _sizes(photographer),
        "puppet_and_studio": _beside_the_puppet(photographer),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in sheets.items():
        path = folder / f"{name}.png"
        cv2.imwrite(str(path), np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main(folder: Path) -> None:
    """Write the mascot's sheets into a folder."""
    draw(folder, build_mascot(Level.DETAILED))


if __name__ == "__main__":
    typer.run(main)
