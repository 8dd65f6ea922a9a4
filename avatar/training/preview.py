"""How a training looks: held-out pictures beside their truth, and one number of them.

Owns the contact sheet and the choice of its pictures. Knows nothing of losses; the real judgement is the evaluation's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch

from avatar.dataset.storage import write_picture
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.conditioning import Condition, Conditioner
from avatar.neural.spec import PICTURE_PX
from avatar.training.batches import Batch, Filmed
from avatar.training.metrics import composite, psnr_db
from avatar.training.network import painted
from avatar.training.painter import Painter
from avatar.training.truths import premultiply
from trackers.types import FloatArray, ImageArray

_BACKGROUND: Final = (112, 128, 144)
_SHOWN_PX: Final = 320
_CONTRAST: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Example:
    truth: ImageArray
    condition: Condition
    code: FloatArray


class Preview:
    """A few pictures that are painted again and again while training goes on."""

    def __init__(self, motions: Sequence[Filmed], character: Character, *, count: int = 12, rows: int = 6) -> None:
        self._rows = rows
        figure = Figure(character)
        conditioner = Conditioner(character, width_px=PICTURE_PX, height_px=PICTURE_PX)
        self._examples = []
        for motion, frame in _spread(motions, count):
            expression = motion.expression[frame]
            figure.place(motion.bones[frame], rotations=motion.rotations[frame], expression=expression)
            condition = conditioner.condition(figure, motion.framing)
            self._examples.append(_Example(motion.picture(frame), condition, expression.astype(np.float32)))
        coarse = [psnr_db(_seen(e.condition.coarse), _seen(e.truth)) for e in self._examples]
        self.coarse_psnr_db = float(np.mean(coarse))
        """Of the pictures as the proxy alone draws them."""

    def look(self, painter: Painter, *, sheet: Path | None, device: torch.device) -> float:
        """Return the mean PSNR over a flat background, and write the contact sheet: truth, ours, difference times 4, coarse."""
        values, rows = [], []
        for number, example in enumerate(self._examples):
            ours = paint(painter, example.condition, example.code, device=device)
            truth, picture, coarse = _seen(example.truth), _seen(ours), _seen(example.condition.coarse)
            values.append(psnr_db(picture, truth))
            if number < self._rows:
                difference = np.clip(np.abs(picture - truth) * _CONTRAST, 0, 1)
                rows.append(np.concatenate([_shrunk(p) for p in (truth, picture, difference, coarse)], axis=1))
        if sheet is not None:
            colours = (np.concatenate(rows) * 255 + 0.5).astype(np.uint8)
            write_picture(sheet, np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)]))
        return float(np.mean(values))


def paint(painter: Painter, condition: Condition, code: FloatArray, *, device: torch.device) -> ImageArray:
    """Return (H, W, 4) uint8 straight RGBA: a whole condition painted."""
    coarse = np.empty(condition.coarse.shape, dtype=np.float32)
    premultiply(condition.coarse, coarse)
    rest = np.dstack([condition.normal, condition.mask])
    batch = Batch(
        coarse=torch.from_numpy(coarse)[None].permute(0, 3, 1, 2),
        uv=torch.from_numpy(condition.uv)[None],
        shown=torch.from_numpy(condition.mask)[None],
        rest=torch.from_numpy(rest)[None],
        code=torch.from_numpy(code)[None],
        truth=torch.zeros(0),
        background=torch.zeros(1, 3),
        looked=(),
        whole=1,
        whole_looked=0,
    )
    with torch.no_grad():
        batch = batch.to(device)
        picture = painted(batch.coarse, painter(batch))[0].clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return straight(picture)


def straight(premultiplied: FloatArray) -> ImageArray:
    """Return (H, W, 4) uint8 straight RGBA of (H, W, 4) premultiplied 0..1."""
    alpha = premultiplied[..., 3:]
    colour = np.divide(premultiplied[..., :3], alpha, out=np.zeros_like(premultiplied[..., :3]), where=alpha > 1 / 512)
    image: ImageArray = (np.clip(np.concatenate([colour, alpha], axis=2), 0, 1) * 255 + 0.5).astype(np.uint8)
    image[image[..., 3] == 0] = 0
    return image


def _seen(image: ImageArray) -> FloatArray:
    return composite(image, _BACKGROUND)


def _shrunk(picture: FloatArray) -> FloatArray:
    return np.asarray(cv2.resize(picture, (_SHOWN_PX, _SHOWN_PX), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _spread(motions: Sequence[Filmed], count: int) -> list[tuple[Filmed, int]]:
    """Return motions with frames, as many different motions and framings as there are, and then other frames of them."""
    turns: dict[str, list[Filmed]] = {}
    for motion in motions:
        if len(motion.shown):
            turns.setdefault(str(motion.framing), []).append(motion)
    longest = max((len(group) for group in turns.values()), default=0)
    order = [group[i] for i in range(longest) for group in turns.values() if i < len(group)]
    rounds = -(-count // max(1, len(order)))
    picked = []
    for turn in range(rounds):
        share = (2 * turn + 1) / (2 * rounds)
        picked += [(motion, int(motion.shown[int(share * len(motion.shown))])) for motion in order]
    return picked[:count]
