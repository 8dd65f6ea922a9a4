"""Times the drawing of the built-in character on this computer.

Owns what is timed and how. Knows nothing of the live pipeline; `live --report` measures that.
"""

import time
from collections.abc import Callable
from typing import Any

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.puppet import PuppetRenderer
from export.percentiles import percentiles

_WARM_UP_FRAMES = 5


def bench_render(*, width_px: int, height_px: int, frames: int, on_progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Draw the built-in character in every framing; return milliseconds per picture."""
    character, motion = build_mascot(), Motion()
    figures: dict[str, Any] = {}
    for done, framing in enumerate(Framing):
        renderer = PuppetRenderer(character, width_px=width_px, height_px=height_px, framing=framing)
        renderer.warm_up()
        times_ms = []
        for number in range(frames):
            time_ns = round(number * 1e9 / 60)
            pose = motion.idle(time_ns)
            started_ns = time.perf_counter_ns()
            renderer.render(pose, time_ns=time_ns)
            times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        figures[framing.value] = percentiles(times_ms[_WARM_UP_FRAMES:])
        on_progress(done + 1, len(Framing))
    return {"width_px": width_px, "height_px": height_px, "frames": frames, "ms": figures}
