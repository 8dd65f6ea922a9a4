"""The neural renderer: an avatar's package, posed, drawn and painted over, live.

Owns what happens between frames and when something fails: which rung works, a better backend once it is ready, and the proxy
that takes over in the same frame when the network cannot. Knows nothing of where poses come from or pictures go.
"""

import logging
import statistics
import threading
import time
from collections.abc import Callable
from typing import Final, Literal

from avatar.camera import Framing
from avatar.mesh import Character
from avatar.neural.backends import available, candidates
from avatar.neural.parts import AvatarParts
from avatar.neural.render_pipeline import BARE, ORDER, STAGES, NetworkError, RenderPipeline, Setting
from avatar.neural.runtime import ON_CPU
from avatar.renderer import Drawing
from avatar.types import Rendered, RigPose
from trackers.errors import first_line

Quality = Literal["auto", "S", "M", "L"]
PATIENCE: Final = 30
"""Frames that the network may fail before it is not tried any more where it runs."""
STEADY: Final = 30
"""Frames in a row that must go well before a network that failed counts as working again."""
CLOSE_WITHIN_S: Final = 3.0
"""So long closing waits for whoever opens networks; TensorRT may build for minutes."""
_WARM_UP_PICTURES = 8

log = logging.getLogger(__name__)


class NeuralRenderer:
    """Draws a neural avatar; has the interface of `avatar.renderer.Renderer`. Not thread-safe.

    Args:
        quality: the largest network that is tried; "auto" begins with L, and `settle_within` finds what keeps the time.
        precision: "auto" takes int8 where the avatar has it; "fp32" and "int8" ask for one.
        threads: that draw one picture, and run the network on the CPU.
        regions: paint only where the figure is.
        tell: is told, in one sentence each, what changed by itself: a better backend, the proxy taking over. From any thread.

    Raises:
        UserError: ONNX Runtime is not installed.
        ValueError: the avatar has no such network, or it does not open.
    """

    def __init__(
        self,
        parts: AvatarParts,
        *,
        width_px: int = 512,
        height_px: int = 512,
        framing: Framing = Framing.BUST,
        quality: Quality = "auto",
        precision: str = "auto",
        threads: int = 1,
        regions: bool = True,
        tell: Callable[[str], None] = log.info,
    ) -> None:
        self.framing = framing
        self.rung = 0
        self.fault: str | None = None
        """What the network told when it failed last; None while it works."""
        self._failures = 0
        self._good = 0  # frames in a row since the last one that failed
        self._tell = tell
        self._threads = threads
        self._pipeline = RenderPipeline(
            parts,
            width_px=width_px,
            height_px=height_px,
            sizes=ORDER if quality == "auto" else ORDER[ORDER.index(quality) :],
            precision=precision,
            threads=threads,
            roomy=not regions,
        )
        self._retreating: threading.Thread | None = None
        self._improving = self._improve()

    @property
    def character(self) -> Character:
        """The proxy that is drawn now."""
        return self._pipeline.parts.character

    @property
    def efforts(self) -> tuple[str, ...]:
        """From the largest network to the bare proxy."""
        return tuple(setting.words for setting in self._pipeline.settings)

    @property
    def setting(self) -> Setting:
        """The network that paints at this rung."""
        return self._pipeline.settings[min(self.rung, len(self._pipeline.settings) - 1)]

    @property
    def drawing(self) -> Drawing:
        """What draws now: the network's provider with the reason for it, or why the proxy does."""
        setting, pipeline = self.setting, self._pipeline
        is_large = pipeline.size_px(self.framing, scale=1.0) != pipeline.shown_px
        painted_px = pipeline.size_px(self.framing, scale=setting.scale)
        large = "; painted at {}x{} and enlarged".format(*painted_px) if is_large else ""
        if self.fault is not None:
            return Drawing("neural", "CPU", f"{BARE}: it failed ({self.fault}){large}")
        if setting.backend is None:
            return Drawing("neural", "CPU", f"{setting.words}{large}; eased to keep the beat")
        words = setting.backend.provider.words
        if setting.backend.provider == ON_CPU:
            words += f", {self._threads} thread{'s' * (self._threads > 1)}"
        eased = "; eased to keep the beat" if setting.scale < 1 else ""
        return Drawing("neural", words, f"{setting.words}: {setting.backend.reason}{large}{eased}")

    @property
    def stages_ms(self) -> dict[str, float]:
        """What each stage of the last frame took."""
        return {name: float(spent) / 1e6 for name, spent in zip(STAGES, self._pipeline.spent_ns, strict=True)}

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away; return what one takes at this rung, in milliseconds."""
        pose, times_ms = RigPose.at_rest(), []
        for _ in range(_WARM_UP_PICTURES):
            started_ns = time.perf_counter_ns()
            self.render(pose, time_ns=0)
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        self._pipeline.figure.settle()
        return statistics.median(times_ms)

    def settle_within(self, budget_ms: float) -> float:
        """Step down from the best rung until a picture takes no longer than that; return what it takes."""
        self.rung = 0
        while (took_ms := self.warm_up()) > budget_ms and self.rung < len(self._pipeline.settings) - 1:
            self.rung += 1
        return took_ms

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns`; see `avatar.renderer.Renderer`."""
        pipeline, setting, rung = self._pipeline, self.setting, min(self.rung, len(self._pipeline.settings) - 1)
        pipeline.pose(pose, time_ns=time_ns)
        if self._failures >= PATIENCE:
            return Rendered(image=pipeline.bare(self.framing, rung=rung), stamp=pose.stamp)
        try:
            image = pipeline.painted(pose, self.framing, rung=rung)
        except NetworkError as error:
            self._failed(str(error), setting)
            image = pipeline.bare(self.framing, rung=rung)
        else:
            if setting.backend is not None and self.fault is not None:
                self._went_well()
        return Rendered(image=image, stamp=pose.stamp)

    def await_better(self, timeout_s: float) -> bool:
        """Wait until the search for a better backend is over; False if there was none to look for, or it takes longer."""
        if self._improving is None:
            return False
        self._improving.join(timeout_s)
        return not self._improving.is_alive()

    def close(self) -> None:
        """End the threads that draw and that open networks. It draws no more afterwards.

        Whoever is still trying a card by then is left to it, changes nothing any more, and closes what it opens.
        """
        self._pipeline.call_off()
        for thread in (self._improving, self._retreating):
            if thread is not None:
                thread.join(CLOSE_WITHIN_S)
        self._pipeline.close()

    def _failed(self, words: str, setting: Setting) -> None:
        self._failures, self._good = self._failures + 1, 0
        if self.fault is None:
            self._tell(f"The network failed ({words}); the avatar is drawn without it")
        self.fault = words
        if self._failures != PATIENCE:
            return
        if setting.backend is None or setting.backend.provider == ON_CPU:
            self._give_up()
        else:
            self._tell(f"The network failed too often on {setting.backend.provider.words}; it goes back to the CPU")
            self._retreating = _in_background(self._retreat_now)

    def _give_up(self) -> None:
        self._tell("The network failed too often and is not tried any more; choose another avatar, then this one")

    def _went_well(self) -> None:
        self._good += 1
        if self._failures == 0 or self._good >= STEADY:  # 0: it runs somewhere else now
            self.fault, self._failures = None, 0
            self._tell("The network works again")

    def _improve(self) -> threading.Thread | None:
        """Look for a better backend in the background, if there is any."""
        if len(candidates(available())) == 1:
            return None
        return _in_background(self._improve_now)

    def _improve_now(self) -> None:
        try:
            self._pipeline.improve(self._tell)
        except Exception as error:  # what runs already goes on
            log.exception("no better backend")
            self._tell(f"No better backend for the network: {first_line(error)}")

    def _retreat_now(self) -> None:
        try:
            self._pipeline.retreat()
        except Exception:  # the proxy goes on
            log.exception("no way back to the CPU")
            self._give_up()
        else:
            self._failures = 0


def _in_background(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="backends", daemon=True)
    thread.start()
    return thread
