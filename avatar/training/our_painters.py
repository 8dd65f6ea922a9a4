"""Ours as painters: a package as the live renderer runs it, and a training that has not been exported.

Owns nothing but the joining of the renderer's parts for poses that come in any order. Knows nothing of figures or truth.
"""

from types import TracebackType
from typing import Final, Self

import numpy as np
import torch

from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.conditioning import Condition, Conditioner
from avatar.neural.network_pass import NetworkPass
from avatar.neural.parts import AvatarParts
from avatar.neural.regions import NetworkPasses
from avatar.neural.runtime import Network
from avatar.neural.texture import LiveTexture
from avatar.training.checkpoint import Trained
from avatar.training.moments import Moment
from avatar.training.preview import paint
from trackers.types import ImageArray

_THREADS: Final = 1


class PackagePainter:
    """A network file on ONNX Runtime's CPU, fed by the live renderer's own code: its proxy, texture, regions and bytes.

    `with` it, or `close` it: networks for regions are opened in a thread of their own.
    """

    def __init__(self, parts: AvatarParts, *, size: str, precision: str, width_px: int, height_px: int) -> None:
        model = parts.networks[size, precision]
        self._figure = Figure(parts.character)
        self._conditioner = Conditioner(parts.character, width_px=width_px, height_px=height_px)
        self._condition = Condition.blank(width_px=width_px, height_px=height_px)
        self._texture = LiveTexture(parts)

        def opened(width: int, height: int) -> NetworkPass:
            return NetworkPass(Network(model, width_px=width, height_px=height, threads=_THREADS))

        self._picture_px = width_px, height_px
        self._passes = NetworkPasses(opened, [self._picture_px])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Open no more networks."""
        self._passes.close()

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA.

        Raises:
            ValueError: the network gave NaN or infinity.
        """
        self._figure.place(moment.bones, rotations=moment.rotations, expression=moment.expression)
        self._conditioner.draw(self._figure, moment.framing, self._condition)
        box = self._conditioner.gather(self._figure, self._condition)
        out = np.zeros(self._condition.coarse.shape, dtype=np.uint8)
        if box[2] == 0:
            return out  # nobody is seen
        self._passes.prepare([box], self._picture_px)
        network_pass, region = self._passes.fitting(box, self._picture_px)
        self._texture.express(moment.expression)
        network_pass.load(self._condition, self._texture.texels, moment.expression, region)
        network_pass.run()
        network_pass.finish(region[:2], out)
        return out


class TrainedPainter:
    """A training's averaged weights in torch, given what the live renderer gives the exported network."""

    def __init__(self, trained: Trained, character: Character, *, width_px: int, height_px: int) -> None:
        self._painter = trained.painter
        self._figure = Figure(character)
        self._conditioner = Conditioner(character, width_px=width_px, height_px=height_px)

    def paint(self, moment: Moment) -> ImageArray:
        """Return (H, W, 4) uint8 straight RGBA."""
        self._figure.place(moment.bones, rotations=moment.rotations, expression=moment.expression)
        condition = self._conditioner.condition(self._figure, moment.framing)
        return paint(self._painter, condition, moment.expression, device=torch.device("cpu"))
