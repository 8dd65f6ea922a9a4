"""Two short motions of the mascot's proxy, photographed by the puppet in place of the studio, for tests of training."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from avatar.camera import Framing, camera_for
from avatar.figure import Figure
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.rasteriser import Rasteriser
from avatar.rig import BONE_INDEX
from avatar.types import BONE_COUNT, RigPose
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, Stamp

FRAMES = 12


@cache
def proxy_character() -> Character:
    """Return the proxy, built once for all tests."""
    return build_mascot(Level.PROXY)


@dataclass(frozen=True, slots=True, eq=False)
class SmallMotion:
    """What `avatar.training.batches.Filmed` asks for, in memory. Its truth is the puppet's mesh with its colours turned."""

    name: str
    framing: Framing
    rotations: FloatArray
    root_m: FloatArray
    expression: FloatArray
    bones: FloatArray
    shown: np.ndarray
    photographs: dict[int, ImageArray]

    def picture(self, number: int) -> ImageArray:
        """Return the photograph of a frame."""
        return self.photographs[number]


@cache
def small_motions() -> tuple[SmallMotion, ...]:
    """Return a bust and a whole figure: arms swing, the head turns, the mouth opens."""
    return tuple(_motion(framing, seed) for seed, framing in enumerate((Framing.BUST, Framing.FULL)))


def _motion(framing: Framing, seed: int) -> SmallMotion:
    character = proxy_character()
    figure = Figure(character)
    rasteriser = Rasteriser(character)
    camera = camera_for(framing, width_px=512, height_px=512)
    rotations = np.zeros((FRAMES, BONE_COUNT, 4), dtype=np.float32)
    rotations[..., 3] = 1
    expression = np.zeros((FRAMES, EXPRESSION_COUNT), dtype=np.float32)
    bones, photographs = [], {}
    for frame in range(FRAMES):
        swing = 0.5 * np.sin(0.7 * frame + seed)
        for bone, axis, size in (("leftUpperArm", 2, 1.0), ("rightUpperArm", 2, -1.0), ("head", 1, 0.4)):
            half = size * (swing - (1.2 if axis == 2 else 0.0)) / 2
            rotations[frame, BONE_INDEX[bone], [axis, 3]] = np.sin(half), np.cos(half)
        expression[frame, 24] = abs(swing)
        pose = RigPose(
            stamp=Stamp(seq=frame, captured_ns=0),
            rotations=rotations[frame],
            root_m=np.zeros(3, dtype=np.float32),
            expression=expression[frame],
            confidence=np.ones(BONE_COUNT, dtype=np.float32),
            face_confidence=1.0,
        )
        figure.pose(pose, time_ns=int(frame * 1e9 / 30))
        bones.append(figure.bones.copy())
        picture = np.zeros((512, 512, 4), dtype=np.uint8)
        rasteriser.draw(figure, camera, picture)
        picture[..., :3] = picture[..., [2, 0, 1]]  # the colours turned about: something to learn
        picture[picture[..., 3] == 0] = 0
        photographs[frame] = picture
    root_m = np.zeros((FRAMES, 3), dtype=np.float32)
    shown = np.arange(0, FRAMES, 2)
    return SmallMotion(f"small-{framing}", framing, rotations, root_m, expression, np.stack(bones), shown, photographs)
