"""Painters that nobody trained: the bare textured proxy, and the nearest photograph.

Owns the distance of poses that "nearest" means. Knows nothing of networks.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.conditioning import Condition, Conditioner
from avatar.rig import joint_positions
from avatar.training.moments import Moment, MotionLike, moment_of
from trackers.types import FloatArray, ImageArray

EXPRESSION_WEIGHT_M: Final = 0.03
"""A coefficient that differs by 1 is as far as a joint that is this far away: a blink shows as little as a small turn."""


class ProxyPainter:
    """Draws the mesh of a character as it is shown without any network."""

    def __init__(self, character: Character, *, width_px: int, height_px: int) -> None:
        self._figure = Figure(character)
        self._conditioner = Conditioner(character, width_px=width_px, height_px=height_px)

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA."""
        self._figure.place(moment.bones, rotations=moment.rotations, expression=moment.expression)
        condition = Condition.blank(width_px=self._conditioner.size_px[0], height_px=self._conditioner.size_px[1])
        self._conditioner.draw(self._figure, moment.framing, condition)
        return condition.coarse


class NearestPainter:
    """Shows the photograph of the nearest pose among those that others were trained on, of the same framing.

    The distance of two poses is the sum of squares of how far each of the rig's joints is from its twin, ears, tail and hair
    included (metres, where they are in space), plus that of the coefficients' differences times `EXPRESSION_WEIGHT_M`.
    """

    def __init__(self, character: Character, motions: Sequence[MotionLike]) -> None:
        self._character = character
        self._places = [(motion, int(number)) for motion in motions for number in motion.shown]
        moments = [moment_of(motion, number) for motion, number in self._places]
        self._framings: NDArray[np.str_] = np.array([str(moment.framing) for moment in moments])
        self._poses = np.stack([self._pose(moment) for moment in moments]) if moments else np.zeros((0, 1), np.float32)

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA.

        Raises:
            ValueError: there is no photograph of this framing.
        """
        motion, number = self._places[self.nearest(moment)]
        return motion.picture(number)

    def nearest(self, moment: Moment) -> int:
        """Return the place of the nearest photograph, in the order of the motions and their frames."""
        alike = np.flatnonzero(self._framings == str(Framing(moment.framing)))
        if not len(alike):
            raise ValueError(f"there is no photograph framed {moment.framing} to be the nearest")
        away = np.square(self._poses[alike] - self._pose(moment)).sum(axis=1)
        return int(alike[away.argmin()])

    def _pose(self, moment: Moment) -> FloatArray:
        joints = joint_positions(self._character.rig, moment.bones)  # (J, 3)
        tips = [moment.bones[s.bone, :, :3] @ s.tip_m + moment.bones[s.bone, :, 3] for s in self._character.springs]
        face = EXPRESSION_WEIGHT_M * moment.expression
        return np.concatenate([joints.reshape(-1), *tips, face]).astype(np.float32)
