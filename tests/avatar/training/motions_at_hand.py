"""Small motions that the mascot's own puppet photographed, in memory: what a data set is, without its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot.sheets import REST, pose
from avatar.mesh import Character
from avatar.training.moments import Painter, moment_of
from trackers.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class MadeMotion:
    name: str
    framing: str
    style: str
    rotations: FloatArray
    root_m: FloatArray
    expression: FloatArray
    bones: FloatArray
    shown: NDArray[Any]
    photographer: Painter | None = None

    def picture(self, number: int) -> ImageArray:
        assert number in self.shown
        assert self.photographer is not None
        return self.photographer.paint(moment_of(self, number))


def waving(
    character: Character,
    photographer: Painter | None = None,
    *,
    name: str = "wave",
    framing: Framing = Framing.UPPER,
    style: str = "wave",
    frames: int = 8,
    shown: Sequence[int] = (0, 1, 4),
    start_deg: float = 0.0,
) -> MadeMotion:
    """Return a motion in which the head turns, the left arm rises and the eyes close, by 6 degrees a frame."""
    figure = Figure(character)
    poses, bones = [], []
    for frame in range(frames):
        turn = start_deg + 6.0 * frame
        turned = {**REST, "head": (0, turn / 2, 0), "leftUpperArm": (0, -8, -68 + turn)}
        wanted = pose(turned, {"eyeBlink": 0.1 * frame})
        figure.pose(wanted, time_ns=frame * 33_000_000)
        poses.append(wanted)
        bones.append(figure.bones.copy())
    return MadeMotion(
        name=name,
        framing=str(framing),
        style=style,
        rotations=np.stack([each.rotations for each in poses]),
        root_m=np.stack([each.root_m for each in poses]),
        expression=np.stack([each.expression for each in poses]),
        bones=np.stack(bones),
        shown=np.array(shown),
        photographer=photographer,
    )
