"""From motions and their photographs to what one training step is given.

Owns the drawing of lots (which frame, which crop, which disturbance), all from the seed and the step's number, so that any step
can be made again, by any number of processes; and the arithmetic of pixels into tensors. Knows nothing of networks or losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.conditioning import Condition, Conditioner
from avatar.neural.spec import CODE_LENGTH, PICTURE_PX
from avatar.training.crops import Aim, corner_about
from avatar.training.noise import Disturber, Moves, Pose
from avatar.training.settings import Settings, Stage
from avatar.training.truths import Truths, halved, premultiply
from trackers.types import FloatArray, ImageArray

SMALL_PX: Final = 256
_NEIGHBOUR_FRAMES: Final = 2  # photographs no further apart than this can be compared by the temporal loss


class Filmed(Moves, Protocol):
    """One motion of the dataset."""

    @property
    def name(self) -> str: ...

    @property
    def framing(self) -> Framing: ...

    @property
    def shown(self) -> np.ndarray:
        """(P,) numbers of the frames that were photographed."""

    def picture(self, number: int) -> ImageArray:
        """Return (512, 512, 4) straight RGBA."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One step's share of one process: N crops of C x C pixels. Colours are premultiplied, 0..1."""

    coarse: Tensor
    """(N, 4, C, C), in memory as (N, C, C, 4)."""
    uv: Tensor
    """(N, C/2, C/2, 2)"""
    shown: Tensor
    """(N, C/2, C/2) 1 where there is a surface."""
    rest: Tensor
    """(N, C/2, C/2, 4) normal and mask."""
    code: Tensor
    """(N, 52)"""
    truth: Tensor
    """(N, 4, C, C), in memory as (N, C, C, 4)."""
    background: Tensor
    """(N, 3) a colour for the perceptual loss."""
    looked: tuple[tuple[int, int, int], ...]
    """What the perceptual loss looks at: crop, left and top."""
    whole: int
    """Crops of all processes together."""
    whole_looked: int

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        names = ("coarse", "uv", "shown", "rest", "code", "truth", "background")
        return replace(self, **{name: getattr(self, name).pin_memory().to(device, non_blocking=True) for name in names})


@dataclass(slots=True)
class _Page:
    """The arrays that one process's crops are written to."""

    coarse: FloatArray
    uv: FloatArray
    shown: FloatArray
    rest: FloatArray
    code: FloatArray
    truth: FloatArray
    background: FloatArray

    @classmethod
    def blank(cls, count: int, side: int) -> "_Page":
        half = side // 2
        shapes = ((side, side, 4), (half, half, 2), (half, half), (half, half, 4), (CODE_LENGTH,), (side, side, 4), (3,))
        return cls(*(np.empty((count, *shape), dtype=np.float32) for shape in shapes))


