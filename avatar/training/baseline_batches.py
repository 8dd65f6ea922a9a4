"""What the baselines are trained on: drawn skeletons beside the same photographs, crops and noise as ours.

Owns the drawing of lots for them. Knows nothing of networks or losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avatar.camera import camera_for
from avatar.mesh import Character
from avatar.training.batches import Batch, Filmed
from avatar.training.crops import Aim, corner_about
from avatar.training.moments import Moment
from avatar.training.noise import Disturber, Pose
from avatar.training.settings import Settings, Stage
from avatar.training.skeleton_drawing import SkeletonDrawer, in_channels
from avatar.training.truths import Truths, premultiply
from trackers.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBatch:
    """N crops of C x C pixels of drawn skeletons with their truth."""

    whole: Tensor
    """(N, 4, C, C) all layers in one, premultiplied: what the network is given in place of `coarse`."""
    layers: Tensor
    """(N, 12, C/2, C/2) each layer at half size, in place of `surface`."""
    batch: Batch
    """The truth. There is nothing of the proxy in it: `coarse`, to which our network's answer is added, is 0."""


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
        rows: list[tuple[FloatArray, ...]] = []
        looked: list[tuple[int, int, int]] = []
        for draw in range(stage.draws):
            random = np.random.default_rng((self._settings.seed, step, draw))
            motion, pose, layers, picture = self._shot(random)
            camera = camera_for(motion.framing, width_px=self._side_px, height_px=self._side_px)
            for _ in range(stage.batch // stage.draws):
                point = self._aim.point(pose.bones, camera, random)
                size = (self._side_px, self._side_px)
                corner = corner_about(point, crop_px=stage.crop_px, size_px=size, random=random)
                if self._is_looked_at(len(rows)):
                    side = min(self._settings.perceptual_px, stage.crop_px)
                    inside = (point[0] - corner[0], point[1] - corner[1])
                    place = corner_about(inside, crop_px=side, size_px=(stage.crop_px, stage.crop_px), random=random)
                    looked.append((len(rows), *place))
                colour = random.random(3).astype(np.float32)
                rows.append((*_crop(layers, picture, corner, stage.crop_px), pose.expression, colour))
        columns = [torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)]
        whole, halves, truth, code, background = columns
        nothing = torch.empty(0)
        batch = Batch(
            coarse=torch.zeros_like(truth).permute(0, 3, 1, 2),
            uv=nothing,
            shown=nothing,
            rest=nothing,
            code=code,
            truth=truth.permute(0, 3, 1, 2),
            background=background,
            looked=tuple(looked),
            whole=len(rows),
            whole_looked=max(1, len(looked)),
        )
        return DrawnBatch(whole, halves, batch)

    def picture(self, step: int) -> tuple[Tensor, Tensor]:
        """Return a whole frame as pix2pix takes it: (1, 12, H, W) layers and (1, 4, H, W) truth, premultiplied, 0..1."""
        random = np.random.default_rng((self._settings.seed, step))
        _, _, layers, truth = self._shot(random)
        return layers_of(layers), torch.from_numpy(truth).permute(2, 0, 1)[None]

    def _is_looked_at(self, crop: int) -> bool:
        share = self._settings.perceptual_share
        return int((crop + 1) * share) > int(crop * share)

    def _shot(self, random: np.random.Generator) -> tuple[Filmed, Pose, ImageArray, FloatArray]:
        motion = self._motions[random.choice(len(self._motions), p=self._chance)]
        frame = int(motion.shown[random.integers(len(motion.shown))])
        pose = self._disturber.pose(motion, frame, random)
        layers = self._drawer.draw(Moment(pose.bones, pose.rotations, pose.expression, motion.framing))
        picture = self._truths.picture((motion.name, frame), lambda: motion.picture(frame))
        truth = np.empty(picture.shape, dtype=np.float32)
        premultiply(picture, truth)
        return motion, pose, layers, truth


def layers_of(layers: ImageArray) -> Tensor:
    """Return (1, 12, H, W) float32 0..1 of a drawing's (4, H, W, 3) layers."""
    planes = np.ascontiguousarray(layers.transpose(0, 3, 1, 2)).reshape(1, -1, *layers.shape[1:3])
    return torch.from_numpy(planes).float() / 255


def _crop(
    layers: ImageArray, truth: FloatArray, corner: tuple[int, int], side: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    left, top = corner
    inside = (slice(top, top + side), slice(left, left + side))
    whole, halves = in_channels(layers[:, *inside])
    return whole, halves, truth[inside]
