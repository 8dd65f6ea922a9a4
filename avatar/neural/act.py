"""One avatar on the stage: all that is made for one package at one size of picture, and one frame of it.

Owns the order of a frame's stages and how long each took. Knows nothing of what happens when one of them fails.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.neural import spec
from avatar.neural.backends import Backend, better_backend, cpu_backend
from avatar.neural.canvas import Canvases
from avatar.neural.conditioning import Condition, Conditioner
from avatar.neural.easel import Easel
from avatar.neural.parts import AvatarParts
from avatar.neural.regions import Easels
from avatar.neural.runtime import Network
from avatar.neural.texture import LiveTexture
from avatar.types import RigPose
from trackers.types import ImageArray

STAGES: Final = ("pose", "coarse", "gather", "fetch", "network", "finish")
BARE: Final = "the bare proxy, without the network"
ORDER: Final = ("L", "M", "S")


@dataclass(frozen=True, slots=True)
class Setting:
    """One rung of the ladder."""

    size: str
    """A key of `spec.SIZES`; empty for the bare proxy."""
    backend: Backend | None

    @property
    def words(self) -> str:
        """The rung for people."""
        return f"network {self.size}, {self.backend.precision}" if self.backend else BARE


class Act:
    """Everything of one avatar. Not thread-safe, but for `improve`.

    Args:
        width_px: of the picture; any, the network paints in the next larger size that it takes.
        sizes: of networks, the largest first, as far as the avatar has them; without any, the smallest that it has.
        precision: "auto", "fp32" or "int8".
        threads: that draw one picture, and run the network on the CPU.
        roomy: paint the whole picture always, never only the region with the figure.

    Raises:
        UserError: ONNX Runtime is not installed.
        ValueError: the avatar has no network, or none of this precision, or one of them does not open.
    """

    def __init__(
        self,
        parts: AvatarParts,
        *,
        width_px: int,
        height_px: int,
        sizes: tuple[str, ...] = ORDER,
        precision: str = "auto",
        threads: int = 1,
        roomy: bool = False,
    ) -> None:
        self.parts = parts
        self.figure = Figure(parts.character)
        wide_px, high_px = (-(-side // spec.ALIGN_PX) * spec.ALIGN_PX for side in (width_px, height_px))
        self._padding_px = ((wide_px - width_px) // 2, (high_px - height_px) // 2)
        self._size_px, self._padded_px = (width_px, height_px), (wide_px, high_px)
        self._conditioner = Conditioner(
            parts.character, width_px=wide_px, height_px=high_px, shown_px=(width_px, height_px), threads=threads
        )
        self._condition = Condition.blank(width_px=wide_px, height_px=high_px)
        self._texture = LiveTexture(parts)
        self._canvases = Canvases(width_px=width_px, height_px=height_px)
        self._threads, self._roomy = threads, roomy
        self.settings, self._easels = self._ladder(sizes, precision)
        self.spent_ns = np.zeros(len(STAGES), dtype=np.int64)
        """What each of `STAGES` took in the last frame; 0 for those that it did without."""

    def frame(self, pose: RigPose, framing: Framing, *, time_ns: int, rung: int) -> ImageArray:
        """Pose the proxy, draw it as `rung` wants it; return the finished picture.

        Raises:
            ValueError: the pose holds a number that is not finite.
            NetworkError: the network failed; `bare` is what can be shown instead.
        """
        self.spent_ns[:] = 0
        started = time.perf_counter_ns()
        self.figure.pose(pose, time_ns=time_ns)
        self._note(0, started)
        easels = self._easels[rung]
        if easels is None:
            return self.bare(framing)
        try:
            return self._painted(easels, pose, framing)
        except Exception as error:  # a runtime may raise anything
            raise NetworkError(str(error).splitlines()[0] if str(error) else type(error).__name__) from error

    def bare(self, framing: Framing) -> ImageArray:
        """Return the proxy in the last pose as it is shown without a network: with ink."""
        started = time.perf_counter_ns()
        (left, top), (width, height) = self._padding_px, self._size_px
        self._conditioner.draw_inked(self.figure, framing, self._condition.coarse)
        picture = self._canvases.take()
        np.copyto(picture, self._condition.coarse[top : top + height, left : left + width])
        self._note(1, started)
        return picture

    def improve(self, tell: Callable[[str], None]) -> None:
        """Move all networks to the best card that is there and passes its trial. Takes seconds: for a thread of its own."""
        for rung, setting in enumerate(self.settings):
            if not setting.backend:
                continue
            models = _models(self.parts, setting.size)
            backend, passed_over = better_backend(models, threads=self._threads)
            if rung == 0:
                for sentence in passed_over:
                    tell(sentence)
            if backend is None:
                return
            wide, high = self._padded_px
            easels = self._open(models[backend.precision], backend, width_px=wide, height_px=high, fixed=True)
            self._easels[rung].close()  # type: ignore[union-attr]
            self._easels[rung], self.settings[rung] = easels, Setting(setting.size, backend)
            tell(f"{self.settings[rung].words} runs on {backend.provider.words} ({backend.reason})")

    def close(self) -> None:
        """End the threads that draw, and those that open networks."""
        self._conditioner.close()
        for easels in self._easels:
            if easels is not None:
                easels.close()

    def _painted(self, easels: Easels, pose: RigPose, framing: Framing) -> ImageArray:
        started = time.perf_counter_ns()
        self._conditioner.draw(self.figure, framing, self._condition)
        started = self._note(1, started)
        box = self._conditioner.gather(self.figure, self._condition)
        started = self._note(2, started)
        picture = self._canvases.take()
        if box[2] == 0:
            return picture  # nobody is seen
        easel, region = easels.fitting(box)
        self._texture.express(pose.expression)
        easel.load(self._condition, self._texture.texels, pose.expression, region)
        started = self._note(3, started)
        easel.run()
        started = self._note(4, started)
        easel.finish((region[0] - self._padding_px[0], region[1] - self._padding_px[1]), picture)
        self._note(5, started)
        return picture

    def _note(self, stage: int, started_ns: int) -> int:
        now_ns = time.perf_counter_ns()
        self.spent_ns[stage] = now_ns - started_ns
        return now_ns

    def _ladder(self, sizes: tuple[str, ...], precision: str) -> tuple[list[Setting], list[Easels | None]]:
        """Return the rungs that this avatar can have, and what paints on each."""
        wide, high = self._padded_px
        settings, easels = [], list[Easels | None]()
        there = [size for size in sizes if _models(self.parts, size)]
        for size in there or [size for size in reversed(ORDER) if _models(self.parts, size)][:1]:
            models = _models(self.parts, size)
            backend = cpu_backend(tuple(models), wanted=precision)
            easels.append(self._open(models[backend.precision], backend, width_px=wide, height_px=high, fixed=self._roomy))
            settings.append(Setting(size, backend))
        if not settings:
            raise ValueError("the avatar has no network")
        return [*settings, Setting("", None)], [*easels, None]

    def _open(self, model: bytes, backend: Backend, *, width_px: int, height_px: int, fixed: bool) -> Easels:
        def open_(width_px: int, height_px: int) -> Easel:
            network = Network(model, width_px=width_px, height_px=height_px, provider=backend.provider, threads=self._threads)
            return Easel(network)

        return Easels(open_, width_px=width_px, height_px=height_px, fixed=fixed)


class NetworkError(Exception):
    """The network failed in this frame; says what it told."""


def _models(parts: AvatarParts, size: str) -> dict[str, bytes]:
    return {precision: model for (name, precision), model in parts.networks.items() if name == size}
