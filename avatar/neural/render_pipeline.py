"""The render pipeline of one avatar: all that is made for one package at one size of picture, and one frame of it.

Owns the order of a frame's stages and how long each took. Knows nothing of what happens when one of them fails.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.backends import WARM_UP_RUNS, Backend, better_backend, cpu_backend, open_network
from avatar.neural.network_pass import NetworkPass
from avatar.neural.parts import AvatarParts
from avatar.neural.regions import NetworkPasses, Size
from avatar.neural.render_target import RenderTarget
from avatar.neural.runtime import ON_CPU
from avatar.neural.texture import LiveTexture
from avatar.rasteriser import Rasteriser
from avatar.types import RigPose
from trackers.errors import first_line
from trackers.types import ImageArray

STAGES: Final = ("pose", "coarse", "gather", "fetch", "network", "finish")
BARE: Final = "the bare proxy, without the network"
ORDER: Final = ("L", "M", "S")
PAINTED_PX: Final = {Framing.BUST: 576, Framing.UPPER: 704, Framing.FULL: 832}
"""Shorter side of the largest picture that is painted; what is shown larger is enlarged from it. Networks learn at 512 and 256,
and paint what is larger blotched, the nearer the framing the sooner: at 1024 a bust is 2 dB nearer to the truth so."""
SCALES: Final = {1.0: "", 0.75: ", at three quarters of the size"}
"""Painted size as a share of the full one, with the words that users are shown; of the networks only the smallest goes below 1.
Half is left out: its picture is further from the truth (LPIPS 0.114) than the bare proxy's at full size (0.056)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One rung of the ladder."""

    size: str
    """A key of `spec.SIZES`; empty for the bare proxy."""
    backend: Backend | None
    scale: float = 1.0
    """A key of `SCALES`."""

    @property
    def words(self) -> str:
        """The rung for people."""
        return (f"network {self.size}, {self.backend.precision}" if self.backend else BARE) + SCALES[self.scale]


