"""Examples for an exported network out of a rendered set of data: what ranges are measured on, and files compared with.

Owns the choice of frames. Draws them exactly as the live renderer does.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.neural import spec
from avatar.neural.conditioning import Conditioner
from avatar.neural.parts import AvatarParts
from avatar.neural.texture import LiveTexture, write_surface
from export.painting import Example
from trackers.errors import UserError
from trackers.types import FloatArray

MEASURED_FRAMES: Final = 32
"""Enough for ranges: more changed no figure's first digit."""


class Filmed(Protocol):
    """What is asked of one motion (`avatar.dataset.reader.Motion`)."""

    @property
    def framing(self) -> Framing: ...
    @property
    def rotations(self) -> FloatArray: ...
    @property
    def expression(self) -> FloatArray: ...
    @property
    def bones(self) -> FloatArray: ...
    @property
    def shown(self) -> np.ndarray: ...
    @property
    def size_px(self) -> tuple[int, int]: ...


def examples_of(
    parts: AvatarParts, motions: Sequence[Filmed], *, count: int = MEASURED_FRAMES, seed: int = 0
) -> tuple[Example, ...]:
    """Return `count` frames spread over all motions.

    Args:
        parts: the proxy and the learnt texture; its networks are not looked at.
        motions: held-in ones ("train") for ranges, others for figures; all of one size.

    Raises:
        UserError: no motion shows a picture.
    """
    frames = [(motion, int(number)) for motion in motions for number in motion.shown]
    if not frames:
        raise UserError("there are no drawn pictures to show the network; draw some with python run.py avatar render")
    chosen = np.random.default_rng(seed).permutation(len(frames))[:count]
    high, wide = frames[0][0].size_px
    figure, texture = Figure(parts.character), LiveTexture(parts)
    conditioner = Conditioner(parts.character, width_px=wide, height_px=high)
    found = []
    for index in sorted(chosen):
        motion, number = frames[index]
        expression = motion.expression[number]
        figure.place(motion.bones[number], rotations=motion.rotations[number], expression=expression)
        condition = conditioner.condition(figure, motion.framing)
        texture.express(expression)
        surface = np.empty((1, spec.SURFACE_CHANNELS, high // 2, wide // 2), dtype=np.float32)
        write_surface(condition, texture.texels, (0, 0, wide, high), surface)
        found.append(Example(coarse=condition.coarse, surface=surface[0], code=expression))
    return tuple(found)
