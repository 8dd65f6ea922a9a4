"""What the baselines are trained on: drawn skeletons beside the same photographs, crops and noise as ours.

Owns the drawing of lots for them. Knows nothing of networks or losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from avatar.camera import camera_for
from avatar.mesh import Character
from avatar.neural.spec import CODE_LENGTH
from avatar.training.batches import Batch, Filmed
from avatar.training.crops import Aim, corner_about
from avatar.training.drawn_channels import fill
from avatar.training.moments import Moment
from avatar.training.noise import Disturber, Pose
from avatar.training.settings import Settings, Stage
from avatar.training.skeleton_drawing import LAYERS, SkeletonDrawer
from avatar.training.truths import Truths, premultiply
from trackers.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBatch(Batch):
    """N crops of C x C pixels of drawn skeletons with their truth. There is nothing of the proxy in it: `coarse`, to which our
    network's answer is added, is 0, and of the surface there is nothing.
    """

    drawn: Tensor
    """(N, 4, C, C) all layers in one, premultiplied: what the network is given in place of `coarse`."""
    layers: Tensor
    """(N, 12, C/2, C/2) each layer at half size, in place of `surface`."""

    def to(self, device: torch.device) -> "DrawnBatch":
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        names = ("coarse", "code", "truth", "background", "drawn", "layers")
        return replace(self, **{name: getattr(self, name).pin_memory().to(device, non_blocking=True) for name in names})


@dataclass(slots=True)
class _Page:
    """The arrays that crops are written to."""

    drawn: FloatArray
    layers: FloatArray
    code: FloatArray
    truth: FloatArray
    background: FloatArray

    @classmethod
    def blank(cls, count: int, side: int) -> "_Page":
        half = side // 2
        shapes = ((side, side, 4), (half, half, 3 * len(LAYERS)), (CODE_LENGTH,), (side, side, 4), (3,))
        return cls(*(np.empty((count, *shape), dtype=np.float32) for shape in shapes))

    def batch(self, looked: list[tuple[int, int, int]]) -> DrawnBatch:
        drawn, layers, truth = (torch.from_numpy(part).permute(0, 3, 1, 2) for part in (self.drawn, self.layers, self.truth))
        nothing = torch.empty(0)
        return DrawnBatch(
            coarse=torch.zeros_like(truth),
            uv=nothing,
            shown=nothing,
            rest=nothing,
            code=torch.from_numpy(self.code),
            truth=truth,
            background=torch.from_numpy(self.background),
            looked=tuple(looked),
            whole=len(self.code),
            whole_looked=max(1, len(looked)),
            drawn=drawn,
            layers=layers,
        )


class DrawnBatchMaker:
    """Makes batches of a set of motions, any of them again from the seed and the step's number.

    As `batches.BatchMaker`: frames by chance, crops aimed at head, hands and body, poses disturbed as a tracker disturbs them
    while the truth is not. Pictures are whole ones of the data set's size alone.
    """

    def __init__(self, motions: Sequence[Filmed], character: Character, settings: Settings, *, side_px: int) -> None:
        self._motions = [motion for motion in motions if len(motion.shown)]
        if not self._motions:
            raise ValueError("motions must show at least one picture, got none")
        counts = np.array([len(motion.shown) for motion in self._motions])
        self._chance = counts / counts.sum()
        self._settings, self._side_px = settings, side_px
        self._drawer = SkeletonDrawer(character, width_px=side_px, height_px=side_px)
        self._truths = Truths()
        self._disturber, self._aim = Disturber(character, settings.noise), Aim(character, settings.regions)

    def make(self, step: int, stage: Stage) -> DrawnBatch:
        """Return the batch of one step, `stage.batch` crops of `stage.draws` frames."""
        page, looked = _Page.blank(stage.batch, stage.crop_px), list[tuple[int, int, int]]()
        each, size = stage.batch // stage.draws, (self._side_px, self._side_px)
        for draw in range(stage.draws):
            random = np.random.default_rng((self._settings.seed, step, draw))
            motion, pose, layers, picture = self._shot(random)
            camera = camera_for(motion.framing, width_px=self._side_px, height_px=self._side_px)
            for at in range(draw * each, (draw + 1) * each):
                point = self._aim.point(pose.bones, camera, random)
                left, top = corner_about(point, crop_px=stage.crop_px, size_px=size, random=random)
                if self._is_looked_at(at):
                    looked.append((at, *self._looked_at((point[0] - left, point[1] - top), stage.crop_px, random)))
                inside = (slice(top, top + stage.crop_px), slice(left, left + stage.crop_px))
                fill(layers[:, *inside], page.drawn[at], page.layers[at])
                premultiply(picture[inside], page.truth[at])
                page.code[at], page.background[at] = pose.expression, random.random(3)
        return page.batch(looked)

    def picture(self, step: int) -> tuple[Tensor, Tensor]:
        """Return a whole frame as pix2pix takes it: (1, 12, H, W) layers and (1, 4, H, W) truth, premultiplied, 0..1."""
        random = np.random.default_rng((self._settings.seed, step))
        _, _, layers, picture = self._shot(random)
        truth = np.empty(picture.shape, dtype=np.float32)
        premultiply(picture, truth)
        return layers_of(layers), torch.from_numpy(truth).permute(2, 0, 1)[None]

    def _is_looked_at(self, crop: int) -> bool:
        share = self._settings.perceptual_share
        return int((crop + 1) * share) > int(crop * share)

    def _looked_at(self, point: tuple[float, float], crop_px: int, random: np.random.Generator) -> tuple[int, int]:
        side = min(self._settings.perceptual_px, crop_px)
        return corner_about(point, crop_px=side, size_px=(crop_px, crop_px), random=random)

    def _shot(self, random: np.random.Generator) -> tuple[Filmed, Pose, ImageArray, ImageArray]:
        motion = self._motions[random.choice(len(self._motions), p=self._chance)]
        frame = int(motion.shown[random.integers(len(motion.shown))])
        pose = self._disturber.pose(motion, frame, random)
        layers = self._drawer.draw(Moment(pose.bones, pose.rotations, pose.expression, motion.framing))
        picture = self._truths.picture((motion.name, frame), lambda: motion.picture(frame))
        return motion, pose, layers, picture


def layers_of(layers: ImageArray) -> Tensor:
    """Return (1, 12, H, W) float32 0..1 of a drawing's (4, H, W, 3) layers, the channels last in memory."""
    planes = np.ascontiguousarray(layers.transpose(1, 2, 0, 3)).reshape(1, *layers.shape[1:3], -1)
    return (torch.from_numpy(planes).float() / 255).permute(0, 3, 1, 2)