class RenderPipeline:
    """Everything of one avatar. Not thread-safe, but for `improve` and `retreat`, each in a thread of its own, and `call_off`.

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
        self.shown_px = width_px, height_px
        """Width and height of the finished picture."""
        self._rasteriser = Rasteriser(parts.character, threads=threads)
        self._targets = _targets(parts.character, self._rasteriser, shown_px=self.shown_px)
        self._texture = LiveTexture(parts)
        self._threads, self._roomy, self._precision = threads, roomy, precision
        self._lock = threading.Lock()
        self._is_open = self._is_searching = True
        self.settings, self._passes = self._ladder(sizes)
        self.spent_ns = np.zeros(len(STAGES), dtype=np.int64)
        """What each of `STAGES` took in the last frame; 0 for those that it did without."""

    def size_px(self, framing: Framing, *, scale: float) -> Size:
        """Return width and height in which a framing is painted on rungs of a scale."""
        return self._targets[framing, scale].size_px

    def pose(self, pose: RigPose, *, time_ns: int) -> None:
        """Begin a frame: pose the proxy.

        Raises:
            ValueError: the pose holds a number that is not finite.
        """
        self.spent_ns[:] = 0
        started = time.perf_counter_ns()
        self.figure.pose(pose, time_ns=time_ns)
        self._note(0, started)

    def painted(self, pose: RigPose, framing: Framing, *, rung: int) -> ImageArray:
        """Return the finished picture of the posed proxy.

        Raises:
            NetworkError: the network failed; `bare` is what can be shown instead.
        """
        passes = self._passes[rung]
        if passes is None:
            return self.bare(framing, rung=rung)
        try:
            return self._paint(passes, self._targets[framing, self.settings[rung].scale], pose, framing)
        except Exception as error:  # a runtime may raise anything
            raise NetworkError(first_line(error)) from error

    def bare(self, framing: Framing, *, rung: int) -> ImageArray:
        """Return the posed proxy as it is shown without a network, in the size in which this rung paints."""
        started = time.perf_counter_ns()
        picture = self._targets[framing, self.settings[rung].scale].bare(self.figure, framing)
        self._note(1, started)
        return picture

    def improve(self, tell: Callable[[str], None]) -> None:
        """Move all networks to the best card that is there, passes its trial and is quicker. Takes seconds, or minutes."""
        told = set[str]()
        for rung, setting in enumerate(self.settings):
            if not setting.backend:
                continue
            models, sizes_px = _models(self.parts, setting.size), self._sizes_px(setting.scale)
            backend, passed_over = better_backend(
                models, sizes_px=sizes_px, now=setting.backend, threads=self._threads, is_wanted=lambda: self._is_searching
            )
            if not self._is_searching:
                return
            for sentence in passed_over:
                if sentence not in told:
                    tell(sentence if rung == 0 else f"{setting.words}: {sentence}")
            told.update(passed_over)
            if backend is None:
                return
            passes = _opened(models[backend.precision], backend, sizes_px, threads=self._threads, fixed=True)
            for whole in passes.wholes.values():
                for _ in range(WARM_UP_RUNS):  # here, where no picture waits for it
                    whole.run()
            if self._put(rung, passes, backend, is_found=True):
                tell(f"{self.settings[rung].words} runs on {backend.provider.words} ({backend.reason})")

    def retreat(self) -> None:
        """Move all networks from their card back to the CPU, for good. Takes a moment.

        Raises:
            ValueError: one of them does not open.
        """
        self.call_off()
        for rung, setting in enumerate(self.settings):
            if setting.backend and setting.backend.provider != ON_CPU:
                backend, passes = self._on_cpu(setting.size, setting.scale)
                self._put(rung, passes, backend)

    def call_off(self) -> None:
        """Let `improve` change nothing any more, and end once it has tried what it is trying."""
        with self._lock:
            self._is_searching = False

    def close(self) -> None:
        """End the threads that draw, and those that open networks; let go of the networks."""
        with self._lock:
            self._is_open = self._is_searching = False
            gone, self._passes = self._passes, [None for _ in self._passes]
        self._rasteriser.close()
        for passes in gone:
            if passes is not None:
                passes.close()

    def _put(self, rung: int, passes: NetworkPasses, backend: Backend, *, is_found: bool = False) -> bool:
        """Let other passes paint on a rung from the next picture on; return whether they are wanted still."""
        with self._lock:
            is_wanted = self._is_searching if is_found else self._is_open
            gone = passes
            if is_wanted:
                gone, self._passes[rung] = self._passes[rung], passes  # type: ignore[assignment]
                self.settings[rung] = replace(self.settings[rung], backend=backend)
        gone.close()
        return is_wanted

    def _paint(self, passes: NetworkPasses, target: RenderTarget, pose: RigPose, framing: Framing) -> ImageArray:
        started = time.perf_counter_ns()
        target.conditioner.draw(self.figure, framing, target.condition)
        started = self._note(1, started)
        box = target.conditioner.gather(self.figure, target.condition)
        started = self._note(2, started)
        picture = target.blank()
        if box[2] == 0:
            return target.shown(picture)  # nobody is seen
        network_pass, region = passes.fitting(box, target.padded_px)
        self._texture.express(pose.expression)
        network_pass.load(target.condition, self._texture.texels, pose.expression, region)
        started = self._note(3, started)
        network_pass.run()
        started = self._note(4, started)
        network_pass.finish((region[0] - target.padding_px[0], region[1] - target.padding_px[1]), picture, clear=target.clear)
        shown = target.shown(picture)
        self._note(5, started)
        return shown

    def _note(self, stage: int, started_ns: int) -> int:
        now_ns = time.perf_counter_ns()
        self.spent_ns[stage] = now_ns - started_ns
        return now_ns

    def _ladder(self, sizes: tuple[str, ...]) -> tuple[list[Setting], list[NetworkPasses | None]]:
        """Return the rungs that this avatar can have, and what paints on each."""
        there = [size for size in sizes if _models(self.parts, size)]
        there = there or [size for size in reversed(ORDER) if _models(self.parts, size)][:1]
        if not there:
            raise ValueError("the avatar has no network")
        settings, passes = [], list[NetworkPasses | None]()
        for size, scale in [*((size, 1.0) for size in there), *((there[-1], scale) for scale in SCALES if scale < 1)]:
            backend, opened = self._on_cpu(size, scale)
            passes.append(opened)
            settings.append(Setting(size, backend, scale))
        return [*settings, *(Setting("", None, scale) for scale in SCALES)], [*passes, *(None for _ in SCALES)]

    def _on_cpu(self, size: str, scale: float) -> tuple[Backend, NetworkPasses]:
        """Return how the CPU runs a network, and what paints with it."""
        models = _models(self.parts, size)
        backend = cpu_backend(tuple(models), wanted=self._precision)
        sizes_px = self._sizes_px(scale)
        return backend, _opened(models[backend.precision], backend, sizes_px, threads=self._threads, fixed=self._roomy)

    def _sizes_px(self, scale: float) -> list[Size]:
        """Return width and height of each whole picture that a network paints on a rung: one, or one for each framing."""
        return sorted({target.padded_px for (_, each), target in self._targets.items() if each == scale})


class NetworkError(Exception):
    """The network failed in this frame; says what it told."""


def _models(parts: AvatarParts, size: str) -> dict[str, bytes]:
    return {precision: model for (name, precision), model in parts.networks.items() if name == size}


def _targets(character: Character, rasteriser: Rasteriser, *, shown_px: Size) -> dict[tuple[Framing, float], RenderTarget]:
    """Return the target of each framing on rungs of each scale: the same one, where both are painted in one size."""
    made: dict[float, RenderTarget] = {}
    targets = {}
    for framing, most_px in PAINTED_PX.items():
        for scale in SCALES:
            share = scale * min(1.0, most_px / min(shown_px))
            if share not in made:
                made[share] = RenderTarget(character, rasteriser, shown_px=shown_px, scale=share)
            targets[framing, scale] = made[share]
    return targets


def _opened(model: bytes, backend: Backend, sizes_px: Sequence[Size], *, threads: int, fixed: bool) -> NetworkPasses:
    """Return what paints with a network; apart from `RenderPipeline`, which would otherwise hold itself and never be freed."""

    def open_(width_px: int, height_px: int) -> NetworkPass:
        return NetworkPass(
            open_network(model, width_px=width_px, height_px=height_px, provider=backend.provider, threads=threads)
        )

    return NetworkPasses(open_, sizes_px, fixed=fixed)
