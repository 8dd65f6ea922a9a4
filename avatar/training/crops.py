"""Which part of a picture a crop shows: faces and hands more often than their size would give.

Owns the drawing of lots about where. Knows nothing of pixels' values or torch.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from avatar.camera import Camera
from avatar.mesh import Character
from avatar.rig import BONE_INDEX
from avatar.training.settings import Regions
from trackers.types import FloatArray

STEP_PX: Final = 4
"""Crops begin at multiples of this: a network paints blocks of 4 x 4 pixels."""

_HEAD: Final = BONE_INDEX["head"]
_HANDS: Final = (BONE_INDEX["leftMiddleProximal"], BONE_INDEX["rightMiddleProximal"])
_BODY: Final = tuple(
    BONE_INDEX[name]
    for name in (
        *("hips", "spine", "chest", "neck", "leftUpperArm", "rightUpperArm", "leftLowerArm", "rightLowerArm", "leftHand"),
        *("rightHand", "leftUpperLeg", "rightUpperLeg", "leftLowerLeg", "rightLowerLeg", "leftFoot", "rightFoot"),
    )
)


class Aim:
    """Aims crops at one character."""

    def __init__(self, character: Character, regions: Regions) -> None:
        rig = character.rig
        self._regions = regions
        self._rest_m: FloatArray = rig.rest_m.copy()
        self._rest_m[_HEAD] = character.guard.centre_m  # the middle of the head, not its joint
        self._bones = np.array([_HEAD, *_HANDS, *_BODY, *range(len(BONE_INDEX), len(rig.names))])

    def point(self, bones: FloatArray, camera: Camera, random: np.random.Generator) -> tuple[float, float]:
        """Return the pixel that a crop should be about; the picture's own middle of nothing is anywhere in it."""
        index = self._bones
        posed = np.einsum("jab,jb->ja", bones[index, :, :3], self._rest_m[index]) + bones[index, :, 3]
        at = camera.project(posed.astype(np.float32))
        seen = np.all((at >= 0) & (at < [camera.width_px, camera.height_px]), axis=1).tolist()
        lot, regions = random.random(), self._regions
        groups: list[Sequence[int]] = [range(1), range(1, 3), range(3, len(index)), []]
        bounds = np.cumsum([regions.head, regions.hands, regions.body])
        chosen = [i for i in groups[int((lot >= bounds).sum())] if seen[i]]
        if not chosen:
            return random.uniform(0, camera.width_px), random.uniform(0, camera.height_px)
        x, y = at[chosen[int(random.integers(len(chosen)))]]
        return float(x), float(y)


def corner_about(
    point: tuple[float, float], *, crop_px: int, size_px: tuple[int, int], random: np.random.Generator
) -> tuple[int, int]:
    """Return left and top of a crop within a picture of `size_px` (width, height) with `point` anywhere in its middle half."""
    corner = []
    for at, whole in zip(point, size_px, strict=True):
        begin = at - crop_px * random.uniform(0.25, 0.75)
        begin = min(max(begin, 0.0), float(whole - crop_px))
        corner.append(int(begin) // STEP_PX * STEP_PX)
    return corner[0], corner[1]