class BatchMaker:
    """Makes batches of a set of motions. Not thread-safe: one thread makes them."""

    def __init__(self, motions: Sequence[Filmed], character: Character, settings: Settings, *, truths: Truths) -> None:
        self._settings, self._truths = settings, truths
        self._motions = [motion for motion in motions if len(motion.shown)]
        if not self._motions:
            raise ValueError("motions must show at least one picture, got none")
        counts = np.array([len(motion.shown) for motion in self._motions])
        self._chance = counts / counts.sum()
        self._figure = Figure(character)
        self._conditioners = {px: Conditioner(character, width_px=px, height_px=px) for px in (SMALL_PX, PICTURE_PX)}
        self._disturber = Disturber(character, settings.noise)
        self._aim = Aim(character, settings.regions)

    def make(self, step: int, stage: Stage, *, rank: int = 0, world: int = 1) -> Batch:
        """Return the share of process `rank` of `world` in the batch of a step: the draws rank, rank + world and so on."""
        each = stage.batch // stage.draws
        mine = range(rank, stage.draws, world)
        page = _Page.blank(len(mine) * each, stage.crop_px)
        looked: list[tuple[int, int, int]] = []
        for place, draw in enumerate(mine):
            random = np.random.default_rng((self._settings.seed, step, draw))
            corners = self._draw(page, place * each, each, stage.crop_px, random)
            # Every crop's number in the whole batch decides, so that processes need not agree on anything else.
            looked += [(place * each + i, *corners[i]) for i in range(each) if self._is_looked_at(draw * each + i, stage.batch)]
        return Batch(
            coarse=torch.from_numpy(page.coarse).permute(0, 3, 1, 2),
            uv=torch.from_numpy(page.uv),
            shown=torch.from_numpy(page.shown),
            rest=torch.from_numpy(page.rest),
            code=torch.from_numpy(page.code),
            truth=torch.from_numpy(page.truth).permute(0, 3, 1, 2),
            background=torch.from_numpy(page.background),
            looked=tuple(looked),
            whole=stage.batch,
            whole_looked=sum(self._is_looked_at(i, stage.batch) for i in range(stage.batch)),
        )

    def _is_looked_at(self, crop: int, batch: int) -> bool:
        share = self._settings.perceptual_share
        return int((crop + 1) * share) > int(crop * share) or (batch == 1 and share > 0)

    def _draw(self, page: _Page, first: int, count: int, crop_px: int, random: np.random.Generator) -> list[tuple[int, int]]:
        """Write `count` crops of one draw from `first` on; return where in each the perceptual loss looks."""
        temporal = self._settings.weights.temporal > 0
        size_px = SMALL_PX if random.random() < self._settings.small_share else PICTURE_PX
        # A picture at 256 is hardly more than one crop, so there each crop has a frame of its own.
        frames = self._frames(random, 2 if temporal and count > 1 else count if size_px == SMALL_PX else 1)
        shots = [self._shot(motion, index, size_px, random) for motion, index in frames]
        camera = [self._conditioners[size_px].camera(motion.framing) for motion, _ in frames]
        places, corner, point = [], (0, 0), (0.0, 0.0)
        for i in range(count):
            which = i % len(shots)
            pose, condition, truth = shots[which]
            if not (temporal and which):  # neighbouring frames share their crop
                point = self._aim.point(pose.bones, camera[which], random)
                corner = corner_about(point, crop_px=crop_px, size_px=(size_px, size_px), random=random)
            self._write(page, first + i, pose, condition, truth, corner=corner)
            page.background[first + i] = random.random(3)
            looked_px = min(self._settings.perceptual_px, crop_px)
            inside = (point[0] - corner[0], point[1] - corner[1])
            places.append(corner_about(inside, crop_px=looked_px, size_px=(crop_px, crop_px), random=random))
        return places

    def _frames(self, random: np.random.Generator, count: int) -> list[tuple[Filmed, int]]:
        """Return motions with indices into `shown`; neighbours where the temporal loss counts."""
        chosen = [self._motions[i] for i in random.choice(len(self._motions), size=count, p=self._chance)]
        frames = [(motion, int(random.integers(len(motion.shown)))) for motion in chosen]
        if self._settings.weights.temporal > 0 and count == 2:
            motion, index = frames[0]
            near = [i for i in (index - 1, index + 1) if 0 <= i < len(motion.shown)]
            near = [i for i in near if abs(int(motion.shown[i] - motion.shown[index])) <= _NEIGHBOUR_FRAMES]
            frames[1] = (motion, near[int(random.integers(len(near)))] if near else index)
        return frames

    def _shot(
        self, motion: Filmed, index: int, size_px: int, random: np.random.Generator
    ) -> tuple[Pose, Condition, ImageArray | FloatArray]:
        frame = int(motion.shown[index])
        pose = self._disturber.pose(motion, frame, random)
        self._figure.place(pose.bones, rotations=pose.rotations, expression=pose.expression)
        condition = self._conditioners[size_px].condition(self._figure, motion.framing)
        truth: ImageArray | FloatArray = self._truths.picture((motion.name, frame), lambda: motion.picture(frame))
        if size_px == SMALL_PX:
            whole = np.empty(truth.shape, dtype=np.float32)
            premultiply(truth, whole)
            truth = halved(whole)
        return pose, condition, truth

    def _write(
        self, page: _Page, at: int, pose: Pose, condition: Condition, truth: ImageArray | FloatArray, *, corner: tuple[int, int]
    ) -> None:
        left, top = corner
        side = page.coarse.shape[1]
        full = (slice(top, top + side), slice(left, left + side))
        half = (slice(top // 2, (top + side) // 2), slice(left // 2, (left + side) // 2))
        premultiply(condition.coarse[full], page.coarse[at])
        if truth.dtype == np.uint8:
            premultiply(truth[full], page.truth[at])
        else:
            page.truth[at] = truth[full]
        page.uv[at] = condition.uv[half]
        page.shown[at] = condition.mask[half]
        page.rest[at, :, :, :3] = condition.normal[half]
        page.rest[at, :, :, 3] = condition.mask[half]
        page.code[at] = pose.expression
